"""`quoth index --watch`: the index follows its folder, a line for each change, until Ctrl-C."""

from __future__ import annotations

import datetime as dt
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot import console
from bot.plain import changed, safe
from retrieval import articles
from retrieval.errors import QuothError
from retrieval.watching import watch

if TYPE_CHECKING:
    from retrieval.index import Index, Summary

_NOTES = 5  # warnings told of one sync


def follow(index: Index, done: Summary, poll: bool) -> None:
    """Keep an index up to date that a sync, which did what `done` tells, has brought up to date.

    Ctrl-C and SIGTERM end it when the sync under way is done; a second one cuts that off.
    """
    index.embedder.embed(["warm"])  # the first change must not wait for the model
    with _ended_by_signals() as stop:
        print(f"Watching {safe(str(index.folder))}: Ctrl-C ends.", flush=True)
        for news in watch(index, stop, poll):
            now = f"{dt.datetime.now():%H:%M:%S}"
            if isinstance(news, QuothError):
                console.say(f"{now} {news}")
            else:
                _tell(now, news, _notes(done))
                done = news


def _tell(now: str, done: Summary, known: set[str]) -> None:
    """What a sync changed, and what it left out that is not known."""
    if told := changed(done):
        print(f"{now} {told}", flush=True)
    new = sorted(_notes(done) - known)
    for note in new[:_NOTES]:
        console.say(f"{now} Warning: {note}")
    if len(new) > _NOTES:
        console.say(f"{now} And {len(new) - _NOTES:,} more warnings.")


def _notes(done: Summary) -> set[str]:
    """What a sync warned of, but for files that nobody takes for articles, such as those of editors."""
    skipped = (skipped for skipped in done.skipped if articles.matters(skipped.file))
    return {str(note) for note in (*done.warnings, *skipped)}


@contextmanager
def _ended_by_signals() -> Iterator[threading.Event]:
    """Set by the first SIGINT or SIGTERM; the second does what it did before."""
    stop = threading.Event()
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in former.items():
            signal.signal(number, handler)

    def end(*_: object) -> None:
        stop.set()
        restore()

    for number in former:
        signal.signal(number, end)
    try:
        yield stop
    finally:
        restore()
