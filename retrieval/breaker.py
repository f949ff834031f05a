"""A circuit breaker: what failed several times running is left alone for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

FAILURES = 3
SECONDS = 60.0


class Breaker:
    """Open after `failures` in a row; after `seconds` one try is let through, which closes it if it succeeds.

    Safe to use from several threads.
    """

    def __init__(
        self,
        failures: int = FAILURES,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = failures
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._until = 0.0

    def wait(self) -> float:
        """Seconds until a try is let through; 0 where it is now, which counts as that try."""
        with self._lock:
            if self._failures < self._most:
                return 0.0
            now = self._clock()
            if now < self._until:
                return self._until - now
            self._until = now + self._seconds  # this one tries; the others go on waiting
            return 0.0

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            self._until = self._clock() + self._seconds

    def succeeded(self) -> None:
        with self._lock:
            self._failures = 0
