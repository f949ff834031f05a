from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.dataset import Dataset
from retrieval.errors import InputError
from tests.cases import TEXTS, case


def ids(dataset: Dataset) -> str:
    return "".join(one.id for one in dataset.cases)


def talking(pattern: str) -> Dataset:
    """A case for each letter: equal ones that follow each other are a conversation, `.` stands alone."""
    return Dataset(
        tuple(
            case(chr(97 + at), conversation=None if letter == "." else letter)
            for at, letter in enumerate(pattern)
        ),
        Path("articles"),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for file, text in TEXTS.items():
        (tmp_path / file).write_text(text, "utf-8")
    return tmp_path


def row(id_: str, quote: str = "Rain fell.", split: str = "dev") -> str:
    evidence = [{"file": "a.txt", "quote": quote}]
    about = {"kind": "fact", "question": "Who?", "answerable": True, "answers": []}
    return json.dumps({"id": id_, "split": split, "evidence": evidence, **about})


def test_a_set_is_its_questions_with_their_articles(folder: Path, tmp_path: Path):
    questions = tmp_path / "set.jsonl"
    questions.write_text("\n".join([row("1"), row("2", split="test"), row("3")]))
    assert ids(Dataset.of(questions, folder)) == "123"
    assert ids(Dataset.of(questions, folder, "test")) == "2"
    assert Dataset.of(questions, folder).folder == folder
    assert Dataset.of(questions, folder).has_answers


def test_a_set_that_does_not_fit_is_refused_with_file_and_line_whatever_the_split(
    folder: Path, tmp_path: Path
):
    questions = tmp_path / "set.jsonl"
    questions.write_text("\n".join([row("1"), "", row("2", "Snow fell.", "test")]))
    with pytest.raises(InputError, match=r"set\.jsonl does not fit .* line 3, 2: the quote 'Snow fell\.'"):
        Dataset.of(questions, folder, "dev")


@pytest.mark.parametrize(
    ("pattern", "limit", "expected"),
    [
        ("....", 2, "ab"),
        ("....", 9, "abcd"),
        ("....", None, "abcd"),
        ("....", 0, ""),
        ("", 3, ""),
        (".xx.", 3, "abc"),
        (".xxx.", 3, "ae"),  # three turns do not fit any more, but one question does
        ("xxx", 2, ""),
        ("xxyy", 3, "ab"),
        ("xx.yy", 3, "abc"),
    ],
)
def test_a_limit_takes_the_first_and_keeps_turns_together(pattern: str, limit: int | None, expected: str):
    assert ids(talking(pattern).limited(limit, None)) == expected


def test_a_sample_is_drawn_by_its_seed_alone():
    dataset = talking("." * 20)
    drawn = {ids(dataset.limited(5, seed)) for seed in range(10)}
    assert len(drawn) > 5
    assert all(ids(dataset.limited(5, seed)) == ids(dataset.limited(5, seed)) for seed in range(10))
    assert ids(dataset.limited(None, 3)) == ids(dataset)


@given(st.lists(st.sampled_from(".xyz"), max_size=15), st.integers(0, 15), st.none() | st.integers())
def test_a_part_of_a_set_has_its_order_and_whole_conversations(
    letters: list[str], limit: int, seed: int | None
):
    pattern = "".join(letters)
    taken = ids(talking(pattern).limited(limit, seed))
    assert len(taken) <= limit
    assert list(taken) == sorted(taken)
    at = 0
    for letter, turns in groupby(pattern):
        many = len(list(turns))
        kept = sum(chr(97 + place) in taken for place in range(at, at + many))
        assert letter == "." or kept in (0, many)
        at += many


def test_the_rest_of_a_set_stays_as_it_is():
    dataset = Dataset((case("a"), case("b")), Path("articles"), has_answers=False)
    assert dataset.limited(1, None) == Dataset((case("a"),), Path("articles"), has_answers=False)
