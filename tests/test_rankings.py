from __future__ import annotations

from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.questions import Evidence
from eval.ranking import NAMES, Ranking, marks
from retrieval.types import Chunk, Source, Span
from tests.cases import case

TEN = tuple("abcdefghij")


def marked(found: tuple[str, ...], grades: dict[str, int]) -> dict[str, float]:
    return marks({"q": Ranking(found, grades)})["q"]


@pytest.mark.parametrize(
    ("found", "relevant", "recalls", "success", "mrr", "ndcg"),
    [
        ("abcd", "a", (1, 1, 1), 1, 1, 1),
        # gains of 1 at ranks 2 and 4, at best at 1 and 2
        ("abcd", "bd", (0, 1, 1), 1, 1 / 2, (1 / log2(3) + 1 / log2(5)) / (1 + 1 / log2(3))),
        ("abcd", "ax", (1 / 2, 1 / 2, 1 / 2), 1, 1, 1 / (1 + 1 / log2(3))),
        ("abcdefgh", "f", (0, 0, 1), 0, 1 / 6, 1 / log2(7)),
        ("abcdefghij", "j", (0, 0, 1), 0, 1 / 10, 1 / log2(11)),
        ("abcdefghijk", "k", (0, 0, 0), 0, 0, 0),  # the eleventh is too late
        ("abcd", "x", (0, 0, 0), 0, 0, 0),
        ("abcd", "", (0, 0, 0), 0, 0, 0),  # no passage holds the evidence whole
        ("", "x", (0, 0, 0), 0, 0, 0),
        ("", "", (0, 0, 0), 0, 0, 0),
    ],
)
def test_where_a_passage_is_relevant_or_not(
    found: str, relevant: str, recalls: tuple[float, ...], success: float, mrr: float, ndcg: float
):
    earned = marked(tuple(found), dict.fromkeys(relevant, 1))
    assert earned == pytest.approx(dict(zip(NAMES, (*recalls, success, mrr, ndcg), strict=True)))


def test_a_grade_is_a_gain_as_it_stands():
    # Gains 1 and 3 at ranks 1 and 2, at best 3 and 1; with gains of 2^grade − 1 it were 0.710.
    earned = marked(("a", "b"), {"a": 1, "b": 3})
    assert earned["ndcg@10"] == pytest.approx((1 + 3 / log2(3)) / (3 + 1 / log2(3)))
    assert earned["ndcg@10"] == pytest.approx(0.796, abs=1e-3)
    assert (earned["recall@1"], earned["mrr@10"]) == (1 / 2, 1)  # any grade is relevant


def test_more_relevant_than_ten_are_at_best_ten():
    earned = marked(TEN, dict.fromkeys("abcdefghijkl", 1))
    assert earned["ndcg@10"] == 1
    assert earned["recall@10"] == pytest.approx(10 / 12)
    assert earned["recall@1"] == pytest.approx(1 / 12)


def test_each_question_has_its_own_marks():
    found = marks({"1": Ranking(("a",), {"a": 1}), "2": Ranking(("b", "a"), {"a": 1}), "3": Ranking((), {})})
    assert [found[id_]["mrr@10"] for id_ in "123"] == [1, 1 / 2, 0]
    assert marks({}) == {}


@given(
    st.permutations("abcdefghijklm"),
    st.dictionaries(st.sampled_from("abcdefghijklmxyz"), st.integers(1, 3), max_size=15),
)
def test_marks_are_within_bounds_and_the_best_order_is_best(order: list[str], grades: dict[str, int]):
    earned = marked(tuple(order), grades)
    assert all(0 <= value <= 1 + 1e-9 for value in earned.values())
    assert earned["recall@1"] <= earned["recall@5"] <= earned["recall@10"]
    best = marked(tuple(sorted(order, key=lambda unit: -grades.get(unit, 0))), grades)
    assert all(earned[name] <= best[name] + 1e-9 for name in NAMES)


# Which passages are relevant


def piece(id_: str, text: str, file: str = "a.txt") -> Chunk:
    span = Span(0, len(text))
    return Chunk(id_, Source(file, "T"), span, text, 1, None, (span,))


SHUT = piece("a#0", "It rained. Voss shut\nthe lock.")
REST = piece("a#1", "Voss shut the")
SAME = piece("b#0", "Voss shut the lock.", "b.txt")


def test_a_passage_is_relevant_where_it_holds_the_whole_evidence_of_its_article():
    ranking = Ranking.of(case(), [SAME, SHUT], [SHUT, REST, SAME])
    assert ranking == Ranking(("b#0", "a#0"), {"a#0": 1})  # white space folded


def test_a_passage_has_the_grade_of_the_best_evidence_in_it():
    evidence = (
        Evidence("a.txt", "It rained.", grade=1),
        Evidence("a.txt", "Voss shut the lock.", grade=3),
        Evidence("a.txt", "Voss", grade=2),
        Evidence("b.txt", "Voss", grade=0),  # judged, and not relevant
    )
    ranking = Ranking.of(case(evidence=evidence), [], [SHUT, REST, SAME])
    assert ranking.grades == {"a#0": 3, "a#1": 2}


def test_where_articles_were_judged_each_counts_once_at_its_best_passage():
    evidence = (Evidence("b.txt", "", grade=2), Evidence("c.txt", ""))
    third = piece("c#0", "Bread.", "c.txt")
    ranking = Ranking.of(case(evidence=evidence), [REST, SHUT, SAME, third], [SHUT, REST, SAME, third])
    assert ranking == Ranking(("a.txt", "b.txt", "c.txt"), {"b.txt": 2, "c.txt": 1})
    # gains 2 and 1 at ranks 2 and 3, at best at 1 and 2
    expected = (2 / log2(3) + 1 / log2(4)) / (2 + 1 / log2(3))
    assert marks({"q": ranking})["q"]["ndcg@10"] == pytest.approx(expected)
