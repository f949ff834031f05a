"""Claims that were held against the articles, as text and as JSON. Pure, as `bot.render` is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Group, RenderableType
from rich.text import Text

from bot.plain import safe, visible
from bot.render import citation, citation_json, nearest_json
from retrieval.checking import Checked, Opposed, Result, numbered
from retrieval.types import Span

_HEADS: dict[Result, str] = {
    "supported": "Supported by the articles.",
    "contradicted": "The articles speak against it.",
    "disputed": "The articles differ.",
    "unknown": "The articles don't say.",
}
_MARKS: dict[Result, tuple[str, str]] = {
    "supported": ("✓", "green"),
    "contradicted": ("✗", "red"),
    "disputed": ("±", "yellow"),
    "unknown": ("?", "yellow"),
}
_SILENT = 3  # articles named that say nothing


class Placed(NamedTuple):
    """What became of a statement of a draft."""

    span: Span  # in the draft
    checked: Checked


def claim(checked: Checked, folder: Path) -> RenderableType:
    """One claim for a terminal: what the articles say of it, then the citations of both sides."""
    parts: list[RenderableType] = [Text(_HEADS[checked.result], style="bold")]
    if checked.supports and checked.against:
        parts.append(Text("\nFor it:"))
    parts += [citation(one, folder) for one in checked.supports]
    if checked.supports and checked.against:
        parts.append(Text("\nAgainst it:"))
    parts += [Group(citation(one.citation, folder), _reason(one)) for one in checked.against]
    if checked.silent and not (checked.supports or checked.against):
        titles = "; ".join(one.title for one in checked.silent[:_SILENT])
        parts.append(Text(f"Nearest, but silent on it: {safe(titles)}", style="dim"))
    return Group(*parts)


def _reason(opposed: Opposed) -> RenderableType:
    return Text(f"      {safe(opposed.reason)}", style="dim")


def draft(text: str, placed: Sequence[Placed], folder: Path) -> RenderableType:
    """A draft with a mark behind each statement, then the citations, numbered through, and the counts."""
    found = numbered(one.checked for one in placed)
    said, end = Text(), 0
    for one, checked in zip(placed, found, strict=True):
        said.append(_in_lines(text[end : one.span.end])).append(" ").append(_mark(checked))
        end = one.span.end
    said.append(_in_lines(text[end:].rstrip()))
    cited = {citation.number: citation for checked in found for citation in checked.citations}
    return Group(said, *(citation(one, folder) for one in cited.values()), "", counts(placed))


def _in_lines(text: str) -> str:
    return visible(text.replace("\r\n", "\n"))


def counts(placed: Iterable[Placed]) -> Text:
    """One line: how many statements came out how, and what the marks mean."""
    found = Counter(one.checked.result for one in placed)
    total = sum(found.values())
    told = ", ".join(f"{_MARKS[result][0]} {found[result]} {result}" for result in _MARKS)
    return Text(f"{total} statement{'s' * (total != 1)}: {told}.")


def _mark(checked: Checked) -> Text:
    mark, colour = _MARKS[checked.result]
    numbers = ", ".join(str(one.number) for one in checked.citations)
    return Text(f"[{mark} {numbers}]" if numbers else f"[{mark}]", style=f"bold {colour}")


def checked_json(checked: Checked) -> dict[str, Any]:
    """A claim in the form that the README documents."""
    return {
        "claim": checked.claim,
        "result": checked.result,
        "supports": [citation_json(one) for one in checked.supports],
        "against": [citation_json(one.citation) | {"reason": one.reason} for one in checked.against],
        "silent": [nearest_json(one) for one in checked.silent],
    }


def placed_json(placed: Placed) -> dict[str, Any]:
    """A statement of a draft likewise, with its place in the draft."""
    return checked_json(placed.checked) | {"start": placed.span.start, "end": placed.span.end}
