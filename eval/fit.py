"""Fit the weights of the extractive answer: `python -m eval.fit`.

Ranking: a conditional logit over the sentences that the model reads for a question (the likelihood that
one of the right ones wins). Confidence: logistic regression whether the articles answer. Both on the three
invented corpora under `eval/calibration/` and the `dev` questions on `seeds/`; the threshold is the highest
at which at most 5 % of the answerable ones among them are declined, and what is added for follow-ups makes
it the same for them. Nothing here reads a `test` question.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from eval.measures import is_within
from eval.questions import CALIBRATION, SET, TODAY, Case, load
from retrieval import ranking
from retrieval.chain import Quoth, assemble
from retrieval.extractive import REFUSAL
from retrieval.ranking import Confidence, Ranked
from retrieval.signals import Signals
from retrieval.types import Question, Turn

_SEEDS = Path("seeds")
_PENALTY = 0.005  # of the squared ranking weights; chosen by leaving each corpus out in turn
_INVERSE_PENALTY = 1.0  # of the confidence weights, as scikit-learn has it
_NOT_RANKING = ("names",)  # the same for all sentences of an article: it tells whether, not which
_MOST_DECLINED = 0.05

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """A question with the sentences that were read for it."""

    case: Case
    ranked: list[Ranked]
    follows: bool  # something of its conversation was carried into it

    @property
    def features(self) -> Floats:
        return np.array([one.signals for one in self.ranked])

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        return np.array([_is_right(self.case, one) for one in self.ranked])


def _is_right(case: Case, one: Ranked) -> bool:
    file, text = one.candidate.source.file, one.candidate.text
    return any(item.file == file and is_within(item.quote, text) for item in case.evidence)


def samples(folder: Path, cases: Sequence[Case]) -> Iterator[Sample]:
    """Each case with its sentences, from a fresh index of the folder."""
    with tempfile.TemporaryDirectory() as data:
        quoth = assemble(folder=folder, data=Path(data))
        for case, history in zip(cases, _histories(cases), strict=True):
            yield _sample(quoth, case, history)


def _histories(cases: Sequence[Case]) -> Iterator[tuple[Turn, ...]]:
    """The turns before each case of a conversation, each answered by its evidence."""
    told: list[Turn] = []
    conversation = None
    for case in cases:
        if case.conversation is None or case.conversation != conversation:
            told = []
        conversation = case.conversation
        yield tuple(told)
        told.append(Turn(case.question, case.evidence[0].quote if case.evidence else REFUSAL))


def _sample(quoth: Quoth, case: Case, history: tuple[Turn, ...]) -> Sample:
    index = quoth.index
    understood = quoth.understand(Question(case.question, history, today=case.today or TODAY))
    ranked = ranking.rank(understood.topic, quoth.passages(understood), index.lexical, index.embedder)
    return Sample(case, ranked, understood.leaning.follows)


def fit_ranking(given: Sequence[Sample]) -> Signals:
    """The weights under which the right sentences win."""
    kept = [at for at, name in enumerate(Signals._fields) if name not in _NOT_RANKING]
    useful = [(s.features[:, kept], s.right) for s in given if s.right.any() and not s.right.all()]

    def loss(weights: Floats) -> float:
        scores = [(features @ weights, right) for features, right in useful]
        likely = [_log_sum(scores[right]) - _log_sum(scores) for scores, right in scores]
        return float(_PENALTY * weights @ weights - np.mean(likely))

    fitted = np.zeros(len(Signals._fields))
    fitted[kept] = minimize(loss, np.zeros(len(kept)), method="L-BFGS-B").x
    return Signals(*(round(float(weight), 2) for weight in fitted))


def _log_sum(values: Floats) -> float:
    return float(np.logaddexp.reduce(values))


def fit_confidence(given: Sequence[Sample]) -> tuple[Confidence, float]:
    """The weights and the bias of the confidence."""
    features = np.array([ranking.evidence(sample.ranked) for sample in given])
    answerable = [sample.case.answerable for sample in given]
    model = LogisticRegression(C=_INVERSE_PENALTY, max_iter=10_000).fit(features, answerable)
    return Confidence(*(round(float(w), 2) for w in model.coef_[0])), round(float(model.intercept_[0]), 2)


def main() -> None:
    """Print the constants of `retrieval/ranking.py`, ranking first, since confidence builds on it."""
    corpora = [
        (folder / "articles", load(folder / "questions.jsonl")) for folder in sorted(CALIBRATION.iterdir())
    ]
    corpora.append((_SEEDS, load(SET, "dev")))
    everything = [sample for folder, cases in corpora for sample in samples(folder, cases)]
    ranking.RANKING = fit_ranking(everything)
    print(f"RANKING = {ranking.RANKING}")
    for sample in everything:
        sample.ranked.sort(key=lambda one: -one.score)
    ranking.CERTAINTY, ranking.BIAS = fit_confidence(everything)
    print(f"CERTAINTY = {ranking.CERTAINTY}\nBIAS = {ranking.BIAS}")
    answerable = [sample for sample in everything if sample.case.answerable]
    fresh = _least_sure([sample for sample in answerable if not sample.follows])
    follow_up = _least_sure([sample for sample in answerable if sample.follows])
    print(f"FOLLOWS = {_log_odds(fresh) - _log_odds(follow_up):.2f}")
    print(f"threshold = {int(fresh * 100) / 100}")


def _least_sure(given: Sequence[Sample]) -> float:
    """The highest threshold at which at most 5 % of these are declined."""
    return sorted(ranking.confidence(sample.ranked) for sample in given)[int(_MOST_DECLINED * len(given))]


def _log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))


if __name__ == "__main__":
    main()
