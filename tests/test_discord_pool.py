from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from bot.discord.pool import Closing, Full, Pool, Ticket
from retrieval.errors import InputError, QuothError, TooLate
from retrieval.types import Answer, Question

_PATIENCE = 20.0  # seconds after which a test is stuck


class Work:
    """Answers a question when the test says so, and knows what is being worked on."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.running: set[str] = set()
        self.deadlines: dict[str, float | None] = {}
        self.most = 0
        self.pools: list[Pool] = []
        self._ends: dict[str, BaseException | None] = {}
        self._all = False
        self._changed = threading.Condition()

    def pool(self, *args: Any, **kwargs: Any) -> Pool:
        self.pools.append(Pool(self, *args, **kwargs))
        return self.pools[-1]

    def __call__(self, question: Question) -> Answer:
        text = question.text
        with self._changed:
            self.deadlines[text] = question.deadline
            self.started.append(text)
            self.running.add(text)
            self.most = max(self.most, len(self.running))
            assert self._changed.wait_for(lambda: self._all or text in self._ends, _PATIENCE)
            self.running.remove(text)
        if error := self._ends.get(text):
            raise error
        return Answer(text, True, ())

    def end(self, text: str, error: BaseException | None = None) -> None:
        """The work on a question ends, now or as soon as it starts."""
        with self._changed:
            self._ends[text] = error
            self._changed.notify_all()

    def end_all(self) -> None:
        with self._changed:
            self._all = True
            self._changed.notify_all()


@pytest.fixture
def work() -> Iterator[Work]:
    """Whatever a test does, its threads end."""
    work = Work()
    yield work
    work.end_all()
    all_ended()


def all_ended() -> None:
    """No thread of a pool is left."""
    for thread in threading.enumerate():
        if thread.name.startswith("quoth-discord"):
            thread.join(_PATIENCE)
            assert not thread.is_alive()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(_PATIENCE):
        while not condition():
            await asyncio.sleep(0.001)


async def settled() -> None:
    """All that can happen in the event loop without a worker has happened."""
    for _ in range(10):
        await asyncio.sleep(0)


def asked(pool: Pool, person: str, text: str) -> asyncio.Task[Answer]:
    return asyncio.ensure_future(pool.enter(person).answer(Question(text)))


async def outcome(awaited: Awaitable[Answer]) -> str:
    """The text of what was asked, or the name of what went wrong."""
    try:
        return (await awaited).question
    except Exception as error:
        return type(error).__name__


def runs(work: Work, scenario: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with asyncio.timeout(2 * _PATIENCE):
            try:
                await scenario()
            finally:
                work.end_all()
                for pool in work.pools:
                    await pool.close(_PATIENCE)

    asyncio.run(whole(), debug=True)


def test_a_question_is_answered_at_once_and_knows_until_when_it_may_take(work: Work):
    async def scenario() -> None:
        pool = work.pool(2, 0, seconds=60, clock=lambda: 1_000.0)
        ticket = pool.enter("ana")
        assert ticket.place == 0
        work.end("Who?")
        assert await ticket.answer(Question("Who?", deadline=1.0)) == Answer("Who?", True, ())
        assert work.deadlines == {"Who?": 1_060.0}
        assert await pool.close(1) == 0

    runs(work, scenario)


def test_questions_of_different_people_are_answered_in_the_order_asked_and_told_their_place(work: Work):
    async def scenario() -> None:
        pool = work.pool(2, 3)
        tickets = [pool.enter(person) for person in "abcde"]
        assert [ticket.place for ticket in tickets] == [0, 0, 3, 4, 5]
        answers = [asyncio.ensure_future(ticket.answer(Question(ticket.person))) for ticket in tickets]
        await until(lambda: len(work.started) == 2)
        assert pool_is_full(pool)
        for number, person in enumerate("abcde"):
            work.end(person)
            await until(lambda number=number: len(work.started) == min(number + 3, 5))
        assert [answer.question for answer in await asyncio.gather(*answers)] == list("abcde")
        assert sorted(work.started[:2]) + work.started[2:] == list("abcde")
        assert work.most == 2

    runs(work, scenario)


def pool_is_full(pool: Pool) -> bool:
    try:
        with pool.enter("one more"):
            return False
    except Full as error:
        return str(error) == "Too many people are asking me right now: please ask again in a minute."


def test_the_place_counts_those_that_wait(work: Work):
    async def scenario() -> None:
        pool = work.pool(1, 3)
        tasks = [asked(pool, "a", "1")]
        await until(lambda: work.started == ["1"])
        for person, place in (("b", 1), ("c", 2), ("a", 3)):
            ticket = pool.enter(person)
            assert ticket.place == place
            tasks.append(asyncio.ensure_future(ticket.answer(Question(person))))
        for text in "1bca":
            work.end(text)
        await asyncio.gather(*tasks)
        assert work.started == ["1", "b", "c", "a"]

    runs(work, scenario)


def test_a_persons_next_question_waits_and_other_people_go_ahead_of_it(work: Work):
    async def scenario() -> None:
        pool = work.pool(2, 9)
        first, second, third = (asked(pool, "ana", text) for text in ("1", "2", "3"))
        await settled()
        place = pool.enter("ben")
        assert place.place == 0
        other = asyncio.ensure_future(place.answer(Question("ben's")))
        await until(lambda: sorted(work.started) == ["1", "ben's"])
        work.end("ben's")
        await other
        await settled()
        assert "2" not in work.started  # though a worker is free
        for text, task in (("1", first), ("2", second), ("3", third)):
            work.end(text)
            assert (await task).question == text
        assert [text for text in work.started if text != "ben's"] == ["1", "2", "3"]

    runs(work, scenario)


def test_who_asks_a_lot_does_not_keep_others_waiting(work: Work):
    async def scenario() -> None:
        pool = work.pool(2, 99)
        flood = [asked(pool, "ana", f"ana {number}") for number in range(20)]
        others = [asked(pool, person, person) for person in "bcd"]
        for person in "bcd":
            await until(lambda person=person: person in work.started)
            work.end(person)
        assert [(await other).question for other in others] == ["b", "c", "d"]
        assert work.running == {"ana 0"}
        work.end_all()
        await asyncio.gather(*flood)
        assert [text for text in work.started if len(text) > 1] == [f"ana {number}" for number in range(20)]

    runs(work, scenario)


def test_a_block_is_the_persons_turn_until_it_ends(work: Work):
    """So a follow-up sees what was said before it."""

    async def scenario() -> None:
        pool, said = work.pool(2, 9), []
        work.end_all()

        async def one(text: str) -> None:
            with pool.enter("ana") as ticket:
                await ticket.turn()
                before = " ".join(said)
                answer = await ticket.answer(Question(f"{before}>{text}"))
                await asyncio.sleep(0.01)  # it is shown
                said.append(text)
                assert answer.question == f"{before}>{text}"

        await asyncio.gather(*map(one, "123"))
        assert work.started == [">1", "1>2", "1 2>3"]
        assert not pool_is_full(pool) and await pool.close(1) == 0

    runs(work, scenario)


def test_a_block_that_ends_without_a_question_frees_its_place(work: Work):
    async def scenario() -> None:
        pool = work.pool(1, 0)
        with suppress(ZeroDivisionError), pool.enter("ana"):
            assert pool_is_full(pool)
            raise ZeroDivisionError
        assert not pool_is_full(pool)

    runs(work, scenario)


def test_what_takes_too_long_is_given_up_and_its_worker_is_free_when_it_ends(work: Work):
    async def scenario() -> None:
        pool = work.pool(1, 2, seconds=0.02)
        first = asked(pool, "ana", "slow")
        with pytest.raises(TooLate, match=r"longer than 0\.02 seconds and was given up: ask again"):
            await first
        assert work.running == {"slow"}
        others = asked(pool, "ana", "ana's next"), asked(pool, "ben", "ben's")
        await asyncio.sleep(0.05)
        assert work.started == ["slow"] and not any(other.done() for other in others)
        for text in ("ana's next", "ben's", "slow"):
            work.end(text)
        assert [await outcome(other) for other in others] == ["ana's next", "ben's"]
        assert await pool.close(1) == 0

    runs(work, scenario)


def test_a_late_answer_is_dropped_and_a_late_failure_logged(work: Work, caplog: pytest.LogCaptureFixture):
    async def scenario() -> None:
        pool = work.pool(2, 0, seconds=0.02)
        late = [asked(pool, person, person) for person in "ab"]
        assert [await outcome(task) for task in late] == ["TooLate", "TooLate"]
        work.end("a", TooLate("the core gave up too"))
        work.end("b", ValueError("a bug"))
        assert await pool.close(5) == 0

    runs(work, scenario)
    assert "A question that nobody awaits any more failed." in caplog.text
    assert "a bug" in caplog.text and "the core gave up too" not in caplog.text


@pytest.mark.parametrize(
    ("raised", "told"),
    [
        (InputError("The question is empty."), InputError),
        (TooLate("too slow"), TooLate),
        (ValueError("a bug"), ValueError),
        (StopIteration("next() of nothing"), RuntimeError),
    ],
)
def test_what_the_work_raises_is_raised(work: Work, raised: Exception, told: type[Exception]):
    async def scenario() -> None:
        pool = work.pool(1, 0)
        work.end("Who?", raised)
        with pytest.raises(told, match=str(raised).split()[0]):
            await pool.enter("ana").answer(Question("Who?"))
        work.end("Why?")
        assert await outcome(pool.enter("ana").answer(Question("Why?"))) == "Why?"

    runs(work, scenario)


def test_who_stops_waiting_frees_the_place_at_once(work: Work):
    async def scenario() -> None:
        pool = work.pool(1, 2)
        running, waiting, last = (asked(pool, person, person) for person in "abc")
        await until(lambda: work.started == ["a"])
        assert pool_is_full(pool)
        waiting.cancel()
        await settled()
        assert not pool_is_full(pool)
        work.end_all()
        assert [await outcome(task) for task in (running, last)] == ["a", "c"]
        assert work.started == ["a", "c"]

    runs(work, scenario)


def test_who_stops_waiting_for_running_work_frees_the_place_when_it_ends(work: Work):
    async def scenario() -> None:
        pool = work.pool(1, 1)
        running, waiting = asked(pool, "a", "a"), asked(pool, "b", "b")
        await until(lambda: work.started == ["a"])
        running.cancel()
        await settled()
        assert running.cancelled() and pool_is_full(pool) and work.started == ["a"]
        work.end_all()
        assert await outcome(waiting) == "b"
        assert not pool_is_full(pool) and await pool.close(1) == 0

    runs(work, scenario)


def test_a_ticket_is_for_one_question(work: Work):
    async def scenario() -> None:
        pool = work.pool(1, 1)
        work.end_all()
        ticket = pool.enter("ana")
        await ticket.answer(Question("Who?"))
        with pytest.raises(RuntimeError, match="for one question"):
            await ticket.answer(Question("Why?"))
        with pool.enter("ana") as unused:
            pass
        with pytest.raises(RuntimeError, match="for one question"):
            await unused.answer(Question("Why?"))

    runs(work, scenario)


def test_without_a_thread_for_it_a_question_fails_and_the_pool_goes_on(
    work: Work, monkeypatch: pytest.MonkeyPatch
):
    def exhausted(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def scenario() -> None:
        pool = work.pool(1, 0)
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", exhausted)
            with pytest.raises(RuntimeError, match="can't start"):
                await pool.enter("ana").answer(Question("Who?"))
        work.end_all()
        assert await outcome(pool.enter("ana").answer(Question("Why?"))) == "Why?"

    runs(work, scenario)


# Closing


def test_closing_lets_what_runs_end_and_refuses_the_rest(work: Work):
    async def scenario() -> None:
        pool = work.pool(2, 9)
        running, delivered = [asked(pool, "a", "a")], []
        waiting = [asked(pool, "a", "a's next")]

        async def shown() -> None:
            with pool.enter("b") as ticket:
                answer = await ticket.answer(Question("b"))
                await asyncio.sleep(0.02)
                delivered.append(answer.question)

        running.append(asyncio.ensure_future(shown()))
        await until(lambda: len(work.started) == 2)
        waiting += [asked(pool, "c", "c"), asked(pool, "d", "d")]
        unasked, held = pool.enter("e"), pool.enter("f")
        with held:
            behind = pool.enter("f")
            turn = asyncio.ensure_future(behind.turn())
            await settled()
            closing = asyncio.ensure_future(pool.close(_PATIENCE))
            assert [await outcome(task) for task in waiting] == ["Closing"] * 3
            for late in (unasked, held):
                assert await outcome(late.answer(Question("late"))) == "Closing"
            with pytest.raises(Closing):
                await turn
            with pytest.raises(Closing, match="I am being restarted: please ask again in a minute"):
                pool.enter("g")
            work.end_all()
            assert await outcome(running[0]) == "a"
            await until(lambda: delivered == ["b"])
            assert not closing.done()
        assert await closing == 0
        assert sorted(work.started) == ["a", "b"]

    runs(work, scenario)


def test_closing_waits_no_longer_than_it_may(work: Work):
    async def scenario() -> None:
        pool = work.pool(1, 1)
        stuck = asked(pool, "a", "a")
        await until(lambda: work.started == ["a"])
        assert await pool.close(0.02) == 1
        assert await outcome(stuck) == "Closing"
        work.end_all()
        await until(lambda: not work.running)

    runs(work, scenario)


def test_a_worker_that_outlives_the_event_loop_does_no_harm(work: Work, caplog: pytest.LogCaptureFixture):
    async def scenario() -> None:
        pool = work.pool(1, 1)
        task = asked(pool, "a", "a")
        await until(lambda: work.started == ["a"])
        assert await pool.close(0) == 1
        assert await outcome(task) == "Closing"

    asyncio.run(scenario())
    work.end_all()
    all_ended()
    assert not caplog.records


def test_an_idle_pool_closes_at_once_and_may_be_closed_twice(work: Work):
    async def scenario() -> None:
        pool = work.pool(1, 1)
        assert [await pool.close(_PATIENCE), await pool.close(_PATIENCE)] == [0, 0]

    runs(work, scenario)


# Many


def test_two_hundred_questions_of_fifty_people_are_all_answered_or_refused(work: Work):
    async def scenario() -> None:
        pool, told = work.pool(4, 96), Counter[str]()
        turns: dict[str, list[int]] = {}
        at_work: Counter[str] = Counter()

        async def one(person: str, number: int) -> None:
            try:
                with pool.enter(person) as ticket:
                    await ticket.turn()
                    at_work[person] += 1
                    assert at_work[person] == 1
                    answer = await ticket.answer(Question(f"{person} {number}"))
                    assert answer.question == f"{person} {number}"
                    turns.setdefault(person, []).append(number)
                    at_work[person] -= 1
                    told["answered"] += 1
            except QuothError as error:
                told[type(error).__name__] += 1

        tasks = [asyncio.ensure_future(one(f"p{n % 50}", n // 50)) for n in range(200)]
        await until(lambda: len(work.running) == 4)
        await settled()
        work.end_all()
        await asyncio.gather(*tasks)
        assert told == {"answered": 100, "Full": 100}
        assert turns == {f"p{person}": [0, 1] for person in range(50)}
        assert work.most == 4 and len(work.started) == 100
        assert await pool.close(1) == 0
        names = [thread.name for thread in threading.enumerate() if thread.name.startswith("quoth-discord")]
        assert len(names) <= 4

    runs(work, scenario)


class PoolMachine(RuleBasedStateMachine):
    """Any order of asking, ending, giving up and leaving, against a model of who is worked on."""

    WORKERS, QUEUE = 2, 4

    @initialize()
    def begin(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.work = Work()
        self.pool = self.work.pool(self.WORKERS, self.QUEUE)
        self.open: list[str] = []  # names of tickets, "ana 3", in the order entered
        self.asked: set[str] = set()
        self.started: list[str] = []
        self.ended: set[str] = set()
        self.held: set[str] = set()
        self.tickets: dict[str, Ticket] = {}
        self.tasks: dict[str, asyncio.Task[str]] = {}
        self.count = 0

    def teardown(self) -> None:
        async def over() -> int:
            self.work.end_all()
            for name in self.held:
                self.tickets[name].__exit__()
            left = await self.pool.close(_PATIENCE)
            await asyncio.gather(*self.tasks.values(), return_exceptions=True)
            return left

        try:
            assert self.do(over()) == 0
        finally:
            self.loop.close()

    def do(self, step: Awaitable[Any]) -> Any:
        async def whole() -> Any:
            return await asyncio.wait_for(step, 2 * _PATIENCE)

        return self.loop.run_until_complete(whole())

    def check(self) -> None:
        """Start in the model what can be, and see that the pool did."""
        working = [name for name in self.started if name not in self.ended]
        for name in list(self.open):
            is_first = next(one for one in self.open if one.split()[0] == name.split()[0]) == name
            may = name in self.asked and name not in self.started and name not in self.ended
            if is_first and may and len(working) < self.WORKERS:
                self.started.append(name)
                working.append(name)

        async def seen() -> None:
            await until(lambda: set(self.work.running) == set(working))
            await settled()

        self.do(seen())
        assert sorted(self.work.started) == sorted(self.started)
        assert pool_is_full(self.pool) is (len(self.open) >= self.WORKERS + self.QUEUE)
        assert self.work.most <= self.WORKERS

    def leave(self, name: str) -> None:
        """It is let go where neither a worker nor a block holds it."""
        if name not in self.held and (name in self.ended or name not in self.started):
            self.open.remove(name)

    @precondition(lambda self: len(self.open) < self.WORKERS + self.QUEUE)
    @rule(person=st.sampled_from(("ana", "ben", "cleo")), held=st.booleans())
    def enter(self, person: str, held: bool) -> None:
        name = f"{person} {self.count}"
        self.count += 1

        async def step() -> Ticket:
            ticket = self.pool.enter(person)
            return ticket.__enter__() if held else ticket

        self.tickets[name] = self.do(step())
        waiting = [one for one in self.open if one not in self.started and one not in self.ended]
        people = {one.split()[0] for one in self.open if one not in self.ended}
        at_once = len(people) < self.WORKERS and all(one.split()[0] != person for one in self.open)
        assert self.tickets[name].place == (0 if at_once else len(waiting) + 1)
        self.open.append(name)
        self.held |= {name} if held else set()
        self.check()

    @precondition(lambda self: set(self.open) - self.asked)
    @rule(data=st.data())
    def ask(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(set(self.open) - self.asked)))
        self.asked.add(name)
        awaited = outcome(self.tickets[name].answer(Question(name)))
        self.tasks[name] = self.loop.create_task(awaited)
        self.check()

    @precondition(lambda self: self.work.running)
    @rule(data=st.data(), fails=st.booleans())
    def end(self, data: st.DataObject, fails: bool) -> None:
        name = data.draw(st.sampled_from(sorted(self.work.running)))
        self.work.end(name, InputError("no") if fails else None)
        self.ended.add(name)
        if not self.tasks[name].cancelled():
            assert self.do(self.tasks[name]) == ("InputError" if fails else name)
        self.leave(name)
        self.check()

    @precondition(lambda self: any(not task.done() for task in self.tasks.values()))
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(one for one, task in self.tasks.items() if not task.done())))
        self.tasks[name].cancel()
        self.do(asyncio.wait([self.tasks[name]]))
        if name not in self.started:
            self.ended.add(name)
        self.leave(name)
        self.check()

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def exit(self, data: st.DataObject) -> None:
        """As a block does; its answer may still be awaited elsewhere."""
        name = data.draw(st.sampled_from(sorted(self.held)))

        async def step() -> None:
            self.tickets[name].__exit__()

        self.do(step())
        self.held.remove(name)
        if name not in self.asked or self.tasks[name].done():
            self.asked.add(name)
            self.leave(name)
        self.check()


PoolMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30)
test_the_pool_does_as_its_model_does = PoolMachine.TestCase
