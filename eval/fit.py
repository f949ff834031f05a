"""Fit the weights of the extractive answer: `python -m eval.fit --write`.

Ranking: a conditional logit over the sentences that the model reads for a question (the likelihood that
one of the right ones wins). Confidence: logistic regression whether the articles answer. Both on the
invented corpora under `eval/calibration/` and the `dev` questions on `seeds/`. The threshold is the highest
at which at most 4 % of the answerable ones are declined where each corpus is left out of the fit in turn,
and what is added for follow-ups makes it the same for them. Fitted twice: with the trained reader, and
without it. Nothing here reads a `test` question.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from eval.marks import is_within
from eval.questions import CALIBRATION, SET, TODAY, Case, load
from retrieval import ranking, weights
from retrieval.chain import Quoth, assemble
from retrieval.extractive import REFUSAL
from retrieval.ranking import Ranked
from retrieval.reader import checksum
from retrieval.signals import Signals
from retrieval.types import Question, Turn
from retrieval.weights import Confidence, Weights

_SEEDS = Path("seeds")
_PENALTY = 0.005  # of the squared ranking weights; chosen by leaving each corpus out in turn
_INVERSE_PENALTY = 1.0  # of the confidence weights, as scikit-learn has it
_NOT_RANKING = ("names",)  # the same for all sentences of an article: it tells whether, not which
_MOST_DECLINED = 0.04
_SHARES = (0.01, 0.02, 0.03, 0.04, 0.05, 0.08, 0.12)  # of the curve

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


def corpora() -> list[tuple[Path, list[Case]]]:
    """The folders of articles to fit on, each with its questions; small talk is none."""
    sets = [
        (folder / "articles", folder / "questions.jsonl", None) for folder in sorted(CALIBRATION.iterdir())
    ]
    return [
        (articles, [case for case in load(path, split) if case.kind != "smalltalk"])
        for articles, path, split in [*sets, (_SEEDS, SET, "dev")]
    ]


def samples(folder: Path, cases: Sequence[Case], reader: bool) -> Iterator[Sample]:
    """Each case with its sentences, from a fresh index of the folder."""
    with tempfile.TemporaryDirectory() as data:
        quoth = assemble(folder=folder, data=Path(data), reader=reader)
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
    ranked = ranking.rank(
        understood.topic, quoth.passages(understood), index.lexical, index.embedder, quoth.reader
    )
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


def fit(given: Sequence[Sample], judged: Sequence[Judged]) -> Weights:
    """All weights: ranking first, since the confidence builds on it; the thresholds from what is `judged`."""
    of_sentences = fit_ranking(given)
    certainty, bias = fit_confidence([_rescored(sample, of_sentences) for sample in given])
    answerable = [one for one in judged if one.answerable]
    fresh = least_sure([one.confidence for one in answerable if not one.follows])
    follow_up = least_sure([one.confidence for one in answerable if one.follows])
    follows = round(_log_odds(fresh) - _log_odds(follow_up), 2)
    return Weights(of_sentences, certainty, bias, follows, threshold=int(fresh * 100) / 100)


class Judged(NamedTuple):
    """How sure the confidence is of a question on a corpus that it was not fitted on."""

    confidence: float
    answerable: bool
    follows: bool


def judged(groups: Sequence[Sequence[Sample]]) -> Iterator[Judged]:
    """Each corpus left out in turn: the weights are fitted on the others and judge its questions."""
    for left_out in groups:
        others = [sample for group in groups if group is not left_out for sample in group]
        of_sentences = fit_ranking(others)
        certainty, bias = fit_confidence([_rescored(sample, of_sentences) for sample in others])
        fitted = Weights(of_sentences, certainty, bias, follows=0.0, threshold=0.0)
        for sample in left_out:
            sure = ranking.confidence(_rescored(sample, of_sentences).ranked, fitted)
            yield Judged(sure, sample.case.answerable, sample.follows)


def _rescored(sample: Sample, of_sentences: Signals) -> Sample:
    return replace(sample, ranked=ranking.scored(sample.ranked, of_sentences))


def least_sure(confidences: Sequence[float], most_declined: float = _MOST_DECLINED) -> float:
    """The highest threshold at which no larger share of these is declined."""
    return sorted(confidences)[int(most_declined * len(confidences))]


def _log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))


def curve(found: Sequence[Judged], title: str) -> Table:
    """Risk and coverage: what is declined of both kinds of questions as the threshold rises."""
    table = Table("answerable declined", "threshold", "unanswerable declined", title=title)
    answerable = [one.confidence for one in found if one.answerable]
    others = np.array([one.confidence for one in found if not one.answerable])
    for share in _SHARES:
        threshold = least_sure(answerable, share)
        table.add_row(f"{share:.0%}", f"{threshold:.2f}", f"{np.mean(others < threshold):.1%}")
    return table


def _fitted(reader: bool) -> Weights:
    """The weights on all corpora; prints the curve that their threshold is from."""
    groups = [list(samples(folder, cases, reader)) for folder, cases in corpora()]
    found = list(judged(groups))
    Console().print(curve(found, "with the reader" if reader else "without it"))
    return fit([sample for group in groups for sample in group], found)


def main() -> None:
    """Print the weights with and without the reader, and write them where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"to {weights.FILE.name}")
    given = parser.parse_args()
    text = weights.dumped(_fitted(reader=True), _fitted(reader=False), checksum())
    print(text, end="")
    if given.write:
        weights.FILE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
