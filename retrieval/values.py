"""What answers are made of and can be compared by: names, numbers, days."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from retrieval.clues import MONTHS


class Value(NamedTuple):
    """A name, a number or a day: its parts by what they are, as {"month": "june", "day": "23"}.

    What a number is, is what it counts or measures: {"crown": "4.0"}.
    """

    parts: frozenset[tuple[str, str]]

    def agrees(self, other: Value) -> bool:
        """Whether they may be the same: they share a part, and no part of one kind differs."""
        if not self.parts & other.parts:
            return False
        mine, others = dict(self.parts), dict(other.parts)
        return all(mine[kind] == others[kind] for kind in mine.keys() & others.keys() if kind)

    @property
    def texts(self) -> frozenset[str]:
        """What its parts say."""
        return frozenset(text for _, text in self.parts)

    def differs(self, other: Value) -> bool:
        """Whether they cannot be the same: of "Monday" and "23 June" that is not known."""
        kinds, others = ({kind for kind, _ in value.parts} for value in (self, other))
        return bool(kinds & others) and not self.agrees(other)


DATE = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?P<month>{MONTHS})|"
    rf"(?P<month2>{MONTHS})(?: (?P<day2>\d{{1,2}})(?!\d))?)"
    r"(?:,? (?P<year>(?:19|20)\d\d))?|\b(?P<year2>(?:1[5-9]|20)\d\d)\b|"
    r"\b(?P<weekday>(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b|\b(?P<hour>\d{1,2}:\d\d)\b"
)


def dates(sentence: str) -> Iterator[Value]:
    """The days, as far as each is given; of "3 to 5 July" only the month."""
    for found in DATE.finditer(sentence):
        parts = {(kind.rstrip("2"), text.lower()) for kind, text in found.groupdict().items() if text}
        spread = _SPREAD.search(sentence, max(found.start() - _RANGE, 0), found.end() + _RANGE)
        yield Value(frozenset(part for part in parts if not (spread and part[0] == "day")))


_RANGE = 6  # characters: " and 12"
_SPREAD = re.compile(r"\d ?(?:[-–]|to|and) ?\d")
