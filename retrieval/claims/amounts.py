"""The amounts that a sentence names: numbers in digits or words, shares, ordinals, and how exact they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from retrieval.claims.moments import moments
from retrieval.claims.normal import normal
from retrieval.figures import figures
from retrieval.lexical import terms


class Amount(NamedTuple):
    """A number that a sentence names."""

    number: float
    unit: str = ""  # the stem of what it counts, its currency, "%", "point", "age", "time" or "ordinal"
    hedge: str = ""  # "about", "over" or "under"; empty where it is exact
    said: str = ""  # its words
    things: frozenset[str] = frozenset()  # stems of the words behind it, one of which may be what it counts

    @property
    def measure(self) -> str:
        """What tells it apart from a mere count: "5%" is not "5"."""
        return _CURRENCIES.get(self.unit, self.unit if self.unit in ("%", "point") else "")

    @property
    def is_open(self) -> bool:
        """Whether what it counts is left out, so that it may be anything: "from 40% to 30"."""
        return self.unit in _NO_UNIT or (self.number >= _HUGE and not self.measure)

    def may_count(self, other: Amount) -> bool:
        """Whether both may be of the same measure."""
        measures = {self.measure, other.measure}
        return len(measures) == 1 or measures == {"", "point"} or self.is_open or other.is_open

    def counts_other(self, other: Amount) -> bool:
        """Whether both say what they count, and it is not the same."""
        named = {self.unit, *self.things} & {other.unit, *other.things}
        return not (self.is_open or other.is_open or named or self.measure == other.measure != "")


_CURRENCIES = {"$": "$", "dollar": "$", "€": "€", "euro": "€", "£": "£", "pound": "£"}
_HUGE = 1e6
_NO_UNIT = frozenset(  # stems of words that are no things
    {
        "",
        *terms(
            """
            when while after before compared now then last this earlier later also once since who less
            more fewer higher lower other others further rather instead up down out votes given said yes
            still have had would so did were went came our per each only
            """
        ),
    }
)
_HEDGES = {
    "about": "about|around|roughly|some|approximately|circa|(?:an )?estimated|close to|nearly|almost|"
    "just over|just under|well over|a little (?:more|less) than|slightly (?:more|less) than",
    "over": r"(?<!no )more than|over|above|at least|upwards? of|exceeding|no (?:fewer|less) than",
    "under": r"(?<!no )(?:fewer|less) than|under|below|up to|at most|just short of|no more than|not even",
}
_HEDGE = re.compile(
    rf"\b(?:{'|'.join(f'(?P<{name}>{words})' for name, words in _HEDGES.items())})"
    r"(?: (?:the|a|an|its|their|his|her))? ?[£$€]?$",
    re.IGNORECASE,
)
_LOOSELY = re.compile(r"^[ -](?:[a-z]+ )?(?:or so|or more|odd|people or so)\b")
_POINTS = re.compile(r"^[ -]?(?:percentage[ -])points?\b", re.IGNORECASE)
_THINGS = re.compile(r"(?:[ -](?:of (?:the|its|their|his|her) )?[^\W\d_]+(?:'s)?){1,4}")
_SMALL = "one|two|three|four|five|six|seven|eight|nine|ten"
_WHOLE = rf"(?:(?<![\d.,])\d+|\b(?:{_SMALL}))(?![\d.,]*\d)"
_RATIO = re.compile(
    rf"({_WHOLE}) (?:in|out of|[a-z]+ (?:in(?= (?:{_SMALL})\b)|out of)) (?:every )?({_WHOLE})\b"
    r"(?! [a-z]+s ago)",
    re.IGNORECASE,
)
_PARTS = {"hal": 2, "third": 3, "quarter": 4, "fifth": 5, "sixth": 6, "tenth": 10}
_SHARE = re.compile(
    rf"\b(?:(?P<part>hal)(?:f|ves|ved|ving)\b|"
    rf"(?P<times>an?|{_SMALL})[ -](?P<fraction>third|quarter|fifth|sixth|tenth)"
    r"(?:s\b|(?= of\b| (?:more|less|fewer|higher|lower|larger|bigger|cheaper)\b|[,.;]|$)))",
    re.IGNORECASE,
)
_LARGE = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_HALF_OF = re.compile(rf"\b(half|quarter) (?:of )?an? ({'|'.join(_LARGE)})\b", re.IGNORECASE)
_CLOCK = re.compile(
    rf"\b(?:five|ten|quarter|twenty(?:-five)?|half) (?:to|past) "
    rf"(?:\d+|{_SMALL}|eleven|twelve|noon|midnight)\b",
    re.IGNORECASE,
)
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()
_ORDINAL = re.compile(rf"\b(?:(\d+)(?:st|nd|rd|th)|({'|'.join(_ORDINALS)}))\b", re.IGNORECASE)


@lru_cache(maxsize=4096)
def amounts(text: str) -> tuple[Amount, ...]:
    """The numbers of `text` but those of its dates and clock times: counts, ordinals, then "one in ten"."""
    text = _undated(text)
    rest = _blank(_HALF_OF, _blank(_RATIO, text))
    return (*_counts(rest), *_ordinals(_blank(_SHARE, rest)), *_ratios(text), *_halves(text))


@lru_cache(maxsize=4096)
def counts(text: str) -> tuple[Amount, ...]:
    """As `amounts`, but "one in ten" is one and ten."""
    return tuple(_counts(_undated(text)))


def _undated(text: str) -> str:
    text = normal(text)
    for start, end in [moment.span for moment in moments(text)]:
        text = f"{text[:start]}{'_' * (end - start)}{text[end:]}"
    return _blank(_CLOCK, text)


@lru_cache(maxsize=4096)
def shares(text: str) -> tuple[Amount, ...]:
    """What `text` calls half, a third, two-thirds, … of something, in per cent."""
    return tuple(
        Amount(
            100 * _times(found) / _PARTS[(found["part"] or found["fraction"]).lower()], "%", "about", found[0]
        )
        for found in _SHARE.finditer(normal(text))
    )


def _blank(pattern: re.Pattern[str], text: str) -> str:
    """`text` without what `pattern` finds, at the same length."""
    return pattern.sub(lambda found: "_" * len(found[0]), text)


def _times(share: re.Match[str]) -> float:
    word = (share["times"] or "a").lower()
    return 1.0 if word in ("a", "an") else next(figures(word)).number


def _counts(text: str) -> Iterator[Amount]:
    for figure in figures(text):
        said, before = figure.span.of(text), text[: figure.span.start]
        after = text[figure.span.end :]
        hedge = _HEDGE.search(before)
        name = "about" if _LOOSELY.match(after) else (hedge.lastgroup or "") if hedge else ""
        unit = "point" if _POINTS.match(after) else figure.unit
        behind = _THINGS.match(figure.after)
        yield Amount(figure.number, unit, name, said, frozenset(terms(behind[0] if behind else "")))


def _ratios(text: str) -> Iterator[Amount]:
    """ "Seven in ten" as a share, which is a rough one."""
    for found in _RATIO.finditer(text):
        part, whole = (next(figures(word)).number for word in found.groups())
        if part < whole:
            hedge = _HEDGE.search(text[: found.start()])
            yield Amount(100 * part / whole, "%", (hedge and hedge.lastgroup) or "about", found[0])


def _halves(text: str) -> Iterator[Amount]:
    """ "Half a million" as a number."""
    for found in _HALF_OF.finditer(text):
        number = _LARGE[found[2].lower()] / (2 if found[1].lower() == "half" else 4)
        hedge = _HEDGE.search(text[: found.start()])
        yield Amount(number, "", (hedge and hedge.lastgroup) or "about", found[0])


def _ordinals(text: str) -> Iterator[Amount]:
    for found in _ORDINAL.finditer(text):
        number = float(found[1]) if found[1] else float(_ORDINALS.index(found[2].lower()))
        yield Amount(number, "ordinal", "", found[0])
