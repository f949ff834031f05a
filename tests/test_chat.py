from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, RenderableType

from bot.chat import COMMANDS, HISTORY, Chat, Unusable
from bot.live import in_order
from bot.render import answer_json
from retrieval.errors import ModelError
from retrieval.feedback import Feedback
from retrieval.types import Answer, Event, Filters, Question, Said

WHO = "Who met Belousov in Beijing?"
NOTHING_YET = "There is no answer yet: ask something first."


class Recorded:
    """The real chain, which remembers what it was asked."""

    def __init__(self, quoth: Any, writer: Any = None) -> None:
        self._quoth = quoth
        self.writer = writer
        self.index: Any = quoth.index
        self.asked: list[Question] = []
        self.answers: list[Answer] = []

    def invoke(self, question: Question) -> Answer:
        self.asked.append(question)
        self.answers.append(self._quoth.invoke(question))
        return self.answers[-1]

    def stream(self, question: Question) -> Iterator[Event]:
        answer = self.invoke(question)
        yield Said(answer.sentences[0], answer.citations)
        yield answer

    def retrieve(self, question: Question) -> Any:
        self.asked.append(question)
        return self._quoth.retrieve(question)


class Paper:
    """A screen that keeps what is written."""

    def __init__(self) -> None:
        self._console = Console(file=io.StringIO(), width=60)
        self.marked = False

    def show(self, renderable: RenderableType) -> None:
        self._console.print(renderable)

    def follow(self, events: Iterator[Event], folder: Path) -> Answer:
        return in_order(events, folder, self.show)

    def page(self, renderable: RenderableType, marked: bool) -> None:
        self.marked = marked
        self.show(renderable)

    def print(self, text: str) -> None:
        self._console.file.write(f"{text}\n")

    def written(self) -> str:
        text = self._console.file.getvalue()
        self._console.file = io.StringIO()
        return text


def at_once(work: Callable[[], Any], _: str) -> Any:
    return work()


class Talk:
    """A chat, its chain and its screen."""

    def __init__(
        self, chain: Callable[[], Any], data: Path, filters: Filters | None = None, run: Any = at_once
    ) -> None:
        self.votes = data / "feedback.sqlite3"
        self.screen = Paper()
        votes = Feedback(self.votes)
        self.chat = Chat(
            chain, filters or Filters(), run, lambda quoth, asked: quoth.stream(asked), self.screen, votes
        )

    def say(self, message: str) -> str:
        self.chat.hear(message)
        return self.screen.written()

    def voted(self) -> list[tuple[str, int, str, list[str]]]:
        with closing(sqlite3.connect(self.votes)) as database:
            rows = database.execute("SELECT question, verdict, reason, history FROM votes ORDER BY rowid")
            return [(question, verdict, why, json.loads(before)) for question, verdict, why, before in rows]


@pytest.fixture
def chain(quoth: Any) -> Recorded:
    return Recorded(quoth)


@pytest.fixture
def talk(chain: Recorded, tmp_path: Path) -> Talk:
    return Talk(lambda: chain, tmp_path)


@pytest.fixture
def unopened(tmp_path: Path) -> Talk:
    """A chat whose chain must not be needed."""
    return Talk(lambda: pytest.fail("the chain was opened"), tmp_path)


def test_a_question_is_answered_with_its_citations(talk: Talk):
    said = "".join(talk.say(WHO).split())  # where lines are broken depends on where the folder lies
    assert "DongJunmet" in said and "[1]" in said and "001_f9fa91b9999a0198.txt:5" in said


def test_a_question_comes_with_all_turns_before_it_refusals_too(talk: Talk, chain: Recorded):
    asked = [WHO, "hello", "Who won the world cup?", "When?"]
    for message in asked:
        talk.say(message)
    assert [question.text for question in chain.asked] == asked
    for number, question in enumerate(chain.asked):
        turns = [(turn.question, turn.text) for turn in question.history]
        assert turns == [(a.question, a.text) for a in chain.answers[:number]]


def test_only_the_last_turns_are_kept(talk: Talk, chain: Recorded):
    for number in range(HISTORY + 3):
        talk.say(f"hello {number}")
    assert [turn.question for turn in chain.asked[-1].history] == [
        f"hello {number}" for number in range(2, HISTORY + 2)
    ]


def test_a_stopped_answer_is_no_part_of_the_conversation(chain: Recorded, tmp_path: Path):
    stopped = [False]

    def run(work: Callable[[], Any], _: str) -> Any:
        done = work()
        if stopped[0]:
            raise KeyboardInterrupt
        return done

    talk = Talk(lambda: chain, tmp_path, run=run)
    talk.say("hello")
    stopped[0] = True
    with pytest.raises(KeyboardInterrupt):
        talk.say(WHO)
    stopped[0] = False
    assert '"question": "hello"' in talk.say("/json")
    talk.say("thanks")
    assert [turn.question for turn in chain.asked[-1].history] == ["hello"]


def test_an_answer_that_is_written_is_followed_and_is_a_turn(quoth: Any, tmp_path: Path):
    chain = Recorded(quoth, writer=object())
    talk = Talk(lambda: chain, tmp_path)
    said = talk.say(WHO)
    assert said.index("[1]\n\n[1] ") < said.index("001_f9fa91b9999a0198")  # a sentence, then what proves it
    assert said.count("[1] China, Russia pledge") == 1
    assert json.loads(talk.say("/json")) == answer_json(chain.answers[0])
    assert talk.say("/good") == "Noted as good.\n"
    talk.say("hello")
    assert [turn.question for turn in chain.asked[-1].history] == [WHO]


def test_new_forgets_the_conversation_and_its_last_answer(talk: Talk, chain: Recorded):
    talk.say("hello")
    assert talk.say("/new").startswith("Forgotten")
    assert talk.say("/json").strip() == NOTHING_YET
    talk.say("hello")
    assert chain.asked[-1].history == ()


def test_filters_hold_for_everything(chain: Recorded, tmp_path: Path):
    filters = Filters(since=date(2023, 10, 1), until=date(2023, 12, 31))
    talk = Talk(lambda: chain, tmp_path, filters)
    talk.say(WHO)
    assert "002_" in talk.say("/search drills") and "001_" not in talk.say("/search drills")
    assert {question.filters for question in chain.asked} == {filters}
    assert "002_" in talk.say("/sources") and "001_" not in talk.say("/sources")


@pytest.mark.parametrize(
    ("command", "marked", "parts", "absent"),
    [
        ("/show", ">  5 Chinese", ["001_f9fa91b9999a0198.txt", " 11 "], " 12 "),
        ("/show 1", ">  5 Chinese", [], " 12 "),
        ("/show [1]", ">  5 Chinese", [], " 12 "),
        ("/show 001:12", "> 12 Russian", [" 16 "], "  5 Chinese"),
        ("/show {seeds}/001_f9fa91b9999a0198.txt", None, ["  1 China", " 16 "], ">"),
        ("/show 002", None, ["Warsaw Institute", "2 "], ">"),
    ],
)
def test_show_shows_the_text_around_a_citation_or_a_line(
    talk: Talk, seeds: Path, command: str, marked: str | None, parts: list[str], absent: str
):
    talk.say(WHO)
    said = talk.say(command.format(seeds=seeds))
    for part in [*parts, *([marked] if marked else [])]:
        assert part in said
    assert absent not in said
    assert talk.screen.marked is bool(marked)


@pytest.mark.parametrize(
    ("before", "command", "sentence"),
    [
        (WHO, "/show 99", "The last answer has no citation 99: there is /show 1."),
        ("which articles do you have?", "/show 6", "has no citation 6: there is /show 1 to /show 5."),
        ("hello", "/show", "The last answer cites nothing: name a file, as in /show FILE."),
        ("hello", "/show nope.txt", "No article of"),
        ("hello", "/search", "/search needs words, as in /search joint drills."),
        ("hello", "/sources nope", "No article has 'nope' in its title, publisher, author, date or file."),
        ("hello", "x" * 5_000, "The question has 5,000 characters"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(talk: Talk, before: str, command: str, sentence: str):
    talk.say(before)
    said = talk.say(command)
    assert sentence in said and said.count("\n") == 1


@pytest.mark.parametrize(
    ("message", "reply"),
    [
        *((command, NOTHING_YET) for command in ("/show", "/show 2", "/json", "/good", "/bad why")),
        ("/sorces", "There is no command '/sorces': did you mean /sources? /help lists them."),
        ("/shwo 2", "There is no command '/shwo': did you mean /show? /help lists them."),
        ("/xyzzy", "There is no command '/xyzzy': /help lists them."),
        ("/\x1b[31m", "There is no command '/\\x1b[31m': /help lists them."),
        ("x" * 5_000, "The question has 5,000 characters: ask in at most 4,000."),
        ("/new", "Forgotten: the next question starts a new conversation."),
        (" \n\t ", ""),
    ],
)
def test_what_needs_no_index_does_not_wait_for_it(unopened: Talk, message: str, reply: str):
    assert unopened.say(message).strip() == reply


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", ["000", "001", "002", "003", "004"]),
        ("GUARDIAN", ["003"]),
        ("2023-07 naval", ["004"]),
        ("15 nov", ["002"]),
        ("000_", ["000"]),
    ],
)
def test_sources_lists_the_articles_with_the_words(talk: Talk, words: str, found: list[str]):
    said = talk.say(f"/sources {words}")
    assert sorted(line.split("_")[0][-3:] for line in said.splitlines() if ".txt" in line) == found


def test_search_shows_passages_and_is_no_turn(talk: Talk, chain: Recorded):
    assert "cosine" in talk.say("/search joint drills")
    talk.say("hello")
    assert chain.asked[-1].history == ()


def test_json_is_the_last_answer(talk: Talk, chain: Recorded):
    talk.say(WHO)
    assert json.loads(talk.say("/json")) == answer_json(chain.answers[-1])


def test_a_vote_is_kept_and_may_be_changed(talk: Talk):
    talk.say("hello")
    assert talk.say("/bad") == "Noted as bad; /bad WHY tells why.\n"
    talk.say(WHO)
    assert talk.say("/bad  too  long ") == "Noted as bad: too long\n"
    assert talk.say("/good") == "Noted as good.\n"
    talk.say(WHO)
    talk.say("/bad")
    assert talk.voted() == [
        ("hello", -1, "", []),
        (WHO, 1, "", ["hello"]),
        (WHO, -1, "", ["hello", WHO]),
    ]


def test_a_vote_that_cannot_be_kept_is_one_sentence(talk: Talk):
    talk.say("hello")
    talk.votes.mkdir()
    assert talk.say("/good").startswith("The vote cannot be kept in ")
    assert "Hello!" in talk.say("hello")


def test_help_tells_of_every_command_in_sixty_columns(unopened: Talk):
    said = unopened.say("/help")
    assert all(any(line.startswith(name) for line in said.splitlines()) for name in COMMANDS)
    assert max(map(len, said.splitlines()[: len(COMMANDS)])) <= 60
    assert len(said.splitlines()) == len(COMMANDS) + 2


@pytest.mark.parametrize("message", ["/quit", "/exit", " /quit now "])
def test_leaving(unopened: Talk, message: str):
    with pytest.raises(EOFError):
        unopened.say(message)


def test_without_a_model_nothing_can_be_asked(tmp_path: Path):
    error = ModelError("The embedding model is missing.")

    def chain() -> Any:
        raise error

    talk = Talk(chain, tmp_path)
    for message in (WHO, "/sources", "/search x", "/show 001"):
        with pytest.raises(Unusable) as unusable:
            talk.say(message)
        assert unusable.value.error is error


def test_escape_sequences_do_not_come_back(talk: Talk, chain: Recorded):
    for message in (
        "/\x1b]0;x\x07",
        "hello \x1b[31m",
        "/bad \x1b[31m\u202e",
        "/sources \x1b",
        "/show \x9b",
        "/json",
    ):
        assert not set("\x1b\x07\x9b\u202e") & set(talk.say(message))
    talk.say("Who is \ud800?")
    assert chain.asked[-1].text == "Who is ??"
