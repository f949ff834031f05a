"""Articles of other people's sets, written as files that Quoth reads."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TextIO

from retrieval import metadata
from retrieval.articles import Limits
from retrieval.errors import InputError

_LONGEST = 80  # characters of a name, without what keeps it apart from others
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))]
)
_CONTROLS = dict.fromkeys({*range(32)} - {*b"\t\n\v\f\r"}, " ")


def readable(text: str) -> str:
    """`text` of the same length, with blanks for the control characters that no article may hold."""
    return text.translate(_CONTROLS)


def head(title: str) -> str:
    """What stands above the text of an article: its title on one line, and a blank line."""
    line = " ".join(readable(title).split())
    return f"{line}\n\n" if line else ""


@contextmanager
def corpus(folder: Path) -> Iterator[Corpus]:
    """A corpus to be written into an empty folder. Raises InputError where that fails."""
    try:
        with (folder / metadata.FILE).open("w", encoding="utf-8", newline="\n") as titles:
            yield Corpus(folder, titles)
    except OSError as error:
        raise InputError(
            f"The articles of the set cannot be written to {folder} ({error.strerror}): make room there."
        ) from error


class Corpus:
    """Writes articles into a folder, and their titles into its `metadata.toml`."""

    def __init__(self, folder: Path, titles: TextIO) -> None:
        self._folder = folder
        self._titles = titles
        self._names: set[str] = set()  # in lower case: some disks know no other
        self._next: dict[str, int] = {}

    def add(self, id_: str, title: str, text: str) -> str:
        """Write the article `text`, readable and with its head, and give the name of its file.

        One that says nothing holds its name, so that it is still there to be found. The names are safe on any
        system, and no two are alike but for case. Raises InputError where an article is too large.
        """
        name = self._name(id_)
        says = bool(text.strip("\ufeff").strip())
        raw = (text if says else name).encode("utf-8")
        if len(raw) > Limits().size:
            raise InputError(
                f"The article {id_!r} has more than {Limits().size / 1e6:g} MB: split it, or leave it out."
            )
        (self._folder / f"{name}.txt").write_bytes(raw)
        if shown := metadata.clean(title):
            self._titles.write(f'["{name}.txt"]\ntitle = {json.dumps(shown, ensure_ascii=False)}\n')
        return f"{name}.txt"

    def _name(self, id_: str) -> str:
        stem = _stem(id_)
        for number in count(self._next.get(stem.lower(), 1)):
            name = stem if number == 1 else f"{stem}-{number}"
            if name.lower() not in self._names:
                break
        self._next[stem.lower()] = number + 1
        self._names.add(name.lower())
        return name


def _stem(id_: str) -> str:
    """As much of an id as is safe in the name of a file."""
    plain = unicodedata.normalize("NFKD", id_[: 4 * _LONGEST]).encode("ascii", "ignore").decode("ascii")
    stem = re.sub(r"[^A-Za-z0-9-]+", "_", plain).strip("_-")[:_LONGEST] or "article"
    return f"{stem}_" if stem.lower() in _DEVICES else stem
