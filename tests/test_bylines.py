from __future__ import annotations

import datetime as dt

import pytest

from retrieval.claims.bylines import byline
from retrieval.types import Source

SOURCES = [
    Source("a", "Lock", "The Guardian", date=dt.date(2031, 5, 9)),
    Source("b", "Lock", "Daily Lantern", date=dt.date(2031, 5, 4)),
    Source("c", "Lock", date=dt.date(2031, 5, 1)),
    Source("d", "Lock"),
]


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("On 9 May 2031 the Guardian wrote that Voss left.", "a"),
        ("On 9 May 2031, the Guardian reported: Voss left.", "a"),
        ("The Guardian wrote on May 9, 2031 that Voss left.", "a"),
        ("The Daily Lantern of 4 May 2031 says that Voss left.", "b"),
        ("The Daily Lantern had also written on 4 May 2031 that Voss left.", "b"),
        ("The Daily Lantern reported that Voss left.", "b"),
        ("According to the Daily Lantern of 4 May 2031, Voss left.", "b"),
        ("According to the Daily Lantern (4 May 2031), Voss left.", "b"),
        ("According to an article in the Guardian, Voss left.", "a"),
        ("According to the article of 1 May 2031, Voss left.", "c"),
        ("An earlier article of 1 May 2031 says that Voss left.", "c"),
        ("On 1st May 2031 it was reported that Voss left.", "c"),
        ("As of May 2031, Voss left.", "abc"),
        ("Voss left, according to the Guardian.", "a"),
        ("Voss left, the Guardian reported on 9 May 2031.", "a"),
        ("Voss left (The Guardian, 9 May 2031).", "a"),
        ("Voss left (9 May 2031).", "a"),
        ("According to the Guardian of 4 May 2031, Voss left.", ""),
        ("As of May 2032, Voss left.", ""),
    ],
)
def test_what_it_says_of_its_article_is_taken_off_a_sentence(text: str, files: str):
    told = byline(text, SOURCES)
    assert told.claim == "Voss left."
    assert "".join(source.file for source in SOURCES if told.fits(source)) == files


@pytest.mark.parametrize(
    "text",
    [
        "Voss left.",
        "On 9 May 2031 Voss left.",  # a day of what happened
        "According to Voss, it rained.",
        "The Times wrote that Voss left.",  # none of the articles is by them
        "The report said that Voss left.",
        "Guardian staff said that Voss left.",
        "Voss told the Guardian that he left.",
        "",
    ],
)
def test_anything_else_stays_as_it_is(text: str):
    told = byline(text, SOURCES)
    assert told.claim == text
    assert all(told.fits(source) for source in SOURCES)


def test_without_publishers_a_day_may_still_tell_the_article():
    [undated] = [source for source in SOURCES if source.file == "d"]
    told = byline("According to the article of 1 May 2031, Voss left.", [undated])
    assert told.claim == "Voss left."
    assert not told.fits(undated)
