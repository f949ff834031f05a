"""A thread for what takes long, so that Ctrl-C stops the waiting and nothing else."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import cached_property
from queue import SimpleQueue
from typing import TypeVar

from rich.console import Console

from bot.live import spinner

T = TypeVar("T")

_UNSEEN = 0.2  # seconds of waiting that need no spinner


class Worker:
    """Does one thing after the other, for a program that waits at a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="quoth")

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Have the work done after all that was handed in before."""
        return self._pool.submit(work)

    def run(self, work: Callable[[], T], what: str) -> T:
        """The result of the work, with a spinner that says `what` is done if it takes its time.

        Ctrl-C raises KeyboardInterrupt here; work under way goes on, and its result is dropped.
        """
        future = self.submit(work)
        try:
            with _unechoed():
                if wait([future], _UNSEEN).not_done:
                    with self._console.status(what, spinner=spinner()):
                        return future.result()
                return future.result()
        finally:
            future.cancel()

    def stream(self, make: Callable[[], AsyncIterator[T]]) -> Generator[T, None, None]:
        """What `make` yields, as it comes. Ctrl-C raises KeyboardInterrupt here, and ends the work."""
        came: SimpleQueue[tuple[T] | None] = SimpleQueue()

        async def listen() -> None:
            async for item in make():
                came.put((item,))

        listening = asyncio.run_coroutine_threadsafe(listen(), self._loop)
        listening.add_done_callback(lambda _: came.put(None))
        try:
            with _unechoed():
                while (item := came.get()) is not None:
                    yield item[0]
                listening.result()
        finally:
            listening.cancel()

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, name="quoth-stream", daemon=True).start()
        return loop


@contextmanager
def _unechoed() -> Iterator[None]:
    """Keys pressed in the block are not shown where the spinner turns; the next prompt gets them."""
    if sys.platform == "win32":
        yield
        return
    import termios

    before = termios.tcgetattr(sys.stdin)
    quiet = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    try:
        termios.tcsetattr(sys.stdin, termios.TCSANOW, quiet)
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSANOW, before)
