from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from retrieval.errors import IndexDamaged
from retrieval.feedback import Feedback, Quoted, Vote
from retrieval.types import Answer, Citation, Sentence, Source, Span, Turn

NOON = datetime(2024, 5, 3, 12, tzinfo=UTC)
QUOTE = "Lena Voss closed the Tarn lock."
CITATION = Citation(1, Source("locks/tarn.txt", "Tarn lock shut"), Span(40, 71), QUOTE, 5)
ANSWER = Answer(
    "When did she?",
    True,
    (Sentence(QUOTE, (1,)),),
    (CITATION,),
    understood="When did Lena Voss close the lock?",
)
HISTORY = (Turn("Who is Lena Voss?", "A harbour master. [1]"),)


def rows(path: Path) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute("SELECT * FROM votes ORDER BY time, id")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "feedback.sqlite3"


def test_a_vote_keeps_all_that_it_was_about(path: Path):
    Feedback(path, lambda: NOON).vote("a", ANSWER, HISTORY, -1, "the wrong day")
    (row,) = rows(path)
    assert json.loads(row.pop("history")) == ["Who is Lena Voss?"]
    assert json.loads(row.pop("citations")) == [
        {"number": 1, "file": "locks/tarn.txt", "start": 40, "end": 71, "quote": QUOTE}
    ]
    assert row == {
        "id": "a",
        "question": "When did she?",
        "understood": "When did Lena Voss close the lock?",
        "answer": f"{QUOTE} [1]",
        "verdict": -1,
        "reason": "the wrong day",
        "time": "2024-05-03T12:00:00+00:00",
    }


def test_changing_ones_mind_replaces_the_vote_on_that_answer_alone(path: Path):
    Feedback(path).vote("a", ANSWER, (), -1, "why")
    Feedback(path).vote("b", ANSWER, (), -1, "other")
    Feedback(path).vote("a", ANSWER, (), 1)
    assert {row["id"]: (row["verdict"], row["reason"]) for row in rows(path)} == {
        "a": (1, ""),
        "b": (-1, "other"),
    }


def test_the_time_is_that_of_the_clock_in_utc(path: Path):
    elsewhere = NOON.astimezone(timezone(timedelta(hours=9)))
    Feedback(path, lambda: elsewhere).vote("a", ANSWER, (), 1)
    Feedback(path).vote("now", ANSWER, (), 1)
    first, now = rows(path)
    assert first["time"] == NOON.isoformat()
    assert abs(datetime.fromisoformat(now["time"]) - datetime.now(UTC)) < timedelta(minutes=5)


def test_the_file_is_for_its_owner_alone_and_stays_as_it_is_found(path: Path):
    before = os.umask(0)
    try:
        Feedback(path).vote("a", ANSWER, (), 1)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    Feedback(path).vote("b", ANSWER, (), 1)
    assert path.stat().st_mode & 0o777 == 0o640


def test_halves_of_characters_and_names_that_are_not_utf8_do_no_harm(path: Path):
    odd = Citation(1, Source("\udcff.txt", "\udcff"), Span(0, 1), "\ud800", 1)
    answer = Answer("Who \ud800?", True, (Sentence("\ud800", (1,)),), (odd,))
    Feedback(path).vote("a", answer, (Turn("\udcff", ""),), -1, "\udcff'); DROP TABLE votes; --")
    (row,) = rows(path)
    assert row["reason"] == "?'); DROP TABLE votes; --"
    assert json.loads(row["citations"])[0]["file"] == "\udcff.txt"


@pytest.mark.parametrize("damage", ["not a database", "a folder", "a file as data folder"])
def test_what_cannot_be_written_is_one_sentence_and_left_alone(path: Path, damage: str):
    if damage == "a file as data folder":
        path.parent.write_text("mine")
    else:
        path.parent.mkdir()
        path.mkdir() if damage == "a folder" else path.write_bytes(b"mine" * 2_000)
    with pytest.raises(IndexDamaged, match=r"The vote cannot be kept in .*: mend its permissions"):
        Feedback(path).vote("a", ANSWER, (), 1)
    if damage == "not a database":
        assert path.read_bytes() == b"mine" * 2_000


def test_votes_are_read_as_they_were_given_newest_last(path: Path):
    clock = iter([NOON + timedelta(days=1), NOON, NOON, NOON + timedelta(days=2)])
    feedback = Feedback(path, lambda: next(clock))
    feedback.vote("next day", ANSWER, (), 1)
    feedback.vote("b", ANSWER, HISTORY, -1, "the wrong day")
    feedback.vote("a", ANSWER, (), 1)
    feedback.vote("next day", ANSWER, (), -1)
    found = feedback.votes()
    assert [vote.id for vote in found] == ["b", "a", "next day"]
    assert found[0] == Vote(
        id="b",
        question="When did she?",
        understood="When did Lena Voss close the lock?",
        history=("Who is Lena Voss?",),
        answer=f"{QUOTE} [1]",
        citations=(Quoted(1, "locks/tarn.txt", Span(40, 71), QUOTE),),
        verdict=-1,
        reason="the wrong day",
        time=NOON,
    )
    assert (found[2].verdict, found[2].time) == (-1, NOON + timedelta(days=2))


def test_what_was_never_written_has_no_votes_and_is_not_made(path: Path):
    assert Feedback(path).votes() == []
    assert not path.parent.exists()
    path.parent.mkdir()
    path.touch()  # as a vote leaves it that is cut off
    assert Feedback(path).votes() == []
    assert path.stat().st_size == 0


def test_votes_in_a_folder_of_any_name(tmp_path: Path):
    feedback = Feedback(tmp_path / "a ?mode=memory&%41#" / "v?.sqlite3")
    feedback.vote("a", ANSWER, (), 1)
    assert [vote.id for vote in feedback.votes()] == ["a"]


def test_halves_of_characters_are_read_back(path: Path):
    odd = Citation(1, Source("\udcff.txt", "\udcff"), Span(0, 1), "\ud800", 1)
    Feedback(path).vote("a", Answer("Who \ud800?", True, (), (odd,)), (Turn("\udcff", ""),), 1)
    (vote,) = Feedback(path).votes()
    assert (vote.question, vote.history, vote.citations[0].file) == ("Who ??", ("\udcff",), "\udcff.txt")


@pytest.mark.parametrize(
    "damage",
    [
        "verdict = 2",
        "history = 'When?'",
        "history = '{}'",
        "history = '[1]'",
        "citations = '[1]'",
        """citations = '[{"number": 1, "file": "a.txt", "start": 0, "end": 1}]'""",
        """citations = '[{"number": 1, "file": "a.txt", "start": 0, "end": "1", "quote": "a"}]'""",
        "time = 'yesterday'",
        "question = x'80'",
        "question = CAST(x'80' AS TEXT)",
    ],
)
def test_a_damaged_vote_is_one_sentence(path: Path, damage: str):
    Feedback(path).vote("a", ANSWER, (), 1)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"UPDATE votes SET {damage}")  # noqa: S608
    with pytest.raises(IndexDamaged, match=r"The votes in .*feedback.sqlite3 cannot be read \(.*\): mend"):
        Feedback(path).votes()


@pytest.mark.parametrize("damage", ["not a database", "a folder", "cut short", "other columns"])
def test_what_cannot_be_read_is_one_sentence_and_left_alone(path: Path, damage: str):
    Feedback(path).vote("a", ANSWER, (), 1)
    whole = path.read_bytes()
    path.unlink()
    match damage:
        case "a folder":
            path.mkdir()
        case "other columns":
            with closing(sqlite3.connect(path)) as database:
                database.execute("CREATE TABLE votes (id)")
        case _:
            path.write_bytes(b"mine" * 2_000 if damage == "not a database" else whole[: len(whole) // 2 + 7])
    before = path.is_file() and path.read_bytes()
    with pytest.raises(IndexDamaged, match="The votes in"):
        Feedback(path).votes()
    assert (path.is_file() and path.read_bytes()) == before
