"""Which sentences may answer a question, best first, and how sure it is that they do.

`rank` is the one seam where a trained reader may take its seat.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from retrieval.embedding import Embedder, Vectors
from retrieval.lexical import LexicalIndex
from retrieval.signals import Asked, Candidate, Signals, align, asked, candidates, measure
from retrieval.types import Passage

_SHORTLIST = 24  # sentences that the model reads; the others have lost by the signals that cost nothing
_EVIDENCE = 5  # sentences whose mean tells whether the articles say anything


class Confidence(NamedTuple):
    """What speaks for the articles answering at all."""

    gain: float  # mean over the best five sentences
    passage: float  # mean over the best five sentences
    names: float  # mean over all that were read, each by its chance to be the best
    lacks: float  # likewise


# Fitted by `python -m eval.fit`, which prints these lines.
RANKING = Signals(
    passage=1.25,
    context=2.98,
    names=0.0,
    lacks=-1.46,
    prose=0.71,
    similarity=1.99,
    gain=2.16,
    alignment=2.2,
    predicate=3.43,
)
CERTAINTY = Confidence(gain=2.84, passage=4.25, names=2.72, lacks=-2.5)
BIAS = -3.46
FOLLOWS = (
    0.55  # so that no more follow-ups are declined wrongly: what is carried into them dilutes the signals
)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A sentence with what speaks for it."""

    candidate: Candidate
    signals: Signals
    vector: Vectors
    preferred: float = 0.0  # in score: for the time of its article

    @property
    def score(self) -> float:
        return self.signals.weighed(RANKING)

    @property
    def standing(self) -> float:
        """The score with what the question prefers counted in."""
        return self.score + self.preferred


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


def confidence(ranked: Sequence[Ranked], follows: bool = False) -> float:
    """The probability, 0 to 1, that the articles answer, by logistic regression on `evidence`.

    With `follows`, for a question that was completed from its conversation.
    """
    if not ranked:
        return 0.0
    weighed = sum(value * weight for value, weight in zip(evidence(ranked), CERTAINTY, strict=True))
    return 1 / (1 + math.exp(-(weighed + BIAS + FOLLOWS * follows)))
