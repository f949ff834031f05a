"""Compare a folder, the dense store and the word index, article by article."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from retrieval.articles import Limits
from retrieval.changes import changes
from retrieval.chunking import ids
from retrieval.cutting import Cut, cut
from retrieval.dense import DenseStore, Record
from retrieval.lexical import LexicalIndex, content_hash
from retrieval.types import Chunk

_LENGTH = 1e-3  # that of a vector may differ so much from 1


@dataclass(frozen=True, slots=True)
class Verified:
    """What was compared, and a sentence for each thing that differs."""

    articles: int
    chunks: int
    faults: tuple[str, ...] = ()


def verify(folder: Path, limits: Limits, dense: DenseStore, words: LexicalIndex) -> Verified:
    """Read and cut every file anew, and compare what the stores hold of it.

    Raises FolderError where the folder, IndexDamaged where a store cannot be read.
    """
    records = dense.records()
    held = words.hashes()
    faults: list[str] = []
    wanted: dict[str, str] = {}  # each chunk's id, and the hash of what the words were made of
    found = changes(folder, limits, {})
    articles = {made.file: made for seen in found.stale if isinstance(made := cut(seen, found, limits), Cut)}
    for name in sorted(records.keys() | articles.keys()):
        if fault := _file(name, articles.get(name), records.get(name)):
            faults.append(fault)
        if record := records.get(name):
            chunks = dense.pairs(ids(name, record.fingerprint, record.chunks))
            wanted |= {chunk.id: content_hash(chunk) for chunk, _ in chunks}
            faults += _article(name, chunks, record, None if fault else articles[name])
    faults += _others(dense, wanted)
    faults += _words(wanted, held)
    return Verified(len(records), len(dense), tuple(faults))


def _file(name: str, made: Cut | None, record: Record | None) -> str | None:
    if record is None:
        return f"{name} is not in the index."
    if made is None or made.record is None:
        return f"{name} is in the index, and is no article of the folder any more."
    if made.record.fingerprint != record.fingerprint:
        return f"{name} changed since it was indexed."
    return None


def _article(
    name: str, chunks: Sequence[tuple[Chunk, np.ndarray]], record: Record, made: Cut | None
) -> Iterator[str]:
    """What is wrong with an article in Chroma; `made` is what it should be, where its file is the same."""
    if len(chunks) != record.chunks:
        yield f"{name}: of its {record.chunks} passages {record.chunks - len(chunks)} are missing in Chroma."
    elif made and [chunk for chunk, _ in sorted(chunks, key=lambda pair: pair[0].id)] != made.chunks:
        yield f"{name}: its passages in Chroma are not those of the file."
    bad = sum(not abs(float(np.linalg.norm(vector)) - 1) < _LENGTH for _, vector in chunks)
    if bad:
        yield f"{name}: {bad} of its vectors in Chroma are not of length 1."


def _others(dense: DenseStore, wanted: Mapping[str, str]) -> Iterator[str]:
    if others := len(set(dense.ids()) - wanted.keys()):
        yield f"Chroma holds {others} passages of no article."


def _words(wanted: Mapping[str, str], held: Sequence[tuple[str, str]]) -> Iterator[str]:
    """What differs between the chunks of Chroma and the word index."""
    there = dict(held)
    missing, others = len(wanted.keys() - there.keys()), len(there.keys() - wanted.keys())
    wrong = sum(there[id_] != wanted[id_] for id_ in wanted.keys() & there.keys())
    for count, told in (
        (missing, "lacks {} passages"),
        (others, "holds {} passages that Chroma does not"),
        (wrong, "holds {} passages otherwise than Chroma"),
        (len(held) - len(there), "holds {} passages twice"),
    ):
        if count:
            yield f"The word index {told.format(count)}."
