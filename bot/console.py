"""What all commands share: settings, an index brought up to date, progress, and printing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType

    from retrieval.chain import Quoth
    from retrieval.index import Index, Progress, Summary
    from retrieval.settings import Settings


def settings(**flags: Any) -> Settings:
    """The settings, for a folder that exists: a wrong name must not wait for heavy imports."""
    from retrieval.articles import existing
    from retrieval.settings import load

    loaded = load(**flags)
    existing(loaded.folder)
    return loaded


def assemble(settings: Settings) -> Quoth:
    """The chain, over an index that is brought up to date first, saying so."""
    from bot import render
    from retrieval.chain import Quoth, open_index, open_reader

    opened = open_index(settings)
    if not opened.is_current():
        say(f"The index of {settings.folder} is missing or out of date: indexing first.")
        done = sync(opened)
        if done.added or done.changed or done.removed:
            say(render.summary(done, settings.folder))
    return Quoth(opened, settings, open_reader(settings))


@contextmanager
def _progress(what: str) -> Iterator[Progress | None]:
    """A bar on a terminal; elsewhere a plain line now and then."""
    if not sys.stderr.isatty():
        yield _plain_progress(what)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[file]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, file="")
        yield lambda done, total, file: bar.update(task, completed=done, total=total, file=file)


_EVERY = 100  # files between two plain lines of progress


def _plain_progress(what: str) -> Progress:
    def report(done: int, total: int, _: str) -> None:
        if done and done % _EVERY == 0:
            say(f"{what}: {done} of {total} files.")

    return report


def sync(opened: Index) -> Summary:
    """Bring the index up to date, showing progress and what was left out."""
    with _progress("Indexing") as progress:
        done = opened.sync(progress)
    for note in (*done.warnings, *done.skipped):
        say(f"Warning: {note}")
    return done


def say(sentence: str) -> None:
    """A sentence on standard error, safe for a terminal."""
    from bot.render import safe

    print(safe(sentence), file=sys.stderr, flush=True)


_UNBROKEN = 100_000  # columns, for a pipe


def show(renderable: RenderableType) -> None:
    """On a terminal: in its width and colours. Elsewhere: plain text, lines unbroken."""
    from rich.console import Console

    if sys.stdout.isatty():
        Console(highlight=False).print(renderable)
        return
    console = Console(highlight=False, width=_UNBROKEN, force_terminal=False, color_system=None)
    with console.capture() as captured:
        console.print(renderable)
    print("\n".join(line.rstrip() for line in captured.get().splitlines()))
