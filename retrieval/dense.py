"""The dense store: chunks, their sources and their vectors, in Chroma.

It is the one source of truth of the index. Beside `connection.py` nothing else in Quoth knows Chroma.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from retrieval.connection import Connection
from retrieval.embedding import Vectors
from retrieval.errors import IndexGone
from retrieval.types import Chunk, Source, Span

if TYPE_CHECKING:
    from chromadb import Collection

_PAGE = 1_000  # rows a read or a write: below SQLite's limit of bound variables
_IDS = 100_000  # ids a read, without anything else


class Hit(NamedTuple):
    chunk: Chunk
    similarity: float  # cosine


class Record(NamedTuple):
    """What the index knows of one file, kept with its first chunk, which is written last."""

    content: str  # hash of the file and of what metadata.toml says of it
    fingerprint: str  # hash of all that decides its chunks
    chunks: int  # how many
    edges: frozenset[str]  # lines that are page furniture if other files have them too
    source: Source


class Entry(NamedTuple):
    """A file to be stored."""

    chunks: Sequence[Chunk]
    vectors: Sequence[Vectors]  # one a chunk
    record: Record


class Mark(NamedTuple):
    """The state of a collection."""

    generation: str  # changes with each change of the index
    state: str  # `new`, `writing` or `clean`


class DenseStore:
    """One collection of a Chroma database. Safe to share between threads."""

    def __init__(
        self, connection: Connection, collection: str, about: Mapping[str, str] | None = None
    ) -> None:
        """Open the collection, or create it where there is none and it is to be described as `about`.

        Raises IndexGone where it is not there, IndexDamaged where the database cannot be read.
        """
        self._connection = connection
        self._name = collection
        with self._translated("opened"):
            found = connection.collection(collection, about) if about else connection.existing(collection)
        self._collection = self._existing(found)

    def delete(self) -> None:
        """Remove the collection, if it is there."""
        with self._translated("written"):
            self._connection.delete(self._name)

    @property
    def id(self) -> str:
        """The collection's own: one of the same name made later has another."""
        return str(self._collection.id)

    def rename(self, name: str) -> None:
        """Give the collection another name, which none has."""
        with self._translated("written"):
            self._collection.modify(name=name)
        self._name = name

    @property
    def about(self) -> dict[str, str]:
        """The collection's description, as this store opened or set it."""
        return {str(key): str(value) for key, value in (self._collection.metadata or {}).items()}

    def describe(self, **changes: str) -> None:
        """Change the collection's description."""
        with self._translated("written"):
            self._collection.modify(metadata={**self.about, **changes})

    def mark(self) -> Mark:
        """The collection's state as it is now, whoever set it. Raises IndexGone."""
        with self._translated("read"):
            found = self._connection.existing(self._name)
        about = self._existing(found).metadata or {}
        return Mark(str(about.get("generation", "")), str(about.get("state", "")))

    def probe(self) -> None:
        """Read a few vectors. Raises IndexDamaged where what holds them is lost or cut short."""
        count = len(self)
        for offset in sorted({0, count // 2, max(count - 1, 0)}):
            with self._translated("read"):
                rows: Any = self._collection.get(include=["embeddings"], limit=1, offset=offset)
                if count and (len(rows["embeddings"]) != 1 or not np.all(np.isfinite(rows["embeddings"]))):
                    raise ValueError("vectors are missing")

    def _existing(self, found: Collection | None) -> Collection:
        if found is None:
            raise IndexGone(
                f"The index in {self._connection.shown} is gone: run quoth index to make it anew."
            )
        return found

    def __len__(self) -> int:
        with self._translated("read"):
            return int(self._collection.count())

    def records(self, files: Sequence[str] | None = None) -> dict[str, Record]:
        """Every complete file in the store, by name; with `files` those of them."""
        found: dict[str, Record] = {}
        if files is not None and not files:
            return found
        first = {"number": 0}
        where = first if files is None else {"$and": [first, {"file": {"$in": list(files)}}]}
        for _, row in self._rows(where=where):
            found[str(row["file"])] = Record(
                content=str(row["content"]),
                fingerprint=str(row["fingerprint"]),
                chunks=int(row["chunks"]),
                edges=frozenset(str(row["edges"]).split("\n")) - {""},
                source=_source(row),
            )
        return found

    def ids(self, file: str | None = None) -> list[str]:
        """The ids of all chunks, or of one file's."""
        where: Any = {"file": file} if file is not None else None
        found: list[str] = []
        while True:
            with self._translated("read"):
                rows = self._collection.get(where=where, include=[], limit=_IDS, offset=len(found))
            found += rows["ids"]
            if len(rows["ids"]) < _IDS:
                return found

    def add(self, files: Sequence[Entry]) -> None:
        """Add the chunks of files. Their first ones go in last: until then a file does not count as there."""
        rows = [row for file in files for row in _rows_of(file)]
        first, others = [row for row in rows if not row.number], [row for row in rows if row.number]
        with self._translated("written"):
            for start in range(0, len(others), _PAGE):
                self._put(others[start : start + _PAGE])
            for start in range(0, len(first), _PAGE):
                self._put(first[start : start + _PAGE])

    def _put(self, rows: Sequence[_Row]) -> None:
        about: Any = [row.about for row in rows]
        self._collection.upsert(
            ids=[row.chunk.id for row in rows],
            embeddings=np.stack([row.vector for row in rows]),
            documents=[row.chunk.text for row in rows],
            metadatas=about,
        )

    def remove(self, ids: Sequence[str]) -> None:
        """Remove chunks; ids that are not there are ignored."""
        with self._translated("written"):
            for start in range(0, len(ids), _PAGE):
                self._collection.delete(ids=list(ids[start : start + _PAGE]))

    def chunks(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """The chunks with these ids, by id; missing ones are left out."""
        return {id_: _chunk(id_, text, row) for id_, text, row, _ in self._get(ids, [])}

    def pairs(self, ids: Sequence[str]) -> list[tuple[Chunk, Vectors]]:
        """The chunks with these ids, each with its vector; missing ones are left out."""
        return [(_chunk(id_, text, row), found) for id_, text, row, found in self._get(ids, ["embeddings"])]

    def hits(self, ids: Sequence[str], vector: Vectors) -> list[Hit]:
        """The chunks with these ids, each with its similarity to `vector`; missing ones are left out."""
        rows = self._get(ids, ["embeddings"])
        return [Hit(_chunk(id_, text, row), float(np.dot(found, vector))) for id_, text, row, found in rows]

    def _get(self, ids: Sequence[str], more: list[Any]) -> Iterator[tuple[str, str, Mapping[str, Any], Any]]:
        for start in range(0, len(ids), _PAGE):
            page = list(ids[start : start + _PAGE])
            with self._translated("read"):
                rows: Any = self._collection.get(ids=page, include=["documents", "metadatas", *more])
            vectors = rows["embeddings"] if more else [None] * len(rows["ids"])
            yield from zip(rows["ids"], rows["documents"], rows["metadatas"], vectors, strict=True)

    def article(self, file: str) -> list[Chunk]:
        """One file's chunks in reading order."""
        return [chunk for _, chunk in sorted(self.chunks(self.ids(file)).items())]

    def vectors(self, texts: Iterable[str]) -> dict[str, Vectors]:
        """The vectors of those of the texts that some chunk has, by text."""
        keys = list({_key(text) for text in texts})
        there: list[str] = []  # ids first: a server refuses who asks for vectors during its first write
        for start in range(0, len(keys), _PAGE):
            with self._translated("read"):
                where: Any = {"key": {"$in": keys[start : start + _PAGE]}}
                there += self._collection.get(where=where, include=[])["ids"]
        rows = self._get(there, ["embeddings"])
        return {text: np.asarray(vector, dtype=np.float32) for _, text, _, vector in rows}

    def nearest(self, vector: Vectors, limit: int, among: Sequence[str] | None = None) -> list[str]:
        """The ids of the chunks nearest to `vector`, nearest first; `among` these, if they are given."""
        if among is not None and not among:
            return []
        with self._translated("read"):
            rows: Any = self._collection.query(
                query_embeddings=vector[np.newaxis],
                ids=list(among) if among is not None else None,
                n_results=limit,
                include=["distances"],  # texts and the rest cost ten times the search: `hits` reads a few
            )
        found: list[str] = rows["ids"][0]
        return found

    def _rows(self, where: Mapping[str, Any] | None = None) -> Iterator[tuple[str, Mapping[str, Any]]]:
        offset = 0
        while True:
            with self._translated("read"):
                rows: Any = self._collection.get(
                    where=dict(where) if where else None, include=["metadatas"], limit=_PAGE, offset=offset
                )
            yield from zip(rows["ids"], rows["metadatas"], strict=True)
            offset += len(rows["ids"])
            if len(rows["ids"]) < _PAGE:
                return

    def _translated(self, done: str) -> AbstractContextManager[None]:
        return self._connection.translated(done)


class _Row(NamedTuple):
    """A chunk to be stored."""

    number: int  # in its file
    chunk: Chunk
    vector: Vectors
    about: dict[str, str | int]


def _rows_of(file: Entry) -> Iterator[_Row]:
    for number, (chunk, vector) in enumerate(zip(file.chunks, file.vectors, strict=True)):
        yield _Row(number, chunk, vector, _row(chunk, number, file.record))


def _row(chunk: Chunk, number: int, record: Record) -> dict[str, str | int]:
    source = chunk.source
    row: dict[str, str | int | None] = {
        "file": source.file,
        "number": number,
        "start": chunk.span.start,
        "end": chunk.span.end,
        "line": chunk.line,
        "page": chunk.page,
        "key": _key(chunk.text),
        "sentences": " ".join(f"{start}-{end}" for start, end in chunk.sentences),
        "title": source.title,
        "publisher": source.publisher,
        "author": source.author,
        "date": source.iso_date,
        "inferred": source.inferred,
    }
    if number == 0:
        row |= {"content": record.content, "fingerprint": record.fingerprint, "chunks": record.chunks}
        row |= {"edges": "\n".join(sorted(record.edges))}
    return {key: value for key, value in row.items() if value is not None}


def _key(text: str) -> str:
    """Finds equal texts."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _chunk(id_: str, text: str, row: Mapping[str, Any]) -> Chunk:
    pairs = (pair.split("-") for pair in str(row["sentences"]).split())
    return Chunk(
        id=id_,
        source=_source(row),
        span=Span(int(row["start"]), int(row["end"])),
        text=text,
        line=int(row["line"]),
        page=row.get("page"),
        sentences=tuple(Span(int(start), int(end)) for start, end in pairs),
    )


def _source(row: Mapping[str, Any]) -> Source:
    day = row.get("date")
    return Source(
        file=str(row["file"]),
        title=str(row["title"]),
        publisher=row.get("publisher"),
        author=row.get("author"),
        date=date.fromisoformat(day) if day else None,
        inferred=row.get("inferred"),
    )
