"""The index that another program writes, in a Chroma server: read here, and followed by the words.

Only the words are kept here. They are made from the files that the collection has whole, and remember the
state of it that they were made from; as it goes on, only those of changed files are exchanged.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

from retrieval import history
from retrieval.articles import Limits
from retrieval.chunking import ids
from retrieval.cutting import Progress
from retrieval.dense import Mark, Record
from retrieval.embedding import Embedder
from retrieval.errors import IndexBusy, IndexGone
from retrieval.index import Index, Summary
from retrieval.lexical import LexicalIndex
from retrieval.served import Served
from retrieval.storage import Stores

log = logging.getLogger(__name__)

_PATIENCE = 10.0  # seconds that a question waits for a batch of the indexer's
_FOLLOWING = 2.0  # seconds that it waits for words which another thread or program brings up to date
_PAUSE = 0.05  # seconds between two looks
_CHUNKS = 5_000  # taken over at once


class Follower(Index):
    """Reads a collection that another program writes. Safe to share between threads.

    Nothing is opened before it is needed: where the server is away, what needs it raises SearchUnavailable
    until it is back; where there is no such collection, IndexGone until there is.
    """

    is_read_only = True

    def __init__(
        self, folder: Path, data: Path, embedder: Embedder, storage: Served, limits: Limits | None = None
    ) -> None:
        """`folder` is where the articles are for who is told of them; it need not exist."""
        self._shown = storage.shown
        self._left: Mark | None = None  # of a batch that seems never to end
        self._taken: tuple[str, dict[str, Record]] = "", {}  # the state of the words, and what they have
        super().__init__(folder, data, embedder, limits, storage=storage)

    def _opened(self) -> None:
        return None

    @property
    def _current(self) -> Stores:
        if self._stores is None:
            self._reopen(None)
        return super()._current

    def _reopen(self, stale: Stores | None) -> None:
        with self._opening:
            if self._stores is not stale:
                return
            found = self._storage.open()
            if found is None:
                raise IndexGone(
                    f"There is no collection {self._shown}: run quoth index where the articles are, or name "
                    "another one in QUOTH_COLLECTION."
                )
            self._check(found)
            self._stores = found

    def fresh(self) -> Stores:
        """The stores in their newest state, the words too; they may lag behind where that takes long."""
        return self._followed(_PATIENCE, _FOLLOWING)

    def _followed(self, patience: float, following: float) -> Stores:
        began = time.monotonic()
        while True:
            waited = time.monotonic() - began
            stores = self._current
            match self._seen(stores):
                case "other":
                    self._reopen(stores)
                case "writing" if waited > patience:
                    self._give_up_waiting()
                case "writing":
                    time.sleep(_PAUSE)
                case "same" if stores.said == stores.generation or self._is_left(stores):
                    return stores
                case "same" if not self._take(stores) and waited > following:
                    return stores

    def _seen(self, stores: Stores) -> Literal["same", "other", "writing"]:
        try:
            mark = stores.dense.mark()
        except IndexGone:
            return "other"
        if mark.state == "writing" and mark != self._left:
            return "writing"
        return "same" if mark.generation == stores.generation else "other"

    def _is_left(self, stores: Stores) -> bool:
        return self._left is not None and self._left == Mark(stores.generation, "writing")

    def _give_up_waiting(self) -> None:
        """Go on with what is there of a batch that does not end, and take it for the newest state."""
        stores = self._current
        mark = stores.dense.mark()
        if mark.state != "writing" or mark == self._left:
            return
        self._left = mark
        log.warning(
            "The index %s is being written for long, or that was cut off: until quoth index has completed "
            "it, some articles may be missing.",
            self._shown,
        )
        self._reopen(stores)
        self._take(self._current)

    def _take(self, stores: Stores) -> bool:
        """Bring the words nearer to the dense store; False where another thread or program is doing that."""
        try:
            with self._storage.locked(_PAUSE):
                if stores.lexical.generation == stores.generation:
                    self._reopen(stores)  # another program has done it
                else:
                    self._take_over(stores)
        except IndexBusy:
            return False
        return True

    def _take_over(self, stores: Stores) -> None:
        records = self._records(stores)
        there, stray = self._there(stores.lexical, records)
        stale = [file for file, record in there.items() if not _is_same(record, records.get(file))]
        for file in stale:
            stray += _ids(there.pop(file))
        wanted = [record for file, record in records.items() if file not in there]
        taken = _up_to(_CHUNKS, wanted)
        chunks = stores.dense.chunks([id_ for record in taken for id_ in _ids(record)])
        is_all = len(taken) == len(wanted)
        if is_still := stores.dense.mark() == Mark(stores.generation, "clean"):
            self._known = stores.generation, records
        elif is_all and not self._is_left(stores):
            return  # the collection went on meanwhile: the next try sees both changes
        said = stores.generation if is_all and is_still else uuid.uuid4().hex
        with stores.lexical.writing(said) as words:
            words.remove(stray)
            words.add(chunks.values())
        there |= {record.source.file: record for record in taken if chunks.keys() >= set(_ids(record))}
        self._taken = said, there
        if said == stores.generation:
            self._stores = replace(stores, said=said)

    def _records(self, stores: Stores) -> dict[str, Record]:
        """The files of the collection; only those are read that changed, where it tells which."""
        if self._known[0] == stores.generation:
            return self._known[1]
        said, taken = self._taken
        changed = history.since(said, stores.dense.about.get("changes", ""))
        if not said or changed is None:
            return stores.dense.records()
        kept = {file: record for file, record in taken.items() if file not in changed}
        return kept | stores.dense.records(sorted(changed))

    def _there(
        self, lexical: LexicalIndex, records: Mapping[str, Record]
    ) -> tuple[dict[str, Record], list[str]]:
        """The files that the words have whole, and the ids of other chunks that they have."""
        said, taken = self._taken
        if said and said == lexical.generation:
            return dict(taken), []
        held = set(lexical.ids())
        there = {file: record for file, record in records.items() if held.issuperset(_ids(record))}
        return there, list(held.difference(id_ for record in there.values() for id_ in _ids(record)))

    def is_current(self) -> bool:
        """Whether the words are those of the collection as it is now."""
        stores = self._current
        return self._seen(stores) == "same" and stores.said == stores.generation

    def sync(self, progress: Progress | None = None) -> Summary:  # noqa: ARG002  # other indexes tell it
        """Let the words be those of the collection as it is now, however long that takes."""
        began = time.perf_counter()
        self._followed(_PATIENCE, float("inf"))
        return Summary(
            unchanged=len(self.records()), chunks=len(self.dense), seconds=time.perf_counter() - began
        )


def _ids(record: Record) -> list[str]:
    return ids(record.source.file, record.fingerprint, record.chunks)


def _is_same(one: Record, other: Record | None) -> bool:
    return other is not None and (one.fingerprint, one.chunks) == (other.fingerprint, other.chunks)


def _up_to(chunks: int, wanted: list[Record]) -> list[Record]:
    """The first of them, so many that they have at least so many chunks."""
    taken: list[Record] = []
    for record in wanted:
        if chunks <= 0:
            break
        taken.append(record)
        chunks -= record.chunks
    return taken
