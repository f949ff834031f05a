"""What the last sync saw of a folder: tells at once, without the index, whether a file changed since.

Looks at names, sizes and times alone, as make and git do.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from retrieval import chunking, metadata
from retrieval.types import Source

VERSION = chunking.VERSION  # of the code that cuts articles

_RACY_NANOSECONDS = 2_000_000_000  # a file changed this shortly before a look may change again unseen


@dataclass(frozen=True, slots=True)
class Known:
    """What an index holds, in short."""

    articles: int
    first: dt.date | None = None  # date of the oldest article, where any has one
    last: dt.date | None = None

    @classmethod
    def of(cls, sources: Iterable[Source]) -> Known:
        sources = list(sources)
        days = sorted(source.date for source in sources if source.date)
        return cls(len(sources), *((days[0], days[-1]) if days else ()))


class Snapshot:
    """The snapshot of one folder under `data`; `limits` are those under which its files are read."""

    def __init__(self, folder: Path, data: Path, limits: object, name: str | None = None) -> None:
        """`name` is that of the index, where it is not made of the folder's place."""
        self._folder = folder
        self._path = data / "seen" / f"{name or collection_name(folder)}.json"
        self._rules = {"version": VERSION, "limits": repr(limits), "folder": str(folder.resolve())}

    def known(self, generation: str | None = None) -> Known | None:
        """What the index holds; None where there was no sync, or something changed since.

        With `generation`, that is the state of the index now; else the index is taken to be as it was left.
        """
        kept = self._kept(generation)
        return kept[0] if kept and stamps(self._folder) == kept[1] else None

    def unchanged(self, now: dict[str, list[int]], generation: str) -> frozenset[str]:
        """The paths of the files whose content and description did not change since the last sync.

        `now` is a look at the folder, `generation` the state of the index.
        """
        _, files = self._kept(generation) or (None, {})
        described = os.path.join(self._folder, metadata.FILE)
        if now.get(described) != files.get(described):
            return frozenset()
        return frozenset(path for path, stamp in now.items() if files.get(path) == stamp)

    def _kept(self, generation: str | None) -> tuple[Known, dict[str, list[int]]] | None:
        """What was kept under the same rules, with the stamps of its files."""
        try:
            kept = json.loads(self._path.read_text("utf-8"))
            known = Known(kept["articles"], _day(kept["first"]), _day(kept["last"]))
            same = kept["rules"] == self._rules and generation in (None, kept["generation"])
            return (known, dict(kept["files"])) if same else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def forget(self) -> None:
        self._path.unlink(missing_ok=True)

    def keep(self, files: dict[str, list[int]], at: int, generation: str, known: Known) -> None:
        """Keep a look at the folder that was taken `at` (ns), before the sync that made `generation`.

        A file that is so new that it may change again unseen is left out: it will count as changed.
        """
        kept = {"rules": self._rules, "generation": generation, "articles": known.articles}
        kept |= {"first": known.first, "last": known.last}
        kept |= {"files": {path: stamp for path, stamp in files.items() if _is_old(stamp, at)}}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(kept, default=str), "utf-8")
        fresh.replace(self._path)


def _is_old(stamp: list[int], at: int) -> bool:
    _, *times = stamp
    return max(times) < at - _RACY_NANOSECONDS


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text is not None else None


def stamps(folder: Path) -> dict[str, list[int]]:
    """Size and times (ns) of every file in `folder`: equal stamps mean, but for very new files, no change."""
    found: dict[str, list[int]] = {}
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(name for name in names if not name.startswith(".")):
            path = os.path.join(place, name)
            with suppress(FileNotFoundError):  # it went away during the look: as if it had never been
                stat = os.lstat(path)
                found[path] = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]
    return found


def collection_name(folder: Path) -> str:
    """The name of a folder's index: the folder's, readable, and a hash of where it lies."""
    place = str(folder.resolve())
    readable = re.sub(r"[^A-Za-z0-9]+", "-", Path(place).name).strip("-")[:40] or "folder"
    return f"{readable}-{hashlib.sha256(place.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"
