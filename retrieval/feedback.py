"""What people think of answers: their votes, kept in SQLite beside the index."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from retrieval.errors import IndexDamaged
from retrieval.types import Answer, Citation, Turn

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
_WAIT_SECONDS = 10.0  # for another program's vote


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


def _writable(value: str | int | None) -> str | int | None:
    """A text that UTF-8 can hold: halves of characters are replaced."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value
