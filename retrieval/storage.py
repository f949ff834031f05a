"""Where the two stores of an index lie: builds in a folder, one of them current."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from retrieval.connection import Connection
from retrieval.dense import DenseStore
from retrieval.errors import DataFolderError, IndexBusy, IndexDamaged
from retrieval.lexical import LexicalIndex
from retrieval.segments import torn

LOCK_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Stores:
    """The two stores of an index, opened in one state of it."""

    dense: DenseStore
    lexical: LexicalIndex
    generation: str  # the state
    said: str = ""  # the state that the words were made from, where they are made by other programs too


class Storage(Protocol):
    """Keeps the stores of one index."""

    name: str  # of the index: no other one under the same data folder has it
    shown: str  # as a user knows it

    def open(self) -> Stores | None:
        """The current stores, in their state of now; None where there are none. Raises IndexDamaged."""

    def begin(self, about: Mapping[str, str]) -> Stores:
        """New, empty stores beside the current ones, which nobody else sees yet."""

    def choose(self, stores: Stores) -> None:
        """Make these the current stores, in one step, and remove all others."""

    def is_current(self, stores: Stores) -> bool:
        """Whether they are still the current ones."""

    def locked(self, seconds: float | None = None) -> AbstractContextManager[None]:
        """A context that only one writer at a time can be in.

        Raises IndexBusy where another is in it for so long, IndexDamaged where the folder is no use.
        """


class Builds:
    """Stores in a folder of their own: each build has both, and a file names the one that counts.

    That file is replaced in one step. Who has the former build open goes on in it until it looks again.
    """

    def __init__(self, data: Path, name: str) -> None:
        """`data` is the data folder, `name` that of the index."""
        self.name = self.shown = name
        self.root = data / "indexes" / name
        self._pointer = self.root / "current"
        self._begun: Path | None = None  # the build that this program makes

    def open(self) -> Stores | None:
        build = self._current()
        if build is None:
            return None
        if why := torn(build / "chroma"):
            raise IndexDamaged(f"The index in {build} cannot be opened ({why}): run quoth index to mend it.")
        lexical = words(build / "words")
        dense = DenseStore(Connection(build / "chroma"), self.name)
        dense.probe()
        return Stores(dense, lexical, dense.mark().generation)

    def begin(self, about: Mapping[str, str]) -> Stores:
        self._begun = build = self.root / uuid.uuid4().hex[:12]
        dense = DenseStore(Connection(build / "chroma"), self.name, about)
        return Stores(dense, LexicalIndex(build / "words"), "")

    def choose(self, stores: Stores) -> None:
        build = stores.lexical.path.parent
        fresh = self._pointer.with_suffix(".new")
        with _usable(self.root):
            fresh.write_text(build.name, "utf-8")
            fresh.replace(self._pointer)
        self._begun = None
        self._tidy()

    def _tidy(self) -> None:
        """Remove former builds, and what another program began and did not complete."""
        kept = (self._current(), self._begun)
        for other in self.root.iterdir():
            if other.is_dir() and other not in kept:
                shutil.rmtree(other, ignore_errors=True)  # what is still open is removed next time

    def is_current(self, stores: Stores) -> bool:
        return self._current() == stores.lexical.path.parent

    def _current(self) -> Path | None:
        try:
            return self.root / self._pointer.read_text("utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise _useless(self.root, error) from error

    def is_busy(self) -> bool:
        """Whether a program is writing."""
        try:
            with locked(self.root, 0):
                return False
        except IndexBusy:
            return True

    @contextmanager
    def locked(self, seconds: float | None = None) -> Iterator[None]:
        with locked(self.root, LOCK_SECONDS if seconds is None else seconds):
            self._tidy()
            yield


@contextmanager
def locked(root: Path, seconds: float) -> Iterator[None]:
    """A context that one program of this machine at a time is in, for what lies in a folder.

    Raises IndexBusy where another is in it for so long, DataFolderError where the folder is no use.
    """
    try:
        with _usable(root):
            root.mkdir(parents=True, exist_ok=True)
            lock = FileLock(root / "lock", timeout=seconds)
            lock.acquire()
    except Timeout as error:
        raise IndexBusy(
            f"Another program is writing the index in {root}: wait for it, then try again."
        ) from error
    try:
        yield
    finally:
        lock.release()


def words(path: Path) -> LexicalIndex:
    """The word index; an empty one where it is damaged, since it is derived and will be filled again."""
    try:
        return LexicalIndex(path)
    except IndexDamaged:
        return LexicalIndex.anew(path)


@contextmanager
def _usable(root: Path) -> Iterator[None]:
    try:
        yield
    except Timeout:
        raise
    except OSError as error:
        raise _useless(root, error) from error


def _useless(root: Path, error: Exception) -> DataFolderError:
    why = getattr(error, "strerror", None) or error
    return DataFolderError(
        f"The data folder {root} cannot be used ({why}): "
        "mend its permissions, free the disk, or name another one in QUOTH_DATA."
    )
