"""A stretch of an article around a place, in pieces that tell what was quoted and what is evidence. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

AROUND = 120  # characters on each side
_REACH = 25  # characters further out in which a word may end
_LONGEST = 500  # of a stretch without evidence; of a longer one the middle is left out


class Piece(NamedTuple):
    """Characters of one sort that follow each other."""

    text: str
    quoted: bool = False
    evidence: bool = False
    omitted: bool = False  # in their stead: what stood here was left out


Stretch = tuple[int, int]  # code points from 0, the end not included


def shortened(text: str) -> list[Piece]:
    """`text` as it is or, where it is long, its beginning."""
    return list(_short(Piece(text)))[:2]


def excerpt(text: str, quoted: Stretch | None, evidence: Sequence[Stretch], shown: Stretch) -> list[Piece]:
    """`text` at `shown` with about 120 characters on each side, cut at words."""
    start, end = _word_before(text, shown[0] - AROUND), _word_after(text, shown[1] + AROUND)
    marked = [stretch for stretch in (quoted, *evidence) if stretch]
    cuts = sorted({start, end, *(cut for stretch in marked for cut in stretch if start < cut < end)})
    pieces = [Piece("…", omitted=True)] if start > 0 else []
    for at, stop in pairwise(cuts):
        is_quoted = quoted is not None and _holds(quoted, at)
        pieces += _short(Piece(text[at:stop], is_quoted, any(_holds(stretch, at) for stretch in evidence)))
    return [*pieces, Piece("…", omitted=True)] if end < len(text) else pieces


def _holds(stretch: Stretch, at: int) -> bool:
    return stretch[0] <= at < stretch[1]


def _short(piece: Piece) -> Iterator[Piece]:
    if len(piece.text) <= _LONGEST or piece.evidence:
        yield piece
        return
    first, last = _word_after(piece.text, AROUND), _word_before(piece.text, len(piece.text) - AROUND)
    yield piece._replace(text=piece.text[:first])
    yield Piece(f" [… {last - first} characters …] ", omitted=True)
    yield piece._replace(text=piece.text[last:])


def _word_before(text: str, at: int) -> int:
    """Where the word at `at` begins, or `at` itself where it is too long a word to be shown."""
    if at <= 0:
        return 0
    near = range(at, max(at - _REACH, 0), -1)
    return next((place for place in near if text[place - 1 : place].isspace()), min(at, len(text)))


def _word_after(text: str, at: int) -> int:
    if at >= len(text):
        return len(text)
    return next((place for place in range(at, min(at + _REACH, len(text))) if text[place].isspace()), at)
