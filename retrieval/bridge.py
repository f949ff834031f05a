"""Items that are made in a thread, for an event loop that must not wait."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


async def bridged(make: Callable[[threading.Event], Iterator[T]]) -> AsyncIterator[T]:
    """What `make` yields, made in a thread; the event that it is given is set when nobody waits any more."""
    gone = threading.Event()
    items: asyncio.Queue[tuple[T] | BaseException | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def tell(item: tuple[T] | BaseException | None) -> None:
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(items.put_nowait, item)

    def work() -> None:
        try:
            for item in make(gone):
                tell((item,))
            tell(None)
        except BaseException as error:  # raised where it is waited for
            tell(error)

    try:
        loop.run_in_executor(None, contextvars.copy_context().run, work)
        while (item := await items.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item[0]
    finally:
        gone.set()
