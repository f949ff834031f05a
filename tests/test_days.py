"""Calendar words that stand by themselves; `test_timeframe.py` has them in questions."""

from __future__ import annotations

import datetime as dt

import pytest

from retrieval.days import EXPRESSION, read

TODAY = dt.date(2024, 3, 31)


def meant(words: str, today: dt.date = TODAY) -> str | None:
    found = EXPRESSION.fullmatch(words)
    assert found is not None, f"{words!r} is no expression"
    days = read(found.lastgroup or "", words.lower(), today)
    return days and f"{days.first}..{days.last}".replace(f"{days.first}..{days.first}", str(days.first))


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("8/11/2023", "2023-11-08"),  # the month beside the year, where both may be one
        ("2023-11-08", "2023-11-08"),
        ("2023.8.11", "2023-08-11"),
        ("11-13-2023", "2023-11-13"),
        ("2023/13/11", "2023-11-13"),
        ("11/2023", "2023-11-01..2023-11-30"),
        ("2023-2", "2023-02-01..2023-02-28"),
        ("29.2.2024", "2024-02-29"),
        ("29.2.2023", None),
        ("31/31/2023", None),
        ("13/2023", None),
        ("0/1/2023", None),
    ],
)
def test_figures(words: str, days: str | None):
    assert meant(words) == days


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("Sept 2023", "2023-09-01..2023-09-30"),
        ("Wednesday, 8 November 2023", "2023-11-08"),
        ("November 8th, 2023", "2023-11-08"),
        ("28-29 February 2024", "2024-02-28..2024-02-29"),
        ("28-29 February 2023", "2023-02-01..2023-02-28"),  # it lacks one of them
        ("9 to 8 May 2023", "2023-05-01..2023-05-31"),
        ("May", "2024-05-01..2024-05-31"),
        ("winter of last year", "2023-12-01..2024-02-29"),
    ],
)
def test_months_and_their_days(words: str, days: str):
    assert meant(words) == days


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("a month ago", "2024-02-01..2024-02-29"),
        ("a few weeks ago", "2024-03-04..2024-03-10"),
        ("few days ago", "2024-03-28"),
        ("15 months ago", "2022-12-01..2022-12-31"),
        ("365 days ago", "2023-04-01"),
        ("last month", "2024-02-01..2024-02-29"),
        ("previous year", "2023-01-01..2023-12-31"),
        ("past several months", "2023-12-31..2024-03-31"),
        ("last 13 months", "2023-02-28..2024-03-31"),
        ("past day", "2024-03-30..2024-03-31"),
    ],
)
def test_what_is_counted_from_today(words: str, days: str):
    assert meant(words) == days


@pytest.mark.parametrize(
    ("words", "today"), [("999 years ago", dt.date(900, 1, 1)), ("999 weeks ago", dt.date(1, 1, 1))]
)
def test_what_lies_beyond_the_calendar_means_nothing(words: str, today: dt.date):
    assert meant(words, today) is None


def test_letters_that_only_look_alike_are_no_expression():
    assert EXPRESSION.search("la\N{LATIN SMALL LETTER LONG S}t month") is None
