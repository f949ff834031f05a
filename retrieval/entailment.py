"""Whether evidence supports a claim, speaks against it, or does not say.

The judge is the encoder of all-MiniLM-L6-v2, trained further, that reads claim and evidence together; the
first token gives three logits. What training changed is shipped in `retrieval/model/support.safetensors`;
`retrieval/model/README.md` tells how it was trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from retrieval import encoder
from retrieval.encoder import FOLDER
from retrieval.errors import EntailmentError

FILE = "support.safetensors"

# The chance of support from which a claim passes. On the claims about three corpora (bridge, hospital and
# launch of eval/claims) the mean of the share of the supported that pass and that of the others that do not
# is greatest, within half a point, from 0.39 to 0.49; here few of the supported are struck.
THRESHOLD = 0.42

_LONGEST_CLAIM = 1_000  # characters; of a longer one the evidence would find no place


class Judged(NamedTuple):
    """The chances, together 1, that the evidence supports the claim, speaks against it, or does not say."""

    supports: float
    against: float
    silent: float


class Entailment(Protocol):
    """Anything that judges claims by evidence."""

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Judged]:
        """Each pair is a claim and its evidence, which may begin with the title of its article."""

    def warm(self) -> None:
        """Load what it needs now, so that the first claim does not wait for it."""


class TrainedEntailment:
    """The trained judge, loaded at the first use. Safe to share between threads."""

    def __init__(self, folder: Path = FOLDER, data: Path | None = None, torch: bool = False) -> None:
        """It is made ready once and kept under `data`; with `torch` it runs on that.

        Raises EntailmentError at once if its file is missing or damaged.
        """
        self._encoder = encoder.Trained(folder / FILE, _TOLD, data, torch)

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Judged]:
        read = self._encoder.read([(claim[:_LONGEST_CLAIM], evidence) for claim, evidence in pairs])
        return [_judged(one.logits[0]) for one in read]

    def warm(self) -> None:
        self.judge([("warm", "warm")])


def _judged(logits: npt.NDArray[np.float32]) -> Judged:
    chances = np.exp(logits - logits.max())
    return Judged(*(chances / chances.sum()).tolist())


_TOLD = encoder.Told(
    EntailmentError,
    "trained judge of evidence",
    "install Quoth again; until then it checks what a language model writes by rules alone.",
)


class Remembering:
    """A judge that judges no pair twice: a claim meets the same sentences again on its way."""

    def __init__(self, entailment: Entailment) -> None:
        self._entailment = entailment
        self._known: dict[tuple[str, str], Judged] = {}

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Judged]:
        missing = list(dict.fromkeys(pair for pair in pairs if pair not in self._known))
        self._known.update(zip(missing, self._entailment.judge(missing), strict=True))
        return [self._known[pair] for pair in pairs]

    def warm(self) -> None:
        self._entailment.warm()
