"""Keep a folder of articles and its index equal.

The protocol: Chroma is the truth, tantivy is derived from it. What changes is stored batch by batch: a batch
marks the collection `writing` under a new generation, then changes Chroma file by file (the first chunk of a
file goes in last and speaks for the whole file), then tantivy, which takes the generation when it is done,
and at last marks the collection `clean`. Whoever reads compares the mark before and after and reads again
where it changed, so that a file is seen as it was or as it is. Whatever stops half-way is seen by those
marks: under the writers' lock, files whose chunks are not complete are removed, and the words are made equal
to what Chroma holds. A rebuild is made beside the index, which it replaces in one step.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeVar

from retrieval import articles, history, parsing
from retrieval.articles import Limits, Skipped
from retrieval.changes import Changes, changes
from retrieval.chunking import ids
from retrieval.cutting import Batch, Cutter
from retrieval.cutting import Progress as Progress
from retrieval.dense import DenseStore, Record
from retrieval.embedding import Embedder
from retrieval.errors import DataFolderError, IndexBusy, IndexDamaged, IndexGone, InputError, ModelError
from retrieval.lexical import LexicalIndex, LexicalWriter
from retrieval.snapshot import Known, Snapshot, collection_name, stamps
from retrieval.storage import Builds, Storage, Stores
from retrieval.types import Chunk, Source
from retrieval.verifying import Verified, verify

log = logging.getLogger(__name__)

_PATIENCE = 10.0  # seconds that a reader waits for a writer's batch
_PAUSE = 0.02  # seconds between its looks
_CHUNKS = 1_000  # taken at once from Chroma into the words

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Summary:
    """What a sync did; counts are files unless said otherwise."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()
    embedded: int = 0  # different texts of chunks
    chunks: int = 0  # chunks in the index afterwards
    seconds: float = 0.0


class Index:
    """The index of one folder of articles. Safe to share between threads."""

    is_read_only = False  # whether the folder is another program's matter

    def __init__(
        self,
        folder: Path,
        data: Path,
        embedder: Embedder,
        limits: Limits | None = None,
        rebuild: bool = False,
        storage: Storage | None = None,
    ) -> None:
        """Open the folder's index under `data`, or in `storage`; or make an empty one where there is none.

        With `rebuild` it begins an empty one, which takes the place of what is there when it is synced.
        A damaged one is told in the log, and made anew by the next sync. Raises FolderError where the folder
        is missing, IndexDamaged where nothing can be written, ModelError where another model made the index.
        """
        self.folder = folder if self.is_read_only else articles.existing(folder)
        self.embedder = embedder
        self._limits = limits or Limits()
        self._storage = storage or Builds(data, collection_name(folder))
        self._snapshot = Snapshot(folder, data, self._limits, self._storage.name)
        self._known: tuple[str, dict[str, Record]] = "", {}  # of a generation
        self._listed: tuple[str, list[tuple[Source, int]]] = "", []  # of a generation
        self._opening = threading.Lock()
        self._damage: IndexDamaged | None = None
        self._is_beside = rebuild
        self._stores: Stores | None = self._begun() if rebuild else self._opened()
        if self._stores and not rebuild:
            self._check(self._stores)

    def _begun(self) -> Stores:
        about = {"folder": str(self.folder.resolve()), "model": self.embedder.id, "state": "new"}
        return self._storage.begin(about)

    def _opened(self) -> Stores | None:
        try:
            return self._storage.open() or self._first()
        except (IndexBusy, DataFolderError):
            raise
        except IndexDamaged as error:
            self._damage = error
            return None

    def _first(self) -> Stores:
        with self._storage.locked():
            if there := self._storage.open():  # another program was quicker
                return there
            fresh = self._begun()
            self._storage.choose(fresh)
            return fresh

    def _check(self, stores: Stores) -> None:
        """That the stores are those of this model and folder."""
        made_by, folder = stores.dense.about.get("model"), stores.dense.about.get("folder")
        if not self.is_read_only and folder != str(self.folder.resolve()):
            raise InputError(
                f"The collection {self._storage.shown} has the articles of {folder}: name another one in "
                f"QUOTH_COLLECTION, or let it have those of {self.folder} in their place by "
                f"quoth index --rebuild {self.folder}."
            )
        if made_by != self.embedder.id:
            raise ModelError(
                f"The index of {self.folder} was made by the model {made_by}, the setting asks for "
                f"{self.embedder.id}: set QUOTH_MODEL back, or run quoth index --rebuild {self.folder}."
            )

    @property
    def damage(self) -> IndexDamaged | None:
        """Why the index cannot be read, if so: the next sync makes it anew."""
        return self._damage

    @property
    def dense(self) -> DenseStore:
        """The dense store, as last opened. Raises IndexDamaged."""
        return self._current.dense

    @property
    def lexical(self) -> LexicalIndex:
        """The word index, as last opened. Raises IndexDamaged."""
        return self._current.lexical

    @property
    def _current(self) -> Stores:
        if self._stores is None:
            raise self._damage or IndexDamaged(f"The index of {self.folder} is not open.")
        return self._stores

    # ---- reading

    def read(self, look: Callable[[Stores], Found]) -> Found:
        """What `look` finds in one state of the index, though another program writes it meanwhile."""
        until = time.monotonic() + _PATIENCE
        while True:
            stores = self.fresh()
            try:
                found = look(stores)
            except IndexDamaged:
                if self._seen(stores) == "same" or time.monotonic() > until:
                    raise
            else:
                if self._seen(stores) == "same" or time.monotonic() > until:
                    return found

    def fresh(self) -> Stores:
        """The stores in their newest whole state. Raises IndexBusy where a writer leaves none for long."""
        until = time.monotonic() + _PATIENCE
        while True:
            stores = self._current
            match self._seen(stores):
                case "same":
                    return stores
                case "other":
                    self._reopen(stores)
                case "writing" if not self._mended() and time.monotonic() > until:
                    raise IndexBusy(f"The index of {self.folder} is being written: ask again in a moment.")

    def _seen(self, stores: Stores) -> Literal["same", "other", "writing"]:
        """What became of the state in which these stores were opened."""
        if self._is_beside:
            return "same"
        if not self._storage.is_current(stores):
            return "other"
        try:
            mark = stores.dense.mark()
        except IndexGone:
            return "other"
        if mark.state == "writing":
            return "writing"
        return "same" if mark.generation == stores.generation else "other"

    def _reopen(self, stale: Stores) -> None:
        with self._opening:
            if self._stores is stale:
                found = self._storage.open()
                if found is None:
                    raise IndexGone(f"The index of {self.folder} is gone: run quoth index {self.folder}.")
                self._check(found)
                self._stores = found

    def _mended(self) -> bool:
        """Whether an interrupted sync's traces were removed; else waits a little for the one that goes on."""
        try:
            with self._storage.locked(_PAUSE):
                self._renew()
                self._repair()
        except IndexBusy:
            return False
        return True

    def is_current(self) -> bool:
        """Whether the index is whole and no file of the folder changed since the last sync."""
        return self._is_whole() and self._snapshot.known(self._current.dense.mark().generation) is not None

    def _is_whole(self) -> bool:
        if (stores := self._stores) is None or not (self._is_beside or self._storage.is_current(stores)):
            return False
        try:
            mark = stores.dense.mark()
        except IndexGone:
            return False
        equal = stores.lexical.generation == mark.generation and len(stores.lexical) == len(stores.dense)
        return mark.state == "clean" and equal

    def records(self) -> Mapping[str, Record]:
        """Every file of the index, by name."""
        stores = self.fresh()
        generation, known = self._known
        if not generation or generation != stores.generation:
            known = stores.dense.records()
            self._known = stores.generation, known
        return known

    def sources(self) -> list[tuple[Source, int]]:
        """Every article with the number of its chunks: newest first, undated last, then by file name."""
        records = self.records()
        generation, rows = self._listed
        if not generation or generation != self._known[0]:
            rows = sorted(((record.source, record.chunks) for record in records.values()), key=_newest_first)
            self._listed = self._known[0], rows
        return list(rows)

    def article(self, file: str) -> list[Chunk]:
        """One file's chunks in reading order, as they are now."""
        return self.read(lambda at: at.dense.article(file))

    # ---- writing

    def sync(self, progress: Progress | None = None) -> Summary:
        """Bring the index up to date: only files whose content changed are cut and embedded again.

        Raises FolderError where the folder cannot be read, IndexDamaged where the index cannot be written.
        """
        started = time.perf_counter()
        with self._storage.locked():
            self._renew()
            self._repair()
            looked, at = stamps(self.folder), time.time_ns()
            unchanged = self._snapshot.unchanged(looked, self._current.generation)
            self._snapshot.forget()
            found = changes(self.folder, self._limits, self.records(), unchanged)
            summary = self._apply(found, progress or (lambda *_: None))
            parsing.close()  # its child would wait for files that do not come
            self._settle()
            known = Known.of(record.source for record in self.records().values())
            self._snapshot.keep(looked, at, self._current.generation, known)
        return replace(summary, seconds=time.perf_counter() - started)

    def verify(self) -> Verified:
        """Compare the folder and the two stores. Raises FolderError and IndexDamaged."""
        with self._storage.locked():
            stores = self.fresh()
            return verify(self.folder, self._limits, stores.dense, stores.lexical)

    def _renew(self) -> None:
        """See what other programs wrote; begin anew where what is there is damaged."""
        try:
            if self._damage is None and self._seen(self._current) != "same":
                self._reopen(self._current)
        except IndexGone as error:
            self._damage = error
        if self._damage is not None:
            log.warning("%s It is made anew now.", self._damage)
            self._is_beside, self._damage = True, None
            self._stores = self._begun()

    def _settle(self) -> None:
        """Let what was made beside take the place of what is there."""
        if self._is_beside:
            self._storage.choose(self._current)
            self._is_beside = False

    def _repair(self) -> None:
        """Undo what an interrupted sync left half-done, and make the words those of Chroma's chunks."""
        if self._is_whole():
            return
        dense = self.dense
        records = dense.records()
        chunks = sum(record.chunks for record in records.values())
        if dense.mark().state == "writing" or chunks != len(dense):
            _drop_incomplete(dense, records)
            records = dense.records()
        try:
            self._rewrite()
        except IndexBusy:
            raise
        except IndexDamaged:  # they are derived: what cannot be mended is made anew
            words, state = LexicalIndex.anew(self.lexical.path), dense.mark().generation
            self._stores = replace(self._current, lexical=words, generation=state)
            self._rewrite()
        self._known = self._current.generation, records

    def _rewrite(self) -> None:
        with self._writing() as words:
            _follow(self.dense, self.lexical, words)

    @contextmanager
    def _writing(self, files: Sequence[str] | None = None) -> Iterator[LexicalWriter]:
        """Marks the index as being written; as whole again when the block ends without an error.

        Only `files` are changed, where that is known.
        """
        stores, generation = self._current, uuid.uuid4().hex
        self._alone(stores.generation)
        former = stores.dense.about.get("changes", "") if files is not None else ""
        changed = history.longer(former, generation, files or ())
        stores.dense.describe(state="writing", generation=generation, changes=changed)
        with stores.lexical.writing(generation) as words:
            yield words
        self._alone(generation)
        self._stores = replace(stores, generation=generation)
        stores.dense.describe(state="clean")

    def _alone(self, generation: str) -> None:
        """See that nobody else wrote since that state. Raises IndexBusy."""
        if not self._is_beside and self._current.dense.mark().generation != generation:
            raise IndexBusy(f"Another program wrote the index of {self.folder} too: run quoth index again.")

    def _apply(self, found: Changes, progress: Progress) -> Summary:
        skipped = list(found.skipped)
        added = changed = embedded = 0
        removed = len(found.gone)
        for batch in Cutter(found, self._limits, self.embedder, self.dense).batches(progress):
            there = self.records().keys() & {cut.file for cut in batch.cuts}
            stored = {cut.file for cut in batch.cuts if cut.record}
            self._store(batch)
            skipped += batch.skipped
            embedded += batch.embedded
            changed += len(there & stored)
            added += len(stored - there)
            removed += len(there - stored)
        if found.gone:  # last, so that what was only renamed is not embedded again
            self._store(Batch([], {}, 0, []), found.gone)
        return Summary(
            added=added,
            changed=changed,
            removed=removed,
            unchanged=found.unchanged,
            skipped=tuple(skipped),
            warnings=found.warnings,
            embedded=embedded,
            chunks=len(self.dense),
        )

    def _store(self, batch: Batch, gone: Sequence[str] = ()) -> None:
        """Put a batch in the place of its files' former chunks, and remove those of files that are gone."""
        records = dict(self.records())
        former = [(file, records.pop(file, None)) for file in (*gone, *(cut.file for cut in batch.cuts))]
        stale = [id_ for file, r in former if r for id_ in ids(file, r.fingerprint, r.chunks)]
        dense = self.dense
        with self._writing([file for file, _ in former]) as words:
            dense.remove(stale)
            words.remove(stale)
            dense.add(entries := batch.entries())
            for entry in entries:
                words.add(entry.chunks)
                records[entry.record.source.file] = entry.record
        self._known = self._current.generation, records


def _drop_incomplete(dense: DenseStore, records: Mapping[str, Record]) -> None:
    """Remove from Chroma every chunk that is not part of a complete file."""
    there = set(dense.ids())
    whole = [ids(file, record.fingerprint, record.chunks) for file, record in records.items()]
    kept = {id_ for group in whole if there.issuperset(group) for id_ in group}
    dense.remove(sorted(there - kept))


def _follow(dense: DenseStore, lexical: LexicalIndex, words: LexicalWriter) -> None:
    """Let the words be those of Chroma's chunks: only what differs is written."""
    wanted, there = set(dense.ids()), lexical.ids()
    words.remove(id_ for id_ in there if id_ not in wanted)
    missing = sorted(wanted.difference(there))
    for start in range(0, len(missing), _CHUNKS):
        words.add(dense.chunks(missing[start : start + _CHUNKS]).values())


def _newest_first(row: tuple[Source, int]) -> tuple[bool, int, str]:
    source, _ = row
    return source.date is None, -source.day_number, source.file
