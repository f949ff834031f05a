"""The measures: what each means, where it is from, and its value over the outcomes of a run. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from eval.outcome import Outcome

_BINS = 10  # of the calibration error
Floats = npt.NDArray[np.float64]


class Measure(NamedTuple):
    """A number over outcomes; `of` gives None where none of them counts for it."""

    name: str
    meaning: str
    source: str
    of: Callable[[Sequence[Outcome]], float | None]
    more_is_better: bool = True


def mean(name: str, outcomes: Sequence[Outcome]) -> float | None:
    """The mean of the marks of that name."""
    values = [one.marks[name] for one in outcomes if name in one.marks]
    return float(np.mean(values)) if values else None


def auroc(outcomes: Sequence[Outcome]) -> float | None:
    """How often an answerable question has the higher confidence than an unanswerable one."""
    judged = _judged(outcomes)
    labels = [one.answerable for one in judged]
    if len(set(labels)) < 2:
        return None
    return float(roc_auc_score(labels, [one.confidence for one in judged]))


def _judged(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Those whose confidence means something: no small talk, and no question put to the retrieval alone."""
    return [one for one in outcomes if "insisted" in one.marks]


def risks(outcomes: Sequence[Outcome]) -> Floats:
    """The share of wrong answers among the n questions of highest confidence, for n from 1 to all.

    As if nothing were declined: to answer what has no answer is wrong. Among equals the wrong come first.
    """
    ordered = sorted(_judged(outcomes), key=lambda one: (-one.confidence, one.marks["insisted"]))
    wrong = np.array([1.0 - one.marks["insisted"] for one in ordered])
    found: Floats = np.cumsum(wrong) / np.arange(1, len(wrong) + 1)
    return found


def area_under_risk(outcomes: Sequence[Outcome]) -> float | None:
    """The mean risk over all coverages."""
    found = risks(outcomes)
    return float(np.mean(found)) if len(found) else None


def coverage(risk: float, outcomes: Sequence[Outcome]) -> float | None:
    """The largest share of questions that can be answered with no larger share of them wrong."""
    found = risks(outcomes)
    if not len(found):
        return None
    sure = sorted((one.confidence for one in _judged(outcomes)), reverse=True)
    ends = np.append(np.diff(sure) != 0, True)  # no threshold parts questions of one confidence
    within = np.flatnonzero((found <= risk) & ends)
    return float(within[-1] + 1) / len(found) if len(within) else 0.0


def calibration_error(outcomes: Sequence[Outcome]) -> float | None:
    """The gap between confidence and the share that is right, over ten bins of equal width."""
    judged = _judged(outcomes)
    if not judged:
        return None
    sure = np.array([one.confidence for one in judged])
    right = np.array([one.marks["insisted"] for one in judged])
    bins = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    gaps = [abs(float(np.sum(sure[bins == at] - right[bins == at]))) for at in range(_BINS)]
    return sum(gaps) / len(judged)


def _marked(name: str, meaning: str, source: str = "", more_is_better: bool = True) -> Measure:
    return Measure(name, meaning, source, partial(mean, name), more_is_better)


_PAPERS = {
    "ir": "Manning, Raghavan, Schütze 2008, ch. 8; through ir_measures",
    "squad": "Rajpurkar et al. 2016, section 6.1",
    "alce": "Gao et al. 2023, section 3",
    "crag": "Yang et al. 2024, section 3.3",
    "risk": "Geifman and El-Yaniv 2017",
    "ece": "Guo et al. 2017, section 2",
}

MEASURES = (
    _marked("recall@1", "share of the passages with evidence that is found first", _PAPERS["ir"]),
    _marked("recall@5", "the same among the first five", _PAPERS["ir"]),
    _marked("recall@10", "the same among the first ten", _PAPERS["ir"]),
    _marked("success@5", "questions with a passage with evidence among the first five", _PAPERS["ir"]),
    _marked("mrr@10", "1 / rank of the first passage with evidence, among ten", _PAPERS["ir"]),
    _marked("ndcg@10", "normalised discounted cumulative gain of ten passages", _PAPERS["ir"]),
    _marked("first", "the right sentence is cited first"),
    _marked("cited", "the right sentence is among the cited"),
    _marked("exact_match", "the short answer, else the first sentence, is an expected one", _PAPERS["squad"]),
    _marked("f1", "words in common of the same with the best expected one", _PAPERS["squad"]),
    _marked("contains", "the answer's text holds an expected one"),
    _marked("short", "who, when, where, how many or how old: the short answer is right"),
    _marked("exact", "citations whose quote is the text at their place, and whose line is right"),
    _marked("citation_recall", "sentences of an answer that a citation supports", _PAPERS["alce"]),
    _marked("citation_precision", "citations that support their sentence", _PAPERS["alce"]),
    _marked(
        "gate_recall",
        "sentences that their citations together support, by the support gate; a quote does by itself",
        _PAPERS["alce"],
    ),
    _marked(
        "gate_precision",
        "citations of supported sentences that support them alone, or are needed to, by the support gate",
        _PAPERS["alce"],
    ),
    _marked("declined_right", "unanswerable questions that are declined"),
    _marked("declined_wrong", "answerable questions that are declined", more_is_better=False),
    Measure("auroc", "confidence: answerable above unanswerable questions", "Fawcett 2006", auroc),
    Measure(
        "aurc",
        "area under the risk-coverage curve: the mean risk",
        _PAPERS["risk"],
        area_under_risk,
        more_is_better=False,
    ),
    Measure(
        "coverage@1%", "questions answered if 1 % may be wrong", _PAPERS["risk"], partial(coverage, 0.01)
    ),
    Measure(
        "coverage@5%", "questions answered if 5 % may be wrong", _PAPERS["risk"], partial(coverage, 0.05)
    ),
    Measure(
        "ece",
        "expected calibration error of the confidence",
        _PAPERS["ece"],
        calibration_error,
        more_is_better=False,
    ),
    _marked("truth", "+1 right, 0 declined, −1 wrong, averaged", _PAPERS["crag"]),
    _marked("small_talk", "small talk that gets a reply and no citation"),
    _marked("turns", "turns of conversations with the right evidence, or rightly declined"),
    _marked("dated", "questions on time whose first citation is of the right article"),
    _marked("sides", "disagreements of which every side is cited"),
    _marked("calls", "calls of the language model for an answer", more_is_better=False),
    _marked("tokens_in", "tokens that it read for an answer", more_is_better=False),
    _marked("tokens_out", "tokens that it wrote for an answer", more_is_better=False),
    _marked("model_seconds", "seconds that it took for an answer", more_is_better=False),
    _marked("struck", "sentences of an answer that the support gate struck", more_is_better=False),
    _marked(
        "fell_back",
        "answers that were quoted after all, since it failed or nothing passed",
        more_is_better=False,
    ),
)


def metrics(outcomes: Sequence[Outcome]) -> dict[str, float | None]:
    """The value of every measure, rounded to six places so that equal inputs give equal digits."""
    values = ((measure.name, measure.of(outcomes)) for measure in MEASURES)
    return {name: None if value is None else round(value, 6) for name, value in values}


def latency(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Seconds that a question took: the median, and the 95th and 99th percentile."""
    seconds = [one.seconds for one in outcomes]
    return {f"p{at}": round(float(np.percentile(seconds, at)), 4) for at in (50, 95, 99)} if seconds else {}
