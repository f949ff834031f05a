"""How long work may take: until a time, or until nobody waits for it any more."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from queue import Empty, SimpleQueue
from typing import TypeVar

from retrieval.errors import TooLate

T = TypeVar("T")

_LOOK = 0.1  # seconds between two looks whether somebody waits still


class Patience:
    """Runs out at `until`, a time of time.monotonic(), and at once when `gone` is set."""

    def __init__(self, until: float = float("inf"), gone: threading.Event | None = None) -> None:
        self.until = until
        self.gone = gone or threading.Event()

    def within(self, seconds: float, reserve: float = 0.0) -> Patience:
        """The same, for `seconds` from now at most, and `reserve` less than it was."""
        return Patience(min(self.until - reserve, time.monotonic() + seconds), self.gone)

    @property
    def left(self) -> float:
        """Seconds. Raises TooLate where nobody waits any more."""
        if self.gone.is_set():
            raise TooLate("The question was given up: nobody waits for its answer.")
        return self.until - time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait. Raises TooLate as soon as nobody waits any more."""
        self.gone.wait(seconds)
        _ = self.left

    def items(self, make: Callable[[], Iterable[T]]) -> Iterator[T]:
        """What `make` yields, made in a thread of its own, which is left to itself when patience runs out.

        Raises TimeoutError at the time set, TooLate where nobody waits any more, and what `make` raises.
        """
        made: SimpleQueue[tuple[T] | BaseException | None] = SimpleQueue()
        unwanted = threading.Event()
        context = contextvars.copy_context()
        work = threading.Thread(target=context.run, args=(_make, make, made, unwanted), daemon=True)
        work.start()
        try:
            while (item := self._next(made)) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item[0]
        finally:
            unwanted.set()

    def _next(self, made: SimpleQueue[tuple[T] | BaseException | None]) -> tuple[T] | BaseException | None:
        while (left := self.left) > 0:
            try:
                return made.get(timeout=min(left, _LOOK))
            except Empty:
                continue
        raise TimeoutError


def _make(
    make: Callable[[], Iterable[T]],
    made: SimpleQueue[tuple[T] | BaseException | None],
    unwanted: threading.Event,
) -> None:
    try:
        for item in make():
            if unwanted.is_set():
                return
            made.put((item,))
        made.put(None)
    except BaseException as error:  # the thread that waits raises it
        made.put(error)
