"""Where questions are taken: may they be asked, what do they go on with, who is next; answers are kept.

Everything here is Discord's rules applied to plain ids; it knows neither discord.py nor the network.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from bot.discord.libraries import Addressed, Libraries
from bot.discord.pool import Pool
from bot.discord.records import Given, new_id
from bot.discord.rules import Cooldowns, Refusal, verdict
from bot.discord.store import Store
from bot.discord.talks import Said, Talks
from retrieval.question import as_question
from retrieval.types import Answer, Filters, Question, Turn
from retrieval.types import Said as Passed

if TYPE_CHECKING:
    from retrieval.index import Summary

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and where."""

    user: int
    guild: int | None  # None in a direct message
    channel: int  # in a thread, the thread
    parents: tuple[int, ...] = ()  # of a thread, its channel
    roles: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it came from Discord."""

    who: Asker
    text: str
    filters: Filters = field(default_factory=Filters)
    reply_to: int | None = None
    is_command: bool = False
    is_claim: bool = False  # to be held against the articles


Waiting = Callable[[int], Awaitable[None]]  # is told the place in the queue
Hear = Callable[[Passed], None]  # is told, in any thread, what may be shown of an answer under way


class Desk:
    """Takes questions and keeps their answers."""

    def __init__(
        self,
        libraries: Libraries,
        store: Store,
        pool: Pool,
        now: Callable[[], dt.datetime],
        log_questions: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`now` is the time of answers and conversations, `clock` counts the seconds of cooldowns."""
        self.libraries = libraries
        self.store = store
        self.pool = pool
        self._now = now
        self._log_questions = log_questions
        self._talks = Talks(store, now)
        self._cooldowns = Cooldowns(clock)
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="quoth-records")
        self._indexing = ThreadPoolExecutor(1, thread_name_prefix="quoth-index")

    async def on_disk(self, do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do something with the records outside of the event loop's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._disk, lambda: do(*args, **kwargs))

    async def close(self, grace: float) -> None:
        """Let running questions end, for `grace` seconds."""
        left = await self.pool.close(grace)
        if left:
            log.warning("%d questions were still being worked on.", left)
        self._disk.shutdown(wait=True)
        self._indexing.shutdown(wait=False, cancel_futures=True)

    async def refusal(self, who: Asker, is_question: bool = True) -> Refusal | None:
        """Why somebody may not ask here and now, if so. One who may has asked: the cooldown begins."""
        settings = await self.on_disk(self.store.settings, who.guild)
        refused = verdict(settings, who.channel, who.parents, who.roles, who.guild is None)
        if refused or not is_question:
            return refused
        return self._cooldowns.ask(who.user, who.guild, settings.cooldown)

    async def is_private(self, guild: int | None) -> bool:
        """Whether only the person who asks shall see the answers in a server."""
        return guild is not None and (await self.on_disk(self.store.settings, guild)).private

    async def ask(self, asked: Asked, waiting: Waiting, hear: Hear | None = None) -> Given:
        """The answer to a question, as it is kept; `waiting` is told of a place in the queue.

        Raises QuothError: its text is for the person.
        """
        who = asked.who
        question = replace(as_question(asked.text), filters=asked.filters)
        person = await self.on_disk(self.store.person, who.user)
        with self.pool.enter(person) as ticket:
            if ticket.place:
                await waiting(ticket.place)
            await ticket.turn()
            begun = time.perf_counter()
            said = Said(person, who.channel, who.guild is None, asked.reply_to, asked.is_command)
            history = await self.on_disk(self._talks.history, said)
            question = replace(question, history=history)
            answer = await ticket.answer(_addressed(question, who.guild, hear, asked.is_claim))
            given = Given(
                id=new_id(),
                guild=who.guild,
                channel=who.channel,
                asker=person,
                question=question,
                answer=answer,
                time=self._now(),
                seconds=time.perf_counter() - begun,
            )
            await self.on_disk(self.store.keep, given)
        self._log("checked" if asked.is_claim else "asked", given)
        return given

    async def again(
        self, given: Given, who: Asker, waiting: Waiting, hear: Hear | None = None
    ) -> Given | None:
        """The next best answer to the same question, without what was shown; None where there is none.

        Raises QuothError: its text is for the person.
        """
        person = await self.on_disk(self.store.person, who.user)
        with self.pool.enter(person) as ticket:
            if ticket.place:
                await waiting(ticket.place)
            await ticket.turn()
            held = await self.on_disk(self.store.given, given.id)  # it may have changed meanwhile
            if held is None or held.question is None or held.turn is None:
                return None
            given, question, turn = held, held.question, held.turn
            shown = " ".join(one.text for one in given.turns if one.question == question.text)
            asked = replace(question, text=_MORE, history=(*question.history, Turn(question.text, shown)))
            begun = time.perf_counter()
            answer = await ticket.answer(_addressed(asked, given.guild, hear))
            if not answer.answered:
                return None
            before = replace(question, history=(*question.history, turn))
            waited = time.perf_counter() - begun
            found = replace(given, question=before, answer=answer, again=given.again + 1, seconds=waited)
            await self.on_disk(self.store.keep, found)
        self._log("again", found)
        return found

    async def sync(self, guild: int | None) -> Summary:
        """Bring the index of a server's articles up to date."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._indexing, self.libraries.sync, guild)

    def _log(self, what: str, given: Given) -> None:
        """One line a question; its words only where that is wanted."""
        answer = given.answer or Answer("", False, ())
        outcome = "answered" if answer.answered else "declined"
        words = f" {given.question.text!r}" if self._log_questions and given.question else ""
        log.info(
            "%s %s guild=%s %s confidence=%.2f core=%.2fs total=%.2fs%s",
            what,
            given.id,
            given.guild,
            outcome,
            answer.confidence,
            answer.seconds,
            given.seconds,
            words,
        )


_MORE = "tell me more"  # what the core takes for: the same, without what was quoted


def _addressed(question: Question, guild: int | None, hear: Hear | None, is_claim: bool = False) -> Addressed:
    told = {each.name: getattr(question, each.name) for each in fields(Question)}
    return Addressed(**told, guild=guild, hear=hear, is_claim=is_claim)
