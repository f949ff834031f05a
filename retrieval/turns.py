"""Work that a processor does takes turns: so many at once, and who came first goes first.

Where twenty ask at once and all are worked on together, each waits for all others, and the last ones for
twice as long as the rest; in turn, nobody waits for those who came later.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOOK = 0.1  # seconds between two looks whether waiting is still worth it


class Turns:
    """So many turns as are taken at once."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._waiting: deque[threading.Event] = deque()
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, still: Callable[[], None]) -> Iterator[None]:
        """The block is one turn. Raises what `still` raises, which is asked again and again while waiting."""
        mine = threading.Event()
        with self._lock:
            if self._free:
                self._free -= 1
                mine.set()
            else:
                self._waiting.append(mine)
        try:
            while not mine.wait(_LOOK):
                still()
            yield
        finally:
            with self._lock:
                self._pass_on(mine)

    def _pass_on(self, mine: threading.Event) -> None:
        if not mine.is_set():
            self._waiting.remove(mine)
        elif self._waiting:
            self._waiting.popleft().set()
        else:
            self._free += 1
