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
from typing import Any

from retrieval import chunking, lexical
from retrieval.types import Source

VERSION = f"{chunking.VERSION}.{lexical.VERSION}"  # of the code that cuts articles

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

    def __init__(self, folder: Path, data: Path, limits: object) -> None:
        self._folder = folder
        self._path = data / "seen" / f"{collection_name(folder)}.json"
        self._rules = {"version": VERSION, "limits": repr(limits)}

    def known(self) -> Known | None:
        """What the index holds; None where there was no sync, or something changed since."""
        try:
            kept = json.loads(self._path.read_text("utf-8"))
            known = Known(kept["articles"], _day(kept["first"]), _day(kept["last"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return known if self._rules | {"files": stamps(self._folder)} == kept["seen"] else None

    def forget(self) -> None:
        self._path.unlink(missing_ok=True)

    def keep(self, files: dict[str, list[int]], at: int, known: Known) -> None:
        """Keep a look at the folder that was taken `at` (ns), before the sync.

        Not kept where a file is so new that it may change again unseen.
        """
        if all(max(times) < at - _RACY_NANOSECONDS for _, *times in files.values()):
            kept: dict[str, Any] = {"articles": known.articles, "first": known.first, "last": known.last}
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(
                json.dumps(kept | {"seen": self._rules | {"files": files}}, default=str), "utf-8"
            )


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
