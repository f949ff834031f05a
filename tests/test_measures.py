from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval import ranking
from eval.measures import MEASURES, area_under_risk, auroc, calibration_error, coverage, latency, metrics
from eval.outcome import Outcome
from tests.cases import outcome

OF = {measure.name: measure.of for measure in MEASURES}


def sure(*rows: tuple[float, float], answerable: bool = True) -> list[Outcome]:
    """Outcomes from confidence, and whether the answer that declines nothing is right."""
    return [
        outcome(answerable=answerable, confidence=confidence, marks={"insisted": right})
        for confidence, right in rows
    ]


SMALL_TALK = outcome("hi", answerable=False, confidence=0.99, marks={"small_talk": 1.0})


def test_a_mean_is_over_those_that_have_the_mark():
    outcomes = [outcome(marks={"f1": 0.5}), outcome(marks={"f1": 1.0}), outcome(marks={"first": 1.0})]
    assert OF["f1"](outcomes) == 0.75
    assert OF["first"](outcomes) == 1.0
    assert OF["sides"](outcomes) is None


def test_truth_is_averaged_from_minus_one_to_one():
    outcomes = [outcome(marks={"truth": mark}) for mark in (1.0, 1.0, 0.0, -1.0)]
    assert OF["truth"](outcomes) == 1 / 4


# Confidence: can it tell what has an answer?


@pytest.mark.parametrize(
    ("answerable", "unanswerable", "expected"),
    [
        ((0.9, 0.8), (0.2, 0.1), 1.0),
        ((0.2, 0.1), (0.9, 0.8), 0.0),
        ((0.9, 0.5), (0.5, 0.1), 3.5 / 4),  # of four pairs three are in order, and a tie is half of one
        ((0.5,), (0.5, 0.5), 0.5),
        ((0.9,), (), None),
        ((), (0.1,), None),
        ((), (), None),
    ],
)
def test_auroc_is_the_share_of_pairs_in_order(
    answerable: tuple[float, ...], unanswerable: tuple[float, ...], expected: float | None
):
    outcomes = [
        *sure(*((confidence, 1.0) for confidence in answerable)),
        *sure(*((confidence, 0.0) for confidence in unanswerable), answerable=False),
    ]
    assert auroc(outcomes) == expected
    assert auroc([*outcomes, SMALL_TALK]) == expected


# Risk and coverage


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        # the risks are 0/1, 1/2, 1/3 and 1/4
        (sure((0.9, 1), (0.8, 0), (0.7, 1), (0.6, 1)), (0 + 1 / 2 + 1 / 3 + 1 / 4) / 4),
        # in whatever order they come
        (sure((0.6, 1), (0.8, 0), (0.9, 1), (0.7, 1)), (0 + 1 / 2 + 1 / 3 + 1 / 4) / 4),
        (sure((0.9, 1), (0.8, 1)), 0.0),
        (sure((0.9, 0), (0.8, 0)), 1.0),
        # among equals the wrong one comes first: 1/1 and 1/2
        (sure((0.9, 1), (0.9, 0)), (1 + 1 / 2) / 2),
        ([], None),
    ],
)
def test_the_area_under_the_risk_is_its_mean_over_all_coverages(
    outcomes: list[Outcome], expected: float | None
):
    assert area_under_risk(outcomes) == pytest.approx(expected)
    assert area_under_risk([*outcomes, SMALL_TALK]) == pytest.approx(expected)


def test_to_answer_what_has_no_answer_is_wrong():
    outcomes = [*sure((0.9, 0), answerable=False), *sure((0.8, 1))]
    assert area_under_risk(outcomes) == pytest.approx((1 + 1 / 2) / 2)


def falling(*rights: int) -> list[Outcome]:
    """As many right and wrong ones in turn, of ever less confidence; the first are right."""
    row = [1 - at % 2 for at, many in enumerate(rights) for _ in range(many)]
    return sure(*((1 - at / 1000, float(right)) for at, right in enumerate(row)))


@pytest.mark.parametrize(
    ("outcomes", "at_1", "at_5"),
    [
        (falling(10), 1.0, 1.0),
        (falling(0, 1), 0.0, 0.0),  # never reached
        (falling(0, 1, 18), 0.0, 0.0),  # at best 1/19
        (falling(0, 1, 19), 0.0, 1.0),  # 1/20 with the last
        (falling(19, 1), 19 / 20, 1.0),  # 1/20 is no more than 5 %
        (falling(18, 1), 18 / 19, 18 / 19),
        (falling(99, 1), 1.0, 1.0),
        (falling(98, 1, 1), 1.0, 1.0),
        (falling(98, 1), 98 / 99, 1.0),
        (falling(10, 1, 9, 5), 10 / 25, 20 / 25),  # over 5 % after the tenth, and within it again
        ([], None, None),
    ],
)
def test_coverage_is_the_most_that_can_be_answered_within_a_risk(
    outcomes: list[Outcome], at_1: float | None, at_5: float | None
):
    for given_ in (outcomes, [*outcomes, SMALL_TALK]):
        assert (OF["coverage@1%"](given_), OF["coverage@5%"](given_)) == (at_1, at_5)


def test_questions_of_one_confidence_are_answered_together_or_not_at_all():
    outcomes = [*sure(*[(0.9, 1.0)] * 19), *sure((0.5, 0.0), (0.5, 0.0))]
    assert coverage(0.05, outcomes) == 19 / 21


# Calibration


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (sure(*[(0.7, 1)] * 7, *[(0.7, 0)] * 3), 0.0),  # 0.7 sure, seven of ten right
        (sure((0.95, 1), (0.95, 0)), 0.45),  # half of them are right
        # 1.0 belongs to the last bin: |1.0 + 0.9 - 1| / 2; in a bin of its own it were (1 + 0.1) / 2
        (sure((1.0, 0), (0.9, 1)), 0.45),
        # 0.1 starts the second bin: (0.05 + |0.1 - 1|) / 2; in one bin it were |0.15 - 1| / 2
        (sure((0.05, 0), (0.1, 1)), 0.475),
        # each bin by its size: 3 of 4 in one, a gap of |2.4 - 3|, and 1 in the other, a gap of 0.2
        (sure((0.8, 1), (0.8, 1), (0.8, 1), (0.2, 0)), (0.6 + 0.2) / 4),
        (sure((0.0, 0), (1.0, 1)), 0.0),
        (sure((0.0, 1), (1.0, 0)), 1.0),
        ([], None),
    ],
)
def test_the_calibration_error_is_the_gap_of_each_tenth_by_its_size(
    outcomes: list[Outcome], expected: float | None
):
    assert calibration_error(outcomes) == pytest.approx(expected)
    assert calibration_error([*outcomes, SMALL_TALK]) == pytest.approx(expected)


def test_an_unanswerable_question_is_calibrated_where_the_confidence_is_low():
    assert calibration_error(sure((0.3, 0), answerable=False)) == pytest.approx(0.3)


# All of them


def test_nothing_is_measured_where_nothing_counts():
    assert set(metrics([]).values()) == {None}
    assert latency([]) == {}


def test_small_talk_counts_for_nothing_but_its_own_measure():
    found = metrics([SMALL_TALK])
    assert {name for name, value in found.items() if value is not None} == {"small_talk"}


def test_every_measure_has_a_name_of_its_own_and_says_what_it_means():
    names = [measure.name for measure in MEASURES]
    assert list(metrics([])) == names
    assert len(set(names)) == len(names)
    assert all(measure.meaning for measure in MEASURES)
    assert set(ranking.NAMES) < set(names)
    less = {measure.name for measure in MEASURES if not measure.more_is_better}
    costs = {"calls", "tokens_in", "tokens_out", "model_seconds"}
    assert less == {"declined_wrong", "aurc", "ece", "struck", "fell_back"} | costs


def test_values_are_rounded_to_six_places():
    thirds = [outcome(marks={"first": mark}) for mark in (1.0, 1.0, 0.0)]
    assert metrics(thirds)["first"] == 0.666667


def test_the_latency_is_that_of_the_median_and_of_the_slowest_question():
    # between the third and the last of four: 3 + 0.85 and 3 + 0.97 of the way
    outcomes = [outcome(seconds=seconds) for seconds in (3.0, 1.0, 4.0, 2.0)]
    assert latency(outcomes) == {"p50": 2.5, "p95": 3.85, "p99": 3.97}
    assert latency(outcomes[:1]) == {"p50": 3.0, "p95": 3.0, "p99": 3.0}


# Whatever is measured


@st.composite
def judged(draw: st.DrawFn) -> Outcome:
    answerable = draw(st.booleans())
    confidence = round(draw(st.floats(0, 1)), 6)
    insisted = float(answerable and draw(st.booleans()))
    marks = {"insisted": insisted, "truth": draw(st.sampled_from([-1.0, 0.0, 1.0])), "first": insisted}
    return outcome(answerable=answerable, confidence=confidence, marks=marks)


MANY = st.lists(judged(), min_size=1, max_size=40)


@given(MANY)
def test_measures_are_within_their_bounds(outcomes: list[Outcome]):
    for name, value in metrics(outcomes).items():
        assert value is None or (-1 if name == "truth" else 0) <= value <= 1


@given(MANY, st.randoms(use_true_random=False))
def test_the_order_of_the_outcomes_does_not_matter(outcomes: list[Outcome], random: Random):
    mixed = random.sample(outcomes, len(outcomes))
    assert metrics(mixed) == pytest.approx(metrics(outcomes), abs=2e-6)


@given(MANY)
def test_no_order_has_a_smaller_area_than_one_with_the_wrong_ones_last(outcomes: list[Outcome]):
    rights = sorted((one.marks["insisted"] for one in outcomes), reverse=True)
    perfect = sure(*((1 - at / 100, right) for at, right in enumerate(rights)))
    assert area_under_risk(perfect) <= area_under_risk(outcomes) + 1e-12


@given(MANY, st.floats(0, 1), st.floats(0, 1))
def test_a_larger_risk_never_covers_less(outcomes: list[Outcome], one: float, other: float):
    less, more = sorted((one, other))
    assert coverage(less, outcomes) <= coverage(more, outcomes)


@given(MANY, st.floats(0, 1))
def test_what_is_covered_is_no_more_wrong_than_allowed(outcomes: list[Outcome], risk: float):
    many = round(coverage(risk, outcomes) * len(outcomes))
    rights = sorted((-one.confidence, one.marks["insisted"]) for one in outcomes)[:many]
    assert sum(1 - right for _, right in rights) <= risk * many + 1e-9


@given(MANY)
def test_auroc_turns_over_with_the_confidence(outcomes: list[Outcome]):
    turned = [replace(one, confidence=1 - one.confidence) for one in outcomes]
    value = auroc(outcomes)
    assert auroc(turned) == (None if value is None else pytest.approx(1 - value))
