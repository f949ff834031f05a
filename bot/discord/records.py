"""What the bot keeps: the answers it gave, the settings of a server, and a server's figures."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from retrieval.types import Answer, Question, Turn


def new_id() -> str:
    """An id for an answer that nobody can guess: 12 characters that may stand in a URL."""
    return secrets.token_urlsafe(9)


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as it was given. One whose asker was forgotten has no asker, question and answer."""

    id: str
    guild: int | None  # None in a direct message
    channel: int  # of the answer: in a thread, the thread
    asker: str | None  # as `Store.person` calls them
    question: Question | None  # with the turns before it
    answer: Answer | None
    time: dt.datetime  # when it was given
    seconds: float  # that the person waited
    message: int | None = None
    thread: int | None = None  # that was opened from it
    again: int = 0  # times it was answered anew

    @property
    def expired(self) -> bool:
        """Whether nothing is left of it that a button could show."""
        return self.question is None or self.answer is None

    @property
    def turn(self) -> Turn | None:
        """What it adds to a conversation."""
        if self.question is None or self.answer is None:
            return None
        return Turn(self.question.text, self.answer.text)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The conversation up to it and with it; none where it has expired."""
        return (*self.question.history, self.turn) if self.question and self.turn else ()


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What a server's managers set."""

    channels: frozenset[int] = frozenset()  # where it may be asked; empty: everywhere
    roles: frozenset[int] = frozenset()  # who may ask: people with one of them; empty: everybody
    private: bool = False  # answers only the person who asked can see
    cooldown: int = 5  # seconds between two questions of a person


@dataclass(frozen=True, slots=True)
class Stats:
    """A server's figures over the answers that are kept."""

    questions: int = 0
    declined: int = 0
    up: int = 0
    down: int = 0
    median_seconds: float | None = None
    since: dt.datetime | None = None  # the time of the oldest answer that is kept
