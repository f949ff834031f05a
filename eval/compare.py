"""How sure a measure is, and what changed between two runs: intervals by bootstrap, and what flipped. Pure.

The interval is the percentile bootstrap's (Efron and Tibshirani 1993, ch. 13), paired where two runs are
compared: both are resampled by the same questions. The turns of one conversation are drawn together, as a
cluster, since they are not independent (Davison and Hinkley 1997, section 3.8).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from eval.measures import MEASURES, Floats, Measure, mean
from eval.outcome import Outcome
from eval.results import Results
from retrieval.errors import InputError

RESAMPLES = 1_000
_SEED = 5
_TAILS = (2.5, 97.5)  # percentiles: what 95 % of the resamples are between
_TOLD = 6  # places, as in `eval.measures.metrics`
_FEWEST = 6  # clusters that differ: with five, chance alone puts all on one side in 2 / 2⁵ > 5 % of cases

Interval = tuple[float, float]
Cluster = tuple[Outcome, ...]  # one question, or the turns of one conversation
Draws = npt.NDArray[np.int64]  # a row of places of clusters for each resample
Verdict = Literal["better", "worse", "undecided"]


def interval(outcomes: Sequence[Outcome], measure: Measure) -> Interval | None:
    """Where 95 % of 1,000 resamples of the questions put a measure; None where no question counts for it.

    The percentile bootstrap of Efron and Tibshirani 1993, with a fixed seed. The turns of one conversation
    are drawn together, as a cluster, since they are not independent (Davison and Hinkley 1997). Where all
    that count are alike it is a point, which says nothing of questions that were not asked. A resample holds
    some questions twice: that moves measures of the whole set, `ece` up most, so that theirs lie askew.
    """
    clusters = _clusters([(one, one) for one in outcomes])
    ones = [cluster.a for cluster in clusters]
    return _middle(_values(measure, ones, _draws(len(ones))))


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure over the questions that two runs have in common."""

    measure: Measure
    a: float | None  # None where no question counts for it
    b: float | None
    value: float | None  # B − A
    interval: Interval | None  # 95 %, of B − A
    changed: int  # questions, a conversation as one, in which the runs differ for this measure

    @property
    def verdict(self) -> Verdict:
        """Whether B is better or worse than A; undecided where the interval holds 0.

        And where the runs differ in fewer than six questions: no paired test can tell from so few at 5 %.
        """
        if self.interval is None or self.changed < _FEWEST or self.interval[0] <= 0 <= self.interval[1]:
            return "undecided"
        return "better" if (self.interval[0] > 0) == self.measure.more_is_better else "worse"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from run A to run B; questions are named by their ids, in A's order."""

    a: str  # names of the runs
    b: str
    common: int  # questions that both have
    only_a: int  # questions that the other run does not have, or asks in other words
    only_b: int
    differences: tuple[Difference, ...]  # in the order of `eval.measures.MEASURES`
    gained: tuple[str, ...]  # wrong in A, right in B
    lost: tuple[str, ...]  # right in A, wrong in B
    answered: tuple[str, ...]  # declined in A, answered in B
    declined: tuple[str, ...]  # answered in A, declined in B


def compare(a: Results, b: Results) -> Comparison:
    """Compare two runs over the questions that both have, by id and words.

    Raises InputError where they have none in common.
    """
    pairs = _pairs(a, b)
    if not pairs:
        raise InputError(
            f"{a.name} and {b.name} have no question in common, by id and words: compare runs of one set."
        )
    clusters = _clusters(pairs)
    draws = _draws(len(clusters))
    return Comparison(
        a=a.name,
        b=b.name,
        common=len(pairs),
        only_a=len(a.outcomes) - len(pairs),
        only_b=len(b.outcomes) - len(pairs),
        differences=tuple(_difference(measure, clusters, draws) for measure in MEASURES),
        gained=_ids(pairs, lambda pair: not pair.a.is_right and pair.b.is_right),
        lost=_ids(pairs, lambda pair: pair.a.is_right and not pair.b.is_right),
        answered=_ids(pairs, lambda pair: not pair.a.answered and pair.b.answered),
        declined=_ids(pairs, lambda pair: pair.a.answered and not pair.b.answered),
    )


class _Pair(NamedTuple):
    a: Outcome
    b: Outcome


class _PairedCluster(NamedTuple):
    a: Cluster
    b: Cluster


def _pairs(a: Results, b: Results) -> list[_Pair]:
    others = {(one.id, one.question): one for one in b.outcomes}
    asked = {(one.id, one.question): one for one in a.outcomes}
    return [_Pair(one, others[key]) for key, one in asked.items() if key in others]


def _ids(pairs: Sequence[_Pair], is_meant: Callable[[_Pair], bool]) -> tuple[str, ...]:
    return tuple(pair.a.id for pair in pairs if is_meant(pair))


def _clusters(pairs: Sequence[tuple[Outcome, Outcome]]) -> list[_PairedCluster]:
    """The pairs by conversation, sorted: neither the order of a run nor which is A may decide a resample."""
    found: dict[tuple[str, str], list[tuple[Outcome, Outcome]]] = {}
    for a, b in pairs:
        talk = max(a.conversation or "", b.conversation or "")
        found.setdefault((talk, "" if talk else a.id), []).append((a, b))
    return [_PairedCluster(*zip(*found[key], strict=True)) for key in sorted(found)]


def _draws(count: int) -> Draws:
    """As many of so many clusters, with replacement, for each resample; the same in every numpy."""
    return np.random.RandomState(_SEED).randint(0, max(count, 1), (RESAMPLES, count), np.int64)


def _values(measure: Measure, clusters: Sequence[Cluster], draws: Draws) -> Floats:
    """The measure over each resample; not a number where nothing in it counts."""
    if (name := _mark(measure)) is not None:
        marks = [[one.marks[name] for one in cluster if name in one.marks] for cluster in clusters]
        sums = np.array([sum(some) for some in marks], float)[draws].sum(axis=1)
        counts = np.array([len(some) for some in marks], float)[draws].sum(axis=1)
        means: Floats = np.divide(sums, counts, out=np.full(len(draws), np.nan), where=counts > 0)
        return means
    found = (measure.of([one for at in row for one in clusters[at]]) for row in draws.tolist())
    return np.array([np.nan if value is None else value for value in found], float)


def _mark(measure: Measure) -> str | None:
    """The mark that it is the mean of; None where it is of the set as a whole."""
    of = measure.of
    return str(of.args[0]) if isinstance(of, partial) and of.func is mean else None


def _middle(values: Floats) -> Interval | None:
    """Where 95 % of the values lie; a resample without a value is left out."""
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    low, high = np.percentile(known, _TAILS)
    return _told(low), _told(high)


def _told(value: float) -> float:
    return round(float(value), _TOLD) + 0.0  # no −0.0


def _difference(measure: Measure, clusters: Sequence[_PairedCluster], draws: Draws) -> Difference:
    ones, others = [cluster.a for cluster in clusters], [cluster.b for cluster in clusters]
    a, b = _value(measure, ones), _value(measure, others)
    value = bounds = None
    if a is not None and b is not None:
        value = _told(b - a)
        bounds = _middle(_values(measure, others, draws) - _values(measure, ones, draws))
    return Difference(measure, a, b, value, bounds, sum(_differ(measure, cluster) for cluster in clusters))


def _value(measure: Measure, clusters: Sequence[Cluster]) -> float | None:
    value = measure.of([one for cluster in clusters for one in cluster])
    return None if value is None else _told(value)


def _differ(measure: Measure, cluster: _PairedCluster) -> bool:
    return list(_read(measure, cluster.a)) != list(_read(measure, cluster.b))


def _read(measure: Measure, cluster: Cluster) -> Iterator[tuple[Any, ...]]:
    """What a measure reads of the outcomes of a cluster."""
    name = _mark(measure)
    for one in cluster:
        yield (one.marks.get(name),) if name else (one.answerable, one.confidence, one.marks.get("insisted"))
