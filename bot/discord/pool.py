"""Questions answered in a few threads of their own: who is next, who has to wait, and for how long.

Everything but the work itself happens in the event loop's thread.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Self

from retrieval.errors import QuothError, TooLate
from retrieval.types import Answer, Question

log = logging.getLogger(__name__)

Work = Callable[[Question], Answer]


class Full(QuothError):
    """So many people are asking that no more can wait."""


class Closing(QuothError):
    """The bot is about to end: it takes no more questions."""


class Pool:
    """Has at most `workers` questions answered at a time, and at most `queue` more wait, in order.

    Of one person's questions only the first is worked on; meanwhile those behind it that are other people's
    go ahead.
    """

    def __init__(
        self,
        work: Work,
        workers: int,
        queue: int,
        seconds: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`seconds` is how long a question is worked on; `clock` is that of `Question.deadline`."""
        self._work = work
        self._workers = workers
        self._capacity = workers + queue
        self._seconds = seconds
        self._clock = clock
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="quoth-discord")
        self._open: dict[Ticket, None] = {}  # in the order in which they came
        self._busy = 0  # workers
        self.is_closing = False
        self._empty = asyncio.Event()

    def enter(self, person: str) -> Ticket:
        """A place for a question of a person's. Raises Full or Closing."""
        if self.is_closing:
            raise _closing()
        if len(self._open) >= self._capacity:
            raise Full("Too many people are asking me right now: please ask again in a minute.")
        ticket = Ticket(self, person, self._place(person))
        self._open[ticket] = None
        self.move()
        return ticket

    async def close(self, grace: float) -> int:
        """Refuse what waits, and let what is running end, for `grace` seconds; how many workers did not end.

        It waits for the tickets whose `with` block has not ended, too: an answer is still to be shown.
        """
        self.is_closing = True
        self._refuse([ticket for ticket in self._open if not ticket.started])
        with suppress(TimeoutError):
            await asyncio.wait_for(self._empty.wait(), grace)
        self._refuse(list(self._open))
        self._threads.shutdown(wait=False, cancel_futures=True)
        return self._busy

    def move(self) -> None:
        """Tell everybody whose turn it is, and start what can be: the oldest first."""
        if self.is_closing and not self._open:
            self._empty.set()
        first = {ticket.person: ticket for ticket in reversed(self._open)}
        for ticket in [ticket for ticket in self._open if first[ticket.person] is ticket]:
            ticket.is_first.set()
            if ticket.question and ticket.is_pending and not ticket.started and self._busy < self._workers:
                self._start(ticket, ticket.question)

    def settle(self, ticket: Ticket) -> None:
        """Let a ticket go that no worker, no `with` block and nobody who awaits the answer holds."""
        is_held = ticket.is_held or ticket.is_pending or (ticket.started and not ticket.ended)
        if not is_held:
            self._open.pop(ticket, None)
            ticket.ended = True
        self.move()

    def _refuse(self, tickets: list[Ticket]) -> None:
        for ticket in tickets:
            ticket.fail(_closing())
            ticket.ended = ticket.ended or not ticket.started
            ticket.is_first.set()
            self.settle(ticket)
        self.move()

    def _place(self, person: str) -> int:
        """From 1, among those that wait; 0 where a worker is free."""
        working = {ticket.person for ticket in self._open if not ticket.ended}
        if len(working) < self._workers and all(ticket.person != person for ticket in self._open):
            return 0
        return sum(not ticket.started and not ticket.ended for ticket in self._open) + 1

    def _start(self, ticket: Ticket, question: Question) -> None:
        loop = asyncio.get_running_loop()
        try:
            job = self._threads.submit(self._work, replace(question, deadline=self._clock() + self._seconds))
        except RuntimeError as error:  # the machine has no more threads
            ticket.fail(error)
            return
        self._busy += 1
        ticket.started = True
        timer = loop.call_later(self._seconds, ticket.fail, _too_late(self._seconds))

        def ended(job: Future[Answer]) -> None:
            with suppress(RuntimeError):  # the loop ended before
                loop.call_soon_threadsafe(self._ended, ticket, job, timer)

        job.add_done_callback(ended)

    def _ended(self, ticket: Ticket, job: Future[Answer], timer: asyncio.TimerHandle) -> None:
        timer.cancel()
        self._busy -= 1
        ticket.ended = True
        error = _closing() if job.cancelled() else job.exception()
        if error:
            ticket.fail(error)
        else:
            ticket.succeed(job.result())
        self.settle(ticket)


class Ticket:
    """A place in the pool, for one question. In a `with` block it is the person's turn until the block ends.

    So what is done with an answer in the block is done before the person's next question is answered. Outside
    of one, it is to be asked a question, or the place is lost.
    """

    def __init__(self, pool: Pool, person: str, place: int) -> None:
        self.person = person
        self.place = place  # in the queue when it was entered, from 1; 0: at once
        self.question: Question | None = None
        self.started = False  # by a worker
        self.ended = False  # by a worker, or it is never to be started
        self.is_held = False  # by a `with` block
        self.is_first = asyncio.Event()  # of its person's
        self._pool = pool
        self._answer: asyncio.Future[Answer] | None = None

    def __enter__(self) -> Self:
        self.is_held = True
        return self

    def __exit__(self, *_: object) -> None:
        self.is_held = False
        self._pool.settle(self)

    async def turn(self) -> None:
        """Wait until the person's questions before this one are done with. Raises Closing."""
        await self.is_first.wait()
        if self.ended:
            raise _closing()

    async def answer(self, question: Question) -> Answer:
        """The answer to the ticket's one question, when its time has come.

        Raises Closing, TooLate, and what the work raises. Work that nobody awaits any more, because it took
        too long or the awaiting was cancelled, keeps its worker until it ends, if it was started.
        """
        if self.question or (self.ended and not self._pool.is_closing):
            raise RuntimeError("A ticket is for one question.")
        if self.ended:
            raise _closing()
        self.question = question
        self._answer = asyncio.get_running_loop().create_future()
        self._pool.move()
        try:
            return await self._answer
        finally:
            self.ended = self.ended or not self.started
            self._pool.settle(self)

    @property
    def is_pending(self) -> bool:
        """Whether somebody awaits the answer."""
        return self._answer is not None and not self._answer.done()

    def succeed(self, answer: Answer) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_result(answer)

    def fail(self, error: BaseException) -> None:
        """Whoever awaits the answer gets the error."""
        if self._answer and not self._answer.done():
            mute = isinstance(error, StopIteration)  # which no future takes
            self._answer.set_exception(RuntimeError(repr(error)) if mute else error)
        elif self.started and not isinstance(error, QuothError):
            log.error("A question that nobody awaits any more failed.", exc_info=error)


def _closing() -> Closing:
    return Closing("I am being restarted: please ask again in a minute.")


def _too_late(seconds: float) -> TooLate:
    return TooLate(
        f"That took longer than {seconds:g} seconds and was given up: ask again, or ask something shorter."
    )
