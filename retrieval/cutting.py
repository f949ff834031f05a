"""Read, cut and embed the files of a sync, a batch at a time."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
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
_AHEAD = 2  # batches that are cut and embedded while one is stored

Item = TypeVar("Item")
Made = TypeVar("Made")


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


@dataclass(frozen=True, slots=True)
class _Draft:
    """A batch to be: its vectors so far, and the texts that are to be embedded."""

    cuts: list[Cut]
    skipped: list[Skipped]
    texts: Collection[str]
    known: Mapping[str, Vectors]
    new: list[str]


class Cutter:
    """Makes batches of the files that a sync found stale."""

    def __init__(self, found: Changes, limits: Limits, embedder: Embedder, dense: DenseStore) -> None:
        """A text that some chunk in `dense` has is not embedded again."""
        self._found = found
        self._limits = limits
        self._embedder = embedder
        self._dense = dense

    def batches(self, progress: Progress) -> Iterator[Batch]:
        """All stale files; the next batches are made while one is stored.

        Chroma lets no other thread run Python while it stores, so that one batch alone would often wait for
        that before it could be cut or its embedding begin.
        """
        recent: deque[Mapping[str, Vectors]] = deque(maxlen=_AHEAD)
        for draft, vectors in ahead(self._drafts(progress), self._embedded, _AHEAD):
            lent = {text: there[text] for there in recent for text in draft.texts if text in there}
            recent.append({**lent, **vectors})
            yield Batch(draft.cuts, recent[-1], len(draft.new), draft.skipped)
        progress(len(self._found.stale), len(self._found.stale), "")

    def _drafts(self, progress: Progress) -> Iterator[_Draft]:
        recent: deque[Collection[str]] = deque(maxlen=_AHEAD)  # the texts of batches that may not be stored
        for cuts, skipped in self._cut(progress):
            texts = {chunk.text: None for cut in cuts for chunk in cut.chunks}
            unmet = [text for text in texts if not any(text in there for there in recent)]
            known = self._dense.vectors(unmet)
            recent.append(texts)
            yield _Draft(cuts, skipped, texts, known, [text for text in unmet if text not in known])

    def _embedded(self, draft: _Draft) -> tuple[_Draft, Mapping[str, Vectors]]:
        made = self._embedder.embed(draft.new)
        return draft, {**draft.known, **dict(zip(draft.new, made, strict=True))}

    def _cut(self, progress: Progress) -> Iterator[tuple[list[Cut], list[Skipped]]]:
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
                yield cuts, skipped
                cuts, skipped, began = [], [], time.monotonic()
        if cuts:
            yield cuts, skipped


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


def ahead(items: Iterator[Item], work: Callable[[Item], Made], count: int) -> Iterator[Made]:
    """What `work` makes of each item, in their order, `count` of them before they are asked for.

    The items come from one thread, the work on them is done by as many as there are.
    """
    with ThreadPoolExecutor(1, "items") as taking, ThreadPoolExecutor(count, "ahead") as working:

        def begun() -> Future[Made | None]:
            taken = taking.submit(next, items, None)
            return working.submit(lambda: None if (item := taken.result()) is None else work(item))

        coming = deque(begun() for _ in range(count))
        while (made := coming.popleft().result()) is not None:
            coming.append(begun())
            yield made
