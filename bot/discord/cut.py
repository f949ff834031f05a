"""Texts cut to Discord's limits, before they are made inert: so no cut falls inside a mark of ours. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from bot.discord.markdown import inert, inert_lines
from bot.plain import safe
from retrieval.sentences import sentences
from retrieval.types import Span

_DOTS = 2  # characters of "… "

_Cutter = tuple[str | None, Callable[[str, int], list[str]]]  # what stands between its parts; None a new page


def size(text: str) -> int:
    """Characters as Discord's clients count them, in UTF-16: never fewer than its server counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def beginning(text: str, room: int) -> str:
    """As much of the start of a folded text as fits, inert, in `room` characters; cut at a blank.

    Where the last blank would leave less than half of that, it is cut inside a word.
    """
    if _fits(text, room):
        return text
    near = text[: max(room, 0)]  # an inert text is never the shorter one
    words = [blank.start() for blank in re.finditer(r"\s+", near)]
    return near[: _most(words, room, lambda length: near[:length])]


def ending(text: str, room: int) -> str:
    """As `beginning`, of the end of a text."""
    if _fits(text, room):
        return text
    near = text[max(len(text) - max(room, 0), 0) :]
    words = [len(near) - blank.end() for blank in re.finditer(r"\s+", near)]
    return near[len(near) - _most(words[::-1], room, lambda length: near[len(near) - length :]) :]


def _fits(text: str, room: int) -> bool:
    return len(text) <= room and size(inert_lines(text)) <= room


def _most(words: Sequence[int], room: int, part: Callable[[int], str]) -> int:
    """The greatest of the lengths `words` whose part fits, if it is half of the greatest length at all."""

    def last(lengths: Sequence[int]) -> int:
        fitting = bisect_right(lengths, room, key=lambda length: size(inert_lines(part(length))))
        return lengths[fitting - 1] if fitting else 0

    at_word, longest = last(words), last(range(room + 1))
    return at_word if 2 * at_word >= longest else longest


def clipped(text: str, room: int) -> str:
    """`text` on one line and inert, in at most `room` characters, with "…" where its end is left out."""
    folded = safe(text)
    if _fits(folded, room):
        return inert(folded)
    return f"{inert(beginning(folded, room - _DOTS))} …"


def clipped_start(text: str, room: int) -> str:
    """As `clipped`, with the end kept: of a path it says most."""
    folded = safe(text)
    if _fits(folded, room):
        return inert(folded)
    return f"… {inert(ending(folded, room - _DOTS))}"


def packed(text: str, limit: int, shown: Callable[[str], str] = inert_lines) -> Iterator[str]:
    """The whole of a text in pages of at most `limit` characters as `shown`, none empty.

    Cut at lines, where a line is too long at sentences, else at words, else anywhere.
    """
    page = ""
    for gap, piece in _pieces(text, "\n", limit, shown, _CUTTERS):
        longer = f"{page}{gap}{piece}" if page else piece
        if gap is None or size(longer) > limit:
            if page.strip():
                yield page.rstrip("\n")
            longer = piece
        page = longer if longer.strip() else ""
    if page:
        yield page.rstrip("\n")


def _pieces(
    text: str, gap: str | None, limit: int, shown: Callable[[str], str], cutters: Sequence[_Cutter]
) -> Iterator[tuple[str | None, str]]:
    """The largest parts that fit a page, each with what stands before it."""
    if size(shown(text)) <= limit:
        yield gap, shown(text)
        return
    (between, cut), *finer = cutters
    for at, part in enumerate(cut(text, limit)):
        yield from _pieces(part, between if at else gap, limit, shown, finer)


def _lines(text: str, _: int) -> list[str]:
    return text.split("\n")


def _sentences(text: str, _: int) -> list[str]:
    starts = [sentence.start for sentence in sentences(text, Span(0, len(text)))][1:]
    return [text[start:end] for start, end in pairwise([0, *starts, len(text)])]


def _words(text: str, _: int) -> list[str]:
    return text.split()


def _characters(text: str, limit: int) -> list[str]:
    most = limit // 2  # a character may take two, for a backslash or for UTF-16
    return [text[start : start + most] for start in range(0, len(text), most)]


_CUTTERS: tuple[_Cutter, ...] = (("\n", _lines), (" ", _sentences), (" ", _words), (None, _characters))
