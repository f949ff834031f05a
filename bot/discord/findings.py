"""What the articles say of somebody's message, as the texts of messages within Discord's limits. Pure.

As in `bot.discord.message`, all that is untrusted in them is inert.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bot.discord.checks import HEADS, MOST, Report
from bot.discord.cut import clipped, size
from bot.discord.message import Colour, Message, footing, small, source
from retrieval.types import Citation

if TYPE_CHECKING:
    from retrieval.checking import Checked, Result

_WHOLE = 3_700  # characters of body and sources; the last lines of a message need some too
_CLAIM = 300
_QUOTE = 240
_REASON = 160
_FIELD = 100  # for a title, a publisher, a file
_QUOTES = 2  # shown of a side
_SILENT = 3  # articles named that say nothing

_MARKS: dict[Result, str] = {"supported": "✅", "contradicted": "❌", "disputed": "⚖️", "unknown": "❔"}


class Page(NamedTuple):
    """One message of several."""

    message: Message
    first: int | None  # place, among the report's citations, of the first that it shows


class _Block(NamedTuple):
    """What is told of one statement, and the citations shown for it."""

    text: str
    citations: tuple[Citation, ...]


def pages(report: Report, articles: int, folder: Path) -> list[Page]:
    """The messages that tell a report, found among `articles`; one at least."""
    places = {citation.number: at for at, citation in enumerate(report.citations)}
    groups = list(_grouped([_block(checked) for checked in report.checked], folder))
    made = []
    for at, blocks in enumerate(groups):
        is_last = at == len(groups) - 1
        body = "\n\n".join([*(block.text for block in blocks), *([_left(report)] if is_last else [])]).strip()
        footer = footing(report, articles) if is_last else ""
        cited = [one for block in blocks for one in block.citations]
        told = Message(body, _sources(cited, folder), footer, _colour(report))
        made.append(Page(told, min((places[one.number] for one in cited), default=None)))
    return made


def _colour(report: Report) -> Colour:
    if any(checked.against for checked in report.checked):
        return Colour.AGAINST
    return Colour.ANSWERED if report.answered else Colour.DECLINED


def _grouped(blocks: Sequence[_Block], folder: Path) -> Iterator[list[_Block]]:
    """As many blocks in a row as there is room for in a message."""
    group: list[_Block] = []
    for block in blocks:
        if group and _length([*group, block], folder) > _WHOLE:
            yield group
            group = []
        group.append(block)
    yield group


def _length(blocks: Sequence[_Block], folder: Path) -> int:
    cited = [one for block in blocks for one in block.citations]
    return sum(size(block.text) + 2 for block in blocks) + size(_sources(cited, folder))


def _sources(cited: Sequence[Citation], folder: Path) -> str:
    by_number = {one.number: one for one in cited}
    return "\n".join(source(by_number[number], folder, _FIELD) for number in sorted(by_number))


def _block(checked: Checked) -> _Block:
    reasons = {one.citation.number: one.reason for one in checked.against}
    sides = (checked.supports, tuple(one.citation for one in checked.against))
    shown = tuple(one for side in sides for one in side[:_QUOTES])
    lines = [f"> {clipped(checked.claim, _CLAIM)}", f"{_MARKS[checked.result]} **{HEADS[checked.result]}**"]
    for name, side in zip(("For", "Against"), sides, strict=True):
        before = f"**{name}:** " if checked.result == "disputed" else ""
        for one in side[:_QUOTES]:
            lines += [f"{before}{_quote(one)}", small(reasons.get(one.number, ""), _REASON)]
    more = len({one.number for one in checked.citations} - {one.number for one in shown})
    lines += [f"-# {more} more: press Sources." if more else "", _silent(checked)]
    return _Block("\n".join(filter(None, lines)), shown)


def _quote(citation: Citation) -> str:
    return f"“{clipped(citation.quote, _QUOTE)}” \\[{citation.number}]"


def _silent(checked: Checked) -> str:
    """The nearest articles, where none says anything."""
    if checked.result != "unknown" or not checked.silent:
        return ""
    titles = "; ".join(clipped(one.title, _FIELD) for one in checked.silent[:_SILENT])
    return f"-# Nearest, but silent on it: {titles}"


def _left(report: Report) -> str:
    """How many statements were not looked at, and why."""
    if not report.left:
        return ""
    count = len(report.checked)
    why = f"I check {MOST} at a time" if count == MOST else "there was no time for more"
    return f"-# These are the first {count} of {count + report.left} sentences: {why}."
