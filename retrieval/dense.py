"""The dense store: chunks, their sources and their vectors, in Chroma.

It is the one source of truth of the index. Nothing else in Quoth knows Chroma.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import chromadb
import numpy as np
from chromadb.api import ClientAPI
from chromadb.config import Settings
from chromadb.errors import ChromaError

from retrieval.embedding import Vectors
from retrieval.errors import IndexDamaged
from retrieval.types import Chunk, Filters, Source, Span

_PAGE = 1_000  # rows a read or a write: below SQLite's limit of bound variables


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


class DenseStore:
    """One collection of a Chroma database in a folder."""

    def __init__(self, path: Path, collection: str, about: Mapping[str, str]) -> None:
        """Open the collection, or create it with `about` as its description.

        Raises IndexDamaged where the database cannot be opened.
        """
        self._path = path
        with self._translated("opened"):
            path.mkdir(parents=True, exist_ok=True)
            try:
                self._client = _connected(path)
            except AttributeError:  # Chroma stumbles, once, over what it kept of an opening that failed
                self._client = _connected(path)
            self._collection = self._client.get_or_create_collection(
                collection,
                metadata=dict(about),
                embedding_function=None,
                configuration={"hnsw": {"space": "cosine"}},
            )

    @classmethod
    def delete(cls, path: Path, collection: str) -> None:
        """Remove a collection, if it is there."""
        store = cls(path, collection, {"state": "deleting"})
        with store._translated("written"):
            store._client.delete_collection(collection)

    @property
    def about(self) -> dict[str, str]:
        """The collection's description, as last set."""
        return {str(key): str(value) for key, value in (self._collection.metadata or {}).items()}

    def describe(self, **changes: str) -> None:
        """Change the collection's description."""
        with self._translated("written"):
            self._collection.modify(metadata={**self.about, **changes})

    def __len__(self) -> int:
        with self._translated("read"):
            return int(self._collection.count())

    def records(self) -> dict[str, Record]:
        """Every complete file in the store, by name."""
        found = {}
        for _, row in self._rows(where={"number": 0}):
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
        where = {"file": file} if file is not None else None
        return [id_ for id_, _ in self._rows(where=where)]

    def add(self, chunks: Sequence[Chunk], vectors: Vectors, record: Record) -> None:
        """Add one file's chunks. The first goes in last: until then the file does not count as there."""
        rows: list[Any] = [_row(chunk, number, record) for number, chunk in enumerate(chunks)]
        with self._translated("written"):
            for start in [*range(1, len(chunks), _PAGE), 0]:
                end = start + _PAGE if start else 1
                self._collection.upsert(
                    ids=[chunk.id for chunk in chunks[start:end]],
                    embeddings=np.asarray(vectors[start:end]),
                    documents=[chunk.text for chunk in chunks[start:end]],
                    metadatas=rows[start:end],
                )

    def remove(self, ids: Sequence[str]) -> None:
        """Remove chunks; ids that are not there are ignored."""
        with self._translated("written"):
            for start in range(0, len(ids), _PAGE):
                self._collection.delete(ids=list(ids[start : start + _PAGE]))

    def chunks(self, ids: Sequence[str]) -> dict[str, Chunk]:
        """The chunks with these ids, by id; missing ones are left out."""
        return {id_: _chunk(id_, text, row) for id_, text, row, _ in self._get(ids, [])}

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

    def vectors(self, file: str) -> dict[str, Vectors]:
        """One file's vectors, by the text of their chunks."""
        with self._translated("read"):
            rows: Any = self._collection.get(where={"file": file}, include=["documents", "embeddings"])
        vectors = np.asarray(rows["embeddings"], dtype=np.float32)
        return dict(zip(rows["documents"], vectors, strict=True))

    def search(self, vector: Vectors, limit: int, filters: Filters) -> list[Hit]:
        """The chunks nearest to `vector`, nearest first."""
        if not len(self):
            return []
        with self._translated("read"):
            rows: Any = self._collection.query(
                query_embeddings=vector[np.newaxis],
                n_results=limit,
                where=_where(filters),
                include=["documents", "metadatas", "distances"],
            )
        columns = (rows[name][0] for name in ("ids", "documents", "metadatas", "distances"))
        return [
            Hit(_chunk(id_, text, row), 1.0 - float(distance))
            for id_, text, row, distance in zip(*columns, strict=True)
        ]

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

    @contextmanager
    def _translated(self, done: str) -> Iterator[None]:
        try:
            yield
        except (ChromaError, OSError, ValueError, RuntimeError) as error:
            raise IndexDamaged(
                f"The index in {self._path} cannot be {done} ({error}): free the disk or mend its "
                "permissions, or delete that folder and run quoth index again."
            ) from error


def _connected(path: Path) -> ClientAPI:
    return chromadb.PersistentClient(str(path), settings=Settings(anonymized_telemetry=False))


def _row(chunk: Chunk, number: int, record: Record) -> dict[str, str | int]:
    source = chunk.source
    row: dict[str, str | int | None] = {
        "file": source.file,
        "number": number,
        "start": chunk.span.start,
        "end": chunk.span.end,
        "line": chunk.line,
        "page": chunk.page,
        "sentences": " ".join(f"{start}-{end}" for start, end in chunk.sentences),
        "title": source.title,
        "publisher": source.publisher,
        "publisher_key": source.publisher.casefold() if source.publisher else None,
        "author": source.author,
        "date": source.iso_date,
        "day": source.date.toordinal() if source.date else None,
        "inferred": source.inferred,
    }
    if number == 0:
        row |= {"content": record.content, "fingerprint": record.fingerprint, "chunks": record.chunks}
        row |= {"edges": "\n".join(sorted(record.edges))}
    return {key: value for key, value in row.items() if value is not None}


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


def _where(filters: Filters) -> dict[str, Any] | None:
    clauses: list[dict[str, Any]] = []
    if filters.publisher:
        clauses.append({"publisher_key": filters.publisher.casefold()})
    if filters.since:
        clauses.append({"day": {"$gte": filters.since.toordinal()}})
    if filters.until:
        clauses.append({"day": {"$lte": filters.until.toordinal()}})
    return {"$and": clauses} if len(clauses) > 1 else clauses[0] if clauses else None
