"""A gate: metrics that a run has to reach."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from eval.measures import MEASURES
from retrieval.errors import InputError

_BY_NAME = {measure.name: measure for measure in MEASURES}


def parsed(wanted: Sequence[str]) -> dict[str, float]:
    """Of `METRIC=VALUE`. Raises InputError for an unknown metric, or what is no number."""
    found = {}
    for text in wanted:
        name, _, value = text.partition("=")
        if name not in _BY_NAME:
            raise InputError(f"--fail-under {text!r} names no measure: it is one of {', '.join(_BY_NAME)}.")
        found[name] = _number(value)
        if not math.isfinite(found[name]):
            raise InputError(f"--fail-under {text!r} has no number: write it like {name}=0.75.")
    return found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def missed(metrics: Mapping[str, float | None], wanted: Mapping[str, float]) -> list[str]:
    """A sentence for every metric that is worse than wanted, or that the set has no question for."""
    found = []
    for name, bound in wanted.items():
        value = metrics[name]
        more = _BY_NAME[name].more_is_better
        if value is None:
            found.append(f"{name} was not measured: the set has no question for it.")
        elif value < bound if more else value > bound:
            found.append(f"{name} is {value:.4f}, {'under' if more else 'over'} {bound:g}.")
    return found
