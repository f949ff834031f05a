"""What the signals weigh: one set of weights with the trained reader, one without it.

`python -m eval.fit --write` fits both and writes them into `weights.json`, with the checksum of the reader
that they were fitted with.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from retrieval.signals import Signals

FILE = Path(__file__).parent / "weights.json"


class Confidence(NamedTuple):
    """What speaks for the articles answering at all."""

    gain: float  # mean over the best five sentences
    passage: float  # mean over the best five sentences
    names: float  # mean over all that were read, each by its chance to be the best
    lacks: float  # likewise
    answer: float = 0.0  # likewise


@dataclass(frozen=True, slots=True)
class Weights:
    """Fitted together: the confidence builds on the ranking, the threshold on the confidence."""

    ranking: Signals
    certainty: Confidence
    bias: float
    follows: float  # added for follow-ups: what is carried into them dilutes the signals
    threshold: float  # confidence under which Quoth declines


def load(path: Path = FILE) -> tuple[Weights, Weights]:
    """The weights with the reader, and those without it."""
    held = json.loads(path.read_text("utf-8"))
    return _weights(held["with_reader"]), _weights(held["without_reader"])


def _weights(held: Mapping[str, Any]) -> Weights:
    return Weights(
        Signals(**held["ranking"]),
        Confidence(**held["certainty"]),
        held["bias"],
        held["follows"],
        held["threshold"],
    )


def dumped(read: Weights, unread: Weights, reader: str) -> str:
    """Both as the text of the file; `reader` is the checksum of the reader."""
    rows = {"reader": reader, "with_reader": _row(read), "without_reader": _row(unread)}
    return json.dumps(rows, indent=2) + "\n"


def _row(weights: Weights) -> dict[str, Any]:
    return asdict(weights) | {
        "ranking": weights.ranking._asdict(),
        "certainty": weights.certainty._asdict(),
    }


READ, UNREAD = load()
