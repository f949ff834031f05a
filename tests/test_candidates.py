from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.render import dumped
from eval.candidates import candidates, count_known
from eval.questions import Case, faults, load
from retrieval.feedback import Feedback, Quoted, Vote
from retrieval.types import Answer, Citation, Sentence, Source, Span, Turn

NOON = dt.datetime(2024, 5, 3, 12, tzinfo=dt.UTC)
SHUT, WHY = "Voss shut the lock.", "Ice had broken a gate."
TEXT = f"Tarn lock\n\n{SHUT} {WHY}\n"


def vote(
    question: str, *history: str, good: bool = True, quotes: tuple[str, ...] = (SHUT,), **changes
) -> Vote:
    places = tuple(
        Quoted(number, "tarn.txt", Span(11, 11 + len(quote)), quote) for number, quote in enumerate(quotes, 1)
    )
    row = Vote("id", question, None, history, " ".join(quotes), places, 1 if good else -1, "", NOON)
    return replace(row, **changes)


def case(id_: str, question: str, conversation: str | None = None) -> Case:
    return Case(id_, "turn" if conversation else "fact", "dev", question, True, (), (), conversation)


def completed(lines: list[dict[str, Any]], path: Path) -> list[Case]:
    path.write_text("".join(f"{dumped(line)}\n" for line in lines), "utf-8")
    return load(path)


def test_a_good_answer_brings_its_citations_as_evidence():
    (line,) = candidates([vote("Who shut the lock?", quotes=(SHUT, WHY))], [])
    todo = line.pop("todo")
    assert line.pop("id").startswith("feedback-")
    assert line == {
        "kind": "",
        "split": "dev",
        "question": "Who shut the lock?",
        "answerable": True,
        "answers": [],
        "evidence": [{"file": "tarn.txt", "quote": SHUT}, {"file": "tarn.txt", "quote": WHY}],
        "today": "2024-05-03",
        "vote": {"good": 1, "bad": 0},
        "reason": "",
        "given": f"{SHUT} {WHY}",
    }
    assert [point.split()[0] for point in todo] == ["choose", "keep", "write", "remove"]
    assert "paraphrase" in todo[0]


@pytest.mark.parametrize(
    ("good", "quotes", "answerable", "quoted", "todo"),
    [
        (True, (SHUT,), True, 1, "keep as evidence"),
        (True, (), False, 0, "make sure that no article"),
        (False, (SHUT,), True, 0, "look whether the articles answer it"),
        (False, (), True, 0, "look whether the articles answer it"),
    ],
)
def test_what_a_vote_lets_guess(
    good: bool, quotes: tuple[str, ...], answerable: bool, quoted: int, todo: str
):
    (line,) = candidates([vote("Who?", good=good, quotes=quotes, reason="so")], [])
    assert (line["answerable"], len(line["evidence"]), line["reason"]) == (answerable, quoted, "so")
    assert any(point.startswith(todo) for point in line["todo"])


def test_votes_on_the_same_question_are_merged():
    votes = [
        vote("Who shut the lock?", quotes=(SHUT,)),
        vote("who shut  the lock", quotes=(WHY, SHUT), answer="newer"),
        vote("WHO SHUT THE LOCK", quotes=(), good=False, reason="it does answer", answer="newest"),
        vote("Who shut the lock!", quotes=(), good=False, reason="it does answer"),
        vote("Why?", good=False),
    ]
    line, other = candidates(votes, [])
    assert other["question"] == "Why?"
    assert [item["quote"] for item in line["evidence"]] == [WHY, SHUT]
    assert (line["vote"], line["reason"], line["given"]) == (
        {"good": 2, "bad": 2},
        "it does answer",
        "newer",
    )
    assert line["todo"][0] == "the votes differ: decide"


def test_what_came_before_a_question_makes_it_a_conversation():
    lines = candidates([vote("Why?", "Who shut the lock?", "When?", quotes=(WHY,))], [])
    name = lines[0]["conversation"]
    assert [(line["id"], line["question"], line["kind"], line["conversation"]) for line in lines] == [
        (f"{name}-1", "Who shut the lock?", "turn", name),
        (f"{name}-2", "When?", "turn", name),
        (f"{name}-3", "Why?", "turn", name),
    ]
    assert [line["vote"]["good"] for line in lines] == [0, 0, 1]
    assert [bool(line["evidence"]) for line in lines] == [False, False, True]
    assert {line["today"] for line in lines} == {"2024-05-03"}


def test_votes_along_one_conversation_make_one_of_it():
    votes = [
        vote("Who shut the lock?"),
        vote("Why?", "Who shut the lock?", quotes=(WHY,)),
        vote("When?", "who shut the lock", "Why?", good=False),
        vote("Where?", "Who shut the lock?", good=False),
        vote("Why?"),  # alone it is another question
    ]
    lines = candidates(votes, [])
    assert [line["question"] for line in lines] == [
        *("who shut the lock", "Why?", "When?"),
        *("Who shut the lock?", "Where?"),
        "Why?",
    ]
    assert len({line["id"] for line in lines}) == len(lines)
    assert [len(line["evidence"]) for line in lines[:3]] == [1, 1, 0]


def test_what_the_set_has_is_left_out_and_counted():
    known = [
        case("fact-1", "Who shut the lock?"),
        case("talk-1", "Who is Voss?", "talk"),
        case("talk-2", "Why?", "talk"),
        case("talk-x", "When?", "another"),
    ]
    votes = [
        vote("who shut the lock"),
        vote("Who is Voss?"),
        vote("Why?", "Who is Voss?"),
        vote("Why?"),
        vote("When?", "Why?"),
    ]
    assert [line["question"] for line in candidates(votes, known)] == ["Why?", "When?"]
    assert count_known(votes, known) == 3
    assert count_known(votes, []) == 0
    assert candidates([], known) == []


@pytest.mark.parametrize("history", [(), ("Who is Voss?",)])
def test_a_line_that_went_into_the_set_in_better_words_does_not_come_again(
    history: tuple[str, ...], tmp_path: Path
):
    votes = [vote("wy did she shut the lok", *history), vote("Who is Voss?")]
    lines = [line | {"question": f"Better {line['question']}"} for line in candidates(votes, [])]
    known = completed(lines, tmp_path / "set.jsonl")
    assert candidates(votes, known) == []
    assert count_known(votes, known) == 2


@pytest.fixture
def feedback(tmp_path: Path) -> Feedback:
    return Feedback(tmp_path / "feedback.sqlite3", lambda: NOON)


def answer(question: str, *quotes: str) -> Answer:
    citations = tuple(
        Citation(number, Source("tarn.txt", "Tarn"), Span(at := TEXT.index(quote), at + len(quote)), quote, 3)
        for number, quote in enumerate(quotes, 1)
    )
    sentences = tuple(Sentence(one.quote, (one.number,)) for one in citations)
    return Answer(question, bool(quotes), sentences or (Sentence("They do not say."),), citations)


def test_from_a_vote_to_a_set_that_is_in_order(feedback: Feedback, tmp_path: Path):
    feedback.vote("1", answer("Who shut the lock?", SHUT), (), 1)
    feedback.vote("2", answer("Why?", WHY), (Turn("Who shut the lock?", SHUT),), 1)
    feedback.vote("3", answer("Who sings?"), (), 1)
    feedback.vote("4", answer("What broke?", SHUT), (), -1, "the gate did")
    lines = candidates(feedback.votes(), [])
    given = {line["question"]: line["given"] for line in lines}
    assert given == {
        "Who shut the lock?": f"{SHUT} [1]",
        "Why?": f"{WHY} [1]",
        "Who sings?": "They do not say.",
        "What broke?": f"{SHUT} [1]",
    }
    texts = {"tarn.txt": TEXT}
    unfinished = completed(lines, tmp_path / "unfinished.jsonl")
    assert {fault.split(",")[0] for fault in faults(unfinished, texts) if "not complete" in fault} == {
        f"line {number}" for number in range(1, 5)
    }

    who, why, sings, broke = lines
    who["answers"], why["answers"] = ["Voss"], ["a broken gate"]
    sings["kind"] = "offtopic"
    broke |= {"kind": "fact", "answers": ["a gate"], "evidence": [{"file": "tarn.txt", "quote": WHY}]}
    for line in lines:
        line["todo"] = []
        del line["given"]
    cases = completed(lines, tmp_path / "set.jsonl")
    assert list(faults(cases, texts)) == []
    assert [one.conversation for one in cases] == [who["conversation"]] * 2 + [None, None]
    assert cases[3].evidence[0].quote == WHY
    assert cases[0].today == NOON.date()
    assert candidates(feedback.votes(), cases) == []


def test_odd_characters_make_a_line_that_can_be_written_and_read(feedback: Feedback, tmp_path: Path):
    odd = Citation(1, Source("\udcff.txt", "\udcff"), Span(0, 3), '"\n\x00', 1)
    said = Answer("Who \u202e \x1b[2J\u2028?", True, (Sentence("\ud800", (1,)),), (odd,))
    feedback.vote("1", said, (Turn("\udcff?", ""),), 1, "\ud800")
    before, asked = completed(candidates(feedback.votes(), []), tmp_path / "set.jsonl")
    assert (before.question, asked.question) == ("??", said.question)
    assert (asked.evidence[0].file, asked.evidence[0].quote) == ("?.txt", '"\n\x00')
    assert candidates(feedback.votes(), [before, asked]) == []
