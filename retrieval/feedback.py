"""What people think of answers: their votes, kept in SQLite beside the index."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

from retrieval.errors import IndexDamaged
from retrieval.types import Answer, Citation, Span, Turn

FILE = "feedback.sqlite3"  # in the data folder
Verdict = Literal[1, -1]  # good, bad

_TABLE = """
CREATE TABLE IF NOT EXISTS votes (
    id TEXT PRIMARY KEY,      -- of the answer as it was given
    question TEXT NOT NULL,
    understood TEXT,          -- the question as it was searched, where that is another
    history TEXT NOT NULL,    -- JSON: the questions before it
    answer TEXT NOT NULL,
    citations TEXT NOT NULL,  -- JSON: where each stands, and its quote
    verdict INTEGER NOT NULL, -- 1 good, -1 bad
    reason TEXT NOT NULL,
    time TEXT NOT NULL        -- ISO, UTC
)
"""
_VOTE = "INSERT OR REPLACE INTO votes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_HAS_VOTES = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'votes'"
_VOTES = """
SELECT id, question, understood, history, answer, citations, verdict, reason, time
FROM votes ORDER BY time, rowid
"""
_WAIT_SECONDS = 10.0  # for another program's vote


class Quoted(NamedTuple):
    """A citation of an answer that was voted on."""

    number: int
    file: str
    span: Span
    quote: str


@dataclass(frozen=True, slots=True)
class Vote:
    """What somebody thinks of an answer."""

    id: str  # of the answer as it was given
    question: str
    understood: str | None
    history: tuple[str, ...]  # the questions before it, oldest first
    answer: str
    citations: tuple[Quoted, ...]  # none where it declined
    verdict: Verdict
    reason: str
    time: datetime


def _now() -> datetime:
    return datetime.now(UTC)


class Feedback:
    """The votes in a SQLite file, which is made, for its owner alone, with the first one."""

    def __init__(self, path: Path, now: Callable[[], datetime] = _now) -> None:
        self.path = path
        self._now = now

    def vote(
        self, id_: str, answer: Answer, history: Sequence[Turn], verdict: Verdict, reason: str = ""
    ) -> None:
        """Keep what somebody thinks of an answer; it replaces an earlier vote with the same id.

        Raises IndexDamaged where the file cannot be written.
        """
        row: tuple[str | int | None, ...] = (
            id_,
            answer.question,
            answer.understood,
            json.dumps([turn.question for turn in history]),
            answer.text,
            json.dumps([_place(citation) for citation in answer.citations]),
            verdict,
            reason,
            self._now().astimezone(UTC).isoformat(timespec="seconds"),
        )
        with self._opened() as database:
            database.execute(_TABLE)
            database.execute(_VOTE, [_writable(value) for value in row])

    def votes(self) -> list[Vote]:
        """Every vote, newest last; none where there is no file yet.

        Raises IndexDamaged where the file cannot be read.
        """
        try:
            if not self.path.exists():
                return []
            uri = (
                f"{self.path.absolute().as_uri()}?mode=rw"  # not made, yet a vote that was cut off is undone
            )
            with closing(sqlite3.connect(uri, timeout=_WAIT_SECONDS, uri=True)) as database:
                has_votes = database.execute(_HAS_VOTES).fetchone()
                return [_vote(*row) for row in database.execute(_VOTES)] if has_votes else []
        except (OSError, sqlite3.Error, ValueError, KeyError, TypeError) as error:
            raise IndexDamaged(
                f"The votes in {self.path} cannot be read ({error}): mend its permissions, or move that file "
                "away."
            ) from error

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o600))
            with closing(sqlite3.connect(self.path, timeout=_WAIT_SECONDS)) as database, database:
                yield database
        except (OSError, sqlite3.Error) as error:
            raise IndexDamaged(
                f"The vote cannot be kept in {self.path} ({error}): mend its permissions, free the disk, or "
                "move that file away, then vote again."
            ) from error


def _place(citation: Citation) -> dict[str, object]:
    start, end = citation.span
    return {
        "number": citation.number,
        "file": citation.source.file,
        "start": start,
        "end": end,
        "quote": citation.quote,
    }


def _vote(
    id_: str,
    question: str,
    understood: str | None,
    history: str,
    answer: str,
    citations: str,
    verdict: Verdict,
    reason: str,
    time: str,
) -> Vote:
    if verdict not in (1, -1):
        raise ValueError(f"the vote {id_} has the verdict {verdict!r}")
    return Vote(
        id=_a(str, id_),
        question=_a(str, question),
        understood=understood and _a(str, understood),
        history=tuple(_a(str, one) for one in _a(list, json.loads(history))),
        answer=_a(str, answer),
        citations=tuple(_quoted(place) for place in _a(list, json.loads(citations))),
        verdict=verdict,
        reason=_a(str, reason),
        time=datetime.fromisoformat(time),
    )


def _quoted(place: dict[str, Any]) -> Quoted:
    span = Span(_a(int, place["start"]), _a(int, place["end"]))
    return Quoted(_a(int, place["number"]), _a(str, place["file"]), span, _a(str, place["quote"]))


_Kind = TypeVar("_Kind")


def _a(kind: type[_Kind], value: Any) -> _Kind:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r:.60} is no {kind.__name__}")
    return value


def _writable(value: str | int | None) -> str | int | None:
    """A text that UTF-8 can hold: halves of characters are replaced."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value
