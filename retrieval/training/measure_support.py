"""Measure the judge: `python -m retrieval.training.measure_support SQUAD_1 EXPERTQA CLAIMS ARTICLES`.

On what it was not trained on: ExpertQA's questions that are kept apart; claims made by rule of the articles
of SQuAD that are kept apart; and claims written by hand: CLAIMS holds a file of rows for each folder of
ARTICLES. A claim counts as supported where its chance to be so reaches the threshold.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

from sklearn.metrics import roc_auc_score

from retrieval.encoder import FOLDER
from retrieval.entailment import THRESHOLD, Entailment, TrainedEntailment
from retrieval.training import claims, expertqa, made
from retrieval.training.pairs import Label, Origin, Pair
from retrieval.training.squad import KEPT, Asked, apart, load

_MADE = 4_000  # claims made by rule


class Scored(NamedTuple):
    """A pair, and the chance that its evidence supports its claim."""

    pair: Pair
    chance: float


class Figures(NamedTuple):
    """How well the chances tell claims that are supported from others, all of them and at a threshold."""

    supported: int
    others: int
    auroc: float
    precision: float  # of the claims that pass, so many are supported
    recall: float  # of the supported, so many pass
    stopped: dict[
        str, tuple[int, int]
    ]  # of the others, by what is wrong with them: how many, and of how many

    def __str__(self) -> str:
        kinds = ", ".join(
            f"{kind} {stopped / of:.2f} of {of}" for kind, (stopped, of) in sorted(self.stopped.items())
        )
        return (
            f"{self.supported:,} supported and {self.others:,} others: AUROC {self.auroc:.3f}; "
            f"precision {self.precision:.3f}, recall {self.recall:.3f}; others stopped: {kinds}"
        )


def score(judge: Entailment, pairs: Iterable[Pair]) -> list[Scored]:
    """What a judge makes of pairs."""
    pairs = list(pairs)
    judged = judge.judge([(pair.claim, pair.evidence) for pair in pairs])
    return [Scored(pair, one.supports) for pair, one in zip(pairs, judged, strict=True)]


def figures(scored: Sequence[Scored], threshold: float = THRESHOLD) -> Figures:
    """What the chances are worth."""
    labels = [one.pair.label is Label.SUPPORTS for one in scored]
    passed = [one.chance >= threshold for one in scored]
    right = sum(label and ok for label, ok in zip(labels, passed, strict=True))
    kinds: dict[str, list[bool]] = defaultdict(list)
    for one, label, ok in zip(scored, labels, passed, strict=True):
        if not label:
            kinds[one.pair.kind].append(not ok)
    return Figures(
        supported=sum(labels),
        others=len(labels) - sum(labels),
        auroc=float(roc_auc_score(labels, [one.chance for one in scored])),
        precision=right / max(1, sum(passed)),
        recall=right / sum(labels),
        stopped={kind: (sum(stopped), len(stopped)) for kind, stopped in kinds.items()},
    )


def by_rule(asked: Sequence[Asked], count: int = _MADE) -> list[Pair]:
    """Claims made of questions and sentences, the same ones every time."""
    paragraphs = {one.paragraph.id: one.paragraph for one in asked}.values()
    origins: list[Origin] = [*made.stated(paragraphs), *made.answered(asked)]
    Random("measured").shuffle(origins)  # noqa: S311  # the same every time is what is wanted
    pairs = (origin.pair(Random(origin.id)) for origin in origins)  # noqa: S311
    return [pair for pair in pairs if pair][:count]


def by_hand(file: Path, articles: Path) -> list[Pair]:
    """The claims of a file of rows about the articles of a folder, each with title and evidence."""
    read = claims.read(file, claims.articles(articles))
    return [Pair(one.text, f"{one.paragraph.title}. {one.told}", one.label, one.kind) for one in read]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its exit status is 0."""
    parser = argparse.ArgumentParser(prog="python -m retrieval.training.measure_support", description=__doc__)
    parser.add_argument("squad", type=Path, help="SQuAD 1.1, training set")
    parser.add_argument("experts", type=Path, help="ExpertQA, a folder with pairs.jsonl")
    parser.add_argument("claims", type=Path, help="folder of NAME.jsonl")
    parser.add_argument("articles", type=Path, help="folder of NAME/articles")
    parser.add_argument("--judge", type=Path, default=FOLDER, help="folder of the judge's file")
    parser.add_argument("--threshold", type=float, default=THRESHOLD)
    given = parser.parse_args(arguments)
    judge = TrainedEntailment(given.judge)
    sets = {
        "ExpertQA, kept apart": [one.shown() for one in expertqa.apart(expertqa.load(given.experts))[1]],
        "SQuAD, made by rule": by_rule(apart(load(given.squad), KEPT["1"])[1]),
    }
    for file in sorted(given.claims.glob("*.jsonl")):
        sets[f"by hand, {file.stem}"] = by_hand(file, given.articles / file.stem / "articles")
    for name, pairs in sets.items():
        print(f"{name}: {figures(score(judge, pairs), given.threshold)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
