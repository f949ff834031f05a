"""The way to Chroma: a database in a folder, or a server."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chromadb import Collection as Collection
from chromadb.api import ServerAPI
from chromadb.api.collection_configuration import CreateCollectionConfiguration
from chromadb.api.rust import RustBindingsAPI
from chromadb.config import Settings as ChromaSettings
from chromadb.config import System
from chromadb.errors import ChromaError, NotFoundError

from retrieval.errors import IndexDamaged, IndexGone
from retrieval.settings import Settings

if TYPE_CHECKING:
    from retrieval.remote import Server


_COSINE: CreateCollectionConfiguration = {"hnsw": {"space": "cosine"}}


class Connection:
    """An open database; safe to use from several threads.

    A folder's database searches the vectors that it read at its first search: what other programs write
    later, only a new connection finds. A server's is always new.

    It closes by itself when neither it nor a collection that it gave is in use any more. Errors of
    Chroma's are let through: `translated` makes sentences of them. A server that cannot be asked is
    SearchUnavailable everywhere.
    """

    def __init__(self, place: Path | Server) -> None:
        """Open a folder's database, made where it is missing; a server is not asked yet.

        Raises IndexDamaged where the folder cannot be opened, InputError where the server's certificates
        cannot be read.
        """
        self.place = place
        with self.translated("opened"):
            self._api, close = _in_folder(place) if isinstance(place, Path) else _at_server(place)
        weakref.finalize(self, close).atexit = False  # at the end of the program all is closed anyway

    @property
    def shown(self) -> str:
        """Its folder or address, without any secret."""
        return str(self.place) if isinstance(self.place, Path) else self.place.shown

    @property
    def is_remote(self) -> bool:
        return not isinstance(self.place, Path)

    def version(self) -> str:
        """The version of the database, as it tells it."""
        return self._api.get_version()

    def collection(self, name: str, about: Mapping[str, str]) -> Collection:
        """A collection, made with `about` as its description where there is none of that name."""
        model = self._api.get_or_create_collection(name, metadata=dict(about) or None, configuration=_COSINE)
        return _Held(self, model)

    def made(self, name: str, about: Mapping[str, str]) -> Collection | None:
        """A new collection; None where there is one of that name: of several who try, one has it."""
        try:
            return _Held(self, self._api.create_collection(name, metadata=dict(about), configuration=_COSINE))
        except ChromaError:
            if self.existing(name) is None:
                raise
            return None

    def existing(self, name: str) -> Collection | None:
        """A collection as it is now, if there is one."""
        try:
            return _Held(self, self._api.get_collection(name))
        except NotFoundError:
            return None

    def names(self) -> list[str]:
        """The names of all collections."""
        return [collection.name for collection in self._api.list_collections()]

    def delete(self, name: str) -> None:
        """Remove a collection, if it is there."""
        try:
            self._api.delete_collection(name)
        except NotFoundError:
            return

    @contextmanager
    def translated(self, done: str) -> Iterator[None]:
        """Chroma's errors as IndexDamaged, or IndexGone; `done` is what cannot be: opened, read, written."""
        try:
            yield
        except NotFoundError as error:
            raise IndexGone(
                f"The index in {self.shown} cannot be {done} (it was deleted, or all data was wiped): "
                "run quoth index again."
            ) from error
        except (ChromaError, OSError, ValueError, RuntimeError) as error:
            mend = (
                "see after the server, or run quoth index --rebuild."
                if self.is_remote
                else "free the disk or mend its permissions; quoth index makes anew what is damaged."
            )
            raise IndexDamaged(f"The index in {self.shown} cannot be {done} ({error}): {mend}") from error


def connect(url: str, settings: Settings) -> Connection:
    """To the server at `url`, as the settings want it asked."""
    from retrieval.remote import Server

    token = settings.chroma_token.get_secret_value()
    return Connection(Server(url, token, settings.chroma_ca, settings.chroma_seconds))


class _Held(Collection):
    """A collection that keeps its connection open."""

    def __init__(self, connection: Connection, model: Any) -> None:
        super().__init__(connection._api, model, embedding_function=None, data_loader=None)
        self.connection = connection


def _in_folder(path: Path) -> tuple[ServerAPI, Any]:
    """Chroma's PersistentClient has one system a path for the whole program, whose searches grow stale.

    Here every connection has its own: it opens in milliseconds, and reads the vectors at its first search.
    """
    path.mkdir(parents=True, exist_ok=True)
    settings = ChromaSettings(
        _env_file=None,  # else Chroma reads any .env of the working folder
        anonymized_telemetry=False,
        is_persistent=True,
        persist_directory=str(path),
    )
    system = System(settings)
    api = system.instance(RustBindingsAPI)
    system.start()
    return api, system.stop


def _at_server(server: Server) -> tuple[ServerAPI, Any]:
    from retrieval.remote import Remote

    remote = Remote(server)
    return remote, remote.close
