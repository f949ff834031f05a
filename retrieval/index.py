"""Keep a folder of articles and its index equal.

The protocol: Chroma is the truth, tantivy is derived from it. A change first marks the collection
`writing` under a new generation, then changes Chroma file by file (the first chunk of a file goes in
last and speaks for the whole file), then tantivy, which takes the generation when it is done, and at last
marks the collection `clean`. Whatever stops half-way is seen at the next sync by those marks: files whose
chunks are not complete are removed, and tantivy is made anew where its generation differs.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from retrieval import articles, parsing
from retrieval.articles import Limits, Skipped, Unreadable
from retrieval.changes import Changes, Seen, changes, content_hash, fingerprint
from retrieval.chunking import chunk, ids
from retrieval.dense import DenseStore, Record
from retrieval.embedding import Embedder, Vectors
from retrieval.errors import IndexDamaged, ModelError
from retrieval.lexical import LexicalIndex, LexicalWriter
from retrieval.snapshot import Known, Snapshot, collection_name, stamps
from retrieval.types import Chunk, Source

Progress = Callable[[int, int, str], None]  # files done, files in all, the file at hand

_BATCH = 64  # chunks embedded at once
_LOCK_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Summary:
    """What a sync did; counts are files unless said otherwise."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()
    embedded: int = 0  # chunks
    chunks: int = 0  # chunks in the index afterwards
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Cut:
    """A file read and cut, ready to be embedded; without chunks where nothing of it can be used."""

    file: str
    chunks: list[Chunk] = field(default_factory=list)
    record: Record | None = None
    known: dict[str, Vectors] = field(default_factory=dict)  # of its former version, by chunk text


class Index:
    """The index of one folder of articles."""

    def __init__(
        self,
        folder: Path,
        data: Path,
        embedder: Embedder,
        limits: Limits | None = None,
        rebuild: bool = False,
    ) -> None:
        """Open the folder's index under `data`, or create an empty one; `rebuild` empties what is there.

        Raises FolderError where the folder is missing, IndexDamaged where the index cannot be opened, and
        ModelError where another embedding model made it.
        """
        self.folder = articles.existing(folder)
        self.embedder = embedder
        self._limits = limits or Limits()
        self._data = data
        self._name = collection_name(folder)
        self._snapshot = Snapshot(folder, data, self._limits)
        self._sources: tuple[str, tuple[tuple[Source, int], ...]] = "", ()  # and their generation
        with self._locked():
            self._open(rebuild)
        self._check_model()

    def _open(self, rebuild: bool) -> None:
        words, chroma = self._data / "words" / self._name, self._data / "chroma"
        about = {"folder": str(self.folder.resolve()), "model": self.embedder.id, "state": "new"}
        if rebuild:
            DenseStore.delete(chroma, self._name)
            LexicalIndex.delete(words)
        self.dense = DenseStore(chroma, self._name, about)
        self.lexical = LexicalIndex(words)

    def _check_model(self) -> None:
        made_by = self.dense.about.get("model")
        if made_by != self.embedder.id:
            raise ModelError(
                f"The index of {self.folder} was made by the model {made_by}, the setting asks for "
                f"{self.embedder.id}: set QUOTH_MODEL back, or run quoth index --rebuild {self.folder}."
            )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self._data.mkdir(parents=True, exist_ok=True)
            with FileLock(self._data / "lock", timeout=_LOCK_SECONDS):
                yield
        except Timeout as error:
            raise IndexDamaged(
                f"Another program is writing the index in {self._data}: wait for it, then try again."
            ) from error
        except OSError as error:
            raise IndexDamaged(
                f"The data folder {self._data} cannot be used ({error.strerror or error}): "
                "mend its permissions, free the disk, or name another one in QUOTH_DATA."
            ) from error

    def is_current(self) -> bool:
        """Whether the index is whole and no file of the folder changed since the last sync."""
        return self._snapshot.known() is not None and self._is_whole()

    def _is_whole(self) -> bool:
        about = self.dense.about
        equal = self.lexical.generation == about.get("generation") and len(self.lexical) == len(self.dense)
        return about.get("state") == "clean" and equal

    def sources(self) -> list[tuple[Source, int]]:
        """Every article with the number of its chunks: newest first, undated last, then by file name."""
        # The word index's mark is read from disk, so a change by another program is seen; Chroma's is not.
        generation = self.lexical.generation
        known, rows = self._sources
        if not generation or known != generation:
            records = self.dense.records().values()
            rows = tuple(sorted(((record.source, record.chunks) for record in records), key=_newest_first))
            self._sources = generation, rows
        return list(rows)

    def sync(self, progress: Progress | None = None) -> Summary:
        """Bring the index up to date: only files whose content changed are cut and embedded again.

        Raises FolderError where the folder cannot be read, IndexDamaged where the index cannot be written.
        """
        started = time.perf_counter()
        with self._locked():
            self._snapshot.forget()
            looked, at = stamps(self.folder), time.time_ns()
            self._repair()
            found = changes(self.folder, self._limits, self.dense.records())
            summary = self._apply(found, progress or (lambda *_: None))
            parsing.close()  # its child would wait for files that do not come
            known = Known.of(record.source for record in self.dense.records().values())
            self._snapshot.keep(looked, at, known)
        return replace(summary, seconds=time.perf_counter() - started)

    def _repair(self) -> None:
        """Undo what an interrupted sync left half-done, and words whose dense store is lost."""
        if self._is_whole() or (self.dense.about.get("state") == "new" and not len(self.lexical)):
            return
        self._drop_incomplete()
        LexicalIndex.delete(self.lexical.path)
        self.lexical = LexicalIndex(self.lexical.path)
        with self._writing() as words:
            for file in self.dense.records():
                words.add(self.dense.article(file))

    def _drop_incomplete(self) -> None:
        """Remove from Chroma every chunk that is not part of a complete file."""
        there = set(self.dense.ids())
        whole = [ids(file, r.fingerprint, r.chunks) for file, r in self.dense.records().items()]
        kept = {id_ for group in whole if there.issuperset(group) for id_ in group}
        self.dense.remove(sorted(there - kept))

    @contextmanager
    def _writing(self) -> Iterator[LexicalWriter]:
        """Marks the index as being written; as whole again when the block ends without an error."""
        generation = uuid.uuid4().hex
        self.dense.describe(state="writing", generation=generation)
        with self.lexical.writing(generation) as words:
            yield words
        self.dense.describe(state="clean")

    def _apply(self, found: Changes, progress: Progress) -> Summary:
        skipped = list(found.skipped)
        added = changed = embedded = 0
        removed = len(found.gone)
        if found.stale or found.gone or not self._is_whole():
            former = self.dense.records()
            with self._writing() as words:
                self._remove(found.gone, words)
                for batch in self._batches(found, former, skipped, progress):
                    self._remove([cut.file for cut in batch], words)
                    embedded += self._store([cut for cut in batch if cut.chunks], words)
                    stored = [cut.file for cut in batch if cut.chunks]
                    changed += len(former.keys() & stored)
                    added += len(stored) - len(former.keys() & stored)
                    removed += len(former.keys() & {cut.file for cut in batch if not cut.chunks})
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

    def _batches(
        self, found: Changes, former: Mapping[str, Record], skipped: list[Skipped], progress: Progress
    ) -> Iterator[list[_Cut]]:
        """The stale files, read and cut, in batches of about `_BATCH` chunks."""
        batch: list[_Cut] = []
        for number, seen in enumerate(found.stale):
            progress(number, len(found.stale), seen.file.name)
            cut = self._cut(seen, found, former.get(seen.file.name))
            if isinstance(cut, Skipped):
                skipped.append(cut)
                cut = _Cut(seen.file.name)
            batch.append(cut)
            if sum(len(cut.chunks) for cut in batch) >= _BATCH:
                yield batch
                batch = []
        if batch:
            yield batch
        progress(len(found.stale), len(found.stale), "")

    def _cut(self, seen: Seen, found: Changes, former: Record | None) -> _Cut | Skipped:
        name = seen.file.name
        try:
            raw = articles.content(seen.file, self._limits)
            article = articles.read(seen.file, raw, found.stated, found.repeated, self._limits)
        except Unreadable as error:
            return error.skipped
        content, edges = content_hash(raw, found.stated.get(name)), seen.edges
        if content != seen.content:  # it changed since that look
            edges = articles.edges(seen.file, raw)
        print_ = fingerprint(content, edges & found.repeated)
        chunks = chunk(article, print_)
        if not chunks:
            return Skipped(name, "holds no sentence to quote, only page furniture; nothing is lost by that")
        record = Record(content, print_, len(chunks), edges, article.source)
        return _Cut(name, chunks, record, self.dense.vectors(name) if former else {})

    def _remove(self, files: Sequence[str], words: LexicalWriter) -> None:
        gone = [id_ for file in files for id_ in self.dense.ids(file)]
        self.dense.remove(gone)
        words.remove(gone)

    def _store(self, batch: Sequence[_Cut], words: LexicalWriter) -> int:
        """Embed what is new in the batch and store all of it; returns how many chunks were embedded."""
        new = [c for cut in batch for c in cut.chunks if c.text not in cut.known]
        fresh = dict(zip((c.id for c in new), self.embedder.embed([c.text for c in new]), strict=True))
        for cut in batch:
            vectors = [fresh[c.id] if c.id in fresh else cut.known[c.text] for c in cut.chunks]
            if cut.record:
                self.dense.add(cut.chunks, np.stack(vectors), cut.record)
            words.add(cut.chunks)
        return len(new)


def _newest_first(row: tuple[Source, int]) -> tuple[bool, int, str]:
    source, _ = row
    return source.date is None, -source.day_number, source.file
