"""The signals by which a sentence is judged to answer a question, all in one place.

Each is between 0 and 1, but for the cosines, which may fall below 0. Weighted sums of them give two
numbers: a score that ranks the sentences, and a confidence that the best one answers at all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from retrieval.clues import Clues, Term, clues, counts, offers
from retrieval.embedding import Embedder, Reading
from retrieval.lexical import LexicalIndex, terms
from retrieval.types import Passage, Source, Span


class Signals(NamedTuple):
    """What speaks for one sentence. "Terms" are the question's; they weigh by their rarity (idf)."""

    passage: float  # cosine of the question and its passage
    context: float  # share of the terms that it holds together with the sentence before and the title
    names: float  # share of the names asked for that its article holds, as far as it was found
    lacks: float  # 1 where a kind of answer is wanted, or a thing counted, and it holds none
    prose: float  # 1 for a sentence with an end mark, 0 for a headline or a fragment
    similarity: float = 0.0  # cosine of the question and the sentence
    gain: float = 0.0  # what of that is not due to the names: less the cosine of the names alone
    alignment: float = 0.0  # mean over the terms of the cosine to the nearest token of the sentence
    predicate: float = 0.0  # the same over the terms that are no names: what is asked of the named
    answer: float = 0.0  # how likely the reader finds an answer in it rather than none

    def weighed(self, weights: Signals) -> float:
        """The weighted sum."""
        return sum(value * weight for value, weight in zip(self, weights, strict=True))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may be the answer."""

    passage: Passage  # the best ranked that holds it
    span: Span
    text: str
    before: str  # the sentence before it in the passage, or nothing

    @property
    def source(self) -> Source:
        return self.passage.chunk.source

    @property
    def words(self) -> str:
        """The text on one line, as it is quoted."""
        return " ".join(self.text.split())

    def in_words(self, span: Span) -> Span:
        """Where the characters `span` of the text stand in `words`."""
        start = len(" ".join((self.text[: span.start] + ".").split())) - 1
        return Span(start, start + len(" ".join(span.of(self.text).split())))


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the signals need it."""

    reading: Reading
    names: Reading | None  # of its names alone, where it has any
    clues: Clues
    idf: Mapping[str, float]  # of each of its stems


_ENDED = re.compile(r"[.!?…。][\"'”’»)\]]*$")


def candidates(passages: Sequence[Passage]) -> list[Candidate]:
    """Every sentence of the passages once, in the order of the passages."""
    found: dict[tuple[str, Span], Candidate] = {}
    for passage in passages:
        chunk, before = passage.chunk, ""
        for span in chunk.sentences:
            text = chunk.quote(span)
            found.setdefault((chunk.source.file, span), Candidate(passage, span, text, before))
            before = text
    return list(found.values())


def asked(question: str, passages: Sequence[Passage], words: LexicalIndex, embedder: Embedder) -> Asked:
    """The question, with its names told by the passages and its terms weighed by the whole index."""
    found = clues(question, [passage.chunk.text for passage in passages])
    names = " ".join(term.span.of(question) for term in found.terms if term.is_name)
    reading, *named = embedder.read([question, names] if names else [question])
    idf = {stem: _idf(words.frequency(stem), len(words)) for stem in sorted(found.stems)}
    return Asked(reading, named[0] if named else None, found, idf)


def _idf(holding: int, of: int) -> float:
    """Inverse document frequency as BM25 has it (Robertson and Zaragoza 2009, 3.3.1, never negative)."""
    return math.log(1 + (of - holding + 0.5) / (holding + 0.5))


def measure(asked: Asked, found: Sequence[Candidate]) -> list[Signals]:
    """The signals that cost no reading by the model; the last four are left at 0."""
    held = [frozenset(terms(candidate.text)) for candidate in found]
    articles: dict[str, set[str]] = {}
    for candidate, stems in zip(found, held, strict=True):
        articles.setdefault(candidate.source.file, set(terms(candidate.source.title))).update(stems)
    return [
        _measure(asked, candidate, stems, articles[candidate.source.file])
        for candidate, stems in zip(found, held, strict=True)
    ]


def _measure(asked: Asked, candidate: Candidate, held: frozenset[str], article: Set[str]) -> Signals:
    clues = asked.clues
    near = held.union(terms(candidate.before), terms(candidate.source.title))
    names = {term.stem: asked.idf[term.stem] for term in clues.terms if term.is_name}
    counted = clues.counted is None or counts(candidate.text, clues.counted)
    return Signals(
        passage=candidate.passage.similarity,
        context=_share(asked.idf, near),
        names=_share(names, article),
        lacks=float(not (counted and offers(candidate.text, clues))),
        prose=float(is_prose(candidate.text)),
    )


def is_prose(sentence: str) -> bool:
    """Whether it ends as a sentence does; headlines and fragments do not."""
    return bool(_ENDED.search(sentence))


def _share(weights: Mapping[str, float], held: Set[str]) -> float:
    """The share of the weight that is held; all of it where there is none."""
    total = sum(weights.values())
    return sum(weight for stem, weight in weights.items() if stem in held) / total if total else 1.0


def align(asked: Asked, signals: Signals, reading: Reading) -> Signals:
    """`signals` with those that compare the question and the sentence as the model reads them.

    Each token of the question takes the cosine of its nearest token in the sentence, as in late
    interaction (Khattab and Zaharia, ColBERT, SIGIR 2020); a term takes the mean of its tokens.
    """
    nearest = (asked.reading.tokens @ reading.tokens.T).max(axis=1)
    every = [
        (term, float(nearest[tokens].mean()))
        for term in asked.clues.terms
        if (tokens := _tokens(asked.reading, term))
    ]
    similarity = float(asked.reading.vector @ reading.vector)
    of_names = float(asked.names.vector @ reading.vector) if asked.names else 0.0
    return signals._replace(
        similarity=similarity,
        gain=similarity - of_names,
        alignment=_mean(asked, every),
        predicate=_mean(asked, [(term, value) for term, value in every if not term.is_name]),
    )


_NEUTRAL = 0.5  # of a question without terms, or without any that is no name


def _tokens(reading: Reading, term: Term) -> list[int]:
    return [
        at for at, (start, end) in enumerate(reading.spans) if start < term.span.end and end > term.span.start
    ]


def _mean(asked: Asked, values: Sequence[tuple[Term, float]]) -> float:
    weights = [asked.idf[term.stem] for term, _ in values]
    if not sum(weights):
        return _NEUTRAL
    return float(np.average([value for _, value in values], weights=weights))
