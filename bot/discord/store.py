"""What the bot must not forget: answers, votes, servers' settings; and how it forgets a person."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from bot.discord.answers import Answers
from bot.discord.ballots import Ballots
from bot.discord.coded import Coded, moment
from bot.discord.database import Database
from bot.discord.records import ServerSettings, Stats
from bot.discord.schema import MIGRATIONS
from retrieval.feedback import Vote

FILE = "discord.sqlite3"  # in the data folder

_SETTINGS = Coded(ServerSettings)
_STATS = "SELECT answered, seconds, time FROM given WHERE guild IS ?"
_VERDICTS = "SELECT verdict FROM votes JOIN given ON given.id = votes.answer WHERE guild IS ?"

_VOTES_LOSE_TEXT = """
UPDATE votes SET judged = NULL, reason = '' WHERE answer IN (SELECT id FROM given WHERE asker = ?)
"""
_ANSWERS_EXPIRE = """
UPDATE given SET asker = NULL, question = NULL, asked = NULL, answer = NULL WHERE asker = ?
"""
_OLD_VOTES_GO = """
DELETE FROM votes WHERE time < ? OR answer IN (SELECT id FROM given WHERE time < ?)
"""
# A turn before a question stays as long as the question does, and the turn's own in that server.
_TURNS_GO = """
DELETE FROM turns WHERE NOT EXISTS (
    SELECT 1 FROM given AS kept JOIN given AS own ON own.id = turns.answer
    WHERE kept.asked = turns.asked AND kept.guild IS own.guild AND own.asked IS NOT NULL
)
"""


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Store(Answers, Ballots):
    """The records in the data folder, for every thread, and beside other programs that use them.

    People are known by what `person` makes of them. Every method may raise IndexDamaged. To be closed,
    or used in a `with` block.
    """

    def __init__(self, data: Path, now: Callable[[], dt.datetime] = _now) -> None:
        database = Database(data / FILE, MIGRATIONS)
        Answers.__init__(self, database, self._sealed)
        Ballots.__init__(self, database, now)
        self._secret = _secret(database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    def person(self, user_id: int) -> str:
        """Who somebody is, to this installation alone: from it nobody can tell the id."""
        return self._sealed(f"person {user_id}")

    def settings(self, guild: int | None) -> ServerSettings:
        """A server's settings, or those of one that has set nothing; these hold in direct messages too."""
        found: list[Any] = self._database.rows("SELECT settings FROM servers WHERE guild = ?", guild)
        try:
            return _SETTINGS.record(found[0][0]) if found else ServerSettings()
        except (ValueError, TypeError) as error:  # no settings must not mean: everybody may
            raise self._database.damaged(f"the settings of the server {guild} are unreadable") from error

    def set_settings(self, guild: int, settings: ServerSettings) -> None:
        sql = "INSERT OR REPLACE INTO servers VALUES (?, ?)"
        with self._database.transaction() as database:
            database.execute(sql, (guild, _SETTINGS.text(settings)))

    def stats(self, guild: int | None) -> Stats:
        """A server's figures; None: those of all direct messages."""
        answers: list[Any] = self._database.rows(_STATS, guild)
        if not answers:
            return Stats()
        verdicts = self._database.rows(_VERDICTS, guild)
        answered, seconds, times = zip(*answers, strict=True)
        return Stats(
            questions=len(answers),
            declined=answered.count(0),
            up=verdicts.count((1,)),
            down=verdicts.count((-1,)),
            median_seconds=statistics.median(seconds),
            since=dt.datetime.fromisoformat(min(times)),
        )

    def forget(self, user_id: int) -> int:
        """Delete a person's votes and questions, wherever they are kept; how many there were.

        The answers to them expire, and the votes of others on these only count.
        """
        person = (self.person(user_id),)
        with self._database.transaction() as database:
            votes = database.execute("DELETE FROM votes WHERE voter = ?", person).rowcount
            database.execute(_VOTES_LOSE_TEXT, person)
            questions = database.execute(_ANSWERS_EXPIRE, person).rowcount
            database.execute(_TURNS_GO)
        self._database.wipe()
        return votes + questions

    def purge(self, days: float) -> int:
        """Delete the answers and votes that are older than so many days; how many there were.

        A vote goes with its answer.
        """
        before = moment(self._now() - dt.timedelta(days=days))
        with self._database.transaction() as database:
            votes = database.execute(_OLD_VOTES_GO, (before, before)).rowcount
            answers = database.execute("DELETE FROM given WHERE time < ?", (before,)).rowcount
            database.execute(_TURNS_GO)
        self._database.wipe()
        return votes + answers

    def value(self, name: str) -> str | None:
        """The short text that was kept under a name."""
        found: list[Any] = self._database.rows("SELECT value FROM noted WHERE name = ?", name)
        return found[0][0] if found else None

    def set_value(self, name: str, value: str) -> None:
        with self._database.transaction() as database:
            database.execute("INSERT OR REPLACE INTO noted VALUES (?, ?)", (name, value))

    def _sealed(self, text: str) -> str:
        return hmac.new(self._secret, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _secret(database: Database) -> bytes:
    """The installation's, made with the first use of its records."""
    with database.transaction() as connection:
        found = connection.execute("SELECT secret FROM installation").fetchone()
        secret: bytes = found[0] if found else secrets.token_bytes(32)
        if not found:
            connection.execute("INSERT INTO installation VALUES (?)", (secret,))
    return secret


def votes_in(data: Path) -> list[Vote]:
    """The votes that people on Discord gave, newest last; none, and no file made, where the bot never ran."""
    if not (data / FILE).exists():
        return []
    with Store(data) as store:
        return store.votes()
