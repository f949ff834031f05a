from __future__ import annotations

import io
import json
from datetime import date
from typing import Any

import pytest

from bot import batch, render
from retrieval.errors import IndexDamaged
from retrieval.question import LONGEST_QUESTION
from retrieval.types import Answer, Citation, Filters, Question, Sentence, Source, Span, Turn

KEYS = set(
    "question answered text notes understood short_answer sentences citations nearest confidence "
    "seconds model removed usage".split()
)
NO_FILTERS = Filters()


class Asked(list[Question]):
    """Answers everything, and keeps what it was asked."""

    def __call__(self, question: Question) -> Answer:
        self.append(question)
        citation = Citation(1, Source("a.txt", "Title"), Span(0, 4), "Yes.", 1)
        return Answer(question.text, True, (Sentence("Yes.", (1,)),), (citation,), confidence=0.9)


def ask(line: bytes, filters: Filters = NO_FILTERS) -> tuple[dict[str, Any], Asked]:
    asked = Asked()
    return batch.answer(line, filters, asked), asked


def split(raw: bytes) -> list[bytes]:
    return list(batch.lines(io.BytesIO(raw)))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", []),
        (b"\n\n \n\t\n", []),
        (b"one", [b"one"]),
        (b"one\ntwo\n", [b"one", b"two"]),
        (b"one\n\n  \ntwo", [b"one", b"two"]),
        (b"one\rtwo\n", [b"one\rtwo"]),
        (b"one\r\ntwo", [b"one\r", b"two"]),
        ("one\u2028two\u2029three\u0085four\n".encode(), ["one\u2028two\u2029three\u0085four".encode()]),
        (b"one\x0btwo\x0cthree\x1cfour\n", [b"one\x0btwo\x0cthree\x1cfour"]),
        (b"\xff\xfe\nx", [b"\xff\xfe", b"x"]),
    ],
)
def test_a_line_ends_at_a_newline_alone_and_blank_ones_are_left_out(raw: bytes, expected: list[bytes]):
    assert split(raw) == expected


def test_lines_close_their_stream():
    stream = io.BytesIO(b"one\n")
    assert list(batch.lines(stream)) == [b"one"]
    assert stream.closed


def test_lines_come_as_they_are_read():
    class Dripping(io.RawIOBase):
        def __init__(self) -> None:
            self.parts = [b"one\n", b"two\n"]

        def readable(self) -> bool:
            return True

        def readline(self, size: int | None = -1) -> bytes:
            assert self.parts, "read on before the first line was handed out"
            return self.parts.pop(0)

    assert next(batch.lines(Dripping())) == b"one"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("Who met?", "Who met?"),
        ("  Who met?\r", "  Who met?\r"),
        ("Who\u2028met?", "Who\u2028met?"),
        ("\ufeffWho met?", "Who met?"),
        ("“Who” met {Li}?", "“Who” met {Li}?"),
        ('["Who met?"]', '["Who met?"]'),
        ('"Who met?"', '"Who met?"'),
        ('{"question": "Who met?"}', "Who met?"),
        ('  {"question": "Who met?"}\r', "Who met?"),
        ('\ufeff{"question": "Who met?"}', "Who met?"),
        ('{"question": "Who\\nmet?", "more": [1]}', "Who\nmet?"),
    ],
)
def test_a_line_is_a_question_in_plain_text_or_json(line: str, text: str):
    answered, asked = ask(line.encode())
    assert [question.text for question in asked] == [text]
    assert set(answered) == KEYS
    assert answered["answered"] is True
    assert answered["question"] == text


@pytest.mark.parametrize(
    "id_", ["q1", "", 0, 7, -1.5, 10**30, None, True, False, [1, [2]], {"a": {"b": None}}, "\u202e\x1b", "é"]
)
def test_an_id_of_any_type_is_passed_through(id_: Any):
    answered, _ = ask(json.dumps({"id": id_, "question": "Who met?"}).encode())
    assert set(answered) == KEYS | {"id"}
    assert json.loads(render.dumped(answered))["id"] == id_
    assert type(answered["id"]) is type(id_)


def test_history_and_filters_reach_the_question():
    turns = [{"question": "Who?", "text": "Li."}, {"question": "When?", "text": "In May."}]
    filters = Filters("The Guardian", date(2023, 1, 1))
    _, asked = ask(json.dumps({"question": "Where?", "history": turns}).encode(), filters)
    assert asked == [Question("Where?", (Turn("Who?", "Li."), Turn("When?", "In May.")), filters)]


BAD = {
    "cut JSON": (b'{"question": "Who', "JSON"),
    "JSON and more": (b'{"question": "Who"} x', "JSON"),
    "no question": (b'{"id": 3}', "must be a text"),
    "question a number": (b'{"id": 3, "question": 5}', "must be a text"),
    "question null": (b'{"id": 3, "question": null}', "must be a text"),
    "history a text": (b'{"id": 3, "question": "Who?", "history": "x"}', "history"),
    "history of texts": (b'{"id": 3, "question": "Who?", "history": ["x"]}', "history"),
    "turn without text": (b'{"id": 3, "question": "Who?", "history": [{"question": "x"}]}', "history"),
    "empty question": (b'{"id": 3, "question": " "}', "empty"),
    "only a BOM": (b"\xef\xbb\xbf", "empty"),
    "only a no-break space": ("\u00a0".encode(), "empty"),
    "too long": (b"x" * (LONGEST_QUESTION + 1), "characters"),
    "too long in JSON": (json.dumps({"id": 3, "question": "x" * 5000}).encode(), "characters"),
    "Latin-1": ("Où?".encode("latin-1"), "UTF-8"),
    "UTF-16": ("Who?".encode("utf-16"), "UTF-8"),
    "UTF-8 in JSON cut": (b'{"id": 3, "question": "\xc3"}', "UTF-8"),
    "a surrogate in UTF-8": (b"\xed\xa0\x80", "UTF-8"),
    "nested beyond measure": (b'{"question": ' + b"[" * 100_000, "JSON"),
    "a number beyond measure": (b'{"question": "Who?", "id": ' + b"9" * 10_000 + b"}", "JSON"),
    "NaN": (b'{"question": "Who?", "id": NaN}', "JSON"),
    "infinity": (b'{"question": "Who?", "id": [-Infinity]}', "JSON"),
    "a float too large": (b'{"question": "Who?", "id": 1e999}', "JSON"),
    "megabytes": (b"x" * 3_000_000, "1,000,000 bytes"),
    "megabytes of two-byte letters": ("é".encode() * 1_500_000, "1,000,000 bytes"),
    "megabytes of JSON": (b'{"id": 3, "question": "' + b"x" * 3_000_000 + b'"}', "1,000,000 bytes"),
    "megabytes of blanks before it": (b" " * 2_000_000 + b"Who?", "1,000,000 bytes"),
}


@pytest.mark.parametrize(("line", "part"), BAD.values(), ids=BAD)
def test_a_bad_line_gives_the_same_object_with_an_error(line: bytes, part: str):
    (whole,) = split(line + b"\n")
    answered, asked = ask(whole)
    assert asked == []
    assert set(answered) - {"id"} == KEYS | {"error"}
    assert answered["answered"] is False
    assert answered["citations"] == answered["sentences"] == []
    assert answered["nearest"] is None and answered["text"] == ""
    assert part in answered["error"]
    assert "\n" not in answered["error"] and len(answered["error"]) < 250
    assert "id" not in answered or answered["id"] == 3
    json.loads(render.dumped(answered), parse_constant=pytest.fail)


@pytest.mark.parametrize("bad", ["no question", "history a text", "empty question", "too long in JSON"])
def test_a_bad_line_keeps_its_id_where_it_is_known(bad: str):
    assert ask(BAD[bad][0])[0]["id"] == 3


def test_a_bad_line_repeats_its_question_where_it_is_a_text():
    assert ask(b'{"question": "Who?", "history": 5}')[0]["question"] == "Who?"
    assert ask(b'{"question": 5}')[0]["question"] == ""


@pytest.mark.parametrize("depth", range(900, 1010, 3))
def test_an_id_that_was_read_can_be_written(depth: int):
    nested = b"[" * depth + b"]" * depth
    answered, _ = ask(b'{"question": "Who?", "id": ' + nested + b"}")
    render.dumped(answered)
    assert ("id" in answered) != ("error" in answered)


def test_a_failing_answer_is_an_error_of_its_line():
    def ask_broken(_: Question) -> Answer:
        raise IndexDamaged("The index is gone: make it again.")

    answered = batch.answer(b'{"id": "a", "question": "Who?"}', NO_FILTERS, ask_broken)
    assert answered["error"] == "The index is gone: make it again."
    assert answered["id"] == "a" and answered["question"] == "Who?"


def test_order_is_kept_and_a_bad_line_does_not_stop_the_rest():
    raw = b"one\n{bad\n\n" + b"x" * 2_500_000 + b"\n\xff\n" + b'{"id": 1, "question": "two"}\nthree'
    answers = [ask(line)[0] for line in split(raw)]
    assert ["error" in answered for answered in answers] == [False, True, True, True, False, False]
    assert [answered["question"] for answered in answers if answered["answered"]] == ["one", "two", "three"]


def test_a_line_of_just_the_longest_length_is_read_whole():
    padded = b'{"question": "Who met?"' + b" " * (1_000_000 - 24) + b"}"
    assert len(padded) == 1_000_000
    for ending in (b"\n", b""):
        lines = split(padded + ending + b"two"[: 3 * len(ending)])
        assert lines[0] == padded
        assert len(lines) == 1 + len(ending)
        assert ask(lines[0])[0]["answered"]


def test_the_real_chain_answers_a_batch(quoth):
    raw = b'{"id": "a", "question": "Who met Belousov in Beijing?"}\n'
    raw += b'{"id": "b", "question": "\\ud800"}\nhello\n'
    answers = [batch.answer(line, NO_FILTERS, quoth.invoke) for line in split(raw)]
    assert ["error" in answered for answered in answers] == [False] * 3
    assert answers[0]["citations"][0]["file"].startswith("001_")
    assert [answered.get("id") for answered in answers] == ["a", "b", None]
    for answered in answers:
        render.dumped(answered).encode("utf-8")
