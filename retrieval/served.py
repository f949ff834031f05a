"""Where an index lies whose dense store is in a Chroma server: the words are in the data folder.

Each collection has its words in a folder of its own, named after the collection's id. A rebuild makes a
collection beside the current one: when it is whole it says so, the current one is removed, and it takes that
one's name. Where that is stopped in between, it is found by what it says of itself; what does not say so is
removed. Two programs that write are kept apart by a lock in the data folder, and by a lease in the server.
"""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from retrieval.connection import Connection
from retrieval.dense import DenseStore
from retrieval.lease import Lease
from retrieval.storage import LOCK_SECONDS, Stores, locked, words

_BESIDE = ".quoth-"  # follows a collection's name in the names of those that belong to it
_READY = {"is_whole": "yes"}  # what a collection says of itself that is about to take the place of another


class Served:
    """A collection in a server, and words that are made from it."""

    def __init__(
        self,
        data: Path,
        connection: Connection,
        collection: str,
        read_only: bool = False,
        beat: float | None = None,
    ) -> None:
        """`data` is the data folder; `read_only` where only the words may be written."""
        server = hashlib.sha256(connection.shown.encode()).hexdigest()[:8]
        self.name = f"{collection}@{server}"
        self.shown = f"{collection} in {connection.shown}"
        self.root = data / "indexes" / self.name
        self.read_only = read_only
        self._connection = connection
        self._collection = collection
        self._beat = {} if beat is None else {"beat": beat}
        self._begun = ""  # the name of the collection that this program makes

    def open(self) -> Stores | None:
        name = self._current()
        return self._stores(DenseStore(self._connection, name)) if name else None

    def _stores(self, dense: DenseStore) -> Stores:
        lexical = words(self.words(dense.id))
        return Stores(dense, lexical, dense.about.get("generation", ""), lexical.generation)

    def words(self, id_: str) -> Path:
        """Where the words of the collection with that id lie."""
        return self.root / id_

    def _current(self) -> str | None:
        """The name of the current collection."""
        with self._connection.translated("read"):
            if self._connection.existing(self._collection):
                return self._collection
            return self._whole()

    def _whole(self) -> str | None:
        """The collection that was about to take the place of one that is gone."""
        for name in self._beside():
            about = getattr(self._connection.existing(name), "metadata", None) or {}
            if _READY.items() <= about.items():
                return name
        return None

    def _beside(self) -> list[str]:
        return [name for name in self._connection.names() if name.startswith(self._collection + _BESIDE)]

    def begin(self, about: Mapping[str, str]) -> Stores:
        self._begun = f"{self._collection}{_BESIDE}new-{uuid.uuid4().hex[:12]}"
        return self._stores(DenseStore(self._connection, self._begun, {**about, "generation": _new()}))

    def choose(self, stores: Stores) -> None:
        stores.dense.describe(**_READY)
        with self._connection.translated("written"):
            self._connection.delete(self._collection)
        stores.dense.rename(self._collection)
        self._begun = ""
        for other in self.root.iterdir():
            if other.is_dir() and other != stores.lexical.path:
                shutil.rmtree(other, ignore_errors=True)  # what is still open is removed next time

    def is_current(self, stores: Stores) -> bool:  # noqa: ARG002  # a state's generation is of one collection
        return True

    @contextmanager
    def locked(self, seconds: float | None = None) -> Iterator[None]:
        wait = LOCK_SECONDS if seconds is None else seconds
        with locked(self.root, wait):
            if self.read_only:
                yield
                return
            lease = Lease(self._connection, f"{self._collection}{_BESIDE}writer", self._place(), **self._beat)
            with lease.held(wait):
                self._tidy(lease)
                yield

    def _place(self) -> str:
        """A name for this data folder."""
        file = self.root / "place"
        if not file.exists():
            file.write_text(_new(), "utf-8")
        return file.read_text("utf-8")

    def _tidy(self, lease: Lease) -> None:
        """Complete or remove what another writer left half-way."""
        with self._connection.translated("written"):
            if not self._connection.existing(self._collection) and (whole := self._whole()):
                DenseStore(self._connection, whole).rename(self._collection)
            for name in self._beside():
                if name not in (lease.name, self._begun):
                    self._connection.delete(name)


def _new() -> str:
    return uuid.uuid4().hex
