"""Which conversation a message goes on with. It is read from the answers kept, and so survives a restart.

| the message | goes on with |
|---|---|
| replies to an answer | that answer, even if others came after it |
| stands in a thread of the bot's | what everybody was answered there, and the answer it was opened from |
| is a command elsewhere | nothing |
| is a direct message | the last answer there |
| stands in any other channel | the last answer to the same person there, for ten minutes |
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bot.discord.records import Given
from retrieval.types import Turn

TURNS = 4  # that a conversation remembers
TEN_MINUTES = dt.timedelta(minutes=10)  # between a person's messages in a channel


class Kept(Protocol):
    """The answers that were given; `bot.discord.store.Store` is one."""

    def by_message(self, message: int) -> Given | None: ...

    def of_thread(self, thread: int) -> Given | None: ...

    def is_ours(self, thread: int) -> bool: ...

    def last(
        self, channel: int, limit: int, asker: str | None = None, since: dt.datetime | None = None
    ) -> list[Given]: ...


@dataclass(frozen=True, slots=True)
class Said:
    """A message, as far as it decides which conversation it goes on with."""

    person: str  # as `Store.person` calls them
    channel: int  # in a thread, the thread
    is_dm: bool = False
    reply_to: int | None = None  # a message in this channel
    is_command: bool = False


class Talks:
    """The conversations. Keeping an answer, with the history it was given for, is what goes on with one."""

    def __init__(self, kept: Kept, now: Callable[[], dt.datetime]) -> None:
        self._kept = kept
        self._now = now

    def history(self, said: Said) -> tuple[Turn, ...]:
        """The last turns before a message, oldest first. It reads the store: to be called in a thread."""
        return self._turns(said)[-TURNS:]

    def _turns(self, said: Said) -> tuple[Turn, ...]:
        answered = self._kept.by_message(said.reply_to) if said.reply_to is not None else None
        if answered and answered.channel == said.channel:  # no other server's, if a message was forwarded
            return answered.turns
        if self._kept.is_ours(said.channel):
            return self._in_thread(said.channel)
        if said.is_command:
            return ()
        if said.is_dm:
            return self._after(said.channel)
        return self._after(said.channel, said.person, self._now() - TEN_MINUTES)

    def _in_thread(self, thread: int) -> tuple[Turn, ...]:
        origin = self._kept.of_thread(thread)
        there = [given.turn for given in self._kept.last(thread, TURNS)]
        return (*(origin.turns if origin else ()), *(turn for turn in there if turn))

    def _after(
        self, channel: int, asker: str | None = None, since: dt.datetime | None = None
    ) -> tuple[Turn, ...]:
        return next((given.turns for given in self._kept.last(channel, 1, asker, since)), ())
