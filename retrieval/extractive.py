"""The answer without a language model: the sentences of the articles that answer, or none.

`rank` is the one seam where a trained reader may take its seat.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from retrieval.clues import clues
from retrieval.embedding import Embedder, Vectors
from retrieval.lexical import LexicalIndex
from retrieval.signals import Asked, Candidate, Signals, align, asked, candidates, measure
from retrieval.types import Answer, Citation, Passage, Sentence

REFUSAL = "The articles don't say."

_SHORTLIST = 24  # sentences that the model reads; the others have lost by the signals that cost nothing
_MOST_SENTENCES = 3
_MOST_CITATIONS = 3  # for one sentence
_CLOSE = 1.2  # in score: how far behind the best sentence another may be and still be quoted
_SAME = 0.85  # cosine: two sentences that say the same
_EVIDENCE = 5  # sentences whose mean tells whether the articles say anything


class Confidence(NamedTuple):
    """What speaks for the articles answering at all."""

    gain: float  # mean over the best five sentences
    passage: float  # mean over the best five sentences
    names: float  # mean over all that were read, each by its chance to be the best
    lacks: float  # likewise


# Fitted by `python -m eval.fit`, which prints these lines.
RANKING = Signals(
    passage=1.1,
    context=3.23,
    names=0.0,
    lacks=-1.67,
    prose=0.68,
    similarity=2.29,
    gain=2.18,
    alignment=2.65,
    predicate=3.51,
)
CERTAINTY = Confidence(gain=2.96, passage=3.69, names=2.81, lacks=-2.58)
BIAS = -3.81


@dataclass(frozen=True, slots=True)
class Ranked:
    """A sentence with what speaks for it."""

    candidate: Candidate
    signals: Signals
    vector: Vectors

    @property
    def score(self) -> float:
        return self.signals.weighed(RANKING)


def answer(
    question: str,
    passages: Sequence[Passage],
    words: LexicalIndex,
    embedder: Embedder,
    threshold: float,
) -> Answer:
    """The one to three sentences that answer, each cited; a refusal where `threshold` is not reached.

    A refusal names the nearest article, if there is any.
    """
    ranked = rank(question, passages, words, embedder)
    sure = confidence(ranked) if clues(question).terms else 0.0  # "who?" asks for nothing
    if sure < threshold or not ranked:
        nearest = passages[0].chunk.source if passages else None
        return Answer(question, False, (Sentence(REFUSAL),), nearest=nearest, confidence=sure)
    sentences, citations = cite(chosen(ranked))
    return Answer(question, True, sentences, citations, confidence=sure)


def rank(question: str, passages: Sequence[Passage], words: LexicalIndex, embedder: Embedder) -> list[Ranked]:
    """The sentences of the passages that may answer, best first."""
    ask = asked(question, passages, words, embedder)
    found = _shortlist(ask, candidates(passages))
    readings = embedder.read([candidate.text for candidate, _ in found])
    ranked = [
        Ranked(candidate, align(ask, signals, reading), reading.vector)
        for (candidate, signals), reading in zip(found, readings, strict=True)
    ]
    return sorted(ranked, key=lambda one: -one.score)


def _shortlist(ask: Asked, found: Sequence[Candidate]) -> list[tuple[Candidate, Signals]]:
    pairs = zip(found, measure(ask, found), strict=True)
    return sorted(pairs, key=lambda pair: -pair[1].weighed(RANKING))[:_SHORTLIST]


def evidence(ranked: Sequence[Ranked]) -> Confidence:
    """What the confidence is made from. `ranked` must not be empty."""
    best = [one.signals for one in ranked[:_EVIDENCE]]
    chances = np.exp([one.score - ranked[0].score for one in ranked])  # as the fit of RANKING has it
    return Confidence(
        gain=sum(signals.gain for signals in best) / len(best),
        passage=sum(signals.passage for signals in best) / len(best),
        names=float(np.average([one.signals.names for one in ranked], weights=chances)),
        lacks=float(np.average([one.signals.lacks for one in ranked], weights=chances)),
    )


def confidence(ranked: Sequence[Ranked]) -> float:
    """The probability, 0 to 1, that the articles answer, by logistic regression on `evidence`."""
    if not ranked:
        return 0.0
    weighed = sum(value * weight for value, weight in zip(evidence(ranked), CERTAINTY, strict=True))
    return 1 / (1 + math.exp(-(weighed + BIAS)))


def chosen(ranked: Sequence[Ranked]) -> list[list[Ranked]]:
    """The sentences to quote, best first, each with those of other articles that say the same."""
    groups: list[list[Ranked]] = []
    for one in ranked:
        if ranked[0].score - one.score > _CLOSE:
            break
        same = next((group for group in groups if float(group[0].vector @ one.vector) >= _SAME), None)
        if same is None and len(groups) < _MOST_SENTENCES:
            groups.append([one])
        elif same is not None and len(same) < _MOST_CITATIONS and _is_elsewhere(one, same):
            same.append(one)
    return groups


def _is_elsewhere(one: Ranked, group: Sequence[Ranked]) -> bool:
    return one.candidate.source.file not in {other.candidate.source.file for other in group}


def cite(groups: Sequence[Sequence[Ranked]]) -> tuple[tuple[Sentence, ...], tuple[Citation, ...]]:
    """The groups as sentences and their citations, numbered from 1 in order of appearance."""
    sentences: list[Sentence] = []
    citations: list[Citation] = []
    for group in groups:
        first = len(citations) + 1
        quoted = (one.candidate for one in group)
        citations += [c.passage.chunk.cite(number, c.span) for number, c in enumerate(quoted, first)]
        text = " ".join(group[0].candidate.text.split())
        sentences.append(Sentence(text, tuple(range(first, len(citations) + 1))))
    return tuple(sentences), tuple(citations)
