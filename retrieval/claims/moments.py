"""The days, months and years that a sentence names, as far as each is given; whether another says them."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from retrieval.claims.normal import normal
from retrieval.figures import figures
from retrieval.types import Span

Parts = dict[str, int]  # of "year", "month", "day" and "weekday" (Monday is 0) those that are known


class Moment(NamedTuple):
    """Calendar words of a sentence."""

    said: str
    span: Span  # in the normal sentence
    parts: tuple[tuple[str, int], ...]  # what they say themselves; empty for "yesterday"
    shift: str = ""  # what is relative to the day of writing: "last year"; in lower case


_MONTHS = {name.lower(): at for at, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.lower(): at for at, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
_LONG = frozenset(name.lower() for name in calendar.month_name)
_CAPITAL = re.compile(r" [A-Z][a-z]")
_CAPITALISED = re.compile(r"[a-z,;] [A-Z][a-z]+ $|\b(?:Mrs?|Ms) $")
_DAYS = {name.lower(): at for at, name in enumerate(calendar.day_name)}
_MONTH = rf"(?:(?:{'|'.join(calendar.month_name[1:])})\b|(?:{'|'.join(calendar.month_abbr[1:])}|Sept)\b\.?)"
_FIRST = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
_DAY = rf"(?:\d{{1,2}}(?!\d)(?:st|nd|rd|th)?|(?i:{'|'.join(_FIRST)}))"
_YEAR = r"(?:1[5-9]|20)\d\d"
_LINK = r"(?: ?-|,| to| and| or)(?: the)? ?"
_MOMENT = re.compile(
    rf"(?<![\w.,])(?:(?P<iso>{_YEAR}-\d\d-\d\d)|"
    rf"(?P<days>{_DAY}(?:{_LINK}{_DAY})*) (?:of )?(?P<month>{_MONTH})(?:,? (?:of )?(?P<year>{_YEAR})\b)?|"
    rf"(?P<month2>{_MONTH})(?: (?:the )?(?P<days2>{_DAY}(?:{_LINK}{_DAY})*)(?![\d%]|[,.]\d))?"
    rf"(?:,? (?:of )?(?P<year2>{_YEAR})\b)?|"
    rf"(?P<year3>{_YEAR})(?![\w%]|[.,]\d)|"
    rf"(?P<weekday>(?:{'|'.join(name.capitalize() for name in _DAYS)}))s?\b|"
    r"(?P<shift>\b(?i:yesterday|today|tomorrow|(?:last|this|next|previous|the past) (?:week|month|year)))\b)"
)
_STEPS = {"last": -1, "previous": -1, "the past": -1, "this": 0, "next": 1}


@lru_cache(maxsize=4096)
def moments(text: str) -> tuple[Moment, ...]:
    """The calendar words of `text` in order; of "3 to 5 July" one for each day that it names."""
    return tuple(_read(normal(text)))


def _read(text: str) -> Iterator[Moment]:
    for found in _MOMENT.finditer(text):
        said, span = found[0], Span(*found.span())
        if found["iso"]:
            year, month, day = map(int, found["iso"].split("-"))
            yield Moment(said, span, (("year", year), ("month", month), ("day", day)))
        elif found["shift"]:
            yield Moment(said, span, (), found["shift"].lower())
        elif found["weekday"]:
            yield Moment(said, span, (("weekday", _DAYS[found["weekday"].lower()]),))
        elif not _may_be_name(found, text):
            yield from _dated(found, span)


def _may_be_name(found: re.Match[str], text: str) -> bool:
    """Whether a month without a day and a year may be a name: "Jan", "April Brook", "Theresa May"."""
    if not found["month2"] or found["days2"] or found["year2"]:
        return False
    is_short = found["month2"].lower().rstrip(".") not in _LONG
    return is_short or bool(_CAPITAL.match(text, found.end()) or _CAPITALISED.search(text[: found.start()]))


def _dated(found: re.Match[str], span: Span) -> Iterator[Moment]:
    month, year = found["month"] or found["month2"], found["year"] or found["year2"] or found["year3"]
    parts = [("year", int(year))] if year else []
    parts += [("month", _MONTHS[month.lower().rstrip(".")])] if month else []
    for day in re.findall(r"\d+|[a-z]{5,}", (found["days"] or found["days2"] or "").lower()) or [""]:
        number = int(day) if day.isdecimal() else _FIRST.index(day) + 1 if day in _FIRST else 0
        yield Moment(found[0], span, (*parts, *([("day", number)] if number else [])))


def unsaid(claim: str, text: str, written: Sequence[dt.date], years: Iterable[int] = ()) -> Iterator[str]:
    """The calendar words of `claim` that agree with none of `text` nor with a day of writing.

    `years` are others that its dates may be of, where they name none.
    """
    known = list(_known(text, written, years))
    said = normal(text).lower()
    for moment in moments(claim):
        if moment.said.lower() not in said and not _agrees(moment, known, written):
            yield moment.said


def _agrees(moment: Moment, known: Sequence[Parts], written: Sequence[dt.date]) -> bool:
    wanted = list(_meant(moment, written)) if moment.shift else [dict(moment.parts)]
    return not wanted or any(parts.items() <= one.items() for parts in wanted for one in known)


def _known(text: str, written: Sequence[dt.date], years: Iterable[int]) -> Iterator[Parts]:
    """What the days of `text` may be, as far as they are known; the days of writing among them."""
    found = moments(text)
    named = {number for moment in found for part, number in moment.parts if part == "year"} | {*years}
    near = {day.year + step for day in written for step in (-1, 0, 1)}
    later = {int(count) for count in _later(text)}
    yield from ({"year": year + step} for year in named | {day.year for day in written} for step in later)
    for moment in found:
        for parts in _meant(moment, written):
            yield parts
            if "month" in parts:
                years_ = {parts["year"]} if "year" in parts else named | near | {_ANY_YEAR}
                whole = [_whole({**parts, "year": year}) for year in years_]
                yield from whole
                yield from (near_ for one in whole for near_ in _beside(one, text))
    yield from map(_parts, written)


_ANY_YEAR = 2001  # where none is known, to count days from one of its months to the next
_COUNTED = re.compile(
    r"\b(\w+) (?:years?|summers?|winters?|springs?) (later|after|on|earlier|before|ago|previously)\b"
)
_BESIDE = {
    "next day": 1,
    "day after": 1,
    "following day": 1,
    "day later": 1,
    "day before": -1,
    "day earlier": -1,
}


def _later(text: str) -> Iterator[float]:
    """The steps of "two years later" and "a year before"."""
    for count, word in _COUNTED.findall(normal(text)):
        numbers = [1.0] if count in ("a", "the") else [figure.number for figure in figures(count)]
        yield from (number if word in ("later", "after", "on") else -number for number in numbers)


def _beside(parts: Parts, text: str) -> Iterator[Parts]:
    """The days that "the next day" and the like may mean."""
    for words, step in _BESIDE.items():
        if words in text and "weekday" in parts:
            day = dt.date(parts["year"], parts["month"], parts["day"]) + dt.timedelta(step)
            yield _parts(day)


def _meant(moment: Moment, written: Sequence[dt.date]) -> Iterator[Parts]:
    """The days that a moment may be, counted from each day of writing where it is relative."""
    if not moment.shift:
        parts = dict(moment.parts)
        yield _whole(parts)
        if "weekday" in parts:
            around = (day + dt.timedelta(n) for day in written for n in range(-7, 8))
            yield from (_parts(day) for day in around if day.weekday() == parts["weekday"])
        return
    for day in written:
        yield from _shifted(moment.shift, day)


def _shifted(shift: str, day: dt.date) -> Iterator[Parts]:
    if shift in ("yesterday", "today", "tomorrow"):
        yield _parts(day + dt.timedelta(("yesterday", "today", "tomorrow").index(shift) - 1))
        return
    step, unit = _STEPS[shift.rpartition(" ")[0]], shift.rpartition(" ")[2]
    if unit == "year":
        yield {"year": day.year + step}
    elif unit == "month":
        month = day.month - 1 + step
        yield {"year": day.year + month // 12, "month": month % 12 + 1}
    else:
        monday = day + dt.timedelta(7 * step - day.weekday())
        yield from (_parts(monday + dt.timedelta(n)) for n in range(7))


def _parts(day: dt.date) -> Parts:
    return {"year": day.year, "month": day.month, "day": day.day, "weekday": day.weekday()}


def _whole(parts: Parts) -> Parts:
    """With the weekday, where year, month and day are known and the calendar has them."""
    if {"year", "month", "day"} <= parts.keys():
        try:
            return _parts(dt.date(parts["year"], parts["month"], parts["day"]))
        except ValueError:
            return parts
    return parts
