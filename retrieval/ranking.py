"""Which sentences may answer a question, best first, and how sure it is that they do.

`rank` is the one seam where the trained reader has its seat.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from retrieval.clues import Clues, Wanted
from retrieval.embedding import Embedder, Vectors
from retrieval.lexical import LexicalIndex
from retrieval.reader import Found, Marks, Reader
from retrieval.signals import Asked, Candidate, Signals, align, asked, candidates, measure
from retrieval.types import Passage, Span
from retrieval.weights import READ, UNREAD, Confidence, Weights

_SHORTLIST = 12  # sentences that the model reads; the others have lost by the signals that cost nothing
_EVIDENCE = 5  # sentences whose mean tells whether the articles say anything


@dataclass(frozen=True, slots=True)
class Ranked:
    """A sentence with what speaks for it."""

    candidate: Candidate
    signals: Signals
    vector: Vectors
    score: float = 0.0
    preferred: float = 0.0  # in score: for the time of its article
    found: Found | None = None  # the likeliest answer in it, where the reader is sure enough of it

    @property
    def standing(self) -> float:
        """The score with what the question prefers counted in."""
        return self.score + self.preferred

    @property
    def answer(self) -> Span | None:
        """The words of the candidate's text that answer."""
        if self.found is None:
            return None
        start = self.candidate.span.start
        return Span(self.found.span.start - start, self.found.span.end - start)


def rank(
    question: str,
    passages: Sequence[Passage],
    words: LexicalIndex,
    embedder: Embedder,
    reader: Reader | None = None,
) -> list[Ranked]:
    """The sentences of the passages that may answer, best first."""
    ask = asked(question, passages, words, embedder)
    weights = weights_of(reader).ranking
    marks = reader.read(question, passages) if reader else None
    found = _shortlist(_measured(ask, passages, marks), weights)
    least = _least(ask.clues)
    readings = embedder.read([candidate.text for candidate, _, _ in found])
    ranked = [
        Ranked(
            candidate,
            align(ask, signals, reading),
            reading.vector,
            found=answer if answer and answer.margin > least else None,
        )
        for (candidate, signals, answer), reading in zip(found, readings, strict=True)
    ]
    return scored(ranked, weights)


# The margin above which words are marked. In a sentence that is right, a name, a time, a place or a number
# that is marked is right nine times in ten down to here; of other words that holds only where they win.
_LEAST_OF_OTHERS = -5.0
_LEAST = {
    Wanted.ANYTHING: 0.0,
    Wanted.REASON: 0.0,
    Wanted.WHETHER: math.inf,  # no words of an article are a yes
}


def _least(clues: Clues) -> float:
    if all(term.is_name for term in clues.terms):
        return math.inf  # "Who is Jane Doe?" asks for what is said of her: no name is an answer
    return _LEAST.get(clues.wanted, _LEAST_OF_OTHERS)


def weights_of(reader: Reader | None) -> Weights:
    """The weights that were fitted with the reader, or without it."""
    return UNREAD if reader is None else READ


def scored(ranked: Iterable[Ranked], weights: Signals) -> list[Ranked]:
    """The same sentences with the scores that `weights` give them, best first."""
    return sorted(
        (replace(one, score=one.signals.weighed(weights)) for one in ranked), key=lambda one: -one.score
    )


_Measured = tuple[Candidate, Signals, Found | None]


def _measured(ask: Asked, passages: Sequence[Passage], marks: Sequence[Marks] | None) -> Iterator[_Measured]:
    """Every sentence with the signals that cost no reading of its own."""
    single = candidates(passages)
    by_chunk = {passage.chunk.id: one for passage, one in zip(passages, marks or (), strict=False)}
    for candidate, signals in zip(single, measure(ask, single), strict=True):
        if marks is None:
            yield candidate, signals, None
        else:
            found = by_chunk[candidate.passage.chunk.id].best(candidate.span)
            yield candidate, signals._replace(answer=found.likelihood if found else 0.0), found


def _shortlist(measured: Iterable[_Measured], weights: Signals) -> list[_Measured]:
    return sorted(measured, key=lambda one: -one[1].weighed(weights))[:_SHORTLIST]


def evidence(ranked: Sequence[Ranked]) -> Confidence:
    """What the confidence is made from. `ranked` must not be empty."""
    best = [one.signals for one in ranked[:_EVIDENCE]]
    chances = np.exp([one.score - ranked[0].score for one in ranked])  # as the fit of the ranking has it
    return Confidence(
        gain=sum(signals.gain for signals in best) / len(best),
        passage=sum(signals.passage for signals in best) / len(best),
        names=float(np.average([one.signals.names for one in ranked], weights=chances)),
        lacks=float(np.average([one.signals.lacks for one in ranked], weights=chances)),
        answer=float(np.average([one.signals.answer for one in ranked], weights=chances)),
    )


def confidence(ranked: Sequence[Ranked], weights: Weights, follows: bool = False) -> float:
    """The probability, 0 to 1, that the articles answer, by logistic regression on `evidence`.

    With `follows`, for a question that was completed from its conversation.
    """
    if not ranked:
        return 0.0
    weighed = sum(value * weight for value, weight in zip(evidence(ranked), weights.certainty, strict=True))
    return 1 / (1 + math.exp(-(weighed + weights.bias + weights.follows * follows)))
