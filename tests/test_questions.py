from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from pathlib import Path

import pytest

from eval.questions import ANSWERABLE, SET, UNANSWERABLE, Case, Evidence, faults, load, read_articles
from retrieval.errors import InputError
from tests.cases import TEXTS, case

ROW = {
    "id": "q1",
    "kind": "fact",
    "split": "dev",
    "question": "Who?",
    "answerable": True,
    "answers": ["Voss"],
    "evidence": [{"file": "a.txt", "quote": "Voss shut the lock."}],
}


def test_a_set_is_read_line_by_line_and_by_split(tmp_path: Path):
    file = tmp_path / "set.jsonl"
    rows = [ROW, ROW | {"id": "q2", "split": "test", "question": "Who\u2028was it?"}]
    file.write_text("\n\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n", "utf-8")
    assert [(one.id, one.line) for one in load(file)] == [("q1", 1), ("q2", 3)]
    assert [one.question for one in load(file, "test")] == ["Who\u2028was it?"]
    assert load(file)[0] == case(question="Who?")
    assert load(file, "none") == []


def test_a_case_knows_its_sides_its_day_and_its_conversation(tmp_path: Path):
    sides = [{"file": "a.txt", "quote": "x", "side": "a"}, {"file": "b.txt", "quote": "y", "side": "b"}]
    row = ROW | {"evidence": sides, "today": "2024-03-01", "conversation": "talk"}
    file = tmp_path / "set.jsonl"
    file.write_text(json.dumps(row))
    (read,) = load(file)
    assert (read.sides, read.today, read.conversation) == ({"a", "b"}, dt.date(2024, 3, 1), "talk")


def test_whole_articles_are_judged_where_evidence_has_no_quote():
    assert case(evidence=(Evidence("a.txt", "", grade=2), Evidence("b.txt", ""))).judges_articles
    assert not case().judges_articles
    assert not case(answerable=False).judges_articles


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("{", "json"),
        ("[]", "object"),
        ("5", "object"),
        ("null", "object"),
        ("{}", "id"),
        ('{"id": "q1"}', "kind"),
        (json.dumps(ROW | {"id": 5}), "id"),
        (json.dumps(ROW | {"question": None}), "question"),
        (json.dumps(ROW | {"question": "\ud800"}), "hex escape"),
        (json.dumps(ROW | {"kind": ["fact"]}), "kind"),
        (json.dumps(ROW | {"answerable": "yes"}), "answerable"),
        (json.dumps(ROW | {"answers": "Voss"}), "answers"),  # a text is no list of letters
        (json.dumps(ROW | {"answers": ["Voss", 5]}), "answers.1"),
        (json.dumps(ROW | {"evidence": ["x"]}), "evidence.0"),
        (json.dumps(ROW | {"evidence": {"file": "a.txt"}}), "evidence"),
        (json.dumps(ROW | {"evidence": [{"file": "a.txt", "quote": 5}]}), "evidence.0.quote"),
        (json.dumps(ROW | {"today": "yesterday"}), "today"),
        (json.dumps(ROW | {"today": "2024-13-01"}), "today"),
    ],
)
def test_a_line_that_is_no_question_is_named(tmp_path: Path, line: str, part: str):
    file = tmp_path / "set.jsonl"
    file.write_text(f"{json.dumps(ROW)}\n\n{line}\n", "utf-8")
    with pytest.raises(InputError, match=rf"set\.jsonl, line 3, .*{part}"):
        load(file)


def test_a_set_that_cannot_be_read_is_named(tmp_path: Path):
    (tmp_path / "latin.jsonl").write_bytes(b"\xff")
    for name in ("none.jsonl", "latin.jsonl", "."):
        with pytest.raises(InputError) as refused:
            load(tmp_path / name)
        assert str(tmp_path / name) in str(refused.value)


def test_articles_are_read_with_their_metadata(seeds: Path):
    articles = read_articles(seeds)
    assert sorted(file[:3] for file in articles) == ["000", "001", "002", "003", "004"]
    assert {article.source.publisher for article in articles.values()} == {
        None,
        "Warsaw Institute",
        "The Guardian",
    }


def test_files_that_are_no_use_are_passed_over(tmp_path: Path):
    for name, content in {
        "good.txt": b"Rain fell.\n",
        "empty.txt": b"",
        "damaged.pdf": b"%PDF-1.4 nonsense",
        "binary.txt": b"\0\1\2\xff",
        "latin.txt": b"caf\xe9",
        "table.csv": b"a,b",
    }.items():
        (tmp_path / name).write_bytes(content)
    assert list(read_articles(tmp_path)) == ["good.txt"]


# What is wrong with a set


def turn(id_: str, conversation: str) -> Case:
    return case(id_, kind="turn", conversation=conversation)


def test_a_set_that_fits_has_no_faults():
    cases = [
        case("1"),
        case("2", False),
        turn("3", "talk"),
        turn("4", "talk"),
        turn("5", "other"),
        case("6", False, kind="smalltalk"),
    ]
    assert list(faults(cases, TEXTS)) == []


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"kind": "riddle"}, "kind 'riddle' is unknown"),
        ({"kind": "offtopic"}, "does not fit"),
        ({"kind": "smalltalk"}, "does not fit"),
        ({"answerable": False, "kind": "fact"}, "does not fit"),
        ({"split": "train"}, "split 'train'"),
        ({"todo": ("find the quote", "write answers")}, "not complete yet: find the quote"),
        ({"question": " \n"}, "question is empty"),
        ({"evidence": ()}, "need evidence"),
        ({"answerable": False, "evidence": (Evidence("a.txt", "Rain fell."),)}, "need evidence"),
        ({"evidence": (Evidence("a.txt", "Snow fell."),)}, "'Snow fell.' stands 0 times in a.txt"),
        ({"evidence": (Evidence("b.txt", "Bread"),)}, "'Bread' stands 2 times in b.txt"),
        ({"evidence": (Evidence("a.txt", ""),)}, "is empty in a.txt"),
        ({"evidence": (Evidence("none.txt", "Rain fell."),)}, "no article 'none.txt'"),
    ],
)
def test_every_kind_of_fault_is_found_once_and_named(changes: dict[str, object], part: str):
    (found,) = faults([case("q0"), case(line=7, **changes)], TEXTS)
    assert part in found
    assert found.startswith("line 7, q1: ")


def test_an_id_that_stands_twice_is_a_fault_at_the_second_place():
    (found,) = faults([case("q1", line=1), case("q2", line=2), case("q1", line=3)], TEXTS)
    assert found == "line 3, q1: the id stands twice."


def test_turns_that_do_not_follow_each_other_are_a_fault():
    for between in (turn("2", "other"), case("2")):
        (found,) = faults([turn("1", "talk"), between, turn("3", "talk")], TEXTS)
        assert "3: the turns of 'talk' do not follow each other." in found


def test_every_fault_of_a_set_is_told():
    cases = [case("q1", split="train", evidence=()), case("q1", kind="riddle")]
    assert len(list(faults(cases, TEXTS))) == 4


# The set that comes along


def test_the_set_that_comes_along_fits_the_seeds(seeds: Path):
    texts = {file: article.text for file, article in read_articles(seeds).items()}
    assert list(faults(load(), texts)) == []
    assert load() == load(SET)


def test_the_set_that_comes_along_has_every_kind_in_both_splits():
    cases = load()
    assert len(cases) >= 120
    assert sum(not one.answerable for one in cases) >= 40
    for kind in ANSWERABLE | UNANSWERABLE:
        assert {one.split for one in cases if one.kind == kind} == {"dev", "test"}


def test_its_conversations_have_two_to_four_turns_of_one_split():
    talks: dict[str, list[Case]] = defaultdict(list)
    for one in load():
        assert (one.kind == "turn") == bool(one.conversation)
        if one.conversation:
            talks[one.conversation].append(one)
    assert len(talks) >= 10
    assert all(2 <= len(turns) <= 4 for turns in talks.values())
    assert all(len({one.split for one in turns}) == 1 for turns in talks.values())


def test_its_disagreements_have_sides_and_its_answerable_questions_short_answers():
    for one in load():
        assert (one.kind == "disagreement") == (len(one.sides) > 1)
        assert one.answerable == bool(one.answers)
