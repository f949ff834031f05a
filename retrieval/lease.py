"""One writer at a time for a collection in a Chroma server, wherever the writers run.

Chroma has no locks, but of all who make a collection of one name, one succeeds. So who writes a collection
makes another one beside it for that time, whose description says who, and a beat that goes on while that
program lives. No two clocks are compared: a beat that somebody sees stand still is one of a program that
died. It is advisory all the same: a program that was stopped for so long and then goes on may write beside
its successor. The index finds that out by its generations.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from retrieval.connection import Collection, Connection
from retrieval.errors import IndexBusy, IndexGone, QuothError

_BEAT = 5.0  # seconds between two beats
_STILL = 4  # beats that fail to come from a program that died
_LOOK = 0.1  # seconds between two looks of who waits


class Lease:
    """The right to write a collection."""

    def __init__(self, connection: Connection, name: str, place: str, beat: float = _BEAT) -> None:
        """`name` is of the collection that stands for it; in `place` one program at a time asks for it."""
        self._connection = connection
        self.name = name
        self._place = f"{socket.gethostname()}/{place}"
        self._beat = beat

    @contextmanager
    def held(self, seconds: float) -> Iterator[None]:
        """A context that only one writer is in. Raises IndexBusy where another is in it for so long."""
        mine = self._taken(seconds)
        over = threading.Event()
        thread = threading.Thread(target=self._keep, args=(mine, over), name="quoth-lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            with suppress(QuothError):  # where the server is away it is found to stand still
                self._remove(mine)

    def _taken(self, seconds: float) -> Collection:
        until = time.monotonic() + seconds
        about = {"who": _who(), "place": self._place, "token": uuid.uuid4().hex, "beat": "0"}
        beat, since = "", time.monotonic()
        while True:
            with self._connection.translated("written"):
                if mine := self._connection.made(self.name, about):
                    return mine
                there = self._connection.existing(self.name)
            if there is None:
                continue  # it was just given back
            told = {**(there.metadata or {})}
            if told.get("token") == about["token"]:
                return there  # the answer of the server to the first try was lost
            now, last = time.monotonic(), beat
            beat = f"{told.get('token')} {told.get('beat')}"
            since = since if beat == last else now
            if told.get("place") == self._place or now - since > _STILL * self._beat:
                self._remove(there)
            elif now > until:
                raise IndexBusy(
                    f"{told.get('who')} is writing the index in {self._connection.shown}: "
                    "wait for it, then try again."
                )
            else:
                time.sleep(_LOOK)

    def _keep(self, mine: Collection, over: threading.Event) -> None:
        beat = 0
        while not over.wait(self._beat):
            beat += 1
            try:
                with self._connection.translated("written"):
                    mine.modify(metadata={**(mine.metadata or {}), "beat": str(beat)})
            except IndexGone:
                return  # another program took it for dead
            except QuothError:
                continue

    def _remove(self, lease: Collection) -> None:
        """Take away this one: a name alone may be another's by now, what is renamed is only this."""
        gone = f"{self.name}-{uuid.uuid4().hex}"
        with suppress(IndexGone), self._connection.translated("written"):
            lease.modify(name=gone)
            self._connection.delete(gone)


def _who() -> str:
    return f"The program {os.getpid()} on {socket.gethostname()}"
