"""Actions that the end of the bot waits for."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.discord.actions import Actions
from bot.discord.desk import Desk


class Attended(Actions):
    """Knows who is still being answered: what was found is to be shown, too, before the connection ends."""

    def __init__(self, desk: Desk, hears_all: bool) -> None:
        super().__init__(desk, hears_all)
        self._tasks: set[asyncio.Task[Any]] = set()

    async def over(self, seconds: float) -> None:
        """Wait until everybody who has asked is answered; after so many seconds, give up on the others."""
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=seconds)
            for task in late:
                task.cancel()

    async def ask(self, *args: Any, **kwargs: Any) -> None:
        self._attend()
        await super().ask(*args, **kwargs)

    async def check(self, *args: Any, **kwargs: Any) -> None:
        self._attend()
        await super().check(*args, **kwargs)

    async def hear(self, *args: Any, **kwargs: Any) -> None:
        self._attend()
        await super().hear(*args, **kwargs)

    async def pressed(self, *args: Any, **kwargs: Any) -> None:
        self._attend()
        await super().pressed(*args, **kwargs)

    def _attend(self) -> None:
        """Until its task ends: it tells the person what went wrong after the action."""
        task = asyncio.current_task()
        if task:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
