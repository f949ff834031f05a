"""Mend misspelt words of a question by the words that the articles use."""

from __future__ import annotations

import re
from collections.abc import Callable

from rapidfuzz import process
from rapidfuzz.distance import OSA

from retrieval.lexical import LexicalIndex, terms

_WORD = re.compile(r"[^\W\d_]{3,}")
_SHORTEST = 4  # letters; names of three letters are too near to each other
_COMMON = tuple(
    "the and that this they their them there then than what when where which who whom whose why how did does "
    "was were has have had will would with from about after before between because could should been".split()
)


def mend(question: str, index: LexicalIndex, is_word: Callable[[str], bool]) -> str:
    """The question with each word that no article and no dictionary holds replaced by the nearest word
    of the articles: one edit away, two for words of eight letters and more (optimal string alignment:
    a swap of neighbours is one edit). So are common English words with two neighbours swapped ("teh").
    Words without such a neighbour stay as they are.
    """
    return _WORD.sub(lambda match: _mended(match.group(), index, is_word), question)


def _mended(word: str, index: LexicalIndex, is_word: Callable[[str], bool]) -> str:
    lower = word.lower()
    if is_word(lower) or index.word_frequency(lower) or any(index.frequency(term) for term in terms(lower)):
        return word
    swapped = [common for common in _COMMON if len(common) == len(lower) and _is_swap(lower, common)]
    if swapped or len(lower) < _SHORTEST:
        return (swapped or [word])[0]
    candidates = [other for other in index.starting_with(lower[0]) if len(other) >= _SHORTEST]
    edits = 2 if len(lower) >= 8 else 1
    near = process.extract(lower, candidates, scorer=OSA.distance, score_cutoff=edits, limit=20)
    ranked = [
        (distance, -chunks, other) for other, distance, _ in near if (chunks := index.word_frequency(other))
    ]
    return min(ranked)[2] if ranked else word


def _is_swap(word: str, other: str) -> bool:
    return sorted(word) == sorted(other) and OSA.distance(word, other) == 1
