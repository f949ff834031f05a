from __future__ import annotations

import pytest

from eval.bounds import missed, parsed
from retrieval.errors import InputError


def test_wanted_metrics_are_read():
    assert parsed([]) == {}
    assert parsed(["first=0.75", "coverage@1%=.1", "ece=1e-1", "truth=-1"]) == {
        "first": 0.75,
        "coverage@1%": 0.1,
        "ece": 0.1,
        "truth": -1.0,
    }


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("fisrt=0.75", "'fisrt=0.75' names no measure: it is one of recall@1,"),
        ("=0.75", "names no measure"),
        ("", "names no measure"),
        ("first", "write it like first=0.75"),
        ("first=", "has no number"),
        ("first=high", "has no number"),
        ("first=0.5=0.6", "has no number"),
        ("first=nan", "has no number"),  # nothing is under it: the gate would stand open
        ("aurc=inf", "has no number"),
    ],
)
def test_a_wanted_metric_that_means_nothing_is_refused(wanted: str, part: str):
    with pytest.raises(InputError) as refused:
        parsed(["first=0.5", wanted])
    assert part in str(refused.value)


@pytest.mark.parametrize(
    ("metrics", "wanted", "expected"),
    [
        ({"first": 0.75}, {"first": 0.75}, []),
        ({"first": 0.8}, {"first": 0.75}, []),
        ({"first": 0.7}, {"first": 0.75}, ["first is 0.7000, under 0.75."]),
        ({"aurc": 0.1}, {"aurc": 0.1}, []),  # less is better
        ({"aurc": 0.05}, {"aurc": 0.1}, []),
        ({"aurc": 0.2}, {"aurc": 0.1}, ["aurc is 0.2000, over 0.1."]),
        ({"truth": -0.5}, {"truth": 0}, ["truth is -0.5000, under 0."]),
        ({"sides": None}, {"sides": 0}, ["sides was not measured: the set has no question for it."]),
        ({"first": 0.1, "ece": 0.9}, {}, []),
        (
            {"first": 0.1, "cited": 0.9, "ece": 0.9},
            {"first": 0.5, "cited": 0.5, "ece": 0.5},
            ["first is 0.1000, under 0.5.", "ece is 0.9000, over 0.5."],
        ),
    ],
)
def test_bounds_name_what_is_worse_than_wanted(
    metrics: dict[str, float | None], wanted: dict[str, float], expected: list[str]
):
    assert missed(metrics, wanted) == expected
