"""The numbers of a sentence: how many, and of what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import NamedTuple

from retrieval.lexical import terms
from retrieval.types import Span


class Figure(NamedTuple):
    """A number of a sentence."""

    span: Span
    number: float
    unit: str  # the stem of the word after it, its currency, "%", "age" or "time"; may be empty
    after: str  # what follows, up to the next number


_ONES = (
    "no one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_TIMES = {"once": 1.0, "twice": 2.0, "thrice": 3.0}
_WORDS = _TIMES | {word: float(number) for number, word in enumerate(_ONES)}
for _at, _ten in enumerate(_TENS, 2):
    _WORDS[_ten] = 10.0 * _at
    _WORDS |= {f"{_ten}-{one}": 10.0 * _at + number for number, one in enumerate(_ONES[1:10], 1)}
_LARGE = {"hundred": 1e2, "thousand": 1e3, "k": 1e3, "million": 1e6, "m": 1e6, "billion": 1e9, "bn": 1e9}

_NUMBER = re.compile(
    r"(?<![\w.,])(?:(?P<digits>\d+(?:,\d{3})*(?:\.\d+)?)(?P<short>k|m|bn)?|"
    rf"(?P<word>{'|'.join(sorted(_WORDS, key=len, reverse=True))}))(?!\w)"
    r"(?:[ -](?P<large>hundred|thousand|million|billion)\b)?",
    re.IGNORECASE,
)
_THING = re.compile(r"[ -]?(%|[^\W\d_]+)")
_AGED = re.compile(r"(?:\baged?|,) \Z")
_OLD = re.compile(r"[ -]years?[ -](?:old|of age)\b")
_APART = re.compile(r"[,.;]|\Z")


def figures(sentence: str) -> Iterator[Figure]:
    """The numbers of `sentence` in order, in digits or in words; years and days of the month among them."""
    found = list(_NUMBER.finditer(sentence))
    for one, following in zip_longest(found, found[1:]):
        after = sentence[one.end() : following.start() if following else None]
        yield Figure(Span(*one.span()), _number(one), _unit(one, sentence[: one.start()], after), after)


def _number(found: re.Match[str]) -> float:
    """ "12", "1,200", "four", "31 million" as a number."""
    word, digits = found["word"], found["digits"]
    value = float(digits.replace(",", "")) if digits else _WORDS[word.lower()]
    for large in (found["short"], found["large"]):
        value *= _LARGE[large.lower()] if large else 1
    return value


def _unit(found: re.Match[str], before: str, after: str) -> str:
    if before[-1:] in tuple("£$€"):
        return before[-1]
    if (found["word"] or "").lower() in _TIMES:
        return "time"
    if _OLD.match(after) or (_AGED.search(before) and _APART.match(after)):
        return "age"
    thing = _THING.match(after)
    unit = next(iter(terms(thing[1])), "") if thing and thing[1] != "%" else "%" if thing else ""
    return "%" if unit in ("per", "percent", "pct") else unit
