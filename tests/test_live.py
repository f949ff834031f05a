"""Answers shown while they are written."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyte
import pytest
from rich.console import Console, RenderableType

from bot import live
from retrieval.types import Answer, Citation, Event, Said, Sentence, Source, Span, Usage

FOLDER = Path("/articles")
CITATIONS = tuple(
    Citation(n, Source(f"{n}.txt", f"Title {n}"), Span(0, 7), f"Quote {n}.", n) for n in (1, 2, 3)
)
SENTENCES = (
    Sentence("Voss shut it.", (1,)),
    Sentence("Rain fell\x1b[2J.", (2, 3)),
    Sentence("It rose.", (1,)),
)
SAID = (Said(SENTENCES[0], CITATIONS[:1]), Said(SENTENCES[1], CITATIONS[1:]), Said(SENTENCES[2], ()))
WHOLE = Answer("Who?", True, SENTENCES, CITATIONS, model="a:b", usage=Usage(1, 2, 3, 4.0))
QUOTED = Answer("Who?", True, (Sentence("Quoted.", (1,)),), CITATIONS[:1], notes=("It failed.",))
REFUSAL = Answer("Who?", False, (Sentence("The articles don't say."),), model="a:b")
ROW = "Voss shut it. [1] Rain fell\ufffd[2J. [2][3] It rose. [1]"


class Screen:
    """A terminal whose screen can be read, or a file that takes plain text."""

    def __init__(self, columns: int = 80, rows: int = 40) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._out = io.StringIO()
        self.console = Console(
            file=self._out, width=columns, height=rows, force_terminal=True, _environ={"TERM": "xterm"}
        )
        self._plain = Console(file=self._out, width=columns, color_system=None, _environ={})

    def show(self, renderable: RenderableType) -> None:
        self.console.print(renderable)

    def write(self, renderable: RenderableType) -> None:
        self._plain.print(renderable)

    @property
    def written(self) -> str:
        return self._out.getvalue()

    @property
    def lines(self) -> list[str]:
        self._screen.reset()
        pyte.Stream(self._screen).feed(self.written.replace("\n", "\r\n"))
        return "\n".join(line.rstrip() for line in self._screen.display).strip().splitlines()


def heads(screen: Screen) -> list[str]:
    """The first lines of the citations."""
    return [line for line in screen.lines if line.startswith("[")]


def told(*events: Event, screen: Screen | None = None) -> tuple[Iterator[Event], list[list[str]]]:
    """The events, and what is on the screen behind each."""
    seen: list[list[str]] = []

    def each() -> Iterator[Event]:
        for event in events:
            yield event
            if screen:
                seen.append(screen.lines)

    return each(), seen


def interrupted(*events: Event) -> Iterator[Event]:
    yield from events
    raise KeyboardInterrupt


def test_in_place_sentences_are_added_until_the_whole_answer_takes_their_place():
    screen = Screen()
    events, seen = told(*SAID, replace(WHOLE, notes=("About Voss:",)), screen=screen)
    answer = live.in_place(events, FOLDER, screen.show, screen.console)
    assert answer.sentences == SENTENCES
    rows = [lines[0] for lines in seen[:3]]
    assert rows == ["Voss shut it. [1]", "Voss shut it. [1] Rain fell\ufffd[2J. [2][3]", ROW]
    assert all(lines[1].endswith("Writing") and len(lines) == 2 for lines in seen[:3])
    assert screen.lines[0] == f"About Voss: {ROW}"
    assert [line for line in screen.lines if line.startswith("[")] == [
        "[1] Title 1",
        "[2] Title 2",
        "[3] Title 3",
    ]
    assert screen.lines[-1] == "Written by a:b from the articles: 1 call, 2 tokens read, 3 written, 4.0 s."
    assert "Writing" not in "\n".join(screen.lines)


def test_in_place_the_newest_lines_are_seen_where_there_is_no_room_for_all():
    screen = Screen(20, 6)
    long = [Said(Sentence(f"This is sentence number {n}.", (1,)), ()) for n in range(9)]
    answer = Answer("Who?", True, tuple(one.sentence for one in long), CITATIONS[:1])
    events, seen = told(*long, answer, screen=screen)
    live.in_place(events, FOLDER, screen.show, screen.console)
    for n in range(9):
        assert f"number {n}." in " ".join(seen[n]) and "Writing" in seen[n][-1]
        assert len(seen[n]) <= 5


@pytest.mark.parametrize("said", [(), SAID[:2]])
@pytest.mark.parametrize("answer", [QUOTED, REFUSAL], ids=["quoted", "refused"])
def test_in_place_nothing_is_left_of_an_answer_that_became_another(said: tuple[Said, ...], answer: Answer):
    screen, bare = Screen(), Screen()
    live.in_place(told(*said, answer)[0], FOLDER, screen.show, screen.console)
    live.in_place(told(answer)[0], FOLDER, bare.show, bare.console)
    assert screen.lines == bare.lines
    assert answer.sentences[0].text in " ".join(screen.lines)
    assert "Voss" not in " ".join(screen.lines)


def test_in_place_what_was_said_stays_with_its_proofs_when_it_is_interrupted():
    screen = Screen()
    with pytest.raises(KeyboardInterrupt):
        live.in_place(interrupted(*SAID[:1]), FOLDER, screen.show, screen.console)
    assert screen.lines[0] == "Voss shut it. [1]"
    assert heads(screen) == ["[1] Title 1"]
    nothing = Screen()
    with pytest.raises(KeyboardInterrupt):
        live.in_place(interrupted(), FOLDER, nothing.show, nothing.console)
    assert nothing.lines == []


def test_in_order_each_sentence_is_a_line_and_nothing_is_written_over():
    screen = Screen()
    answer = replace(WHOLE, notes=("About Voss:", "1 sentence was left out."))
    events, seen = told(*SAID, answer, screen=screen)
    assert live.in_order(events, FOLDER, screen.write) == answer
    written = screen.written.splitlines()
    assert [len(lines) for lines in seen[:3]] == [1, 2, 3]
    assert written[:5] == [
        "Voss shut it. [1]",
        "Rain fell\ufffd[2J. [2][3]",
        "It rose. [1]",
        "About Voss. 1 sentence was left out.",
        "",
    ]
    assert written.count("[1] Title 1") == 1 and written[-2] == ""
    assert "\x1b" not in screen.written and "\r" not in screen.written


def test_in_order_an_answer_that_became_another_withdraws_what_was_said():
    screen = Screen()
    live.in_order(told(*SAID[:1], QUOTED)[0], FOLDER, screen.write)
    assert screen.written.splitlines()[:4] == [
        "Voss shut it. [1]",
        "",
        live.WITHDRAWN,
        "It failed. Quoted. [1]",
    ]
    alone = Screen()
    live.in_order(told(QUOTED)[0], FOLDER, alone.write)
    assert alone.written.startswith("It failed. Quoted. [1]\n\n[1] Title 1\n")


def test_in_order_what_was_said_is_proved_when_it_is_interrupted():
    screen = Screen()
    with pytest.raises(KeyboardInterrupt):
        live.in_order(interrupted(*SAID[:1]), FOLDER, screen.write)
    assert screen.written.startswith("Voss shut it. [1]\n\n[1] Title 1\n")


def test_an_interruption_ends_the_work():
    ended = []

    def work() -> Iterator[Event]:
        try:
            yield SAID[0]
            yield WHOLE
        finally:
            ended.append(True)

    def refuse(_: RenderableType) -> None:
        raise KeyboardInterrupt

    events = work()
    with pytest.raises(KeyboardInterrupt):
        live.in_order(events, FOLDER, refuse)
    assert ended == [True]
