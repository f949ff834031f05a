"""Watch a folder of articles, and bring its index up to date when something in it changes.

The system tells of changes, by way of watchfiles: each folder that may hold articles is watched for itself,
so that links and hidden folders cost nothing, and all are watched anew when one comes or goes. Where the
system cannot tell, the files' sizes and times are looked at again and again. What was heard only says that
it is time for a sync, which finds out by itself what changed; now and then it is looked whether anything was
missed.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from retrieval import articles
from retrieval.errors import QuothError
from retrieval.settings import Watch
from retrieval.snapshot import stamps

if TYPE_CHECKING:
    from watchfiles import Change

    from retrieval.index import Summary

log = logging.getLogger(__name__)

_QUIET = 0.3  # seconds without a change after which a burst is over; also how often `stop` is looked at
_BURST = 2.0  # seconds after which the end of a burst is not waited for any longer
_ASKED = 1.0  # seconds between two questions to a server
_RETRY = 2.0  # seconds until what failed is tried again
_MISSED = 60.0  # seconds between two looks for what was not told
_SHARE = 50  # a look that takes a second is had every so many seconds
_POLLED = 4  # the same where nothing is told
_BROKEN = 60.0  # seconds until watching begins anew after an error that nobody expected
_GRACE = 5.0  # seconds for a sync under way at the end


class Watched(Protocol):
    """An index, as far as watching needs it."""

    @property
    def folder(self) -> Path: ...

    @property
    def is_read_only(self) -> bool: ...

    def is_current(self) -> bool: ...

    def sync(self) -> Summary: ...


def watch(index: Watched, stop: threading.Event, poll: bool = False) -> Iterator[Summary | QuothError]:
    """Sync the index when its folder changes, until `stop` is set; yields what each sync did.

    A sync that fails is tried again until it does not; its error is yielded the first time only. An index
    whose folder is another program's matter is synced every moment: its server tells nobody of changes.
    """
    missed = _Missed(index)
    due, told, again = False, "", 0.0
    for changed in _moments(stop) if index.is_read_only else heard(index.folder, stop, poll):
        due = due or changed
        if time.monotonic() < again:
            continue
        try:
            due = due or missed.is_any()
            if not due:
                continue
            summary = index.sync()
        except QuothError as error:
            again = time.monotonic() + _RETRY
            if str(error) != told:
                told = str(error)
                yield error
        else:
            due, told = False, ""
            yield summary


def _moments(stop: threading.Event) -> Iterator[bool]:
    while not stop.wait(_ASKED):
        yield True


class _Missed:
    """Now and then looks whether an index is behind its folder, though nothing was told."""

    def __init__(self, index: Watched) -> None:
        self._index = index
        self._next = 0.0

    def is_any(self) -> bool:
        begun = time.monotonic()
        if begun < self._next:
            return False
        is_current = self._index.is_current()
        ended = time.monotonic()
        self._next = ended + max(_MISSED, _SHARE * (ended - begun))
        return not is_current


def heard(folder: Path, stop: threading.Event, poll: bool = False) -> Iterator[bool]:
    """Whether a file that matters changed: at the end of a burst of changes, and every moment in between.

    What changes after the first was yielded is heard. With `poll` the files are looked at again and again.
    """
    anew = False
    while not stop.is_set():
        try:
            for changed in (_polled if poll else _told)(folder, stop):
                yield changed or anew  # what changed before it was watched anew was told to nobody
                anew = False
        except _Deaf as deaf:
            log.info("%s is looked at again and again: the system tells no changes (%s).", folder, deaf)
            poll = True
        anew = True


class _Deaf(Exception):
    """The system cannot tell of changes in a folder."""


def _told(folder: Path, stop: threading.Event) -> Iterator[bool]:
    """The changes that the system tells, until the folders in it are other ones. Raises _Deaf."""
    root = str(folder.resolve())
    identity, places = _identity(folder), _places(root)
    if not places:
        yield True
        stop.wait(_QUIET)
        return
    is_heard = False
    try:
        with closing(_bursts(places, stop)) as bursts:
            for burst in bursts:
                is_heard = True
                if _identity(folder) != identity or any(_is_move(*change, places) for change in burst):
                    return
                yield any(articles.matters(_name(root, path)) for _, path in burst)
    except (OSError, RuntimeError, ValueError) as error:
        if not is_heard and not isinstance(error, FileNotFoundError):
            raise _Deaf(str(error)) from error
        stop.wait(_QUIET)  # a folder went, or the name of a file is no text: begin anew


def _bursts(places: set[str], stop: threading.Event) -> Generator[set[tuple[Change, str]], None, None]:
    """What changed in the folders, a burst at a time; nothing every `_QUIET` seconds in between."""
    from watchfiles import watch

    moment = round(_QUIET * 1000)
    return watch(
        *places,
        watch_filter=None,
        step=moment,
        debounce=round(_BURST * 1000),
        rust_timeout=moment,
        yield_on_timeout=True,
        stop_event=stop,
        recursive=False,
        raise_interrupt=False,
        ignore_permission_denied=True,
    )


def _places(root: str) -> set[str]:
    """A folder and its sub-folders but hidden ones and links; empty where it is missing."""
    found = set()
    for place, folders, _ in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".") and _is_text(name)]
        found.add(place)
    return found


def _is_text(name: str) -> bool:
    return name == name.encode("utf-8", "ignore").decode()


def _is_move(change: Change, path: str, places: set[str]) -> bool:
    """Whether a folder came or went."""
    if change.raw_str() == "deleted":
        return path in places
    there = Path(path)
    return change.raw_str() == "added" and there.is_dir() and not there.is_symlink() and there.name[0] != "."


def _identity(folder: Path) -> tuple[int, int] | None:
    """What tells a folder from another one of the same name; None where there is none."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _polled(folder: Path, stop: threading.Event) -> Iterator[bool]:
    """The changes that are seen when the files are looked at again and again."""
    known = before = _look(folder)
    first = time.monotonic()  # when a burst was seen first
    yield False
    while not stop.is_set():
        begun = time.monotonic()
        now = _look(folder)
        ended = time.monotonic()
        if before == known:
            first = begun
        changed = now != known and (now == before or begun - first > _BURST)
        before = now
        if changed:
            known = now
        yield changed
        stop.wait(max(_QUIET, _POLLED * (ended - begun)))


def _look(folder: Path) -> dict[str, list[int]]:
    root = str(folder)
    return {path: stamp for path, stamp in stamps(folder).items() if articles.matters(_name(root, path))}


def _name(root: str, path: str) -> str:
    return path.removeprefix(root).lstrip(os.sep).replace(os.sep, "/")


class Watching:
    """Watches folders, each in a thread of its own, until the `with` block ends or it is closed."""

    def __init__(self, how: Watch, hear: Callable[[Watched, Summary | QuothError], None]) -> None:
        """`hear` is told, in the folder's thread, what `watch` yields. With "off" nothing is watched."""
        self._how = how
        self._hear = hear
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def follow(self, index: Watched) -> None:
        """Keep an index up to date from now on."""
        if self._how != "off":
            thread = threading.Thread(target=self._keep, args=(index,), name="quoth-watching", daemon=True)
            self._threads.append(thread)
            thread.start()

    def close(self, grace: float = _GRACE) -> None:
        """Watch no more. A sync under way has `grace` seconds; then `is_busy` tells that it was left."""
        self._stop.set()
        end = time.monotonic() + grace
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    @property
    def is_busy(self) -> bool:
        """Whether a thread has not ended."""
        return any(thread.is_alive() for thread in self._threads)

    def _keep(self, index: Watched) -> None:
        while not self._stop.is_set():
            try:
                for news in watch(index, self._stop, self._how == "poll"):
                    self._hear(index, news)
            except Exception:
                log.exception("Watching %s failed; it begins anew in %g s.", index.folder, _BROKEN)
                self._stop.wait(_BROKEN)
