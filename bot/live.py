"""An answer shown while a language model writes it: its sentences one by one, then what proves them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.segment import Segment
from rich.spinner import Spinner
from rich.text import Text

from bot import render
from retrieval.types import Answer, Event, Said, Sentence

Show = Callable[[RenderableType], None]

WITHDRAWN = "What stands above is withdrawn; this holds instead:"

_BELOW = 2  # lines under the sentences: the spinner and the cursor


def in_place(events: Iterator[Event], folder: Path, show: Show, console: Console) -> Answer:
    """The answer, shown as it grows above a spinner, and then whole in the same place.

    Where it is interrupted, what was said by then stays, with what proves it.
    """
    said: list[Said] = []
    try:
        with Live(_Growing(said), console=console, transient=True) as growing:

            def hear(new: Said) -> None:
                said.append(new)
                growing.refresh()

            answer = _heard(events, hear)
    except BaseException:
        if said:
            show(Group(render.said(_sentences(said)), _proofs(said, folder)))
        raise
    show(render.answer(answer, folder))
    return answer


def in_order(events: Iterator[Event], folder: Path, show: Show) -> Answer:
    """The same where nothing that was written can be taken back: each sentence on a line of its own."""
    said: list[Said] = []

    def hear(new: Said) -> None:
        said.append(new)
        show(render.said([new.sentence]))
        sys.stdout.flush()

    try:
        answer = _heard(events, hear)
    except BaseException:
        show(_proofs(said, folder))
        raise
    show(_rest(answer, _sentences(said), folder))
    return answer


def _heard(events: Iterator[Event], hear: Callable[[Said], None]) -> Answer:
    """The answer at the end; an interruption ends the work at once."""
    answer = None
    with closing(_each(events)) as each:
        for event in each:
            if isinstance(event, Answer):
                answer = event
            else:
                hear(event)
    assert answer is not None  # noqa: S101  # a stream ends with one
    return answer


def _each(events: Iterator[Event]) -> Generator[Event, None, None]:
    yield from events


def _sentences(said: Sequence[Said]) -> tuple[Sentence, ...]:
    return tuple(one.sentence for one in said)


def _proofs(said: Sequence[Said], folder: Path) -> RenderableType:
    return render.proofs([citation for one in said for citation in one.citations], folder)


def _rest(answer: Answer, said: tuple[Sentence, ...], folder: Path) -> RenderableType:
    """What is left to be shown of an answer of which `said` was; all of it where it became another."""
    if not said:
        return render.answer(answer, folder)
    if answer.sentences[: len(said)] != said:
        return Group("", Text(WITHDRAWN), render.answer(answer, folder))
    more = render.said(answer.sentences[len(said) :], [_closed(note) for note in answer.notes])
    proofs = render.proofs(answer.citations, folder)
    return Group(*([more] if more else []), proofs, render.written_by(answer))


def _closed(note: str) -> str:
    """A note that would lead to the sentences, where it stands behind them."""
    return f"{note.removesuffix(':')}." if note.endswith(":") else note


class _Growing:
    """The sentences so far, the last lines where there is no room for all, and a spinner under them."""

    def __init__(self, said: Sequence[Said]) -> None:
        self._said = said
        self._spinner = Spinner(spinner())

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        text = render.said(_sentences(self._said))
        lines = console.render_lines(text, options, pad=False) if text else []
        for line in lines[-max(1, console.height - _BELOW) :]:
            yield from line
            yield Segment.line()
        self._spinner.update(text="Writing" if text else "Reading")
        yield self._spinner


def spinner() -> str:
    """The name of the spinner that the terminal's encoding can show."""
    return "dots" if sys.stdout.encoding.lower().startswith("utf") else "line"
