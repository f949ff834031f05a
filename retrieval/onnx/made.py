"""What is made once and kept: files whose names hold a checksum of their content.

A file that is damaged, or was made by another recipe, is made anew. Where the folder cannot be written,
nothing is kept and nothing is wrong.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

_ABANDONED = 3_600  # seconds after which a file that was begun has nobody who completes it


def kept(folder: Path | None, name: str, recipe: str, make: Callable[[], bytes]) -> Path | bytes:
    """What `make` makes, or the whole file of it in `folder` where it was made by this `recipe` before."""
    if folder is None:
        return make()
    for file in _files(folder, f"{name}-{recipe}.*.onnx"):
        with suppress(OSError):
            with file.open("rb") as opened:
                digest = hashlib.file_digest(opened, "sha256")
            if file.name == _name(name, recipe, digest.hexdigest()):
                return file
    content = make()
    with suppress(OSError):
        _keep(folder, name, recipe, content)
    return content


def _name(name: str, recipe: str, digest: str) -> str:
    return f"{name}-{recipe}.{digest[:32]}.onnx"


def _keep(folder: Path, name: str, recipe: str, content: bytes) -> None:
    """Write it whole or not at all; then others of its name are of no use any more."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{name}-{uuid.uuid4().hex}.part"
    whole = folder / _name(name, recipe, hashlib.sha256(content).hexdigest())
    try:
        part.write_bytes(content)
        part.replace(whole)
    finally:
        part.unlink(missing_ok=True)
    for file in _stale(folder, name):
        if file != whole:
            file.unlink(missing_ok=True)


def _stale(folder: Path, name: str) -> Iterator[Path]:
    yield from _files(folder, f"{name}-*.onnx")
    for part in _files(folder, f"{name}-*.part"):
        if part.stat().st_mtime < time.time() - _ABANDONED:
            yield part


def _files(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern))
