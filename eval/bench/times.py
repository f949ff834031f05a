"""Seconds that were taken, summed up."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence


def summed(seconds: Sequence[float]) -> dict[str, float]:
    """Percentiles by nearest rank, so that each is a time that was really taken."""
    ordered = sorted(seconds)
    ranks = {name: math.ceil(share * len(ordered)) - 1 for name, share in _SHARES.items()}
    return {name: round(ordered[rank], 6) for name, rank in ranks.items()} | {
        "longest": round(ordered[-1], 6)
    }


_SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def median(values: Sequence[float]) -> float:
    return round(statistics.median(values), 6)
