"""An answer shown while it is written: its message is edited as sentences pass, and never too often.

Discord lets a bot edit five messages of a channel in five seconds. What it edits late, it edits in order: so
an edit under way is waited for before the whole answer follows.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Self

from bot.discord import troubles
from retrieval.types import Said

Show = Callable[[Sequence[Said]], Awaitable[object]]

_PAUSE = 1.5  # seconds between two edits of a channel's messages
_LAST = 1.0  # seconds between the last of an answer's edits and the whole answer


class Growth:
    """An answer under way, for an `async with` block: shown at its first sentence and as it grows.

    After the block nothing of it is on the way to Discord. What cannot be shown is no matter, and ends the
    showing: the whole answer follows.
    """

    def __init__(self, show: Show, channel: int, under_way: Counter[int]) -> None:
        """`under_way` counts the answers that grow in each channel: they share its edits."""
        self.is_shown = False
        self._show = show
        self._channel = channel
        self._under_way = under_way
        self._loop = asyncio.get_running_loop()
        self._said: list[Said] = []
        self._grown = asyncio.Event()
        self._showing = asyncio.Lock()
        self._shown_at = 0.0

    def hear(self, said: Said) -> None:
        """A sentence that passed; to be called in any thread."""
        with suppress(RuntimeError):  # the loop ended before
            self._loop.call_soon_threadsafe(self._add, said)

    def _add(self, said: Said) -> None:
        self._said.append(said)
        self._grown.set()

    async def __aenter__(self) -> Self:
        self._under_way[self._channel] += 1
        self._task = asyncio.create_task(self._grow())
        return self

    async def __aexit__(self, failed: type[BaseException] | None, *_: object) -> None:
        try:
            async with self._showing:
                pass
        finally:
            self._task.cancel()
            self._under_way[self._channel] -= 1
            self._under_way += Counter()  # without channels where none is left
        if self.is_shown and failed is None:
            await asyncio.sleep(self._shown_at + _LAST - self._loop.time())

    async def _grow(self) -> None:
        async with troubles.told(troubles.unheard, "an answer under way"):
            while await self._grown.wait():
                self._grown.clear()
                async with self._showing:
                    self.is_shown = True
                    await self._show(tuple(self._said))
                    self._shown_at = self._loop.time()
                await asyncio.sleep(_PAUSE * self._under_way[self._channel])
