"""Whether a text gives the numbers of a claim: as they stand, in another unit, as a sum, a rest or a list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import combinations

from retrieval.claims.amounts import Amount, amounts, counts, shares
from retrieval.claims.moments import moments
from retrieval.claims.normal import normal
from retrieval.lexical import terms

_TIMES = {"decad": (10, "year"), "centuri": (100, "year"), "year": (12, "month"), "fortnight": (2, "week")}
_TIMES |= {"week": (7, "day"), "day": (24, "hour"), "hour": (60, "minut"), "minut": (60, "second")}
_TURNED = [*_TIMES.items(), ("kilometr", (1000, "metr")), ("tonn", (1000, "kilogram"))]
_DURATIONS = frozenset({*_TIMES, "month", "second"})
_WORDED = tuple(  # other words for a number of things; a group names what they count
    (number, re.compile(words, re.IGNORECASE))
    for number, words in (
        (0.5, r"\bhalf (?:an? )?([a-z]+)\b"),
        (1.0, r"\b(?:an?|one|the|each|every|per|last|next|that|single) ([a-z]+)\b"),
        (12.0, r"\bdozen()\b"),
        (2.0, r"\b(?:both|couple|pair|twins?|doubl(?:e[ds]?|ing)|twofold|two|again)()\b"),
        (3.0, r"\b(?:trio|tripl(?:e[ds]?|ing)|trebl(?:e[ds]?|ing))()\b"),
        (4.0, r"\bquadrupl(?:e[ds]?|ing)()\b"),
    )
)
_FACTORS = re.compile(
    r"\b(?:(twice|double[ds]?)|(half|halved)|(third)|(quarter)|(three times|trebled?|tripled?))\b", re.I
)
_FACTOR = (2.0, 0.5, 1 / 3, 0.25, 3.0)
_ITEM = re.compile(r",| and | or |;|\n")
_ANYBODY = frozenset(terms("people persons men women workers jobs employees staff residents"))
_LISTED = 12  # up to here a number may count what a sentence lists
_OPPOSITE = {"over": "under", "under": "over"}
_NEAR = 0.1  # how far "about" may be off, as a share


def uncounted(claim: str, text: str) -> Iterator[str]:
    """The numbers of `claim` that `text` does not give."""
    stated, derived = _stated(text), _derived(text)
    for amount in amounts(claim):
        if amount.number > 1 and _is_wrong(amount, stated, derived, text):
            yield amount.said


def _is_wrong(amount: Amount, stated: Sequence[Amount], derived: Sequence[Amount], text: str) -> bool:
    if amount.unit == "ordinal" and not any(one.unit == "ordinal" for one in stated):
        return False
    found = [one for one in (*stated, *derived) if amount.may_count(one) and _fits(amount, one)]
    if not found:
        return not _lists(text, amount)
    return all(amount.counts_other(one) for one in found) and (
        amount.unit in _DURATIONS
        or (
            amount.unit not in _ANYBODY and any(one.unit == amount.unit and one.number != 1 for one in stated)
        )
    )


def _fits(wanted: Amount, one: Amount) -> bool:
    """Whether a number is told rightly: by itself, or roughly where it is said to be rough."""
    if abs(wanted.number - one.number) <= 1e-6 * max(abs(one.number), 1.0):
        return {wanted.hedge, one.hedge} != {"over", "under"}
    off = (one.number - wanted.number) / max(abs(one.number), 1e-9)
    low, high = {"about": (-_NEAR, _NEAR), "over": (0.0, 3 * _NEAR), "under": (-3 * _NEAR, 0.0)}.get(
        wanted.hedge, (0.0, 0.0)
    )
    return low <= off <= high and low < high


def _lists(text: str, amount: Amount) -> bool:
    """Whether a small number may count what `text` lists."""
    if amount.number > _LISTED or amount.measure or amount.unit in ("ordinal", "age", *_DURATIONS):
        return False
    return amount.number <= len(_ITEM.findall(text)) + 1


@lru_cache(maxsize=2048)
def _stated(text: str) -> tuple[Amount, ...]:
    """The amounts that `text` says itself, in digits or in words."""
    plain = normal(text)
    worded = [
        Amount(number, next(iter(terms(found[1])), ""), said=found[0])
        for number, words in _WORDED
        for found in words.finditer(plain)
    ]
    return (*amounts(text), *counts(text), *shares(text), *worded)


@lru_cache(maxsize=2048)
def _derived(text: str) -> tuple[Amount, ...]:
    """The amounts that follow from those of `text`."""
    stated, counted, parts = _stated(text), counts(text), shares(text)
    named = [number for moment in moments(text) for part, number in moment.parts if part == "year"]
    years = [Amount(float(year), "year") for year in named]
    rests = [
        one._replace(number=100 - one.number, hedge=_OPPOSITE.get(one.hedge, one.hedge))
        for one in (*amounts(text), *parts)
        if one.hedge and one.unit == "%"
    ]
    return (
        *(turned for one in stated for turned in _turned(one)),
        *rests,
        *(Amount(100 / one.number, "time", "about") for one in parts if one.number),
        *years,
        *_together(years),
        *_together(counted),
        *_totals(counted),
        *_multiplied(counted, text),
    )


def _turned(amount: Amount) -> Iterator[Amount]:
    """The same in a smaller and in a larger unit."""
    for unit, (times, other) in _TURNED:
        if amount.unit == unit:
            yield Amount(amount.number * times, other, amount.hedge)
        if amount.unit == other:
            yield Amount(amount.number / times, unit, amount.hedge)


def _together(found: Sequence[Amount]) -> Iterator[Amount]:
    """What two amounts are together, how far they are apart, and which share one is of the other."""
    for one, other in combinations(dict.fromkeys(found), 2):
        if not one.may_count(other):
            continue
        unit = one.unit if other.is_open else other.unit if one.is_open else one.unit
        things = one.things | other.things
        yield Amount(one.number + other.number, unit, things=things)
        apart = "point" if "%" in (one.unit, other.unit) else unit
        yield Amount(abs(one.number - other.number), apart, things=things)
        low, high = sorted((one.number, other.number))
        if 0 < low < high:
            yield Amount(100 * low / high, "%", "about")
            yield Amount(high / low, "time", "about")


def _totals(found: Sequence[Amount]) -> Iterator[Amount]:
    """What three to five amounts in a row are together."""
    for length in (3, 4, 5):
        for at in range(len(found) - length + 1):
            row = found[at : at + length]
            if all(one.may_count(row[0]) for one in row):
                yield Amount(sum(one.number for one in row), row[0].unit)


def _multiplied(found: Sequence[Amount], text: str) -> Iterator[Amount]:
    """ "Twice that height", "a third of that"."""
    for factor in {_FACTOR[(match.lastindex or 1) - 1] for match in _FACTORS.finditer(normal(text))}:
        for one in found:
            yield one._replace(number=one.number * factor)
            yield one._replace(number=one.number / factor)
