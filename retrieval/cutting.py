"""Read, cut and embed the files of a sync, a batch at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from retrieval import articles
from retrieval.articles import Limits, Skipped, Unreadable
from retrieval.changes import Changes, Seen, content_hash, fingerprint
from retrieval.chunking import chunk
from retrieval.dense import DenseStore, Entry, Record
from retrieval.embedding import Embedder, Vectors
from retrieval.types import Chunk

Progress = Callable[[int, int, str], None]  # files done, files in all, the file at hand

BATCH = 512  # chunks that are stored at once
_BATCH_SECONDS = 5.0  # or as many as are cut in this time: no more is lost by a kill

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Cut:
    """A file read and cut; without chunks where nothing of it can be used."""

    file: str
    chunks: list[Chunk] = field(default_factory=list)
    record: Record | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Files ready to be stored; each chunk's vector by its text."""

    cuts: list[Cut]
    vectors: Mapping[str, Vectors]
    embedded: int  # texts
    skipped: list[Skipped]

    def entries(self) -> list[Entry]:
        """What there is to store of each file that can be used."""
        return [
            Entry(cut.chunks, [self.vectors[chunk.text] for chunk in cut.chunks], cut.record)
            for cut in self.cuts
            if cut.record
        ]


class Cutter:
    """Makes batches of the files that a sync found stale."""

    def __init__(self, found: Changes, limits: Limits, embedder: Embedder, dense: DenseStore) -> None:
        """A text that some chunk in `dense` has is not embedded again."""
        self._found = found
        self._limits = limits
        self._embedder = embedder
        self._dense = dense
        self._former: Mapping[str, Vectors] = {}  # the last batch's, which may not be stored yet

    def batches(self, progress: Progress) -> Iterator[Batch]:
        """All stale files; each batch is made while the one before it is stored."""
        return ahead(self._batches(progress))

    def _batches(self, progress: Progress) -> Iterator[Batch]:
        stale = self._found.stale
        cuts: list[Cut] = []
        skipped: list[Skipped] = []
        began = time.monotonic()
        for number, seen in enumerate(stale):
            progress(number, len(stale), seen.file.name)
            made = cut(seen, self._found, self._limits)
            if isinstance(made, Skipped):
                skipped.append(made)
                made = Cut(seen.file.name)
            cuts.append(made)
            late = time.monotonic() - began > _BATCH_SECONDS
            if late or sum(len(made.chunks) for made in cuts) >= BATCH:
                yield self._embedded(cuts, skipped)
                cuts, skipped, began = [], [], time.monotonic()
        if cuts:
            yield self._embedded(cuts, skipped)
        progress(len(stale), len(stale), "")

    def _embedded(self, cuts: list[Cut], skipped: list[Skipped]) -> Batch:
        texts = {chunk.text: None for cut in cuts for chunk in cut.chunks}
        known = {text: vector for text, vector in self._former.items() if text in texts}
        known |= self._dense.vectors(text for text in texts if text not in known)
        new = [text for text in texts if text not in known]
        self._former = known | dict(zip(new, self._embedder.embed(new), strict=True))
        return Batch(cuts, self._former, len(new), skipped)


def cut(seen: Seen, found: Changes, limits: Limits) -> Cut | Skipped:
    """A file as it is now, cut as the others of its folder want it."""
    name = seen.file.name
    try:
        raw = articles.content(seen.file, limits)
        article = articles.read(seen.file, raw, found.stated, found.repeated, limits)
    except Unreadable as error:
        return error.skipped
    content, edges = content_hash(raw, found.stated.get(name)), seen.edges
    if content != seen.content:  # it changed since that look
        edges = articles.edges(seen.file, raw)
    print_ = fingerprint(content, edges & found.repeated)
    chunks = chunk(article, print_)
    if not chunks:
        return Skipped(name, "holds no sentence to quote, only page furniture; nothing is lost by that")
    return Cut(name, chunks, Record(content, print_, len(chunks), edges, article.source))


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items, each made in a thread while the one before it is in use."""
    with ThreadPoolExecutor(1, "ahead") as thread:
        coming = thread.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, items, None)
            yield item
