"""Accounts: what a sentence says in answer to a question, and whether two of them say different things.

Two accounts differ where each gives values of the kind that is wanted (persons, numbers, days, places) that
can be compared and no two of them agree, or where neither gives any and one denies what the other does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise, product

from retrieval.clues import Clues, Wanted, offered
from retrieval.figures import Figure, figures
from retrieval.lexical import terms
from retrieval.persons import TITLES, persons
from retrieval.types import Span
from retrieval.values import DATE, Value, dates


@dataclass(frozen=True, slots=True)
class Account:
    """What one sentence says in answer to a question."""

    values: frozenset[Value]
    denies: bool
    decides: bool  # the question is one of yes or no, and it speaks of all that the question names

    def differs(self, other: Account) -> bool:
        """Whether they say different things."""
        if self.values and other.values:
            pairs = list(product(self.values, other.values))
            agree = any(one.agrees(another) for one, another in pairs)
            return not agree and any(one.differs(another) for one, another in pairs)
        return self.decides and other.decides and self.denies != other.denies


def account(sentence: str, clues: Clues, answer: str = "") -> Account:
    """What `sentence` says in answer to the question that `clues` were taken from.

    `answer` are the words in it that the reader marks, if any: they tell which of its values is meant.
    """
    decides = clues.wanted is Wanted.WHETHER and _speaks_of_most(sentence, clues)
    values = frozenset(_values(sentence, clues))
    return Account(_meant(answer, values, clues) or values, denies(sentence, clues), decides)


def _meant(answer: str, values: Set[Value], clues: Clues) -> frozenset[Value]:
    """Those of `values` that stand in `answer`."""
    if clues.wanted is Wanted.PERSON:
        named = set(terms(answer))
        return frozenset(value for value in values if not named.isdisjoint(value.texts))
    numbers = {str(figure.number) for figure in figures(answer)}
    said = frozenset(dates(answer))
    return frozenset(value for value in values if value in said or not numbers.isdisjoint(value.texts))


def _values(sentence: str, clues: Clues) -> Iterator[Value]:
    match clues.wanted:
        case Wanted.PERSON:
            held = (_name(name, clues) for name in holders(sentence, clues))
            yield from (value for value in held if value)
        case Wanted.PLACE:
            places = (span.of(sentence) for span in offered(sentence, clues))
            yield from (value for place in places if (value := _name(place, clues)))
        case Wanted.NUMBER | Wanted.AGE | Wanted.SHARE:
            yield from _numbers(sentence, clues)
        case Wanted.TIME | Wanted.YEAR | Wanted.CLOCK:
            yield from _days(sentence, clues)
        case _:
            return


def holders(text: str, clues: Clues) -> list[str]:
    """The persons of whom `text` says, beside the name, that they are what is asked for."""
    found = [person.name for person in persons(text)]
    return [name for name in found if _holds(text, name, set(found) - {name}, clues)]


_ENDS = re.compile(  # what ends the words beside a name that say what the person is
    r"[,;:.()“”\"—–]|\b(?:and|but|while|who|by|to|with|from|against|after|before|told|met|said)\b"
)
_IS = re.compile(
    r",\s+(?:who )?|\s(?:[a-z]+ ){0,3}?"
    r"(?:as|is|was|are|were|been|be|became|becomes|remains|named|appointed|elected)\s"
)
_APPOSED = re.compile(  # "the head of the navy, Admiral Doe"
    rf",\s+(?:(?:{'|'.join(TITLES)})\.?\s+)+\Z", re.IGNORECASE
)
_OTHERWISE = re.compile(r"\b(?:former|ex|then|late|deputy|vice|outgoing|acting)\b", re.IGNORECASE)


def _holds(sentence: str, name: str, others: Iterable[str], clues: Clues) -> bool:
    """Whether the words beside a name say that it is what is asked for: "China’s defence minister"."""
    before, _, after = sentence.partition(name)
    for other in others:
        before = before.rpartition(other)[2]
        after = after.partition(other)[0]
    said = _IS.match(after)
    sides = (
        _ENDS.split(_APPOSED.sub(" ", before).rstrip(" ,"))[-1],
        _ENDS.split(after[said.end() :])[0] if said else "",
    )
    return any(_is_what_is_asked(side, clues) for side in sides)


def was_before(text: str, name: Span, clues: Clues) -> bool:
    """Whether the words before a name say that it was so once ("former"), which the question does not ask."""
    words = _ENDS.split(text[: name.start])[-1]
    return any(clues.stems.isdisjoint(terms(word)) for word in _BEFORE.findall(words))


_BEFORE = re.compile(r"\b(?:former|ex|then|late|outgoing)\b", re.IGNORECASE)


def _is_what_is_asked(words: str, clues: Clues) -> bool:
    """Whether they hold all of the question, and no name beside: another city’s mayor is another’s."""
    stems = set(terms(words))
    role = clues.stems - _names(clues)
    if "counterpart" in stems:
        stems |= role
    named = {stem for name in _CAPITAL.findall(DATE.sub("", words)) for stem in terms(name)}
    strange = any(not any(stem.startswith(asked[:_ROOT]) for asked in clues.stems) for stem in named)
    otherwise = any(clues.stems.isdisjoint(terms(word)) for word in _OTHERWISE.findall(words))
    return role <= stems and _speaks_of(words, clues) and not (strange or otherwise)


_CAPITAL = re.compile(r"\b[A-Z]\w+")
_ROOT = 4  # letters that a name shares with its adjective: China, Chinese


def _speaks_of(text: str, clues: Clues) -> bool:
    """Whether `text` holds the names of the question, or what is made of them."""
    stems = set(terms(text))
    return all(any(stem.startswith(name[:_ROOT]) for stem in stems) for name in _names(clues))


_MOST = 0.75  # of the words of a question: fewer may be of something else


def _speaks_of_most(text: str, clues: Clues) -> bool:
    """Whether `text` holds the names of the question and most of its other words."""
    held = clues.stems & set(terms(text)) | _names(clues)
    return _speaks_of(text, clues) and len(held) >= _MOST * len(clues.stems)


def _names(clues: Clues) -> set[str]:
    return {term.stem for term in clues.terms if term.is_name}


def _name(name: str, clues: Clues) -> Value | None:
    """A name by its stems; None where the question holds it already."""
    stems = set(terms(name))
    return Value(frozenset(("", stem) for stem in stems)) if not stems & clues.stems else None


_REACH = 40  # characters after a number in which the thing that it counts is named


def _numbers(sentence: str, clues: Clues) -> Iterator[Value]:
    """The numbers of the thing that is counted, of the age or the share; else all that are no dates."""
    only = {Wanted.AGE: "age", Wanted.SHARE: "%"}.get(clues.wanted)
    for figure in _undated(sentence):
        counted = clues.counted in terms(figure.after[:_REACH])
        if counted if clues.counted else only in (None, figure.unit):
            yield Value(frozenset({(clues.counted or figure.unit, str(figure.number))}))


def _undated(sentence: str) -> Iterator[Figure]:
    days = [found.span() for found in DATE.finditer(sentence)]
    for figure in figures(sentence):
        if not any(start <= figure.span.start < end for start, end in days):
            yield figure


def _days(sentence: str, clues: Clues) -> Iterator[Value]:
    """The days that the question does not hold."""
    for value in dates(sentence):
        if not {stem for _, text in value.parts for stem in terms(text)} <= clues.stems:
            yield value


def conflict(sentence: str, other: str) -> bool:
    """Whether two sentences in nearly the same words say different things.

    They do where each gives a number, a day or a person that the other contradicts, or only one denies.
    """
    if bool(_DENIAL.search(sentence)) != bool(_DENIAL.search(other)):
        return True
    return any(_outdo(list(of(sentence)), list(of(other))) for of in (_amounts, dates, _people))


def _outdo(values: Sequence[Value], others: Sequence[Value]) -> bool:
    """Whether some value on each side differs from those of the other side, and agrees with none."""
    return all(
        any(any(v.differs(o) for o in these) and not any(v.agrees(o) for o in these) for v in those)
        for those, these in ((values, others), (others, values))
    )


def _amounts(sentence: str) -> Iterator[Value]:
    return (Value(frozenset({("", str(figure.number))})) for figure in _undated(sentence))


def _people(sentence: str) -> Iterator[Value]:
    for person in persons(sentence):
        yield Value(frozenset(("", stem) for stem in terms(person.name)))


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
    """Whether the part of `sentence` that speaks of the question's topic says no.

    Where the question itself asks who denied it, that it was denied says yes.
    """
    clauses = [clause for clause in _CLAUSE.split(_COINED.sub(" ", sentence)) if clause.strip()]
    shared = [len(clues.stems & set(terms(clause))) for clause in clauses]
    most = max(shared, default=0)
    told = (clause for clause, count in zip(clauses, shared, strict=True) if count == most)
    return any(
        set(terms(word)).isdisjoint(clues.stems) for clause in told for word in _DENIAL.findall(clause)
    )


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
    r"\b(?:nearer|closer to|no such|only one|puts? (?:it|the figure|the number) at)\b",
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
    """Whether `neighbour`, a little later, says that it replies; a denial is no reply to a denial."""
    replies = bool(_ANSWERS_BACK.search(neighbour)) and not denies(sentence, clues)
    match clues.wanted:
        case Wanted.WHETHER:
            return replies or (distance == 1 and bool(_SPEAKS_AGAINST.search(neighbour)))
        case Wanted.NUMBER | Wanted.AGE | Wanted.SHARE:
            amounts, others = ({figure.number for figure in _undated(text)} for text in (sentence, neighbour))
            otherwise = bool(amounts and others) and amounts.isdisjoint(others)
            measures = distance == 1 and bool(_MEASURES_OTHERWISE.search(neighbour))
            return otherwise and (replies or measures)
        case Wanted.ANYTHING:
            return replies and bool(_CLAIMED.search(sentence))
        case _:
            return False
