"""What people think of the answers: one vote a person and answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from bot.discord.answers import ANSWER, QUESTION, TURN
from bot.discord.coded import moment, whole
from bot.discord.database import Database
from retrieval.feedback import Quoted, Verdict, Vote
from retrieval.types import Answer

_VOTE = """
INSERT OR REPLACE INTO votes
SELECT id, ?, ?, ?, ?, answer FROM given WHERE id = ? AND answer IS NOT NULL
"""
_VOTES = """
SELECT given.id, question, judged, verdict, reason, votes.time
FROM votes JOIN given ON given.id = votes.answer
WHERE judged IS NOT NULL AND question IS NOT NULL ORDER BY votes.time, number, voter
"""
_ONE = "SELECT verdict FROM votes WHERE answer = ? AND voter = ?"
_BEFORE = "SELECT turn FROM turns WHERE answer = ? ORDER BY place"


class Ballots:
    """The votes in a database."""

    def __init__(self, database: Database, now: Callable[[], dt.datetime]) -> None:
        self._database = database
        self._now = now

    def vote(self, id_: str, voter: str, verdict: Verdict, reason: str = "") -> bool:
        """Keep what a person thinks of an answer, in place of what they thought; False where it expired."""
        values = voter, verdict, whole(reason), moment(self._now()), id_
        with self._database.transaction() as database:
            return database.execute(_VOTE, values).rowcount > 0

    def withdraw(self, id_: str, voter: str) -> bool:
        """Take a person's vote back; False where there was none."""
        sql = "DELETE FROM votes WHERE answer = ? AND voter = ?"
        with self._database.transaction() as database:
            return database.execute(sql, (id_, voter)).rowcount > 0

    def verdict(self, id_: str, voter: str) -> Verdict | None:
        """What a person thinks of an answer; None without a vote."""
        found: list[Any] = self._database.rows(_ONE, id_, voter)
        return found[0][0] if found else None

    def votes(self) -> list[Vote]:
        """Every vote whose question and answer are kept, newest last."""
        votes = [self._vote(*row) for row in self._database.rows(_VOTES)]
        return [vote for vote in votes if vote]

    def _vote(
        self, id_: Any, question: Any, judged: Any, verdict: Any, reason: Any, time: Any
    ) -> Vote | None:
        asked, answer = QUESTION.readable(question), ANSWER.readable(judged)
        if not asked or not answer:
            return None
        before = [TURN.readable(turn) for (turn,) in self._database.rows(_BEFORE, id_)]
        return Vote(
            id=id_,
            question=whole(asked.text),
            understood=answer.understood and whole(answer.understood),
            history=tuple(whole(turn.question) for turn in before if turn),
            answer=whole(answer.text),
            citations=_quoted(answer),
            verdict=verdict,
            reason=reason,
            time=dt.datetime.fromisoformat(time),
        )


def _quoted(answer: Answer) -> tuple[Quoted, ...]:
    return tuple(
        Quoted(citation.number, citation.source.file, citation.span, citation.quote)
        for citation in answer.citations
    )
