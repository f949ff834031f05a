"""`quoth chat`: a conversation at a terminal, or with a program through a pipe."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment

from bot import batch, console, live, pager, render
from bot.chat import COMMANDS, TAKE_FILES, Chat, Unusable
from retrieval.articles import Limits
from retrieval.errors import QuothError
from retrieval.feedback import FILE, Feedback
from retrieval.snapshot import Known, Snapshot
from retrieval.types import shown
from retrieval.watching import Watching

if TYPE_CHECKING:
    from bot.worker import Worker
    from retrieval.chain import Quoth
    from retrieval.settings import Settings
    from retrieval.types import Answer, Event, Filters, Question

PROMPT = "quoth> "

T = TypeVar("T")


def chat(settings: Settings, filters: Filters) -> None:
    """Talk until the other side leaves. Raises QuothError where no question can be answered."""
    try:
        if sys.stdin.isatty() and sys.stdout.isatty():
            _at_a_terminal(settings, filters)
        else:
            _through_a_pipe(settings, filters)
    except Unusable as unusable:
        raise unusable.error from unusable


def _through_a_pipe(settings: Settings, filters: Filters) -> None:
    """Each line is a message; replies are separated by a blank line."""

    def run(work: Callable[[], T], _: str) -> T:
        return work()

    def stream(quoth: Quoth, asked: Question) -> Iterator[Event]:
        return quoth.stream(asked)

    with _watching(settings) as watching:
        chain = cache(lambda: _followed(console.assemble(settings, stays=True), watching))
        _converse(Chat(chain, filters, run, stream, _Screen(), _feedback(settings)), _lines())
    if watching.is_busy:
        _leave()


def _watching(settings: Settings) -> Watching:
    """Keeps the index up to date and says nothing, for somebody may be typing."""
    return Watching(settings.watch, lambda *_: None)


def _followed(quoth: Quoth, watching: Watching) -> Quoth:
    watching.follow(quoth.index)
    return quoth


def _lines() -> Callable[[], str]:
    lines = enumerate(batch.lines(sys.stdin.buffer))

    def read() -> str:
        number, line = next(lines, (0, None))
        if line is None:
            raise EOFError
        if number:
            print()
        return line.decode("utf-8-sig", "replace")

    return read


def _at_a_terminal(settings: Settings, filters: Filters) -> None:
    """The prompt comes first; what takes long is loaded while the first question is typed."""
    from bot.worker import Worker

    watching = _watching(settings)
    chain, known = _opened(settings, watching)
    print(_greeting(known, settings), flush=True)
    terminal = Console(highlight=False, color_system=None if _without_styles() else "auto")
    worker = Worker(terminal)

    def stream(quoth: Quoth, asked: Question) -> Iterator[Event]:
        return worker.stream(lambda: quoth.astream(asked))

    talk = Chat(chain, filters, worker.run, stream, _Screen(terminal), _feedback(settings))
    read = _reader(settings, worker, chain)
    with watching, _ctrl_c_as_exception():
        _converse(talk, read)
    _leave()


def _opened(settings: Settings, watching: Watching) -> tuple[Callable[[], Quoth], Known | None]:
    """The chain, to be called when it is needed, and what its index holds, which is told at once.

    Where files changed, the index is brought up to date first; one in a server is not asked yet.
    """
    known = None if settings.chroma_url else _known(settings)
    synced = console.assemble(settings) if known is None and not settings.chroma_url else None

    @cache
    def chain() -> Quoth:
        from retrieval.chain import assemble

        quoth = synced or assemble(settings)
        quoth.warm()
        return _followed(quoth, watching)

    if synced:
        known = Known.of(source for source, _ in synced.index.sources())
    return chain, known


def _known(settings: Settings) -> Known | None:
    """What the index holds; None where files changed. It is found without opening it."""
    limits = Limits.of(settings)
    return Snapshot(settings.folder, settings.data, limits, settings.collection).known()


def _greeting(known: Known | None, settings: Settings) -> str:
    if known is None:
        return f"The articles of {settings.chroma_url}.\nAsk, or /help. Ctrl-D leaves."
    folder = settings.folder
    first, last = shown(known.first), shown(known.last)
    days = f", {first} to {last}" if first != last else f", {first}" if first else ""
    articles = f"{known.articles:,} article" + "s" * (known.articles != 1)
    return f"{articles} in {render.safe(str(folder))}{days}.\nAsk, or /help. Ctrl-D leaves."


def _reader(settings: Settings, worker: Worker, chain: Callable[[], Quoth]) -> Callable[[], str]:
    if os.environ.get("TERM") == "dumb":
        worker.submit(chain)
        return _line
    from bot.completion import Commands
    from bot.keyboard import Keyboard

    @cache
    def files() -> Future[Sequence[str]]:
        return worker.submit(lambda: _files(chain))

    commands = Commands({name: command.help for name, command in COMMANDS.items()}, TAKE_FILES, files)
    return Keyboard(PROMPT, settings.data / "history", commands, lambda: worker.submit(chain)).read


def _files(chain: Callable[[], Quoth]) -> Sequence[str]:
    try:
        return [source.file for source, _ in chain().index.sources()]
    except QuothError:  # the first question tells it
        return []


def _line() -> str:
    """A message from a terminal that knows no keys but those of the system."""
    while True:
        print()
        try:
            return input(PROMPT)
        except KeyboardInterrupt:
            print()


def _converse(talk: Chat, read: Callable[[], str]) -> None:
    while True:
        try:
            talk.hear(read())
        except EOFError:
            return
        except KeyboardInterrupt:
            print("Stopped.")
        sys.stdout.flush()


def _leave() -> NoReturn:
    """End at once: work under way may be cut off, and taking torch down in order takes more than a second."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


@contextmanager
def _ctrl_c_as_exception() -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt, which ends no more than what is going on."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former)


def _feedback(settings: Settings) -> Feedback:
    return Feedback(settings.data / FILE)


class _Screen:
    """Standard output, which may be a terminal."""

    def __init__(self, terminal: Console | None = None) -> None:
        self._terminal = terminal

    def show(self, renderable: RenderableType) -> None:
        console.show(_dressed(renderable))

    def follow(self, events: Iterator[Event], folder: Path) -> Answer:
        if self._terminal and not self._terminal.is_dumb_terminal:
            return live.in_place(events, folder, self.show, self._terminal)
        return live.in_order(events, folder, self.show)

    def page(self, renderable: RenderableType, marked: bool) -> None:
        pager.paged(_dressed(renderable), marked)

    def print(self, text: str) -> None:
        print(text)


def _without_styles() -> bool:
    return bool(os.environ.get("NO_COLOR"))


def _dressed(renderable: RenderableType) -> RenderableType:
    return _Plain(renderable) if _without_styles() else renderable


class _Plain:
    """The same text without colours, bold letters and links."""

    def __init__(self, renderable: RenderableType) -> None:
        self._renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from Segment.strip_styles(console.render(self._renderable, options))
