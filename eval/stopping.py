"""What the support gate stops and what it lets through, on claims that were written by hand.

Intervals are Wilson's (Wilson 1927; Brown, Cai and DasGupta 2001), as if each claim stood alone; those about
the same sentences do not quite.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sklearn.metrics import roc_auc_score

from eval import claims
from eval.adversary import MISCITED, RIGHT, Adversary, Corpus, Given, Told
from eval.claims import KINDS, SPLITS, Row, Split
from eval.questions import CALIBRATION
from retrieval.entailment import THRESHOLD, Entailment, Remembering

Progress = Callable[[str, int, int], None]  # what is being done, how many are done, of how many

TOTALS = {
    "stopped": "wrong sentences that do not reach the reader",
    "removed": "right sentences that do not reach the reader",
}
SCORES = {
    "auroc": "how often a right claim has the higher chance of support than a wrong one",
    "precision": "of the claims whose chance reaches the threshold, those that are right",
    "recall": "of the right claims, those whose chance reaches the threshold",
}
NAMES = (*TOTALS, *KINDS, *MISCITED, *SCORES)  # of the metrics
LESS_IS_BETTER = frozenset(("removed",))


class Share(NamedTuple):
    """So many of so many."""

    hits: int
    total: int

    @property
    def value(self) -> float | None:
        return round(self.hits / self.total, 6) if self.total else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's, of 95 %."""
        from scipy.stats import binomtest

        if not self.total:
            return None
        found = binomtest(self.hits, self.total).proportion_ci(method="wilson")
        return round(float(found.low), 6), round(float(found.high), 6)


class Scored(NamedTuple):
    """Whether a claim is right, and the chance that its evidence supports it by the learned score alone."""

    right: bool
    chance: float


@dataclass(frozen=True, slots=True)
class Findings:
    """What became of the claims of a split."""

    split: Split
    told: tuple[Told, ...]
    scored: tuple[Scored, ...]  # none where there is no learned score

    @property
    def kinds(self) -> list[str]:
        """The kinds of what is wrong with wrong claims, as far as there are any."""
        return [kind for kind in KINDS if any(one.kind == kind for one in self.told)]

    def stopped(self, kind: str | None = None) -> Share:
        """The wrong claims of a kind, or all, that did not reach the reader."""
        fates = [one.fate for one in self.told if one.kind == kind or (kind is None and one.kind in KINDS)]
        return Share(fates.count("removed"), len(fates))

    @property
    def removed(self) -> Share:
        """The right claims, rightly cited, that did not reach the reader."""
        fates = self.fates(RIGHT)
        return Share(fates["removed"], fates.total())

    def mended(self, kind: str) -> Share:
        """The right claims with this fault of citation that were cited to their evidence, or removed."""
        fates = self.fates(kind)
        return Share(fates["kept"] + fates["removed"], fates.total())

    def fates(self, kind: str) -> Counter[str]:
        return Counter(one.fate for one in self.told if one.kind == kind)

    @property
    def metrics(self) -> dict[str, float | None]:
        """By the names of `NAMES`."""
        shares = {
            "stopped": self.stopped(),
            "removed": self.removed,
            **{kind: self.stopped(kind) for kind in KINDS},
            **{kind: self.mended(kind) for kind in MISCITED},
        }
        return {name: share.value for name, share in shares.items()} | scores(self.scored)


def scores(scored: Sequence[Scored], threshold: float = THRESHOLD) -> dict[str, float | None]:
    """What the learned score is worth alone; a value is None where nothing counts for it."""
    labels = [one.right for one in scored]
    passed = [one.right for one in scored if one.chance >= threshold]
    mixed = len(set(labels)) == 2
    auroc = float(roc_auc_score(labels, [one.chance for one in scored])) if mixed else None
    return {
        "auroc": None if auroc is None else round(auroc, 6),
        "precision": Share(sum(passed), len(passed)).value,
        "recall": Share(sum(passed), sum(labels)).value,
    }


def measure(
    entailment: Entailment | None,
    splits: Sequence[Split] = tuple(SPLITS),
    limit: int | None = None,
    progress: Progress = lambda *_: None,
    folder: Path = claims.FOLDER,
) -> list[Findings]:
    """Put the claims of these splits, at most `limit` rows of each corpus, to the gate.

    `entailment` is the learned half of the gate; without it the rules judge alone.
    """
    judge = entailment and Remembering(entailment)
    work = {split: [one for name in SPLITS[split] for one in _rows(name, limit, folder)] for split in splits}
    total = sum(map(len, work.values()))
    found, done = [], 0
    for split, given in work.items():
        adversary, told, scored = Adversary(judge), list[Told](), list[Scored]()
        for row, laid in given:
            told += adversary.told(row, laid)
            scored += _scored(row, laid, judge)
            done += 1
            progress(split, done, total)
        found.append(Findings(split, tuple(told), tuple(scored)))
    return found


def _rows(name: str, limit: int | None, folder: Path) -> Iterator[tuple[Row, Given]]:
    corpus = Corpus(CALIBRATION / name / "articles")
    return ((row, corpus.given(row)) for row in claims.load(folder / f"{name}.jsonl")[:limit])


def _scored(row: Row, given: Given, judge: Entailment | None) -> list[Scored]:
    if judge is None:
        return []
    title = given.passages[given.home[0] - 1].chunk.source.title.rstrip(".")
    evidence = f"{title}. {' '.join(row.evidence)}"
    labelled = [(claim, True) for claim in row.right] + [(claim, False) for _, claim in row.wrong]
    judged = judge.judge([(claim, evidence) for claim, _ in labelled])
    return [Scored(right, one.supports) for (_, right), one in zip(labelled, judged, strict=True)]


def as_json(found: Findings) -> dict[str, object]:
    """For other programs; which claims went wrong is told of `dev` alone, so that `test` stays unseen."""
    return {
        "split": found.split,
        "stopped": {kind: _told(found.stopped(kind)) for kind in found.kinds}
        | {"all": _told(found.stopped())},
        "removed": _told(found.removed),
        "wrongly_cited": {
            kind: {fate: found.fates(kind)[fate] for fate in ("kept", "removed", "elsewhere")}
            for kind in MISCITED
        },
        "score": scores(found.scored),
        "missed": None if found.split == "test" else [one._asdict() for one in found.told if _is_missed(one)],
    }


def _told(share: Share) -> dict[str, object]:
    return {"hits": share.hits, "count": share.total, "share": share.value, "interval": share.interval}


def _is_missed(one: Told) -> bool:
    """Whether it is right and was removed, or wrong and was not."""
    return one.kind not in MISCITED and (one.fate == "removed") == (one.kind == RIGHT)
