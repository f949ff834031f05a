"""What all commands share: settings, an index brought up to date, progress, and printing."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from retrieval.answering import Answering
    from retrieval.chain import Quoth
    from retrieval.index import Index, Summary
    from retrieval.settings import Settings


def settings(indexing: bool = False, **flags: Any) -> Settings:
    """The settings, for a folder that exists: a wrong name must not wait for heavy imports.

    Where a server has the index, only who is `indexing` needs the folder.
    """
    from retrieval.articles import existing
    from retrieval.settings import load

    loaded = load(**flags)
    if indexing or loaded.chroma_url is None:
        existing(loaded.folder)
    return loaded


def assemble(settings: Settings, stays: bool = False) -> Quoth:
    """The chain, over an index that is brought up to date first, saying so.

    With `stays` a server that is away, or has no index yet, is told and no error: the next question asks it.
    """
    from retrieval.chain import over

    return over(current(settings, stays), settings)


def answering(settings: Settings) -> Answering:
    """As `assemble`, for one command: with LangChain only where a language model or tracing needs it."""
    if settings.llm or any(os.environ.get(name) for name in _TRACING):
        return assemble(settings)
    from retrieval.answering import Answering
    from retrieval.opening import open_readers

    return Answering(current(settings), settings, *open_readers(settings))


_TRACING = tuple(f"{by}_TRACING{version}" for by in ("LANGSMITH", "LANGCHAIN") for version in ("", "_V2"))


def current(settings: Settings, stays: bool = False) -> Index:
    """The index, brought up to date, saying so; `stays` as for `assemble`."""
    from retrieval.errors import IndexGone, SearchUnavailable
    from retrieval.opening import open_index

    opened = open_index(settings)
    try:
        _renew(opened, settings)
    except (SearchUnavailable, IndexGone) as error:
        if not (stays and opened.is_read_only):
            raise
        say(str(error))
    return opened


def _renew(opened: Index, settings: Settings) -> None:
    from bot import render

    if opened.is_current():
        return
    if opened.is_read_only:
        say("The words of the index are brought up to date first.")
    else:
        say(f"The index of {settings.folder} is missing or out of date: indexing first.")
    done = sync(opened)
    if done.added or done.changed or done.removed:
        say(render.summary(done, settings.folder))


class Told(Protocol):
    """Hears how far a long work has come."""

    def __call__(self, what: str, done: int, total: int, item: str = "") -> None: ...


@contextmanager
def progress(unit: str, every: int) -> Iterator[Told]:
    """A bar on a terminal; elsewhere a plain line after `every` so many units."""
    if not sys.stderr.isatty():
        yield _plain_progress(unit, every)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[item]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, item="")

        def told(what: str, done: int, total: int, item: str = "") -> None:
            bar.update(task, description=what, completed=done, total=total, item=item)

        yield told


def _plain_progress(unit: str, every: int) -> Told:
    def told(what: str, done: int, total: int, item: str = "") -> None:  # noqa: ARG001
        if done and done % every == 0:
            say(f"{what}: {done} of {total} {unit}.")

    return told


_EVERY = 100  # files between two plain lines of progress


def sync(opened: Index) -> Summary:
    """Bring the index up to date, showing progress and what was left out."""
    with progress("files", _EVERY) as told:
        done = opened.sync(lambda done, total, file: told("Indexing", done, total, file))
    for note in (*done.warnings, *done.skipped):
        say(f"Warning: {note}")
    return done


def say(sentence: str) -> None:
    """A sentence on standard error, safe for a terminal."""
    from bot.plain import safe

    print(safe(sentence), file=sys.stderr, flush=True)


def terminal() -> Console | None:
    """Standard output, where it is a terminal in which what was written can be written over."""
    from rich.console import Console

    console = Console(highlight=False)
    return console if sys.stdout.isatty() and not console.is_dumb_terminal else None


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
