"""A sentence as the row of its words that bear meaning, and two of them side by side."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

from retrieval.claims.normal import normal
from retrieval.lexical import terms
from retrieval.sentences import sentences
from retrieval.types import Span

_NOT = (
    r"(?:not|cannot|can't)(?! (?:only|just|least|merely|simply|to mention|far|long|\d)\b)|[a-z]+n't|never|"
    r"none|nobody|nothing|nowhere|neither|nor|without|hardly|scarcely|"
    r"no(?! (?:more|fewer|less|later|earlier|doubt|matter|sooner|one but)\b|\.? \d)|"
    r"(?:fail|declin|omitt)(?:ed|s|ing)? to|refus(?:ed|es|e|ing) to|unable to|yet to|lack(?:s|ed|ing)?|"
    r"den(?:y|ies|ied|ying)(?= (?:that|any|s?he|it|they|having|being|[a-z]+ing)\b)|"
    r"free of|instead of|rather than"
)
_TOKEN = re.compile(rf"\b(?P<not>{_NOT})\b|(?P<word>[^\W_](?:[^\W_]|[.,'&-](?=[^\W_]))*)", re.IGNORECASE)
_AUXILIARIES = frozenset(
    terms(
        "has have had do does did would could should may might can must were been being am "
        "i he she we you his him her its our your my me us"
    )
)


class Word(NamedTuple):
    """A word that bears meaning."""

    stem: str
    text: str
    span: Span  # in the normal sentence
    negated: str  # the "not" or the like that stands before it; empty for none and for two


class Wording(NamedTuple):
    """The words of a sentence that bear meaning, in order."""

    text: str  # normal
    words: tuple[Word, ...]

    @property
    def stems(self) -> tuple[str, ...]:
        return tuple(word.stem for word in self.words)


@lru_cache(maxsize=4096)
def wording(sentence: str) -> Wording:
    """The words of one sentence."""
    text, found, negated = normal(sentence), [], ""
    for token in _TOKEN.finditer(text):
        if token["not"]:
            negated = "" if negated else token[0].lower()
            continue
        stem = _stem(token[0])
        if stem and stem not in _AUXILIARIES:
            found.append(Word(stem, token[0], Span(*token.span()), negated))
            negated = ""
    return Wording(text, tuple(found))


@lru_cache(maxsize=32768)
def _stem(word: str) -> str:
    return " ".join(terms(word.removesuffix("'s")))


@lru_cache(maxsize=2048)
def wordings(text: str) -> tuple[Wording, ...]:
    """The sentences of `text`."""
    return tuple(wording(span.of(text)) for span in sentences(text, Span(0, len(text))))


def aligned(one: Wording, other: Wording) -> list[tuple[int, int]]:
    """The places of the words that both have in the same order."""
    blocks = SequenceMatcher(None, one.stems, other.stems, autojunk=False).get_matching_blocks()
    return [(a + n, b + n) for a, b, size in blocks for n in range(size)]
