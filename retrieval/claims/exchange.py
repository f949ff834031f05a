"""Whether a claim that else copies a sentence puts another name, number or time in the place of one of it.

The sentence may hold the other one too, elsewhere: "from 51 to 88" for "from 88 to 51", "the city pays and
the province plans" for "the province pays and the city plans".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal

from retrieval.claims.normal import folded
from retrieval.claims.peoples import same_people
from retrieval.claims.wordings import Word, Wording, wording, wordings
from retrieval.clues import MONTHS
from retrieval.lexical import terms

Kind = Literal["name", "number", "date", "meaning"]
Exchanged = tuple[Kind, str]

_COPIED = 0.65  # the share of the claim's words, in order, that make it a copy
_FEWEST = 4  # of them
_MOST_NEW = 3  # words that the copy may have of its own
_LONGEST = 2  # words that take the place of others; more are rather words that moved
_BY = re.compile(r"\bby\b")
_HEDGED = re.compile(
    r"\b(?:about|around|nearly|almost|roughly|some|over|under|more|less|fewer|least|most|up to|close to)\b"
)
_PLACED = re.compile(r"\b(?:in|at|on|near|of|since|until|during|for|with|as|from|to|into|over)(?: the)? $")
_DAY = re.compile(rf"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|{MONTHS}")
_NUMBER = re.compile(r"\d[\d.,]*$")


# Words of which one is not another, by what is wrong where they are exchanged.
_WORDS: tuple[tuple[Kind, str], ...] = (
    ("date", "spring summer autumn fall winter"),
    ("date", "morning noon afternoon evening night midnight dawn dusk"),
    ("date", "second minute hour day week fortnight month quarter year decade century"),
    ("date", "yesterday today tomorrow"),
    ("meaning", "north south east west northeast northwest southeast southwest"),
    ("meaning", "northern southern eastern western"),
    ("meaning", "father mother son daughter brother sister uncle aunt husband wife widow widower"),
    ("meaning", "red blue green yellow black white grey brown orange purple"),
    ("number", "first second third fourth fifth sixth seventh eighth ninth tenth last"),
    ("number", "one two three four five six seven eight nine ten eleven twelve"),
    ("number", "hundred thousand million billion trillion"),
    ("number", "half third quarter fifth"),
    ("number", "twice thrice"),
    ("number", "double triple"),
)
_CLASSES = [(kind, frozenset(terms(words))) for kind, words in _WORDS]


def replaced(claim: str, text: str) -> Iterator[Exchanged]:
    """The names and numbers of `claim` in whose place the sentence of `text` that it copies has others."""
    one = wording(claim)
    copied = max(wordings(text), key=lambda other: _in_order(one, other), default=None)
    if copied is None or bool(_BY.search(one.text)) != bool(_BY.search(copied.text)):
        return
    changes = list(_changes(one, copied))
    found = [flaw for mine, its in changes for flaw in _replaced(one, mine, copied, its)]
    if len(changes) == 1:  # "six months" may stand for "half a year"
        found += _of_one_class(*changes[0])
    yield from found
    if not found and _have_changed_places(changes, one):
        yield "meaning", changes[0][0][0].text
    elif not found and (moved := _moved(one, copied)):
        yield "meaning", moved.text


def _in_order(one: Wording, other: Wording) -> int:
    blocks = SequenceMatcher(None, one.stems, other.stems, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks)


def _changes(one: Wording, copied: Wording) -> Iterator[tuple[Sequence[Word], Sequence[Word]]]:
    """The words of a copy that take the place of others, with those; nothing where it is no copy."""
    length = len(one.words)
    pairs = list(zip(one.words, copied.words, strict=False))
    same = sum(mine.stem == its.stem for mine, its in pairs)
    if length == len(copied.words) and same >= max(_FEWEST, _COPIED * length):  # two may have changed places
        yield from (((mine,), (its,)) for mine, its in pairs if mine.stem != its.stem)
        return
    known = _in_order(one, copied)
    if known < max(_FEWEST, _COPIED * length) or length - known > _MOST_NEW:
        return
    steps = SequenceMatcher(None, one.stems, copied.stems, autojunk=False).get_opcodes()
    for change, start, end, its_start, its_end in steps:
        if change == "replace" and max(end - start, its_end - its_start) <= _LONGEST:
            yield one.words[start:end], copied.words[its_start:its_end]


def _replaced(one: Wording, mine: Sequence[Word], other: Wording, its: Sequence[Word]) -> Iterator[Exchanged]:
    names = [word for word in its if _is_name(other, word)]
    for word in mine:
        if _is_name(one, word) and names and not any(_is_same(word, name) for name in names):
            yield "name", word.text
    if len(mine) == len(its) == 1 and _is_other_number(mine[0], its[0]) and not _HEDGED.search(one.text):
        yield "number", mine[0].text


def _of_one_class(mine: Sequence[Word], its: Sequence[Word]) -> Iterator[Exchanged]:
    for kind, words in _CLASSES:
        if len(mine) == len(its) == 1 and {mine[0].stem, its[0].stem} <= words:
            yield kind, mine[0].text


def _have_changed_places(changes: Sequence[tuple[Sequence[Word], Sequence[Word]]], one: Wording) -> bool:
    """Whether the same words stand in each other's places; of neighbours ("A and B") that means nothing."""
    mine, its = (sorted(word.stem for change in changes for word in change[side]) for side in (0, 1))
    if not mine or mine != its or any(len(change[0]) != 1 for change in changes):
        return False
    places = [one.words.index(change[0][0]) for change in changes]
    return places[-1] - places[0] >= len(places)


def _moved(one: Wording, copied: Wording) -> Word | None:
    """The first name that stands elsewhere than in the sentence of which all else is a cut, in its order."""
    names = {word.stem for side in (one, copied) for word in side.words if _acts(side, word)}
    acting = [word for word in one.words if word.stem in names]
    rest = [word.stem for word in one.words if word.stem not in names]
    others = [word.stem for word in copied.words if word.stem not in names]
    is_else_cut = len(rest) >= _FEWEST - 1 and _is_cut(rest, others)
    if not is_else_cut or not {word.stem for word in acting} <= set(copied.stems):
        return None
    if _is_cut(one.stems, copied.stems) or _is_placed(one, names) or _is_placed(copied, names):
        return None
    apart = any(_stands_between(one, mine, its) for mine, its in pairwise(acting))
    return acting[0] if apart else None


def _acts(one: Wording, word: Word) -> bool:
    """Whether it is a name, and no preposition makes it a place or a time."""
    return (
        _is_name(one, word) and not _PLACED.search(one.text[: word.span.start]) and not _DAY.match(word.text)
    )


def _is_placed(one: Wording, names: set[str]) -> bool:
    """Whether one of the names is a place or a time here, which may stand anywhere."""
    return any(word.stem in names and _PLACED.search(one.text[: word.span.start]) for word in one.words)


def _is_cut(stems: Sequence[str], whole: Sequence[str]) -> bool:
    """Whether `stems` all stand in `whole`, in their order."""
    left = iter(whole)
    return all(stem in left for stem in stems)


def _stands_between(one: Wording, first: Word, last: Word) -> bool:
    return one.words.index(last) - one.words.index(first) > 1


def _is_other_number(word: Word, other: Word) -> bool:
    both = _NUMBER.match(word.text) and _NUMBER.match(other.text)
    return bool(both) and _digits(word) != _digits(other)


def _is_name(one: Wording, word: Word) -> bool:
    """Whether a word has a capital that does not come from the beginning of a sentence."""
    return word.span.start > 0 and word.text[0].isupper() and one.text[word.span.start - 2] not in '.!?:"'


def _is_same(word: Word, name: Word) -> bool:
    return word.stem[:4] == name.stem[:4] or same_people(folded(word.text), folded(name.text))


def _digits(word: Word) -> str:
    return word.text.replace(",", "").rstrip(".")
