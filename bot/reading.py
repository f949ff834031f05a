"""An article as it can be read: its lines, put together from the chunks of the index.

What stands between chunks is page furniture, blank lines and spaces; their characters are not kept, but
how many they were is known from the positions. So an article can be shown whose file is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from retrieval.errors import InputError
from retrieval.types import Chunk, Span

_PARSED = (".html", ".htm", ".pdf")
_LINE_END = 2  # characters, at most: \r\n
_MARKS = 4  # characters around a line that are no text: "- ", an indent


class Stretch(NamedTuple):
    """Text without a gap, on one line, and where it starts in the article."""

    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an article: what of it can be read."""

    number: int  # from 1
    stretches: tuple[Stretch, ...]

    def meets(self, span: Span) -> bool:
        """Whether a character of `span` stands on this line."""
        return any(part.start < span.end and span.start < part.end for part in self.stretches)

    def omits(self, following: Line) -> bool:
        """Whether whole lines with text, not blank ones alone, stood before the `following` one."""
        lines = following.number - self.number
        characters = following.stretches[0].start - self.stretches[-1].end
        return lines > 1 and characters > _LINE_END * lines + _MARKS


def lines(chunks: Sequence[Chunk]) -> list[Line]:
    """The lines of one article, whose chunks are given in reading order; they may overlap."""
    found: dict[int, list[Stretch]] = {}
    for number, stretch in _stretches(chunks):
        there = found.setdefault(number, [])
        if there and there[-1].end == stretch.start:
            stretch = Stretch(there[-1].start, there.pop().text + stretch.text)
        there.append(stretch)
    return [Line(number, tuple(there)) for number, there in found.items()]


def _stretches(chunks: Sequence[Chunk]) -> Iterator[tuple[int, Stretch]]:
    """Each stretch with the number of its line, none twice."""
    read = 0
    for chunk in chunks:
        start = max(read, chunk.span.start)
        number = chunk.line + chunk.text.count("\n", 0, start - chunk.span.start)
        for text in chunk.text[start - chunk.span.start :].split("\n") if start < chunk.span.end else ():
            yield number, Stretch(start, text)
            start, number = start + len(text) + 1, number + 1
        read = max(read, chunk.span.end)


def around(lines: Sequence[Line], span: Span, count: int) -> list[Line]:
    """The lines that hold `span`, or the one nearest to it, and `count` lines on each side."""
    held = [line.number for line in lines if line.meets(span)] or [_nearest(lines, span)]
    return [line for line in lines if held[0] - count <= line.number <= held[-1] + count]


def _nearest(lines: Sequence[Line], span: Span) -> int:
    return min(lines, key=lambda line: abs(line.stretches[0].start - span.start)).number


def omissions(lines: Sequence[Line]) -> set[int]:
    """The numbers of the lines before which whole lines of the article are left out."""
    return {after.number for before, after in pairwise(lines) if before.omits(after)}


def on_line(chunks: Sequence[Chunk], number: int) -> Span:
    """The sentences that stand on a line, wholly or in part, as one span.

    Where none does (it is blank or page furniture), an empty span at the nearest line. Raises InputError
    where the text ends before that line.
    """
    read = lines(chunks)
    if not 0 < number <= read[-1].number:
        raise InputError(
            f"Line {number} is not in the text of {chunks[0].source.file}: it ends at line {read[-1].number}."
        )
    line = min(read, key=lambda line: abs(line.number - number))
    spans = [span for chunk in chunks for span in chunk.sentences if line.meets(span)]
    if line.number != number or not spans:
        return Span(line.stretches[0].start, line.stretches[0].start)
    return Span(min(span.start for span in spans), max(span.end for span in spans))


def changed(chunks: Sequence[Chunk], folder: Path) -> str | None:
    """What became of an article's file since it was indexed, as a sentence; None where nothing is known."""
    from retrieval.articles import File, Unreadable, content

    name = chunks[0].source.file
    file = File(folder / name, name)
    try:
        text = content(file).decode("utf-8", "replace")
    except Unreadable:
        return f"{name} is gone or cannot be read: this is its text as it was indexed."
    # Of HTML and PDF another text was cut, the extracted one.
    if file.suffix in _PARSED or all(chunk.span.of(text) == chunk.text for chunk in chunks):
        return None
    return f"{name} has changed: this is its text as it was indexed."
