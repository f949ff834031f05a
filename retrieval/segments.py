"""Chroma's files of vectors: whether they are as long as they say, before native code trusts them.

Chroma keeps the graph of a collection as hnswlib wrote it, and a file cut short ends the whole program.
Layout of `header.bin`, little-endian, from the source of hnswlib's `saveIndex` as Chroma builds it: version
(i32); offset of level 0, capacity, count, bytes an element, offset of labels, of vectors (u64); levels, entry
point (i32); three limits of links (u64); a factor (f64); effort of construction (u64).
"""

from __future__ import annotations

import struct
from pathlib import Path

_HEADER = struct.Struct("<i6Q2i3QdQ")
_VERSION = 1
_LENGTH = 4  # bytes of each number in length.bin: how long an element's links of the upper levels are


def torn(folder: Path) -> str | None:
    """What is wrong with the vectors' files of the database in `folder`; None where nothing is seen."""
    for header in sorted(folder.glob("*/header.bin")):
        if (wrong := _wrong(header)) is not None:
            return wrong
    return None


def _wrong(header: Path) -> str | None:
    raw = header.read_bytes()
    if len(raw) != _HEADER.size:
        return f"{header.name} is {len(raw)} bytes long"
    version, _, _, count, element, *_ = _HEADER.unpack(raw)
    if version != _VERSION:
        return None  # of a later Chroma, which knows its own files
    for name, least in (("data_level0.bin", count * element), ("length.bin", count * _LENGTH)):
        file = header.with_name(name)
        if not file.is_file() or file.stat().st_size < least:
            return f"{name} lacks some of {count:,} vectors"
    return None
