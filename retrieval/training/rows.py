"""Read JSON and lines, plain or gzipped, so that what is wrong with them is told with its place."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError

_CONTROLS = re.compile(r"[\x00-\x1f]")
_BOM = b"\xef\xbb\xbf"
_SHOWN = 60  # characters of a value that is wrong

Row = TypeVar("Row")


class Fault(Exception):
    """What is wrong with a file, and on which line."""

    def __init__(self, file: Path, why: str, line: int | None = None) -> None:
        super().__init__(file, why, line)
        self.file, self.why, self.line = file, why, line

    def within(self, path: Path) -> str:
        """The fault as the end of a sentence about `path`, the file itself or a folder that holds it."""
        name = "" if self.file == path else self.file.relative_to(path).as_posix()
        line = f"line {self.line}" if self.line else ""
        return ": ".join(filter(None, (", ".join(filter(None, (name, line))), self.why)))


def _told(text: str) -> str:
    if not _CONTROLS.sub("", text).strip():
        raise ValueError("is empty")
    return text


Told = Annotated[str, AfterValidator(_told)]  # text that says something
Id = Annotated[str, Field(coerce_numbers_to_str=True), AfterValidator(_told)]


def existing(folder: Path, name: str) -> Path:
    """The file of that name, or its gzipped form. Raises Fault where there is neither."""
    for file in (folder / name, folder / f"{name}.gz"):
        if file.is_file():
            return file
    raise Fault(folder, f"there is no {name} and no {name}.gz")


def whole(file: Path, kind: TypeAdapter[Row]) -> Row:
    """What a JSON file holds. Raises Fault."""
    raw = b"".join(line for _, line in _lines(file))
    try:
        return kind.validate_json(raw)
    except ValidationError as error:
        raise Fault(file, _why(error)) from None


def rows(file: Path, kind: TypeAdapter[Row]) -> Iterator[tuple[int, Row]]:
    """The rows of a file of JSON lines, one at a time, with the number of their line. Raises Fault."""
    for number, line in _lines(file):
        if line.strip():
            try:
                yield number, kind.validate_json(line)
            except ValidationError as error:
                raise Fault(file, _why(error).replace("at line 1 column", "at column"), number) from None


def lines(file: Path) -> Iterator[tuple[int, str]]:
    """The lines of a text file that are not blank, with their numbers. Raises Fault."""
    for number, line in _lines(file):
        try:
            text = line.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise Fault(file, f"it is not UTF-8 (byte {error.start + 1})", number) from None
        if text.strip():
            yield number, text


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                yield number, line.removeprefix(_BOM) if number == 1 else line
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or error
        raise Fault(file, f"it cannot be read ({why})") from None


def _why(error: ValidationError) -> str:
    """The first thing that is wrong, after the place where it is: `data[3].paragraphs is missing`."""
    first = error.errors(include_url=False)[0]
    if first["type"] == "json_invalid":
        return f"it is no JSON ({first['ctx']['error']})"
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
    place = "".join(parts).removeprefix(".") or "it"
    if first["type"] == "missing":
        return f"{place} is missing"
    if first["type"] == "value_error":
        return f"{place} {first['ctx']['error']}"
    if first["type"] == "too_short":
        return f"{place} is empty"
    return f"{place} {first['msg'].removeprefix('Input ')}, not {str(first['input'])[:_SHOWN]!r}"
