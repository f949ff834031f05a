"""The time that a question names.

Days, months, seasons and quarters with their year restrict the search. Relative words ("last month") and
"latest" or "now" only prefer, since the articles use them too. Runs of calendar words are found here and
read by dateparser.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from retrieval.types import Span


class Days(NamedTuple):
    """A stretch of days, both ends inclusive; None sets no bound."""

    first: dt.date | None
    last: dt.date | None

    def hold(self, day: dt.date | None) -> bool:
        return day is not None and (self.first or day) <= day <= (self.last or day)


NO_DAYS = Days(None, None)


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
        return bool(self.dated) and all(
            re.search(rf"\b{re.escape(word)}\b", sentence, re.IGNORECASE)
            for word in re.findall(rf"{_MONTH}|{_YEAR}", self.dated, re.IGNORECASE)
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

_YEAR = r"(?:19|20)\d\d"
_MONTH = "(?:" + "|".join([*calendar.month_name[1:], *calendar.month_abbr[1:], "sept"]).lower() + ")"
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}  # the month that it starts with
_ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": 3}
_NUMBERS = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}
_UNITS = {"day": 1.0, "week": 7.0, "month": 30.44, "year": 365.25}  # days
_WORD = re.compile(  # a word of an expression
    rf"\b(?:{_YEAR}[-/.]\d\d?(?:[-/.]\d\d?)?|\d\d?[-/.]\d\d?[-/.]{_YEAR}|{_YEAR}s?|"
    rf"\d{{1,3}}(?:st|nd|rd|th)?|q[1-4]|{_MONTH}|{'|'.join([*_SEASONS, *_ORDINALS, *_NUMBERS])}|half|quarter|"
    rf"of|past|this|next|previous|ago|few|(?:{'|'.join(_UNITS)})s?|yesterday|tomorrow)\b",
    re.IGNORECASE,
)
_GAP = re.compile(r"\.?,? ")
_LONGEST = 5  # words of an expression
_RELATIVE = re.compile(r"\b(?:last|past|this|next|previous|ago|yesterday|tomorrow)\b", re.IGNORECASE)

_DIRECTIONS = {
    "before": r"before(?! the end)|prior to|earlier than|ahead of",
    "until": r"until|till|up to|by|as of|no later than|before(?= the end)",
    "after": r"after|later than|following",
    "since": r"since|from|starting(?: in)?",
    "in": r"in|on|during|of|for|around|throughout|within|early|mid|late|year|and|about|versus|vs|between",
}
_DIRECTED = re.compile(
    rf"\b(?:{'|'.join(f'(?P<{name}>{words})' for name, words in _DIRECTIONS.items())})"
    r"(?: the| early| mid| late| the (?:end|start|beginning|year) of)? $",
    re.IGNORECASE,
)
_JOINED = re.compile(r"^ (?:and|to|until|till|through) $", re.IGNORECASE)
_OPENED = re.compile(r"\b(?:between|from) $", re.IGNORECASE)

_NEWEST = re.compile(
    r"\b(?:latest|newest|most recent(?:ly)?|recently|now|current(?:ly)?|at (?:the moment|present)|these days|"
    r"nowadays|today|to date|so far|as of|up to date|last(?= (?:met|meet|time|seen|spoke|heard|visited)))\b",
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
    found = _joined(question, list(_expressions(question, today)))
    dated = [one for one in found if _is_dated(question, one)]
    relative = [one for one in found if _RELATIVE.search(one.text) and not dated]
    newest, oldest = (list(words.finditer(question)) for words in (_NEWEST, _OLDEST))
    return Timeframe(
        days=_together([_bounded(question, one) for one in dated]),
        preferred=_bounded(question, relative[0]) if relative else None,
        newest=bool(newest),
        oldest=bool(oldest),
        present=bool(_PRESENT.match(question)) and not dated,
        dated=" ".join(_directed(question, one.span).of(question) for one in dated),
        words=(
            *(_directed(question, one.span) for one in dated),
            *(Span(*match.span()) for match in (*newest, *oldest)),
        ),
    )


def _directed(question: str, span: Span) -> Span:
    """`span` with the word before it that says how it bounds."""
    word = _DIRECTED.search(question, 0, span.start)
    return Span(word.start(), span.end) if word else span


class _Expression(NamedTuple):
    """A run of calendar words, and the days that it means."""

    span: Span
    text: str
    days: Days
    is_joined: bool = False  # "between … and …"


def _is_dated(question: str, one: _Expression) -> bool:
    """Whether it names its year; a number alone is a year only after "in" and the like."""
    if re.fullmatch(_YEAR, one.text):
        return bool(_DIRECTED.search(question, 0, one.span.start))
    return bool(re.search(_YEAR, one.text))


def _expressions(question: str, today: dt.date) -> Iterator[_Expression]:
    """The runs of calendar words that can be read as days, the longest first at each place."""
    words = list(_WORD.finditer(question))
    at = 0
    while at < len(words):
        read = (_expression(question, run, today) for run in _runs(question, words, at))
        found = next((one for one in read if one), None)
        if found:
            yield found
        at += sum(word.start() < found.span.end for word in words[at:]) if found else 1


def _runs(question: str, words: Sequence[re.Match[str]], at: int) -> Iterator[Span]:
    """The runs that start at a word, the longest first."""
    last = at
    if words[at].group().lower() == "of":
        return
    while last + 1 < min(len(words), at + _LONGEST) and _GAP.fullmatch(
        question, words[last].end(), words[last + 1].start()
    ):
        last += 1
    for end in range(last, at - 1, -1):
        yield Span(words[at].start(), words[end].end())


def _expression(question: str, run: Span, today: dt.date) -> _Expression | None:
    days = _read(" ".join(word for word in _GAP.split(run.of(question).lower()) if word != "of"), today)
    return _Expression(run, run.of(question), days) if days else None


_PART = re.compile(
    rf"(?:(?P<season>{'|'.join(_SEASONS)})|(?P<which>{'|'.join(_ORDINALS)}) (?P<part>half|quarter)) "
    rf"(?P<year>{_YEAR})"
)
_DECADE = re.compile(r"((?:19|20)\d0)s")
_PAST = re.compile(rf"(?:last|past) (?:(?P<number>\w+) )?(?P<unit>{'|'.join(_UNITS)})s")


def _read(text: str, today: dt.date) -> Days | None:
    """The days that an expression means; dateparser reads what is no part of a year."""
    if decade := _DECADE.fullmatch(text):
        return _months(int(decade[1]), 1, 120)
    if part := _PART.fullmatch(text):
        return _part(part)
    if past := _PAST.fullmatch(text):
        return Days(today - dt.timedelta(_count(past["number"]) * _UNITS[past["unit"]]), today)
    return _parsed(text, today) if re.search(rf"{_YEAR}|{_MONTH}|{_RELATIVE.pattern}", text) else None


def _part(part: re.Match[str]) -> Days | None:
    """A season, a half or a quarter of a year."""
    year = int(part["year"])
    if part["season"]:
        return _months(year, _SEASONS[part["season"]], 3)
    length, which = (6 if part["part"] == "half" else 3), _ORDINALS[part["which"]]
    return _months(year, 1 + length * min(which, 12 // length - 1), length)


def _count(number: str | None) -> int:
    """A number of units; "the last few" and "the last" are three."""
    return int(number) if number and number.isdigit() else _NUMBERS.get(number or "", 3)


def _months(year: int, month: int, count: int) -> Days:
    """`count` months, from the first day of a month on."""
    return Days(dt.date(year, month, 1), _first_day(year, month + count) - dt.timedelta(1))


def _first_day(year: int, month: int) -> dt.date:
    """Of a month, which may be more than 12."""
    return dt.date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


def _parsed(text: str, today: dt.date) -> Days | None:
    from dateparser.date import DateDataParser

    base = dt.datetime.combine(today, dt.time())
    settings = {"RELATIVE_BASE": base, "PREFER_DAY_OF_MONTH": "first", "DATE_ORDER": "DMY"}
    read = DateDataParser(languages=["en"], settings=settings).get_date_data(text)
    if read.date_obj is None:
        return None
    day = read.date_obj.date()
    match read.period:
        case "year":
            return _months(day.year, 1, 12)
        case "quarter":
            return _months(day.year, (day.month - 1) // 3 * 3 + 1, 3)
        case "month":
            return _months(day.year, day.month, 1)
        case "week":
            monday = day - dt.timedelta(day.weekday())
            return Days(monday, monday + dt.timedelta(6))
        case _:
            return Days(day, day)


def _joined(question: str, found: Sequence[_Expression]) -> list[_Expression]:
    """Two expressions as one where the question says "between … and …"; the first may lack its year."""
    joined: list[_Expression] = []
    for one in found:
        former = joined[-1] if joined else None
        if former and re.search(_YEAR, one.text) and _are_joined(question, former.span, one.span):
            if not re.search(_YEAR, former.text) and one.days.last:
                days = _read(f"{former.text} {one.days.last.year}".lower(), one.days.last)
                former = former._replace(days=days or former.days)
            span = Span(former.span.start, one.span.end)
            joined[-1] = _Expression(span, span.of(question), Days(former.days.first, one.days.last), True)
        else:
            joined.append(one)
    return joined


def _are_joined(question: str, one: Span, other: Span) -> bool:
    between = question[one.end : other.start]
    return bool(_OPENED.search(question, 0, one.start) and _JOINED.fullmatch(between))


def _bounded(question: str, one: _Expression) -> Days:
    """The days that an expression means with the word before it."""
    first, last = one.days
    word = _DIRECTED.search(question, 0, one.span.start)
    direction = next((name for name in _DIRECTIONS if word and word[name]), "in")
    if one.is_joined or first is None or last is None:
        return one.days
    match direction:
        case "before":
            return Days(None, first - dt.timedelta(1))
        case "until":
            return Days(None, last)
        case "after":
            return Days(last + dt.timedelta(1), None)
        case "since":
            return Days(first, None)
        case _:
            return one.days


def _together(bounds: Sequence[Days]) -> Days:
    """What all bounds leave; all days from the first to the last where they exclude each other."""
    firsts = [days.first for days in bounds if days.first]
    lasts = [days.last for days in bounds if days.last]
    first, last = max(firsts, default=None), min(lasts, default=None)
    if first and last and first > last:
        return Days(min(firsts), max(lasts))
    return Days(first, last)
