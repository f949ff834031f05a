"""How well a system finds the passages that hold the evidence, by ir_measures (MacAvaney et al. 2022)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import ir_measures
from ir_measures import RR, Qrel, R, ScoredDoc, Success, nDCG

from eval.questions import Case
from retrieval.types import Chunk

DEPTH = 10
_MEASURES = {
    "recall@1": R @ 1,
    "recall@5": R @ 5,
    "recall@10": R @ 10,
    "success@5": Success @ 5,
    "mrr@10": RR @ 10,
    "ndcg@10": nDCG @ 10,
}
NAMES = tuple(_MEASURES)


@dataclass(frozen=True, slots=True)
class Ranking:
    """The units found for a question, best first, and the grade of every relevant one that there is.

    A unit is a passage, or a whole article where whole articles were judged.
    """

    found: tuple[str, ...]
    grades: Mapping[str, int]

    @classmethod
    def of(cls, case: Case, found: Sequence[Chunk], chunks: Sequence[Chunk]) -> Ranking:
        """Of the passages `found` among all `chunks` of the system."""
        if case.judges_articles:  # also those that hold nothing which can be found
            grades = {item.file: item.grade for item in case.evidence}
        else:
            grades = {chunk.id: grade for chunk in chunks if (grade := _grade(case, chunk))}
        return cls(tuple(dict.fromkeys(_unit(case, chunk) for chunk in found)), grades)


def _unit(case: Case, chunk: Chunk) -> str:
    return chunk.source.file if case.judges_articles else chunk.id


def _grade(case: Case, chunk: Chunk) -> int:
    """The grade of the best evidence that a passage holds; 0 for none."""
    text = None
    best = 0
    for item in case.evidence:
        if item.file == chunk.source.file:
            text = text if text is not None else " ".join(chunk.text.split())
            if " ".join(item.quote.split()) in text:
                best = max(best, item.grade)
    return best


def marks(rankings: Mapping[str, Ranking]) -> Mapping[str, dict[str, float]]:
    """The marks of each ranking, by the name of their measure; keys are the questions' ids."""
    found: dict[str, dict[str, float]] = {id_: dict.fromkeys(NAMES, 0.0) for id_ in rankings}
    names = {measure: name for name, measure in _MEASURES.items()}
    for metric in ir_measures.iter_calc(list(names), list(_qrels(rankings)), list(_run(rankings))):
        found[metric.query_id][names[metric.measure]] = metric.value
    return found


def _qrels(rankings: Mapping[str, Ranking]) -> Iterator[Qrel]:
    for id_, ranking in rankings.items():
        for unit, grade in ranking.grades.items():
            yield Qrel(id_, unit, grade)


def _run(rankings: Mapping[str, Ranking]) -> Iterator[ScoredDoc]:
    for id_, ranking in rankings.items():
        for rank, unit in enumerate(ranking.found):
            yield ScoredDoc(id_, unit, -float(rank))
