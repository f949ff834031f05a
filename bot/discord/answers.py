"""The answers that were given, each with its question and what was said before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from bot.discord.coded import Coded, moment
from bot.discord.database import Database, Value
from bot.discord.records import Given
from retrieval.types import Answer, Question, Turn

ANSWER, QUESTION, TURN = Coded(Answer), Coded(Question), Coded(Turn)

_COLUMNS = """
SELECT id, guild, channel, asker, question, answer, time, seconds, message,
    (SELECT thread FROM threads WHERE threads.answer = given.id), again
FROM given
"""
_KEEP = """
INSERT INTO given
    (id, guild, channel, message, asker, question, asked, answer, answered, again, time, seconds)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    guild = excluded.guild, channel = excluded.channel, asker = excluded.asker,
    message = coalesce(excluded.message, given.message),
    question = excluded.question, asked = excluded.asked, answer = excluded.answer,
    answered = excluded.answered, again = excluded.again, time = excluded.time, seconds = excluded.seconds
WHERE given.question IS NOT NULL
"""
_LAST = """
WHERE channel = ? AND answer IS NOT NULL AND (? IS NULL OR asker = ?) AND time >= ?
ORDER BY number DESC LIMIT ?
"""


class Answers:
    """The answers in a database; `seal` makes of a text what tells it from others and nothing else."""

    def __init__(self, database: Database, seal: Callable[[str], str]) -> None:
        self._database = database
        self._seal = seal

    def keep(self, given: Given) -> None:
        """Keep an answer, in place of one with its id, whose message, thread and votes stay.

        One whose asker was forgotten stays forgotten.
        """
        with self._database.transaction() as database:
            if not database.execute(_KEEP, self._row(given)).rowcount:
                return
            database.execute("DELETE FROM turns WHERE answer = ?", (given.id,))
            database.executemany("INSERT INTO turns VALUES (?, ?, ?, ?)", self._history(given))
            if given.thread is not None:
                database.execute("INSERT OR REPLACE INTO threads VALUES (?, ?)", (given.thread, given.id))

    def sent(self, id_: str, message: int) -> None:
        """Keep which message shows an answer."""
        with self._database.transaction() as database:
            database.execute("UPDATE given SET message = ? WHERE id = ?", (message, id_))

    def opened(self, id_: str, thread: int) -> None:
        """Keep that a thread was opened from an answer."""
        sql = "INSERT OR REPLACE INTO threads SELECT ?, id FROM given WHERE id = ?"
        with self._database.transaction() as database:
            database.execute(sql, (thread, id_))

    def given(self, id_: str) -> Given | None:
        return self._one("WHERE id = ?", id_)

    def by_message(self, message: int) -> Given | None:
        """The answer that a message shows."""
        return self._one("WHERE message = ? ORDER BY number DESC LIMIT 1", message)

    def of_thread(self, thread: int) -> Given | None:
        """The answer that a thread was opened from."""
        return self._one("WHERE id = (SELECT answer FROM threads WHERE thread = ?)", thread)

    def is_ours(self, thread: int) -> bool:
        """Whether the bot opened the thread, be the answer that it was opened from kept or not."""
        return bool(self._database.rows("SELECT 1 FROM threads WHERE thread = ?", thread))

    def last(
        self, channel: int, limit: int, asker: str | None = None, since: dt.datetime | None = None
    ) -> list[Given]:
        """The last answers in a channel that have not expired, oldest first; of one asker, where named."""
        found = self._found(_LAST, channel, asker, asker, moment(since) if since else "", limit)
        return [given for given in reversed(found) if not given.expired]

    def _row(self, given: Given) -> Sequence[Value]:
        question = replace(given.question, history=(), deadline=None) if given.question else None
        return (
            given.id,
            given.guild,
            given.channel,
            given.message,
            given.asker,
            QUESTION.text(question) if question else None,
            self._seal(question.text) if question else None,
            ANSWER.text(given.answer) if given.answer else None,
            bool(given.answer and given.answer.answered),
            given.again,
            moment(given.time),
            given.seconds,
        )

    def _history(self, given: Given) -> list[Sequence[Value]]:
        turns = given.question.history if given.question else ()
        return [
            (given.id, place, self._seal(turn.question), TURN.text(turn)) for place, turn in enumerate(turns)
        ]

    def _one(self, where: str, *values: Value) -> Given | None:
        return next(iter(self._found(where, *values)), None)

    def _found(self, where: str, *values: Value) -> list[Given]:
        return [self._record(*row) for row in self._database.rows(_COLUMNS + where, *values)]

    def _record(
        self,
        id_: Any,
        guild: Any,
        channel: Any,
        asker: Any,
        question: Any,
        answer: Any,
        time: Any,
        *rest: Any,
    ) -> Given:
        asked, answered = QUESTION.readable(question), ANSWER.readable(answer)
        if asked:
            turns = self._database.rows("SELECT turn FROM turns WHERE answer = ? ORDER BY place", id_)
            history = [TURN.readable(turn) for (turn,) in turns]
            asked = replace(asked, history=tuple(turn for turn in history if turn))
        return Given(id_, guild, channel, asker, asked, answered, dt.datetime.fromisoformat(time), *rest)
