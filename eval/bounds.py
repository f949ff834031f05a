"""Bounds: metrics that a run has to reach."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from eval.measures import MEASURES
from retrieval.errors import InputError

NAMES = tuple(measure.name for measure in MEASURES)
LESS_IS_BETTER = frozenset(measure.name for measure in MEASURES if not measure.more_is_better)


def parsed(wanted: Sequence[str], names: Collection[str] = NAMES) -> dict[str, float]:
    """Of `METRIC=VALUE`. Raises InputError for a metric that is none of `names`, or what is no number."""
    found = {}
    for text in wanted:
        name, _, value = text.partition("=")
        if name not in names:
            raise InputError(f"--fail-under {text!r} names no measure: it is one of {', '.join(names)}.")
        found[name] = _number(value)
        if not math.isfinite(found[name]):
            raise InputError(f"--fail-under {text!r} has no number: write it like {name}=0.75.")
    return found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def missed(
    metrics: Mapping[str, float | None],
    wanted: Mapping[str, float],
    less_is_better: Collection[str] = LESS_IS_BETTER,
) -> list[str]:
    """A sentence for every metric that is worse than wanted, or that the set has nothing for."""
    found = []
    for name, bound in wanted.items():
        value = metrics[name]
        less = name in less_is_better
        if value is None:
            found.append(f"{name} was not measured: the set has no question for it.")
        elif value > bound if less else value < bound:
            found.append(f"{name} is {value:.4f}, {'over' if less else 'under'} {bound:g}.")
    return found
