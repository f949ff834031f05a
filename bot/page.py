"""An article for a terminal, with line numbers, as it was indexed."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot import reading, render
from bot.plain import visible
from bot.reading import Line
from retrieval.types import Chunk, Span


def surroundings(
    chunks: Sequence[Chunk], span: Span | None, folder: Path, lines: int | None = None
) -> RenderableType:
    """The article that has these chunks, with line numbers, or `lines` lines on each side of `span`.

    The characters of `span` stand out, and the lines that hold them have a `>` in the margin.
    """
    source = chunks[0].source
    head = Text(render.safe(source.title), style="bold")
    read = reading.lines(chunks)
    gaps = reading.omissions(read)
    kept = reading.around(read, span, lines) if span is not None and lines is not None else read
    details = render.details(source, folder, render.safe(str(folder / source.file)))
    return Group(head, details, "", _numbered(kept, span or Span(0, 0), gaps))


def _numbered(lines: Sequence[Line], span: Span, gaps: Set[int]) -> Table:
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True, min_width=1)
    table.add_column(justify="right", style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for before, line in zip([None, *lines], lines, strict=False):
        if before and line.number > before.number + 1:
            table.add_row("", "", Text("…" if line.number in gaps else "", style="dim"))
        mark = Text(">", style="bold cyan") if line.meets(span) else ""
        table.add_row(mark, str(line.number), _highlighted(line, span))
    return table


def _highlighted(line: Line, span: Span) -> Text:
    text, end = Text(), line.stretches[0].start
    for part in line.stretches:
        text.append(" " if 0 < part.start - end <= _SPACE else " … " if part.start > end else "")
        shift = len(text) - part.start
        text.append(_in_place(part.text))
        start, stop = max(span.start, part.start), min(span.end, part.end)
        if start < stop:
            text.stylize("bold underline", start + shift, stop + shift)
        end = part.end
    return text


_SPACE = 2  # characters between sentences; where there are more, furniture is left out


def _in_place(text: str) -> str:
    """As `safe`, but with every character where it was; a line's end is its caller's."""
    return re.sub(r"\s", " ", visible(text.removesuffix("\r")))
