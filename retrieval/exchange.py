"""Whether a claim that else copies a sentence puts another name or number in the place of one of it.

The sentence may hold the other one too, elsewhere: "from 51 to 88" for "from 88 to 51", "A thanked B" for
"B thanked A".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal

from retrieval.normal import folded
from retrieval.peoples import same_people
from retrieval.wordings import Word, Wording, wording, wordings

_COPIED = 0.65  # the share of the claim's words, in order, that make it a copy
_FEWEST = 4  # of them
_MOST_NEW = 3  # words that the copy may have of its own
_LONGEST = 2  # words that take the place of others; more are rather words that moved
_BY = re.compile(r"\bby\b")
_HEDGED = re.compile(
    r"\b(?:about|around|nearly|almost|roughly|some|over|under|more|less|fewer|least|most|up to|close to)\b"
)
_NUMBER = re.compile(r"\d[\d.,]*$")

Exchanged = tuple[Literal["name", "number"], str]


def replaced(claim: str, text: str) -> Iterator[Exchanged]:
    """The names and numbers of `claim` in whose place the sentence of `text` that it copies has others."""
    one = wording(claim)
    copied = max(wordings(text), key=lambda other: _in_order(one, other), default=None)
    if copied is None or bool(_BY.search(one.text)) != bool(_BY.search(copied.text)):
        return
    known = _in_order(one, copied)
    if known < max(_FEWEST, _COPIED * len(one.words)) or len(one.words) - known > _MOST_NEW:
        return
    changes = SequenceMatcher(None, one.stems, copied.stems, autojunk=False).get_opcodes()
    for change, start, end, its_start, its_end in changes:
        if change == "replace" and max(end - start, its_end - its_start) <= _LONGEST:
            yield from _replaced(one, one.words[start:end], copied, copied.words[its_start:its_end])


def _in_order(one: Wording, other: Wording) -> int:
    blocks = SequenceMatcher(None, one.stems, other.stems, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks)


def _replaced(
    one: Wording, mine: Sequence[Word], other: Wording, its: Sequence[Word]
) -> Iterator[Exchanged]:
    names = [word for word in its if _is_name(other, word)]
    for word in mine:
        if _is_name(one, word) and names and not any(_is_same(word, name) for name in names):
            yield "name", word.text
    numbers = [word for word in its if _NUMBER.match(word.text)]
    if len(mine) == len(its) == 1 and _NUMBER.match(mine[0].text) and numbers:
        if _digits(mine[0]) != _digits(numbers[0]) and not _HEDGED.search(one.text):
            yield "number", mine[0].text


def _is_name(one: Wording, word: Word) -> bool:
    """Whether a word has a capital that does not come from the beginning of a sentence."""
    return word.span.start > 0 and word.text[0].isupper() and one.text[word.span.start - 2] not in ".!?:\""


def _is_same(word: Word, name: Word) -> bool:
    return word.stem[:4] == name.stem[:4] or same_people(folded(word.text), folded(name.text))


def _digits(word: Word) -> str:
    return word.text.replace(",", "").rstrip(".")
