"""Accounts: what a sentence says in answer to a question, and whether two of them say different things.

Two accounts differ where each gives values of the kind that is wanted (persons, numbers, days, places) and
no two of them agree, or where neither gives any and one denies what the other does not.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from retrieval.clues import Clues, Wanted, counts, offered
from retrieval.lexical import terms
from retrieval.persons import persons


class Value(NamedTuple):
    """A name, a number or a day: its parts by what they are, as {"month": "june", "day": "23"}."""

    parts: frozenset[tuple[str, str]]

    def agrees(self, other: Value) -> bool:
        """Whether they may be the same: they share a part, and no part of one kind differs."""
        if not self.parts & other.parts:
            return False
        mine, others = dict(self.parts), dict(other.parts)
        return all(mine[kind] == others[kind] for kind in mine.keys() & others.keys() if kind)


@dataclass(frozen=True, slots=True)
class Account:
    """What one sentence says in answer to a question."""

    values: frozenset[Value]
    denies: bool
    decides: bool  # the question is one of yes or no, and it speaks of all that the question names

    def differs(self, other: Account) -> bool:
        """Whether they say different things."""
        if self.values and other.values:
            return not any(one.agrees(another) for one in self.values for another in other.values)
        return self.decides and other.decides and self.denies != other.denies


def account(sentence: str, clues: Clues) -> Account:
    """What `sentence` says in answer to the question that `clues` were taken from."""
    decides = clues.wanted is Wanted.WHETHER and bool(_names(clues)) and _speaks_of(sentence, clues)
    return Account(frozenset(_values(sentence, clues)), denies(sentence, clues), decides)


def _values(sentence: str, clues: Clues) -> Iterator[Value]:
    match clues.wanted:
        case Wanted.PERSON:
            held = (person.name for person in persons(sentence) if _holds(sentence, person.name, clues))
            yield from (value for name in held if (value := _name(name, clues)))
        case Wanted.PLACE:
            places = (span.of(sentence) for span in offered(sentence, clues))
            yield from (value for place in places if (value := _name(place, clues)))
        case Wanted.NUMBER | Wanted.AGE | Wanted.SHARE:
            yield from _numbers(sentence, clues)
        case Wanted.TIME | Wanted.YEAR | Wanted.CLOCK:
            yield from _days(sentence, clues)
        case _:
            return


_WINDOW = 8  # words around a name in which it is said what the person is


def _holds(sentence: str, name: str, clues: Clues) -> bool:
    """Whether the words beside a name say that it is what is asked for: "China’s defence minister"."""
    role = {term.stem for term in clues.terms if not term.is_name}
    before, _, after = sentence.partition(name)
    before, after = re.split(r"\band\b", before)[-1], re.split(r"\band\b", after)[0]
    sides = (" ".join(words) for words in (before.split()[-_WINDOW:], after.split()[:_WINDOW]))
    return bool(role) and any(role <= set(terms(side)) and _speaks_of(side, clues) for side in sides)


_ROOT = 4  # letters that a name shares with its adjective: China, Chinese


def _speaks_of(text: str, clues: Clues) -> bool:
    """Whether `text` holds the names of the question, or what is made of them."""
    stems = set(terms(text))
    return all(any(stem.startswith(name[:_ROOT]) for stem in stems) for name in _names(clues))


def _names(clues: Clues) -> set[str]:
    return {term.stem for term in clues.terms if term.is_name}


def _name(name: str, clues: Clues) -> Value | None:
    """A name by its stems; None where the question holds it already."""
    stems = set(terms(name))
    return Value(frozenset(("", stem) for stem in stems)) if not stems & clues.stems else None


_TIMES = {"once": 1.0, "twice": 2.0, "thrice": 3.0}
_SMALL = "no one two three four five six seven eight nine ten eleven twelve".split()
_LARGE = {
    "m": 10**6,
    "million": 10**6,
    "bn": 10**9,
    "billion": 10**9,
    "thousand": 10**3,
    "k": 10**3,
    "hundred": 100,
}
_NUMBER = re.compile(
    rf"(?<![\w.])(?:\d[\d,]*(?:\.\d+)?|(?:{'|'.join([*_SMALL, *_TIMES])})(?!\w))"
    rf"(?:[ -]?(?:{'|'.join(_LARGE)})\b)?",
    re.IGNORECASE,
)
_MONTHS = "|".join(calendar.month_name[1:])
_DATE = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?P<month>{_MONTHS})|"
    rf"(?P<month2>{_MONTHS})(?: (?P<day2>\d{{1,2}})(?!\d))?)"
    r"(?:,? (?P<year>(?:19|20)\d\d))?|\b(?P<year2>(?:1[5-9]|20)\d\d)\b|"
    r"\b(?P<weekday>(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b|\b(?P<hour>\d{1,2}[.:]\d\d)\b"
)
_REACH = 40  # characters after a number in which the thing that it counts is named


def _numbers(sentence: str, clues: Clues) -> Iterator[Value]:
    """The numbers that are no dates, and count the thing that is counted."""
    dates = [found.span() for found in _DATE.finditer(sentence)]
    for found in _NUMBER.finditer(sentence):
        dated = any(start <= found.start() < end for start, end in dates)
        counted = clues.counted is None or counts(
            sentence[found.start() : found.end() + _REACH], clues.counted
        )
        if counted and not dated:
            yield Value(frozenset({("number", str(_number(found.group())))}))


def _number(text: str) -> float:
    """ "12", "1,200", "four", "31 million" as a number."""
    parts = re.findall(r"\d[\d,]*(?:\.\d+)?|[a-z]+", text.lower())
    first = parts[0].replace(",", "")
    if first in _TIMES:
        return _TIMES[first]
    value = float(first) if first[0].isdigit() else float(_SMALL.index(first))
    return value * _LARGE.get(parts[-1], 1)


def _days(sentence: str, clues: Clues) -> Iterator[Value]:
    """The days, as far as each is given, that the question does not hold."""
    for found in _DATE.finditer(sentence):
        parts = {(kind.rstrip("2"), text.lower()) for kind, text in found.groupdict().items() if text}
        if not {stem for _, text in parts for stem in terms(text)} <= clues.stems:
            yield Value(frozenset(parts))


_DENIAL = re.compile(
    r"\b(?:not|no|never|none|neither|nor|nobody|nothing|without|den(?:y|ies|ied|ying|ial)|"
    r"refus(?:e|es|ed|ing|al)|reject(?:s|ed|ing|ion)?|dismiss(?:es|ed)?|rul(?:e|es|ed|ing) out|"
    r"disput(?:e|es|ed|ing)|contradict(?:s|ed)?|false|untrue|baseless|unfounded|cannot|"
    r"claim(?:s|ed)? to (?:be|have))\b|n['’]t\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;:—–]|\b(?:but|and|while|although|though|whereas|unlike|despite)\b", re.IGNORECASE)
_COINED = re.compile(r"[“\"](?:[^\s”\"]+\s?){1,3}[”\"]")  # “no limits”


def denies(sentence: str, clues: Clues) -> bool:
    """Whether the part of `sentence` that speaks of the question's topic says no."""
    clauses = [clause for clause in _CLAUSE.split(_COINED.sub(" ", sentence)) if clause.strip()]
    shared = [len(clues.stems & set(terms(clause))) for clause in clauses]
    most = max(shared, default=0)
    return any(_DENIAL.search(clause) for clause, count in zip(clauses, shared, strict=True) if count == most)


_ANSWERS_BACK = re.compile(
    r"\b(?:disput(?:es?|ed)|reject(?:s|ed)|den(?:y|ies|ied)|contradict(?:s|ed)|dismiss(?:es|ed)|refut(?:es?|ed)|"
    r"contest(?:s|ed)|rebut(?:s|ted)|disagree(?:s|d)?)\b",
    re.IGNORECASE,
)
_SPEAKS_AGAINST = re.compile(
    r"^\W*(?:but|however|yet)\b|\baccept\W+that\b|"
    r"^\W*(?:he|she|it|they|that|this|his|her|its|their)\b.*\b(?:not true|untrue|false|no such|not one|"
    r"nothing|never|only one|insist(?:s|ed)?|had no|have no)\b",
    re.IGNORECASE,
)
_CLAIMED = re.compile(
    r"\b(?:accus(?:es?|ed)|alleg(?:es?|ed)|claim(?:s|ed)?|sa(?:ys?|id)|report(?:s|ed)|told|according to)\b",
    re.IGNORECASE,
)
_MEASURES_OTHERWISE = re.compile(
    r"\b(?:nearer|closer to|rather than|no such|only one|puts? (?:it|the figure|the number) at)\b",
    re.IGNORECASE,
)


def _opposes(sentence: str, neighbour: str, clues: Clues, distance: int) -> bool:
    """Whether one of them claims what the other denies, of all that the question names.

    `neighbour` must share a word of what is asked, or stand near and speak of several that are named.
    """
    if not (_names(clues) and _speaks_of(neighbour, clues) and _CLAIMED.search(neighbour)):
        return False
    shares = not (clues.stems - _names(clues)).isdisjoint(terms(neighbour))
    near = abs(distance) <= _NEAR and _named(clues) > 1
    return (shares or near) and denies(neighbour, clues) != denies(sentence, clues)


def _named(clues: Clues) -> int:
    """How many are named: words side by side are one name."""
    spans = [term.span for term in clues.terms if term.is_name]
    return len(spans) - sum(other.start <= one.end + 1 for one, other in pairwise(spans))


_NEAR = 2  # sentences


def answers_back(sentence: str, neighbour: str, clues: Clues, distance: int) -> bool:
    """Whether `neighbour` is the other side's reply to `sentence`.

    It stands `distance` sentences after it in the same article, or before it where that is negative.
    """
    if clues.wanted is Wanted.WHETHER and _opposes(sentence, neighbour, clues, distance):
        return True
    return 0 < distance <= _NEAR and _replies(sentence, neighbour, clues, distance)


def _replies(sentence: str, neighbour: str, clues: Clues, distance: int) -> bool:
    """Whether `neighbour`, a little later, says that it replies."""
    replies = bool(_ANSWERS_BACK.search(neighbour))
    match clues.wanted:
        case Wanted.WHETHER:
            return replies or (distance == 1 and bool(_SPEAKS_AGAINST.search(neighbour)))
        case Wanted.NUMBER | Wanted.AGE | Wanted.SHARE:
            loose = replace(clues, counted=None)
            otherwise = account(sentence, loose).differs(account(neighbour, loose))
            return otherwise and (replies or bool(_MEASURES_OTHERWISE.search(neighbour)))
        case Wanted.ANYTHING:
            return replies and bool(_CLAIMED.search(sentence))
        case _:
            return False
