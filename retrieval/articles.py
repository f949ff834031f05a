"""Read the articles of a folder: find the files, read their bytes, and make each an `Article`.

A file that cannot be used never stops the others: it becomes one sentence that names it, says why and what
to do.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from retrieval import metadata, parsing
from retrieval.errors import FolderError
from retrieval.furniture import edge_lines, furniture
from retrieval.metadata import Stated
from retrieval.parsing import Limits as Limits
from retrieval.types import Article, Source, Span

_PARSED: Mapping[str, parsing.Kind] = {".html": "html", ".htm": "html", ".pdf": "pdf"}
_MARKDOWN = (".md", ".markdown")
_SUFFIXES = (".txt", *_MARKDOWN, *_PARSED)
_CONTROLS = dict.fromkeys({*range(32)} - {*b"\t\n\v\f\r"})
_BLEMISHES = 10  # control characters that any text may hold
_DEFAULT = Limits()


@dataclass(frozen=True, slots=True)
class File:
    """A file that may hold an article; `name` is relative to the folder, with forward slashes."""

    path: Path
    name: str

    @property
    def suffix(self) -> str:
        return os.path.splitext(self.name)[1].lower()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is left out; `str(skipped)` is the sentence to show."""

    file: str  # as `File.name`, with backslash escapes for what cannot be shown
    reason: str  # follows the word "it": why, and what to do

    def __str__(self) -> str:
        return f"{self.file} was skipped: it {self.reason}."


class Unreadable(Exception):
    """A file that turned out to be no use when it was read; `skipped` says why."""

    def __init__(self, file: File, reason: str) -> None:
        self.skipped = Skipped(file.name, reason)
        super().__init__(str(self.skipped))


def existing(folder: Path) -> Path:
    """The folder itself; raises FolderError where it is missing or something else."""
    if not folder.exists():
        raise FolderError(f"The folder {str(folder)!r} does not exist: name a folder of articles.")
    if not folder.is_dir():
        raise FolderError(f"{str(folder)!r} is not a folder: name a folder of articles.")
    return folder


def files(folder: Path, limits: Limits = _DEFAULT) -> Iterator[File | Skipped]:
    """The files of a folder and its sub-folders in the order of their names, read or skipped, one at a time.

    Hidden files and folders and the folder's own `metadata.toml` are passed over in silence.
    Raises FolderError, at once, if the folder is missing or cannot be listed.
    """
    try:
        top = _listed(existing(folder), "")
    except OSError as error:
        why = error.strerror or error
        raise FolderError(f"The folder {str(folder)!r} cannot be read ({why}): allow reading it.") from None
    return _walked(top, os.path.realpath(folder), limits)


def matters(name: str) -> bool:
    """Whether a file of that name, relative to the folder, may change what an index holds.

    By its name alone, for it may be gone: an article or `metadata.toml`, but nothing hidden, and none of
    the files that editors leave beside an article.
    """
    if any(part.startswith(".") for part in name.split("/")):
        return False
    return name == metadata.FILE or os.path.splitext(name)[1].lower() in _SUFFIXES


def content(file: File, limits: Limits = _DEFAULT) -> bytes:
    """The bytes of a file; raises Unreadable. Never waits on a pipe, never reads past the size limit."""
    try:
        with open(file.path, "rb", opener=_at_once) as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise Unreadable(file, _IRREGULAR)
            raw = stream.read(limits.size + 1)
    except OSError as error:
        raise Unreadable(file, _failure(error)) from None
    if len(raw) > limits.size:
        raise Unreadable(file, _too_large(limits))
    return raw


def _at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def read(
    file: File,
    raw: bytes,
    stated: Mapping[str, Stated],
    repeated: frozenset[str] = frozenset(),
    limits: Limits = _DEFAULT,
) -> Article:
    """The article in a file whose bytes are `raw`; raises Unreadable.

    `stated` is what the folder's `metadata.toml` says, by file name; `repeated` are the lines that many of
    the folder's articles share. The text of .txt and .md is exactly `raw.decode("utf-8")`.
    """
    text, pages, found, front = _text(file, raw, limits)
    marks = _merged([*furniture(text, repeated), *front])
    start = front[0].end if front else 0
    known = stated.get(file.name, Stated()).before(found).before(metadata.from_lines(text[start:]))
    title = known.title or metadata.headline(text, marks) or metadata.from_name(file.name)
    source = Source(file.name, title, known.publisher, known.author, known.date, known.inferred)
    return Article(source, text, marks, pages)


def edges(file: File, raw: bytes) -> frozenset[str]:
    """The lines of a text file that are page furniture if many files have them; empty for other kinds.

    The parser of HTML leaves out what stands around an article, and no PDF is worth parsing twice for it.
    """
    if file.suffix in _PARSED:
        return frozenset()
    return edge_lines(raw.decode("utf-8", "replace"))


_Text = tuple[str, tuple[int, ...], Stated, list[Span]]  # text, pages, what it says of itself, front matter


def _text(file: File, raw: bytes, limits: Limits) -> _Text:
    if not raw.strip():
        raise Unreadable(file, _EMPTY)
    if kind := _PARSED.get(file.suffix):
        return _parsed(file, kind, raw, limits)
    text = _decoded(file, raw)
    found, front = metadata.from_front_matter(text) if file.suffix in _MARKDOWN else (Stated(), None)
    if not text[front.end if front else 0 :].strip("\ufeff").strip():
        raise Unreadable(file, _EMPTY)
    return text, (), found, [front] if front else []


def _parsed(file: File, kind: parsing.Kind, raw: bytes, limits: Limits) -> _Text:
    try:
        parsed = parsing.parse(kind, raw, limits)
    except parsing.Refused as error:
        raise Unreadable(file, str(error)) from None
    title, publisher, author = (
        metadata.clean(value or "") or None for value in (parsed.title, parsed.publisher, parsed.author)
    )
    return (
        parsed.text,
        parsed.pages,
        Stated(title, publisher, author, metadata.date_in(parsed.date or "")),
        [],
    )


def _decoded(file: File, raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable(file, "is UTF-16, not UTF-8; save it as UTF-8")
    # Some control characters are a blemish of an article; many of them, or a NUL, are not text at all.
    controls = len(raw) - len(raw.translate(None, bytes(_CONTROLS)))
    if b"\0" in raw or controls > max(_BLEMISHES, len(raw) // 100):
        raise Unreadable(file, "is not text but binary data; save the article's text as .txt")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Unreadable(file, f"is not UTF-8 (line {line}); save it as UTF-8") from None


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans in order, with those that overlap made one."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start < merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)


_Entry = tuple[os.DirEntry[str], str]  # and its name relative to the folder

_EMPTY = "is empty; write its text or delete it"
_IRREGULAR = "is a pipe, a socket or a device; keep only files in the folder"


def _listed(path: Path | os.DirEntry[str], prefix: str) -> list[_Entry]:
    """What stands in a folder, last name first; a sub-folder sorts by its files' names."""
    with os.scandir(path) as entries:
        found = [(entry, prefix + entry.name) for entry in entries if not entry.name.startswith(".")]
    return sorted(found, key=lambda e: e[1] + "/" * e[0].is_dir(follow_symlinks=False), reverse=True)


def _walked(waiting: list[_Entry], root: str, limits: Limits) -> Iterator[File | Skipped]:
    while waiting:
        entry, name = waiting.pop()
        if reason := _name_trouble(name):
            yield Skipped(_shown(name), reason)
        elif entry.is_dir(follow_symlinks=False):
            try:
                waiting += _listed(entry, f"{name}/")
            except OSError as error:
                yield Skipped(name, _failure(error))
        elif name != metadata.FILE:
            file = File(Path(entry.path), name)
            reason = _trouble(entry, file, root, limits)
            yield Skipped(name, reason) if reason else file


def _trouble(entry: os.DirEntry[str], file: File, root: str, limits: Limits) -> str | None:
    """Why an entry that is no folder cannot be read; None if nothing is known against it."""
    try:
        if entry.is_symlink() and (reason := _link_trouble(entry.path, root)):
            return reason
        status = entry.stat()
    except OSError as error:
        return _failure(error)
    if not stat.S_ISREG(status.st_mode):
        return _IRREGULAR
    if file.name.endswith("/" + metadata.FILE):
        return f"is read only at the top of the folder; move its tables to {metadata.FILE} there"
    suffix = file.suffix
    if suffix not in _SUFFIXES:
        kind = f"a {suffix} file" if suffix else "a file without a suffix"
        return f"is {kind}; save it as .txt, .md, .html or .pdf"
    return _too_large(limits) if status.st_size > limits.size else None


def _link_trouble(path: str, root: str) -> str | None:
    try:
        target = os.path.realpath(path, strict=True)
    except OSError:
        return "is a link that leads nowhere; delete it, or put the file itself here"
    if not Path(target).is_relative_to(root):
        return "is a link that leaves the folder; put the file itself here"
    if Path(target).is_dir():
        return "is a link to a folder, which is not followed; put the folder itself here"
    return None


def _name_trouble(name: str) -> str | None:
    if name.isprintable():
        return None
    kinds = {unicodedata.category(character) for character in name}
    if "Cs" in kinds:
        return "has a name that is not UTF-8; rename it"
    return "has a name with control characters; rename it" if kinds & {"Cc", "Zl", "Zp"} else None


def _shown(name: str) -> str:
    readable = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in readable)


def _too_large(limits: Limits) -> str:
    return f"is larger than {limits.size / 1e6:g} MB; split it into smaller files"


def _failure(error: OSError) -> str:
    return f"cannot be read ({error.strerror or error}); allow reading it, or delete it"
