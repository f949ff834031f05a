"""Whether evidence supports a claim, speaks against it, or does not say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


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
