"""A SQLite file for several threads and several processes; what goes wrong with it is one sentence."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from retrieval.errors import IndexDamaged

Value = str | int | float | bytes | None
Row = tuple[Value, ...]

_WAIT_SECONDS = 10.0  # for another program's transaction
_PAUSE_SECONDS = 0.02
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",  # a power cut may undo the last transactions, never a part of one
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what is deleted is overwritten
)


class Database:
    """The file at `path`, made for its owner alone; `migrations[n]` leads from version n to n + 1."""

    def __init__(self, path: Path, migrations: Sequence[Sequence[str]]) -> None:
        """Raises IndexDamaged, as every method does, where the file cannot be used."""
        self.path = path
        self._lock = threading.RLock()
        with self._told():
            _made(path)
            self._connection = sqlite3.connect(
                path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
            )
        try:
            self._prepare(migrations)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def rows(self, sql: str, *values: Value) -> list[Row]:
        """What a SELECT finds."""
        with self._lock, self._told():
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is done in the block is kept, or nothing of it where the block or the disk fails."""
        with self._lock, self._told():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # SQLite rolled back itself
                    self._connection.execute("ROLLBACK")
                raise

    def wipe(self) -> None:
        """Take what was deleted out of the file's journal too, unless another program reads it now."""
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def damaged(self, why: object) -> IndexDamaged:
        return IndexDamaged(
            f"The bot's records in {self.path} cannot be used ({why}): mend the file's permissions, free the "
            "disk, or move the file away to start with new records."
        )

    def _prepare(self, migrations: Sequence[Sequence[str]]) -> None:
        with self._told():
            for pragma in _PRAGMAS:
                _patiently(self._connection, pragma)
        with self.transaction() as connection:
            ((version,),) = connection.execute("PRAGMA user_version").fetchall()
            if version > len(migrations):
                raise self.damaged(f"a newer Quoth made it, version {version}, and this one is older")
            for statement in (each for step in migrations[version:] for each in step):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(migrations)}")

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise self.damaged(error) from error


def _made(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):  # not opened then: closing it would end SQLite's locks on it
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _patiently(connection: sqlite3.Connection, statement: str) -> None:
    """For a change of the journal SQLite itself does not wait until another program lets go of the file."""
    until = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            connection.execute(statement)
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_PAUSE_SECONDS)
