"""Calendar words, and the days that they mean: "8 November 2023", "Q3 2023", "last month"."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Days(NamedTuple):
    """A stretch of days, both ends inclusive; None sets no bound."""

    first: dt.date | None
    last: dt.date | None

    def hold(self, day: dt.date | None) -> bool:
        return day is not None and (self.first or day) <= day <= (self.last or day)


NO_DAYS = Days(None, None)


YEAR = r"(?:19|20)\d\d"
_MONTHS = [f"{name}|{name[:3]}{'t?' if name == 'September' else ''}" for name in calendar.month_name[1:]]
MONTH = f"(?:{'|'.join(_MONTHS)})"
_WEEKDAY = f"(?:{'|'.join(calendar.day_name)})"
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}  # the month that it starts with
_SEASON = f"(?:{'|'.join(_SEASONS)})"
_ORDINALS = ("first|1st|[qh]1", "second|2nd|[qh]2", "third|3rd|q3", "fourth|4th|last|q4")
_COUNTS = "a two three four five six seven eight nine ten eleven twelve".split()
_FEW = 3  # of "the last years"
_NUMBERS = {word: number for number, word in enumerate(_COUNTS, 1)} | {"an": 1, "few": _FEW, "several": _FEW}
_NUMBER = rf"(?:\d{{1,3}}|a few|{'|'.join(_NUMBERS)})"
_UNIT = "(?:day|week|month|year)"
_STEP = "(?:last|previous|this|next)"
_STEPS = {"last": -1, "previous": -1, "this": 0, "next": 1}
_BESIDE = {"yesterday": "a day ago", "tomorrow": "next day"}
LINK = r"(?: (?:and|or|to|until|till|through|versus|vs\.?) (?:the )?| ?[-–—] ?)"
_DAYS = rf"\d\d?(?!\d)(?:st|nd|rd|th)?(?:{LINK}\d\d?(?!\d)(?:st|nd|rd|th)?)?"
_OF_YEAR = rf"(?:(?:\.?,? |-)(?:of )?(?:{YEAR}|{_STEP} year))"
_SHAPES = {  # of calendar words; where several fit at a place, the first is meant
    "figures": rf"\d\d?[-/.]\d\d?[-/.]{YEAR}|\d\d?[-/]{YEAR}|"
    rf"{YEAR}[-/.]\d\d?[-/.]\d\d?|{YEAR}[-/](?:0?[1-9]|1[0-2])",
    "part": rf"(?:(?:{'|'.join(_ORDINALS)}) (?:half|quarter)|q[1-4]|h[12]){_OF_YEAR}|{YEAR} [qh][1-4]",
    "years": rf"{YEAR}(?:[-/–]\d\d)?|(?:19|20)\d0s",
    "named": rf"(?:(?:{_WEEKDAY},? )?(?:{_DAYS}(?: of |[ -]))?{MONTH}(?:\.? {_DAYS})?|{_SEASON}){_OF_YEAR}?",
    "past": rf"(?:last|past) (?:{_NUMBER} )?{_UNIT}s|(?:past|(?<=the )last) {_UNIT}",
    "shift": rf"{_NUMBER} {_UNIT}s? ago|(?<!the ){_STEP} (?:week|month|year)|yesterday|tomorrow",
}
EXPRESSION = re.compile(
    rf"(?<!\w)(?<!\d[.,])(?a:{'|'.join(f'(?P<{name}>{shape})' for name, shape in _SHAPES.items())})"
    r"(?!\w|[.,]\d)",
    re.IGNORECASE,
)


def read(shape: str, text: str, today: dt.date) -> Days | None:
    """The days that an expression, in lower case, means; None where the calendar has none."""
    try:
        match shape:
            case "figures":
                return _figures(text)
            case "part":
                return _part(text, _year(text, today))
            case "years":
                return _years(text)
            case "past":
                return _past(text, today)
            case "named":
                return _named(text, _year(text, today))
            case _:
                return _shift(text, today)
    except (ValueError, OverflowError):
        return None


def _months(year: int, month: int, count: int) -> Days:
    """`count` months, from the first day of a month on."""
    after = month - 1 + count
    end = dt.date(year + after // 12, after % 12 + 1, 1) - dt.timedelta(1)
    return Days(dt.date(year, month, 1), end)


def _figures(text: str) -> Days | None:
    """A month or a day; where both may be the month, it is the one beside the year."""
    numbers = [int(number) for number in re.split("[-/.]", text)]
    year, month, *days = numbers if numbers[0] > 99 else numbers[::-1]
    if not days:
        return _months(year, month, 1)
    day = _day(year, month, days[0]) or _day(year, days[0], month)
    return Days(day, day) if day else None


def _day(year: int, month: int, day: int) -> dt.date | None:
    """None where the calendar lacks it."""
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _years(text: str) -> Days:
    """A year, years ("2022-23") or a decade."""
    first, last = int(text[:4]), text[2:4] if len(text) < 6 else text[5:]
    return _months(first, 1, 120 if text.endswith("s") else 12 * (1 + max(int(last) - first % 100, 0)))


def _part(text: str, year: int) -> Days:
    """A half or a quarter."""
    length = 6 if re.search(r"half|\bh\d", text) else 3
    return _months(year, 1 + length * min(_which(_ORDINALS, text), 12 // length - 1), length)


def _named(text: str, year: int) -> Days:
    """A season, a month, or days of it; all of the month where it lacks such a day."""
    if season := re.search(_SEASON, text):
        return _months(year, _SEASONS[season[0]], 3)
    month = 1 + _which(_MONTHS, text)
    days = [_day(year, month, int(day)) for day in re.findall(r"(?<!\d)\d\d?(?!\d)", text)[:2]] or [None]
    if days[0] and days[-1] and days[0] <= days[-1]:
        return Days(days[0], days[-1])
    return _months(year, month, 1)


def _which(words: Sequence[str], text: str) -> int:
    """The first of some alternatives that stands in an expression."""
    return next(at for at, word in enumerate(words) if re.search(rf"\b(?:{word})\b", text, re.IGNORECASE))


def _past(text: str, today: dt.date) -> Days:
    """The last so many days, weeks, months or years."""
    some = "few" if text.endswith("s") else "a"
    number = next((word for word in text.split() if word in _NUMBERS or word.isdecimal()), some)
    return Days(_moved(today, -_count(number), re.findall(_UNIT, text)[-1]), today)


def _shift(text: str, today: dt.date) -> Days:
    """The day, week, month or year that was so long ago, or that is beside today's."""
    words = _BESIDE.get(text, text).split()
    if words[-1] == "ago":
        count, unit = -_count(words[-3]), words[-2].removesuffix("s")
    else:
        count, unit = _STEPS[words[0]], words[1]
    return _holding(unit, _moved(today, count, unit))


def _count(word: str) -> int:
    return _NUMBERS.get(word) or int(word)


def _moved(day: dt.date, count: int, unit: str) -> dt.date:
    """The day so many days, weeks, months or years later, or the last of its month if that is shorter."""
    if unit in ("day", "week"):
        return day + dt.timedelta(count * (7 if unit == "week" else 1))
    year, month = divmod(day.year * 12 + day.month - 1 + count * (12 if unit == "year" else 1), 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _holding(unit: str, day: dt.date) -> Days:
    """The week, month, year or else day around `day`."""
    if unit == "week":
        monday = day - dt.timedelta(day.weekday())
        return Days(monday, monday + dt.timedelta(6))
    if unit == "month":
        return _months(day.year, day.month, 1)
    return _months(day.year, 1, 12) if unit == "year" else Days(day, day)


def _year(text: str, today: dt.date) -> int:
    """The year that an expression names, or means by "last year"; else that of `today`."""
    named, step = re.search(YEAR, text), re.search(rf"({_STEP}) year", text)
    return int(named[0]) if named else today.year + (_STEPS[step[1]] if step else 0)


def together(bounds: Sequence[Days]) -> Days:
    """What all bounds leave; all days from the first to the last where they exclude each other."""
    first = max((days.first for days in bounds if days.first), default=None)
    last = min((days.last for days in bounds if days.last), default=None)
    return hull(bounds) if first and last and first > last else Days(first, last)


def hull(bounds: Iterable[Days]) -> Days:
    """All days from the first to the last."""
    firsts, lasts = zip(*bounds, strict=True)
    return Days(None if None in firsts else min(firsts), None if None in lasts else max(lasts))


def spellings(word: str) -> str:
    """What a month or a year of the question may be written as in an article."""
    return next((names for names in _MONTHS if re.fullmatch(names, word, re.IGNORECASE)), word)
