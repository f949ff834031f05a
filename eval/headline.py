"""The headline table of a report: every measure with its interval, and the difference. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from eval.compare import Comparison, Difference, Interval, interval
from eval.measures import MEASURES, Measure, latency
from eval.outcome import Outcome
from eval.results import Results
from eval.view import is_asked

Outcomes = Sequence[Outcome]

FIRST = {  # measure of each group, in the order of `eval.measures.MEASURES`
    "recall@1": "Retrieval",
    "first": "Answers",
    "exact": "Citations",
    "declined_right": "Refusals and confidence",
    "truth": "Overall",
    "calls": "Language model",
}


class Row(NamedTuple):
    """A measure; what is of the other run and of the difference stands only beside a baseline."""

    name: str
    meaning: str
    source: str
    more_is_better: bool
    value: float | None
    interval: Interval | None = None
    other: float | None = None
    difference: float | None = None
    between: Interval | None = None  # 95 %, of the difference
    verdict: str = ""

    @property
    def is_measured(self) -> bool:
        return self.value is not None or self.other is not None


class Group(NamedTuple):
    """Rows under a heading."""

    name: str
    rows: tuple[Row, ...]


def rows(run: Results, outcomes: Outcomes, compared: Comparison | None) -> list[Row]:
    """A row for each measure, of `run` on these outcomes; `compared` is from the baseline to the run."""
    if compared is None:
        return [_alone(measure, run, outcomes) for measure in MEASURES]
    return [_beside(difference, outcomes) for difference in compared.differences]


def _alone(measure: Measure, run: Results, outcomes: Outcomes) -> Row:
    value = run.metrics.get(measure.name)
    return Row(
        measure.name,
        measure.meaning,
        measure.source,
        measure.more_is_better,
        value,
        None if value is None else interval(outcomes, measure),
    )


def _beside(found: Difference, outcomes: Outcomes) -> Row:
    return Row(
        found.measure.name,
        found.measure.meaning,
        found.measure.source,
        found.measure.more_is_better,
        found.b,
        None if found.b is None else interval(outcomes, found.measure),
        other=found.a,
        difference=found.value,
        between=None if _is_equal(found) else found.interval,
        verdict=_verdict(found),
    )


def _verdict(found: Difference) -> str:
    if found.value is None:
        return ""
    return "equal" if _is_equal(found) else found.verdict


def _is_equal(found: Difference) -> bool:
    return found.value == 0 and found.interval == (0, 0)


def grouped(rows: Sequence[Row]) -> Iterator[Group]:
    """Those that were measured, under their headings."""
    found: dict[str, list[Row]] = {}
    heading = "Other"
    for row in rows:
        heading = FIRST.get(row.name, heading)
        if row.is_measured:
            found.setdefault(heading, []).append(row)
    return (Group(name, tuple(some)) for name, some in found.items())


def latencies(asked: Sequence[Outcomes]) -> Iterator[Group]:
    """The percentiles of the seconds that questions took, where they were asked."""
    if not all(outcomes and all(map(is_asked, outcomes)) for outcomes in asked):
        return
    first, *others = map(latency, asked)
    told = tuple(
        Row(
            name,
            f"seconds that {name[1:]} % of the questions take at most",
            "",
            False,
            seconds,
            other=others[0][name] if others else None,
            difference=seconds - others[0][name] if others else None,
        )
        for name, seconds in first.items()
    )
    yield Group("Latency", told)
