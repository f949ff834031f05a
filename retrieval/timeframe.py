"""The time that a question names.

Days, months, seasons and quarters with their year restrict the search. Relative words ("last month") and
"latest" or "now" only prefer, since the articles use them too.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from retrieval.days import EXPRESSION, LINK, MONTH, NO_DAYS, YEAR, Days, hull, read, spellings, together
from retrieval.types import Span


@dataclass(frozen=True, slots=True)
class Timeframe:
    """What a question says of when, apart from what it asks."""

    days: Days = NO_DAYS  # what it names with its year
    preferred: Days | None = None  # what a relative word means
    newest: bool = False  # "latest", "now": as of the newest article that says
    oldest: bool = False
    present: bool = False  # it asks how things are or will be, which may change
    dated: str = ""  # the question's words for `days`: "before November 2023"
    words: tuple[Span, ...] = ()  # of the question: what says all that, but relative words

    @property
    def prefers(self) -> bool:
        return self.newest or self.oldest or self.present or self.preferred is not None

    def is_stated(self, sentence: str) -> bool:
        """Whether `sentence` itself names the days, in the words of the question or by their year."""
        named = re.findall(rf"\b(?:{MONTH}\b|{YEAR}s?)", self.dated, re.IGNORECASE)
        return bool(named) and all(
            re.search(rf"\b(?:{spellings(word)})\b", sentence, re.IGNORECASE) for word in named
        )

    def preference(self, day: dt.date | None, newest: dt.date) -> float:
        """How much an article of `day` is preferred, 0 to 1, where `newest` is the last day in question."""
        if day is None:
            return 0.0
        if self.preferred is not None:
            return float(self.preferred.hold(day))
        recency = _HALVED / (_HALVED + (newest - day).days)
        if self.newest or self.oldest:
            return recency if self.newest else 1 - recency
        return _MILDLY * recency


_MILDLY = 0.35  # how much less is preferred where the present tense alone asks for it
_HALVED = 180  # days after which the preference for the newest is halved

_COUNTED = re.compile(  # after a number that is no year: "2000 soldiers", "2000 to 3000 km"
    rf"(?:{LINK}\d[\d,.]*)? ?(?:%|(?:(?!does\b)[a-z]{{3,}}(?<![isu])s|people|(?:wo)?men|children|"
    r"hundred|thousand|[mb]illion|per ?cent|k[mg])\b)"
)
_DIRECTIONS = {
    "before": r"before(?! the end)|prior to|earlier than|ahead of",
    "until": r"until|till|up to|by|as of|(?:no|not) later than|not after|before(?= the end)",
    "after": r"after(?! the (?:start|beginning))|later than|following",
    "since": r"since|from|starting(?: in)?|(?:no|not) earlier than|not before|not until|after",
    "between": r"between",
    "in": r"in|on|during|of|for|around|throughout|within|early|mid|late|year|and|about|"
    r"at(?= the (?:end|start|beginning) )",
}
_DIRECTED = re.compile(
    rf"\b(?:{'|'.join(f'(?P<{name}>{words})' for name, words in _DIRECTIONS.items())})(?: the)?"
    r"(?: (?:end|start|beginning|middle|course) of(?: the)?)?(?: year(?: of)?)?(?: early| mid| late)?[ -]$",
    re.IGNORECASE,
)
_NEWEST = re.compile(
    r"\b(?:latest|newest|most recent(?:ly)?|recently|now|current(?:ly)?|at (?:the moment|present)|these days|"
    r"nowadays|(?-i:today)|to date|so far|as of|up to date|"  # "Today" is the end of a name
    r"last(?= (?:met|meet|time|seen|spoke|heard|visited)))\b",
    re.IGNORECASE,
)
_OLDEST = re.compile(r"\b(?:earliest|oldest|originally|initially|at first)\b", re.IGNORECASE)
_PRESENT = re.compile(
    r"\W*(?:(?:and|so|but|hey|hi)[, ]+)?(?:(?:who|what|which|where|how)"
    r"(?: (?!did|was|were|had)[\w'’-]+){0,4}?(?: |['’](?=s|re)))?"
    r"(?:is|are|does|do|has|have|will|should|s|re)\b",
    re.IGNORECASE,
)


def timeframe(question: str, today: dt.date) -> Timeframe:
    """What `question`, asked on the day `today`, says of when."""
    found = _joined(list(_expressions(question, today)), question, today)
    dated = [one for one in found if one.is_dated]
    relative = [one for one in found if one.is_relative and not dated]
    newest, oldest = (list(words.finditer(question)) for words in (_NEWEST, _OLDEST))
    return Timeframe(
        days=together([_bounded(one) for one in dated]),
        preferred=_bounded(relative[0]) if relative else None,
        newest=bool(newest),
        oldest=bool(oldest),
        present=bool(_PRESENT.match(question)) and not dated,
        dated=" ".join(one.directed.of(question) for one in dated),
        words=(*(one.directed for one in dated), *(Span(*match.span()) for match in (*newest, *oldest))),
    )


class _Expression(NamedTuple):
    """Calendar words, and the days that they mean."""

    span: Span
    text: str  # in lower case
    shape: str
    days: Days
    direction: re.Match[str] | None  # the word before them that says how they bound
    is_range: bool = False  # "from … to …"

    @property
    def directed(self) -> Span:
        """The words, and the one before them that says how they bound."""
        return Span(self.direction.start(), self.span.end) if self.direction else self.span

    @property
    def year(self) -> str | None:
        """The first year that it names."""
        found = re.search(YEAR, self.text)
        return found[0] if found else None

    @property
    def is_dated(self) -> bool:
        """Whether it names its year; a number alone is a year only after "in" and the like."""
        if re.fullmatch(YEAR, self.text):
            return bool(self.direction and not self.direction["between"])
        return self.year is not None

    @property
    def is_relative(self) -> bool:
        return self.shape in ("past", "shift") or self.text.endswith(" year")


def _expressions(question: str, today: dt.date) -> Iterator[_Expression]:
    for found in EXPRESSION.finditer(question):
        shape, text = found.lastgroup or "", found[0].lower()
        if re.fullmatch(YEAR, text) and _COUNTED.match(question, found.end()):
            continue
        if days := read(shape, text, today):
            direction = _DIRECTED.search(question, 0, found.start())
            is_range = bool(re.search(rf"\d\D{{0,2}}{LINK}\d", text)) and shape == "named"
            yield _Expression(Span(*found.span()), text, shape, days, direction, is_range)


def _joined(found: Iterable[_Expression], question: str, today: dt.date) -> list[_Expression]:
    """Two expressions as one where the question says "between … and …"; the first may lack its year."""
    joined: list[_Expression] = []
    for one in found:
        former = joined[-1] if joined else one
        link = question[former.span.end : one.span.start]
        if one.year and not former.is_relative and re.fullmatch(LINK, link, re.IGNORECASE):
            span = Span(former.span.start, one.span.end)
            days = hull([_in_year_of(one, former, today), one.days])
            joined[-1] = former._replace(span=span, text=span.of(question), days=days, is_range=True)
        else:
            joined.append(one)
    return joined


def _in_year_of(one: _Expression, former: _Expression, today: dt.date) -> Days:
    """The days of `former`, which lie before `one` in its year or the year before if it names none."""
    for year in (int(one.year or 0), int(one.year or 0) - 1):
        days = None if former.year else read(former.shape, f"{former.text} {year}", today)
        if days and one.days.last and days.first and days.first <= one.days.last:
            return days
    return former.days


def _bounded(one: _Expression) -> Days:
    """The days that an expression means with the word before it."""
    first, last = one.days
    direction = one.direction.lastgroup if one.direction else "in"
    if first is None or last is None or (one.is_range and direction == "since"):
        return one.days
    bounded = {
        "before": Days(None, first - dt.timedelta(1)),
        "until": Days(None, last),
        "after": Days(last + dt.timedelta(1), None),
        "since": Days(first, None),
    }
    return bounded.get(direction or "in", one.days)
