"""Measure the shipped reader: `python -m retrieval.training.measure SQUAD_1 SQUAD_2`.

On the articles that are kept apart from training. Exact match and F1 of the best span in the whole paragraph,
counted as SQuAD counts them (Rajpurkar et al. 2016, section 6.1). AUROC of the margin by which the best
span beats "no answer": between questions on their own paragraph and on the paragraph of the same article that
shares most words with them but does not hold the answer; and between the answerable and the
unanswerable questions of SQuAD 2.0.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from sklearn.metrics import roc_auc_score

from retrieval.encoder import FOLDER
from retrieval.reader import SpanReader, Text
from retrieval.training.examples import terms
from retrieval.training.squad import KEPT, Asked, apart, exact_match, load, token_f1


class Figures(NamedTuple):
    """What was measured; shares from 0 to 1."""

    questions: int  # of SQuAD 1.1
    exact: float
    f1: float
    same_topic: float  # AUROC
    second: int  # questions of SQuAD 2.0
    unanswerable: float  # AUROC
    passages_a_second: float

    def __str__(self) -> str:
        return (
            f"SQuAD 1.1, {KEPT['1']} articles kept apart, {self.questions:,} questions, whole paragraphs: "
            f"exact match {self.exact:.3f}, F1 {self.f1:.3f}\n"
            "no answer, against the paragraph of the same article that shares most words: "
            f"AUROC {self.same_topic:.3f}\n"
            f"SQuAD 2.0, {KEPT['2']} articles kept apart, {self.second:,} questions, unanswerable ones: "
            f"AUROC {self.unanswerable:.3f}\n"
            f"{self.passages_a_second:.0f} paragraphs a second"
        )


def measure(reader: SpanReader, first: Sequence[Asked], second: Sequence[Asked]) -> Figures:
    """The figures of `reader` on questions that it was not trained on: of SQuAD 1.1, and of 2.0."""
    begun = time.perf_counter()
    own = _read(reader, [(one.question, one.paragraph.text) for one in first])
    pace = len(first) / (time.perf_counter() - begun)
    rivals = _rivals(first)
    other = _read(reader, [(one.question, rivals[one.id]) for one in first if one.id in rivals])
    two = _read(reader, [(one.question, one.paragraph.text) for one in second])
    return Figures(
        questions=len(first),
        exact=_mean(
            [
                max(exact_match(said, a) for a in one.answers)
                for (said, _), one in zip(own, first, strict=True)
            ]
        ),
        f1=_mean(
            [max(token_f1(said, a) for a in one.answers) for (said, _), one in zip(own, first, strict=True)]
        ),
        same_topic=_auroc([margin for _, margin in own], [margin for _, margin in other]),
        second=len(second),
        unanswerable=_auroc(
            [margin for (_, margin), one in zip(two, second, strict=True) if one.answers],
            [margin for (_, margin), one in zip(two, second, strict=True) if not one.answers],
        ),
        passages_a_second=pace,
    )


def _read(reader: SpanReader, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, float]]:
    """The best words of each passage and their margin."""
    found = [marks.best() for marks in reader.mark([(question, Text("", text)) for question, text in pairs])]
    return [
        (best.span.of(text), best.margin) if best else ("", float("-inf"))
        for best, (_, text) in zip(found, pairs, strict=True)
    ]


def _rivals(asked: Sequence[Asked]) -> dict[str, str]:
    """For each question's id the paragraph of its article that shares most words but lacks the answer."""
    paragraphs: dict[str, dict[str, str]] = defaultdict(dict)
    for one in asked:
        paragraphs[one.paragraph.title][one.paragraph.id] = one.paragraph.text
    rivals = {}
    for one in asked:
        wanted = terms(one.question)
        texts = [
            text
            for id_, text in paragraphs[one.paragraph.title].items()
            if id_ != one.paragraph.id and one.answers[0].lower() not in text.lower()
        ]
        if texts:
            rivals[one.id] = max(texts, key=lambda text: len(wanted & terms(text)))
    return rivals


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _auroc(answerable: Sequence[float], others: Sequence[float]) -> float:
    labels = [True] * len(answerable) + [False] * len(others)
    return float(roc_auc_score(labels, [*answerable, *others]))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its exit status is 0."""
    parser = argparse.ArgumentParser(prog="python -m retrieval.training.measure", description=__doc__)
    parser.add_argument("first", type=Path, help="SQuAD 1.1, training set")
    parser.add_argument("second", type=Path, help="SQuAD 2.0")
    parser.add_argument("--reader", type=Path, default=FOLDER, help="folder of the reader's file")
    parser.add_argument("--every", type=int, default=1, help="only each so-manieth question")
    asked = parser.parse_args(arguments)
    first = apart(load(asked.first), KEPT["1"])[1][:: asked.every]
    second = apart(load(asked.second), KEPT["2"])[1][:: asked.every]
    print(measure(SpanReader(asked.reader), first, second))
    return 0


if __name__ == "__main__":
    sys.exit(main())
