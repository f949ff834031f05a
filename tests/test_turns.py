from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from retrieval.errors import TooLate
from retrieval.turns import Turns


def always() -> None:
    """Waiting is worth it."""


def until(happened: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.001)


def queued(turns: Turns, work: Callable[[], object], still: Callable[[], None] = always) -> threading.Thread:
    """A thread that waits in line for its turn."""
    before = len(turns._waiting)

    def run() -> None:
        with turns.taken(still):
            work()

    thread = threading.Thread(target=run)
    thread.start()
    until(lambda: len(turns._waiting) > before)
    return thread


def test_who_came_first_goes_first():
    turns, order = Turns(1), list[int]()
    with turns.taken(always):
        threads = [queued(turns, lambda number=number: order.append(number)) for number in range(9)]
    for thread in threads:
        thread.join()
    assert order == list(range(9))


def test_never_do_more_work_at_once_than_there_are_turns():
    turns, lock = Turns(2), threading.Lock()
    at_once, most = 0, 0

    def work() -> None:
        nonlocal at_once, most
        with turns.taken(always):
            with lock:
                at_once += 1
                most = max(most, at_once)
            time.sleep(0.001)
            with lock:
                at_once -= 1

    threads = [threading.Thread(target=work) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, at_once) == (2, 0)
    with turns.taken(always), turns.taken(always):
        """Both turns are there again."""


def test_who_gives_up_leaves_the_line_and_holds_nobody_up():
    turns, gone = Turns(1), threading.Event()

    def still() -> None:
        if gone.is_set():
            raise TooLate("given up")

    done = threading.Event()

    def impatient() -> None:
        with pytest.raises(TooLate, match="given up"), turns.taken(still):
            pytest.fail("it has had a turn")

    with turns.taken(always):
        first = threading.Thread(target=impatient)
        first.start()
        until(lambda: turns._waiting)
        second = queued(turns, done.set)
        gone.set()
        first.join()
    second.join()
    assert done.is_set()


def test_work_that_fails_gives_its_turn_back():
    turns = Turns(1)
    with pytest.raises(ValueError, match="broken"), turns.taken(always):
        raise ValueError("broken")
    with turns.taken(always):
        """It is there again."""
