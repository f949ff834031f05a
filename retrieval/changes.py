"""Compare a folder with what its index knows: what is new, changed, gone, unreadable."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from retrieval import articles, furniture, metadata
from retrieval.articles import File, Limits, Skipped, Unreadable
from retrieval.dense import Record
from retrieval.metadata import Stated
from retrieval.snapshot import VERSION


@dataclass(frozen=True, slots=True)
class Seen:
    """A readable file: the hash of all that decides its chunks, but for lines repeated in other files."""

    file: File
    content: str
    edges: frozenset[str]  # its lines that are page furniture if other files have them too


@dataclass(frozen=True, slots=True)
class Changes:
    """What a sync has to do."""

    stale: tuple[Seen, ...]  # new or changed
    gone: tuple[str, ...]  # left the folder, or cannot be read any more
    unchanged: int
    repeated: frozenset[str]  # lines that stand in many files
    stated: Mapping[str, Stated]
    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...]


def changes(
    folder: Path, limits: Limits, records: Mapping[str, Record], unchanged: Collection[str] = ()
) -> Changes:
    """Read the files of `folder` and compare them with `records`. Raises FolderError.

    Of those `unchanged`, which are paths, what the records say of their content is taken.
    """
    stated, warnings = metadata.load(folder)
    seen: list[Seen] = []
    skipped: list[Skipped] = []
    for found in _look(folder, limits, stated, records, unchanged):
        if isinstance(found, Seen):
            seen.append(found)
        else:
            skipped.append(found)
    repeated = furniture.repeated_lines(file.edges for file in seen)
    stale = tuple(file for file in seen if not _is_current(file, repeated, records))
    return Changes(
        stale=stale,
        gone=tuple(sorted(set(records) - {file.file.name for file in seen})),
        unchanged=len(seen) - len(stale),
        repeated=repeated,
        stated=stated,
        skipped=tuple(skipped),
        warnings=tuple(warnings),
    )


def content_hash(raw: bytes, stated: Stated | None) -> str:
    """Hash of a file's bytes, what metadata.toml says of it, and the version of the code that cuts it."""
    digest = hashlib.sha256(repr((VERSION, stated)).encode())
    digest.update(raw)
    return digest.hexdigest()


def fingerprint(content: str, repeated: frozenset[str]) -> str:
    """Hash of all that decides a file's chunks; `repeated` are those of its own lines that repeat."""
    return hashlib.sha256("\n".join([content, *sorted(repeated)]).encode()).hexdigest()


def _look(
    folder: Path,
    limits: Limits,
    stated: Mapping[str, Stated],
    records: Mapping[str, Record],
    unchanged: Collection[str],
) -> Iterator[Seen | Skipped]:
    for file in articles.files(folder, limits):
        if isinstance(file, Skipped):
            yield file
            continue
        record = records.get(file.name)
        if record and os.fspath(file.path) in unchanged:
            yield Seen(file, record.content, record.edges)
            continue
        try:
            raw = articles.content(file, limits)
        except Unreadable as error:
            yield error.skipped
            continue
        content = content_hash(raw, stated.get(file.name))
        known = record is not None and record.content == content
        yield Seen(file, content, record.edges if record and known else articles.edges(file, raw))


def _is_current(file: Seen, repeated: frozenset[str], records: Mapping[str, Record]) -> bool:
    record = records.get(file.file.name)
    return record is not None and record.fingerprint == fingerprint(file.content, file.edges & repeated)
