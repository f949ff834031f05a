"""What a user means by the name of an article or a publisher; an unknown name is told with the nearest."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from retrieval.errors import InputError
from retrieval.types import Filters, Source

_TOLD = 5  # names in an error
_FAR = 0.3  # likeness, from 0 to 1, under which a name is not told as near
_PLACE = re.compile(r"(?P<file>.+?)(?::(?P<line>\d{1,9}))?", re.DOTALL)


class Place(NamedTuple):
    """An article, and a line in it where one was named."""

    source: Source
    line: int | None


def place(name: str, rows: Iterable[tuple[Source, int]], folder: Path) -> Place:
    """The article among the `rows` of an index that `FILE` or `FILE:LINE` names.

    FILE may be as citations print it, relative to the folder, or the unique start of either or of the
    file's own name. Raises InputError where no article or several are meant.
    """
    by_file = {source.file: source for source, _ in rows}
    if found := _file(name, by_file, folder):
        return Place(by_file[found], None)
    parts = _PLACE.fullmatch(name)
    file, line = (parts["file"], parts["line"]) if parts else (name, None)
    if found := _file(file, by_file, folder):
        return Place(by_file[found], int(line) if line else None)
    raise InputError(_unknown(file, by_file, folder))


def _file(name: str, files: Iterable[str], folder: Path) -> str | None:
    known, meant = sorted(files), _inside(name, folder)
    if not meant or meant in known:
        return meant or None
    own = {file: file.rpartition("/")[2] for file in known}
    found = [file for file in known if own[file] == meant]
    found = found or [file for file in known if file.startswith(meant) or own[file].startswith(meant)]
    if len(found) > 1:
        raise InputError(f"{name!r} could be {_listed(found)}: write more of the name.")
    return found[0] if found else None


def _inside(name: str, folder: Path) -> str:
    """A name without the folder in front, as citations print it."""
    path = Path(name)
    inside = path.relative_to(folder) if path.is_relative_to(folder) else path
    return "" if inside == Path() else inside.as_posix()


def _unknown(name: str, files: Iterable[str], folder: Path) -> str:
    if not (known := list(files)):
        return f"No article of {str(folder)!r} is indexed: put articles there, or name another folder."
    near = difflib.get_close_matches(_inside(name, folder), known, _TOLD, _FAR)
    advice = (
        f"the nearest are {_listed(near)}" if len(near) > 1 else f"the nearest is {near[0]}" if near else ""
    )
    return f"No article of {str(folder)!r} is called {name!r}: {advice or 'quoth sources lists them'}."


def by_publisher(publisher: str | None, rows: Sequence[tuple[Source, int]]) -> list[tuple[Source, int]]:
    """The rows of this publisher's articles, in whatever case it is written; all of them for None.

    Raises InputError, which tells the publishers there are, where it has none.
    """
    kept = [row for row in rows if Filters(publisher).admits(row[0])]
    names = sorted({source.publisher for source, _ in rows if source.publisher}, key=str.casefold)
    if kept or publisher is None:
        return kept
    if not names:
        raise InputError(
            f"No article is by {publisher!r}, and none names a publisher: leave --publisher out."
        )
    near = difflib.get_close_matches(publisher, names, _TOLD, _FAR) if len(names) > _TOLD else names
    raise InputError(
        f"No article is by {publisher!r}: the publishers are {_listed(near or names, len(names))}."
    )


def _listed(names: Sequence[str], count: int | None = None) -> str:
    """`a`, `a and b`, `a, b and 7 more`."""
    told, more = list(names[:_TOLD]), (count or len(names)) - min(len(names), _TOLD)
    last = f"{more} more" if more else told.pop() if len(told) > 1 else ""
    return f"{', '.join(told)} and {last}" if last else told[0]
