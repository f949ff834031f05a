from __future__ import annotations

import itertools
from collections.abc import Sequence, Set
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.compare import Comparison, Difference, compare, interval
from eval.measures import MEASURES, Measure, mean
from eval.outcome import Outcome
from eval.results import Results
from retrieval.errors import InputError

BY_NAME = {measure.name: measure for measure in MEASURES}
FIRST = BY_NAME["first"]


def outcome(id_: str, **changes) -> Outcome:
    row = {
        "kind": "fact",
        "split": "test",
        "conversation": None,
        "question": f"What of {id_}?",
        "understood": None,
        "answerable": True,
        "expected": (),
        "evidence": (),
        "answered": True,
        "notes": (),
        "sentences": (),
        "citations": (),
        "short": None,
        "confidence": 0.5,
        "seconds": 0.1,
        "marks": {},
    }
    return Outcome(id=id_, **(row | changes))


def marked(*marks: float, **changes) -> list[Outcome]:
    return [outcome(f"q{at:03}", marks={"first": mark}, **changes) for at, mark in enumerate(marks)]


def results(outcomes: Sequence[Outcome], name: str = "run") -> Results:
    return Results(name, "quoth", {}, {}, {}, tuple(outcomes), {})


def compared(a: Sequence[Outcome], b: Sequence[Outcome]) -> Comparison:
    return compare(results(a, "old"), results(b, "new"))


def difference(found: Comparison, name: str = "first") -> Difference:
    return next(one for one in found.differences if one.measure.name == name)


def enumerated(values: Sequence[float]) -> tuple[float, float]:
    """The percentiles of the mean over all resamples that there are."""
    means = [np.mean(resample) for resample in itertools.product(values, repeat=len(values))]
    low, high = np.percentile(means, (2.5, 97.5), method="inverted_cdf")
    return float(low), float(high)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((0, 0), (1, 0), (0, 1)),  # of four resamples one has twice the 1, and one has twice the 0
        ((0, 0, 0), (1, 1, 1), (1, 1)),
        ((0, 0, 0, 0), (1, 1, 0, 0), (0, 1)),  # all four from one half: 1 of 16
        ((0, 0, 0, 0, 0), (1, 0, 0, 0, 0), (0, 0.6)),  # the 1 three times or oftener 5.8 %, four times 0.7 %
        ((1, 1, 1, 1, 1), (0, 1, 1, 1, 1), (-0.6, 0)),
        ((0.5, 1, 0.25), (1, 0.5, 0.25), (-0.5, 0.5)),  # three times the same: 1 of 27
    ],
)
def test_the_interval_of_a_difference_is_that_of_all_resamples(
    a: tuple[float, ...], b: tuple[float, ...], expected: tuple[float, float]
):
    found = difference(compared(marked(*a), marked(*b)))
    assert found.value == pytest.approx(np.mean(b) - np.mean(a))
    assert found.interval == pytest.approx(expected)
    assert enumerated([y - x for x, y in zip(a, b, strict=True)]) == pytest.approx(expected)


def test_the_difference_is_paired():
    chance = np.random.RandomState(3)
    a = [chance.random() for _ in range(30)]
    b = [min(mark + 0.1 * chance.random(), 1) for mark in a]
    gains = marked(*(after - before for before, after in zip(a, b, strict=True)))
    found = difference(compared(marked(*a), marked(*b))).interval
    assert found == pytest.approx(interval(gains, FIRST), abs=2e-6)
    assert found[1] - found[0] < 0.1 < np.subtract(*reversed(interval(marked(*a), FIRST)))


def coverage(turns: int, is_told: bool = True) -> float:
    """How often the interval holds the truth, over 200 sets of 48 conversations of turns that are alike."""
    chance = np.random.RandomState(11)
    held = 0
    for _ in range(200):
        talks = np.repeat(chance.beta(3, 2, 48), turns)
        outcomes = [
            outcome(str(at), marks={"first": mark}, conversation=str(at // turns) if is_told else None)
            for at, mark in enumerate(talks)
        ]
        low, high = interval(outcomes, FIRST)
        held += low <= 3 / 5 <= high
    return held / 200


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    """200 draws at 95 % have a standard deviation of 1.5 %; a percentile bootstrap of 48 holds a bit less."""
    assert 0.905 <= coverage(turns=1) <= 0.985
    assert 0.905 <= coverage(turns=4) <= 0.985
    assert coverage(turns=4, is_told=False) < 0.8  # turns taken for questions of their own: too sure by half


def test_the_turns_of_a_conversation_are_drawn_together():
    right = [outcome(f"a{at}", conversation="a", marks={"first": 1.0}) for at in range(10)]
    wrong = [outcome(f"b{at}", conversation="b", marks={"first": 0.0}) for at in range(10)]
    assert interval([*right, *wrong], FIRST) == (0, 1)
    low, high = interval([replace(one, conversation=None) for one in (*right, *wrong)], FIRST)
    assert 0.2 < low < high < 0.8


def test_turns_of_conversations_of_unequal_length_count_each():
    talk = [outcome(f"t{at}", conversation="t", marks={"first": 1.0}) for at in range(3)]
    alone = outcome("alone", marks={"first": 0.0})
    skew = FIRST._replace(of=lambda outcomes: sum(one.marks["first"] for one in outcomes) / len(outcomes) % 1)
    assert interval([*talk, alone], skew) == (0, 0.75)  # a talk and the one alone: three of four


@pytest.mark.parametrize("name", ["first", "auroc", "ece"])
def test_no_interval_where_no_question_counts(name: str):
    assert interval([], BY_NAME[name]) is None
    assert interval([outcome("a"), outcome("b")], BY_NAME[name]) is None


def test_one_question_is_a_point_and_decides_nothing():
    assert interval(marked(1), FIRST) == (1, 1)
    found = difference(compared(marked(0), marked(1)))
    assert (found.value, found.interval, found.changed, found.verdict) == (1, (1, 1), 1, "undecided")


def test_a_resample_in_which_nothing_counts_is_left_out():
    pair = [
        outcome("a", confidence=0.9, marks={"insisted": 1.0}),
        outcome("b", confidence=0.1, marks={"insisted": 0.0}, answerable=False),
    ]
    assert interval(pair, BY_NAME["auroc"]) == (1, 1)  # half of the resamples have one kind of question
    assert interval([*marked(1, 0), *map(outcome, "abcdefgh")], FIRST) == (0, 1)


def test_the_quick_way_for_means_gives_what_the_measure_gives():
    chance = np.random.RandomState(7)
    outcomes = [
        outcome(
            str(at),
            conversation=[None, None, "x", "y"][chance.randint(4)],
            marks={"first": chance.random()} if chance.random() < 0.7 else {},
        )
        for at in range(25)
    ]
    slow = FIRST._replace(of=lambda some: mean("first", some))
    assert interval(outcomes, FIRST) == interval(outcomes, slow)


def test_the_mark_is_the_one_that_is_averaged_and_not_the_measure_s_name():
    renamed = Measure("other", "", "", partial(mean, "first"))
    assert interval(marked(1, 1), renamed) == (1, 1)


def full(seed: int, count: int, without: Set[str] = frozenset()) -> list[Outcome]:
    """Questions with every mark that there is, but for some."""
    chance = np.random.RandomState(seed)
    names = {*BY_NAME, "insisted"} - without
    return [
        outcome(
            f"q{at}",
            conversation=f"talk{at // 8}" if at % 8 < 3 else None,
            answerable=at % 3 > 0,
            answered=chance.random() < 0.7,
            confidence=round(chance.random(), 3),
            marks={name: round(chance.random(), 3) for name in sorted(names)},
        )
        for at in range(count)
    ]


def test_a_run_does_not_differ_from_itself(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("eval.compare.RESAMPLES", 100)  # whatever their number
    outcomes = full(1, 16)
    found = compared(outcomes, outcomes)
    assert {
        one.measure.name: (one.value, one.interval, one.changed, one.verdict) for one in found.differences
    } == dict.fromkeys(BY_NAME, (0, (0, 0), 0, "undecided"))
    assert (found.common, found.only_a, found.only_b) == (16, 0, 0)
    assert (found.gained, found.lost, found.answered, found.declined) == ((), (), (), ())


def test_the_same_runs_give_the_same_digits_in_whatever_order_of_their_questions():
    a, b = full(1, 30, without={"insisted"}), full(2, 30, without={"insisted"})
    assert compared(a, b).differences == compared(a, list(reversed(b))).differences
    assert compared(a, b).differences == compared(list(reversed(a)), b).differences


@pytest.mark.parametrize(
    ("name", "flips", "expected"),
    [
        ("first", 8, "better"),
        ("declined_wrong", 8, "worse"),
        ("first", -8, "worse"),
        ("declined_wrong", -8, "better"),
        ("first", 6, "better"),
        ("first", 5, "undecided"),  # the interval alone would say better
        ("first", 0, "undecided"),
    ],
)
def test_the_verdict_knows_whether_more_is_better_and_what_too_few_are(name: str, flips: int, expected: str):
    before = [outcome(str(at), marks={name: 0.0}) for at in range(40)]
    after = [replace(one, marks={name: float(at < abs(flips))}) for at, one in enumerate(before)]
    found = difference(compared(before, after) if flips >= 0 else compared(after, before), name)
    assert (found.verdict, found.changed) == (expected, abs(flips))
    assert (found.interval[0] <= 0 <= found.interval[1]) == (flips == 0)


def test_a_gain_here_and_a_loss_there_are_undecided():
    before = marked(*([0] * 10 + [1] * 10))
    found = difference(compared(before, marked(*([1] * 10 + [0] * 10))))
    assert (found.value, found.changed, found.verdict) == (0, 20, "undecided")
    assert found.interval[0] < 0 < found.interval[1]


def test_a_conversation_counts_as_one_where_runs_differ():
    talk = [outcome(str(at), conversation="talk", marks={"first": 0.0}) for at in range(8)]
    found = difference(compared(talk, [replace(one, marks={"first": 1.0}) for one in talk]))
    assert (found.interval, found.changed, found.verdict) == ((1, 1), 1, "undecided")


def test_only_questions_of_both_are_compared_and_the_others_counted():
    a = [*marked(1, 0, 1), outcome("gone", marks={"first": 0.0})]
    b = [*marked(1, 1)[::-1], outcome("q002", question="Another?", marks={"first": 0.0})]
    found = compared(a, [*b, outcome("new1"), outcome("new2")])
    assert (found.a, found.b, found.common, found.only_a, found.only_b) == ("old", "new", 2, 2, 3)
    first = difference(found)
    assert (first.a, first.b, first.value) == (0.5, 1, 0.5)


@pytest.mark.parametrize(
    ("a", "b"), [([], []), (marked(1), []), (marked(1), [replace(marked(1)[0], question="Other?")])]
)
def test_nothing_in_common_is_told(a: list[Outcome], b: list[Outcome]):
    with pytest.raises(InputError, match="old and new have no question in common"):
        compared(a, b)


def test_a_measure_that_one_run_has_no_question_for_has_no_difference():
    found = difference(compared(marked(1, 0), [outcome("q000"), outcome("q001")]))
    assert (found.a, found.b, found.value, found.interval, found.verdict) == (
        0.5,
        None,
        None,
        None,
        "undecided",
    )


def test_what_flipped_both_ways_by_hand():
    rows = [  # id, answerable, then for each run: answered, right first
        ("gained", True, (True, 0), (True, 1)),
        ("lost", True, (True, 1), (True, 0)),
        ("found", True, (False, 0), (True, 1)),
        ("guessed", True, (False, 0), (True, 0)),
        ("same", True, (True, 1), (True, 1)),
        ("refused", False, (True, None), (False, None)),
        ("fooled", False, (False, None), (True, None)),
    ]

    def run(at: int) -> list[Outcome]:
        return [
            outcome(
                row[0],
                answerable=row[1],
                answered=row[at][0],
                marks={} if row[at][1] is None else {"first": float(row[at][1])},
            )
            for row in rows
        ]

    found = compared(run(2), run(3))
    assert found.gained == ("gained", "found", "refused")
    assert found.lost == ("lost", "fooled")
    assert found.answered == ("found", "guessed", "fooled")
    assert found.declined == ("refused",)


QUESTION = st.tuples(
    st.sampled_from([None, None, "x", "y"]),  # conversation
    st.booleans(),  # answerable
    st.tuples(st.booleans(), st.booleans()),  # answered
    st.tuples(st.sampled_from([0, 0.5, 1]), st.sampled_from([0, 0.5, 1])),
)


def drawn(rows: Sequence[tuple], at: int) -> list[Outcome]:
    return [
        outcome(
            f"q{number}",
            conversation=talk,
            answerable=answerable,
            answered=answered[at],
            marks={"truth": marks[at]} | ({"first": marks[at]} if answerable else {}),
        )
        for number, (talk, answerable, answered, marks) in enumerate(rows)
    ]


@given(st.lists(QUESTION, min_size=1, max_size=12))
@settings(max_examples=60)
def test_to_swap_the_runs_negates_differences_and_swaps_flips(rows: list[tuple]):
    a, b = drawn(rows, 0), drawn(rows, 1)
    there, back = compared(a, b), compared(b, a)
    assert (back.gained, back.lost) == (there.lost, there.gained)
    assert (back.answered, back.declined) == (there.declined, there.answered)
    for one, other in zip(there.differences, back.differences, strict=True):
        assert (other.a, other.b, other.changed) == (one.b, one.a, one.changed)
        if one.value is not None:
            assert other.value == -one.value
            assert other.interval == pytest.approx((-one.interval[1], -one.interval[0]), abs=2e-6)
            assert one.interval[0] <= one.interval[1]
