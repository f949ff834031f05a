"""Change what a sentence says, so that a claim made of it is no longer supported by the sentence itself.

Every change can be made in the evidence as well as in the claim, so that nothing in a claim alone tells
whether it is right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from retrieval.training.examples import OPPOSITES
from retrieval.training.pairs import Label
from retrieval.training.rewording import MONTHS
from retrieval.training.turns import CERTAIN, RELATION, SCOPE, TURNED
from retrieval.training.verbs import BASE


class Spoilt(NamedTuple):
    """The sentence after a change, what kind of change it was, and what either now says of the other."""

    text: str
    kind: str
    label: Label


class Article(NamedTuple):
    """What the rest of the article holds that can be put in for something else."""

    names: Sequence[str]
    numbers: Sequence[str]
    tails: Sequence[str]  # ends of sentences: " in the harbour of Osk"


Spoil = Callable[[str, Article, Random], Spoilt | None]

NAME = re.compile(
    r"(?<![.!?“\"] )(?<!^)\b[A-Z][\w’'-]*[a-z](?: (?:of |de |van |von )?[A-Z][\w’'-]*[a-z])*\b|"
    r"^[A-Z][a-z]+(?: [A-Z][a-z]+)+\b"
)
_NO_NAME = frozenset(
    "The A An In On At It He She They His Her Their This That These Those But And As For With After Before "
    "When While If Mr Mrs Ms Dr By From There Many Some One I We You".split()
    + MONTHS
    + "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
)
NUMBER = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)*(?![\w]|[.,]\d)")
_YEAR = re.compile(r"1[0-9]{3}|20[0-9]{2}")
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_WORDED = (
    "two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty".split()
)
_DATE = re.compile(rf"\b(?:{'|'.join(MONTHS + _DAYS)})\b")
_TAIL = re.compile(
    r"(?<=\w{3})(?: |, )(?:in|at|on|after|before|because of|because|during|for|with|by|despite|under|near|to|"
    r"from|through|since|when|while|although|which|who|where|including|as|so that) [^;.\"“”]{6,90}(?=\.$)"
)
_JOINED = re.compile(r"^(?:,? (?:and|or|nor|as well as|,)|,|/|-|[^a-z]*)(?: the)? ?$")

_AUXILIARY = re.compile(
    r"\b(is|was|are|were|has|had|have|can|could|will|would|should|did|does|do|may|might|must)\b"
    r"(?! (?:not|only|be not))"
)
_NOT = re.compile(r"\b(?:not|never|no longer) ")
_DID = re.compile(
    rf"(?<=[a-z] )\b({'|'.join(sorted(BASE, key=len, reverse=True))})\b"
    r"(?= (?:the|a|an|his|her|its|their|to|in|that|[A-Z]))"
)


def _exchanged_names(sentence: str, article: Article, chance: Random) -> Spoilt | None:
    """Two names for each other: who did what to whom."""
    del article
    return _swapped(sentence, _names(sentence), "roles", chance)


def _exchanged_numbers(sentence: str, article: Article, chance: Random) -> Spoilt | None:
    del article
    return _swapped(sentence, list(NUMBER.finditer(sentence)), "number", chance)


def _swapped(sentence: str, found: Sequence[re.Match[str]], kind: str, chance: Random) -> Spoilt | None:
    pairs = [
        (one, other)
        for one in found
        for other in found
        if one.end() < other.start()
        and one.group() not in other.group()
        and other.group() not in one.group()
        and not _JOINED.match(sentence[one.end() : other.start()])
    ]
    if not pairs:
        return None
    one, other = chance.choice(pairs)
    between = sentence[one.end() : other.start()]
    text = f"{sentence[: one.start()]}{other.group()}{between}{one.group()}{sentence[other.end() :]}"
    return Spoilt(text, kind, Label.AGAINST)


def _names(sentence: str) -> list[re.Match[str]]:
    return [one for one in NAME.finditer(sentence) if one.group().split()[0] not in _NO_NAME]


def _other_name(sentence: str, article: Article, chance: Random) -> Spoilt | None:
    found = _names(sentence)
    others = [name for name in article.names if name not in sentence]
    if not found or not others:
        return None
    return _put(sentence, chance.choice(found), chance.choice(others), "name", Label.AGAINST)


def _other_number(sentence: str, article: Article, chance: Random) -> Spoilt | None:
    found = list(NUMBER.finditer(sentence))
    worded = [one for one in re.finditer(r"\b[a-z]+\b", sentence) if one.group() in _WORDED]
    if not found and not worded:
        return None
    one = chance.choice([*found, *worded])
    said = one.group()
    if said in _WORDED:
        near = [word for word in _WORDED if word != said]
        return _put(sentence, one, chance.choice(near), "number", Label.AGAINST)
    kind = "date" if _YEAR.fullmatch(said) else "number"
    alike = [
        n
        for n in article.numbers
        if n != said and bool(_YEAR.fullmatch(n)) == (kind == "date") and n not in sentence
    ]
    other = chance.choice(alike) if alike and chance.random() < 0.5 else _another_digit(said, chance)
    return _put(sentence, one, other, kind, Label.AGAINST)


def _another_digit(number: str, chance: Random) -> str:
    places = [at for at, sign in enumerate(number) if sign.isdigit()]
    at = chance.choice(places)
    digit = chance.choice([d for d in "123456789" if d != number[at]])
    return number[:at] + digit + number[at + 1 :]


def _other_date(sentence: str, article: Article, chance: Random) -> Spoilt | None:
    del article
    found = list(_DATE.finditer(sentence))
    if not found:
        return None
    one = chance.choice(found)
    rest = MONTHS if one.group() in MONTHS else _DAYS
    return _put(sentence, one, chance.choice([d for d in rest if d != one.group()]), "date", Label.AGAINST)


def _negated(sentence: str, article: Article, chance: Random) -> Spoilt | None:
    """With a not more, or less."""
    del article
    if denied := list(_NOT.finditer(sentence)):
        one = chance.choice(denied)
        return Spoilt(sentence[: one.start()] + sentence[one.end() :], "negation", Label.AGAINST)
    found = [*_AUXILIARY.finditer(sentence), *_DID.finditer(sentence)]
    if not found:
        return None
    one = min(found, key=lambda m: m.start()) if chance.random() < 0.6 else chance.choice(found)
    base = BASE.get(one.group()) if one.re is _DID else None
    denied_ = (
        f"did {chance.choice(('not', 'not', 'never'))} {base}"
        if base
        else f"{one.group()} {chance.choice(('not', 'not', 'never'))}"
    )
    return _put(sentence, one, denied_, "negation", Label.AGAINST)


def _opposite(sentence: str, article: Article, chance: Random) -> Spoilt | None:
    del article
    found = list(_TURNABLE.finditer(sentence))
    if not found:
        return None
    one = chance.choice(found)
    said = one.group()
    return _put(sentence, one, TURNED.get(said) or OPPOSITES[said], "opposite", Label.AGAINST)


_TURNABLE = re.compile(
    rf"\b(?:{'|'.join(sorted(set(TURNED) | set(OPPOSITES), key=len, reverse=True))})\b(?! than (?:a|one)\b)"
)


def _from_table(table: dict[str, tuple[str, ...]], kind: str, label: Label) -> Spoil:
    known = re.compile(rf"(?<=[\w,] )\b(?:{'|'.join(sorted(table, key=len, reverse=True))})\b")

    def spoil(sentence: str, article: Article, chance: Random) -> Spoilt | None:
        del article
        found = list(known.finditer(sentence))
        if not found:
            return None
        one = chance.choice(found)
        return _put(sentence, one, chance.choice(table[one.group()]), kind, label)

    return spoil


def _other_tail(sentence: str, article: Article, chance: Random) -> Spoilt | None:
    """Another end of the sentence, that of another sentence of the article."""
    own = _TAIL.search(sentence)
    tails = [tail for tail in article.tails if tail.strip(", ") not in sentence]
    if not tails or not sentence.endswith("."):
        return None
    stem = sentence[: own.start()] if own and chance.random() < 0.6 else sentence[:-1]
    return Spoilt(f"{stem}{chance.choice(tails)}.", "extra", Label.SILENT)


def tail(sentence: str) -> str | None:
    """The end of a sentence that could stand at the end of another."""
    found = _TAIL.search(sentence)
    return found and found.group()


def _put(sentence: str, one: re.Match[str], other: str, kind: str, label: Label) -> Spoilt:
    return Spoilt(f"{sentence[: one.start()]}{other}{sentence[one.end() :]}", kind, label)


WAYS: Sequence[tuple[int, Spoil]] = (
    (8, _exchanged_names),
    (2, _exchanged_numbers),
    (3, _other_name),
    (2, _other_number),
    (1, _other_date),
    (4, _negated),
    (4, _opposite),
    (3, _from_table(CERTAIN, "certainty", Label.SILENT)),
    (2, _from_table(RELATION, "relation", Label.SILENT)),
    (3, _other_tail),
)
WEAKER = _from_table(SCOPE, "scope", Label.SILENT)  # the changed sentence says more than the other


def spoil(sentence: str, article: Article, chance: Random) -> Spoilt | None:
    """The sentence changed in one way, drawn by chance; None where no way of three suits it."""
    ways, weights = zip(*((way, weight) for weight, way in WAYS), strict=True)
    for way in chance.choices(ways, weights, k=3):
        found = way(sentence, article, chance)
        if found and found.text != sentence:
            return Spoilt(found.text[0].upper() + found.text[1:], found.kind, found.label)
    return None
