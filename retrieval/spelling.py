"""Mend misspelt words of a question by the words that the articles use."""

from __future__ import annotations

import re
from collections.abc import Callable

from rapidfuzz import process
from rapidfuzz.distance import OSA

from retrieval.lexical import LexicalIndex, terms

_WORD = re.compile(r"[^\W\d_]{4,}")


def mend(question: str, index: LexicalIndex, is_word: Callable[[str], bool]) -> str:
    """The question with each word that no article and no dictionary holds replaced by the nearest word
    of the articles: one edit away, two for words of eight letters and more (optimal string alignment:
    a swap of neighbours is one edit). Words without such a neighbour stay as they are.
    """
    return _WORD.sub(lambda match: _mended(match.group(), index, is_word), question)


def _mended(word: str, index: LexicalIndex, is_word: Callable[[str], bool]) -> str:
    lower = word.lower()
    if is_word(lower) or index.word_frequency(lower) or any(index.frequency(term) for term in terms(lower)):
        return word
    candidates = [other for other in index.starting_with(lower[0]) if len(other) > 3]
    edits = 2 if len(lower) >= 8 else 1
    near = process.extract(lower, candidates, scorer=OSA.distance, score_cutoff=edits, limit=20)
    ranked = [
        (distance, -chunks, other) for other, distance, _ in near if (chunks := index.word_frequency(other))
    ]
    return min(ranked)[2] if ranked else word
