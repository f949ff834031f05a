from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.timeframe import NO_DAYS, Days, Timeframe, timeframe
from retrieval.understanding import _without

TODAY = dt.date(2024, 11, 6)  # a Wednesday


def days(text: str) -> Days:
    """Of "2023-07-03..2023-11-08"; an end left out sets no bound, and one day stands for both ends."""
    first, _, last = text.partition("..") if ".." in text else (text, "", text)
    return Days(*(dt.date.fromisoformat(day) if day else None for day in (first, last)))


def asked(question: str, today: str = "2024-11-06") -> Timeframe:
    return timeframe(question, dt.date.fromisoformat(today))


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("on 8 November 2023", "2023-11-08"),
        ("on the 8th of November, 2023", "2023-11-08"),
        ("on November 8, 2023", "2023-11-08"),
        ("on november 8th 2023", "2023-11-08"),
        ("on Nov. 8, 2023", "2023-11-08"),
        ("on Wednesday, 8 November 2023", "2023-11-08"),
        ("on 8-Nov-2023", "2023-11-08"),
        ("on 2023-11-08", "2023-11-08"),
        ("on 2023/11/08", "2023-11-08"),
        ("on 8.11.2023", "2023-11-08"),
        ("on 08/11/2023", "2023-11-08"),  # the day first, as the articles' own dates
        ("on 11/25/2023", "2023-11-25"),
        ("on 29 February 2024", "2024-02-29"),
        ("on 29 February 2023", "2023-02-01..2023-02-28"),  # no such day: its month
        ("on 31 April 2023", "2023-04-01..2023-04-30"),
        ("in November 2023", "2023-11-01..2023-11-30"),
        ("in Sept. 2023", "2023-09-01..2023-09-30"),
        ("in sep 2023", "2023-09-01..2023-09-30"),
        ("in November of 2023", "2023-11-01..2023-11-30"),
        ("in February 2024", "2024-02-01..2024-02-29"),
        ("in 2023-11", "2023-11-01..2023-11-30"),
        ("in 11/2023", "2023-11-01..2023-11-30"),
        ("in mid-November 2023", "2023-11-01..2023-11-30"),
        ("at the end of November 2023", "2023-11-01..2023-11-30"),
        ("in 2023", "2023-01-01..2023-12-31"),
        ("during the year 2023", "2023-01-01..2023-12-31"),
        ("in late 2023", "2023-01-01..2023-12-31"),
        ("in Q3 2023", "2023-07-01..2023-09-30"),
        ("in 2023 Q3", "2023-07-01..2023-09-30"),
        ("in the third quarter of 2023", "2023-07-01..2023-09-30"),
        ("in the 3rd quarter of 2023", "2023-07-01..2023-09-30"),
        ("in the last quarter of 2023", "2023-10-01..2023-12-31"),
        ("in the first half of 2023", "2023-01-01..2023-06-30"),
        ("in H2 2023", "2023-07-01..2023-12-31"),
        ("in the last half of 2023", "2023-07-01..2023-12-31"),
        ("in the spring of 2023", "2023-03-01..2023-05-31"),
        ("in Fall 2023", "2023-09-01..2023-11-30"),
        ("in winter 2023", "2023-12-01..2024-02-29"),
        ("in the 1990s", "1990-01-01..1999-12-31"),
        ("in the mid-1990s", "1990-01-01..1999-12-31"),
        ("in the early 2000s", "2000-01-01..2009-12-31"),
        ("before November 2023", "..2023-10-31"),
        ("prior to 8 November 2023", "..2023-11-07"),
        ("before the end of 2023", "..2023-12-31"),
        ("until November 2023", "..2023-11-30"),
        ("by the end of 2023", "..2023-12-31"),
        ("by the year 2023", "..2023-12-31"),
        ("no later than 2023", "..2023-12-31"),
        ("as of 8 November 2023", "..2023-11-08"),
        ("after November 2023", "2023-12-01.."),
        ("after the end of 2023", "2024-01-01.."),
        ("after the start of 2023", "2023-01-01.."),
        ("since November 2023", "2023-11-01.."),
        ("from 8 November 2023", "2023-11-08.."),
        ("no earlier than 2023", "2023-01-01.."),
        ("not before 2023", "2023-01-01.."),
    ],
)
def test_days_are_named_with_their_year(words: str, meant: str) -> None:
    frame = asked(f"What happened {words}?")
    assert (frame.days, frame.dated) == (days(meant), words)
    assert _without(f"What fell {words}?", asked(f"What fell {words}?").words) == "What fell?"
    assert asked(f"what happened {words.lower()}").days == days(meant)
    assert asked(f"{words}, who fell").days == days(meant)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("between November 2023 and January 2024", "2023-11-01..2024-01-31"),
        ("between July and November 2023", "2023-07-01..2023-11-30"),
        ("between November and January 2024", "2023-11-01..2024-01-31"),  # the November before
        ("between 30 December and 2 January 2024", "2023-12-30..2024-01-02"),
        ("between 3 July and 8 November 2023", "2023-07-03..2023-11-08"),
        ("between July 3 and November 8, 2023", "2023-07-03..2023-11-08"),
        ("between 3 and 8 November 2023", "2023-11-03..2023-11-08"),
        ("from 3 to 8 November 2023", "2023-11-03..2023-11-08"),
        ("from November 3 to 8, 2023", "2023-11-03..2023-11-08"),
        ("on 3-8 November 2023", "2023-11-03..2023-11-08"),
        ("from July to November 2023", "2023-07-01..2023-11-30"),
        ("from July 2023 until November 2023", "2023-07-01..2023-11-30"),
        ("from 2023-07-03 through 2023-11-08", "2023-07-03..2023-11-08"),
        ("in July–November 2023", "2023-07-01..2023-11-30"),
        ("between 2022 and 2023", "2022-01-01..2023-12-31"),
        ("in 2022-2023", "2022-01-01..2023-12-31"),
        ("in 2022–23", "2022-01-01..2023-12-31"),
        ("between spring and autumn 2023", "2023-03-01..2023-11-30"),
        ("from the first quarter of 2023 to the second quarter of 2024", "2023-01-01..2024-06-30"),
        ("in 2022 or 2024", "2022-01-01..2024-12-31"),
        ("in July and November 2023", "2023-07-01..2023-11-30"),
        ("before July or November 2023", "..2023-06-30"),
    ],
)
def test_two_times_are_one_stretch(words: str, meant: str) -> None:
    question = f"What fell {words}?"
    frame = asked(question)
    assert (frame.days, frame.dated) == (days(meant), words)
    assert _without(question, frame.words) == "What fell?"


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("What fell after July 2023 but before November 2023?", "2023-08-01..2023-10-31"),
        ("What fell since July 2023 and until November 2023?", "2023-07-01..2023-11-30"),
        ("Who left Rome in November 2023 and met her in 2023?", "2023-11-01..2023-11-30"),
        # They exclude each other: all from the first to the last.
        ("Who left Rome in November 2023 for Paris in January 2024?", "2023-11-01..2024-01-31"),
        ("What fell before 2020 and again in 2023?", "..2023-12-31"),
        ("What fell in March 2023 and again after 2024?", "2023-03-01.."),
        ("What fell before 2022 and again after 2023?", ".."),
        ("2022 versus 2023", "2022-01-01..2023-12-31"),
    ],
)
def test_what_several_times_leave(question: str, meant: str) -> None:
    assert asked(question).days == days(meant)


@pytest.mark.parametrize(
    "question",
    [
        "",
        "How many of the 2000 soldiers died?",
        "Did he die in 2000 battles?",
        "What happened to about 2000 people?",
        "Who paid for 1999 dollars?",
        "Were from 2000 to 3000 ships lost?",
        "Did between 1900 and 2000 men die?",
        "Did up to 2000 km remain?",
        "Were in 2000 % of cases errors made?",
        "Were 1,987 people killed in 2000,5 hours?",
        "Who won the 1999 seats?",
        "Is the T-2000 a tank?",
        "What does article 2000 say?",
        "What did Dong Jun say?",
        "What may happen?",
        "May Dong Jun resign?",
        "What did Theresa May say to April Jones?",
        "When was the March on Moscow?",
        "Who wrote about Sun Tzu and the Mar Elias?",
        "What did the second army do in the first week?",
        "How long did the alliance last?",
        "Did the bridge fall?",
        "What has happened since?",
        "What happened between Russia and China?",
        "Who flew from Moscow to Beijing?",
        "What was written by Tyburski?",
        "What happened in the Guardian?",
        "What is the Five Year Plan?",
        "How long is four years?",
        "What happened in November?",  # of no year
        "What happened on 8 November?",
        "What happened on Wednesday?",
        "What happened on the 8th?",
    ],
)
def test_no_year_no_days(question: str) -> None:
    frame = asked(question)
    assert (frame.days, frame.preferred, frame.dated, frame.words) == (NO_DAYS, None, "", ())


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("What did Dong Jun say in 2023?", "2023-01-01..2023-12-31"),
        ("What did Theresa May say in 2019?", "2019-01-01..2019-12-31"),
        ("What did the 1st army do in 2023?", "2023-01-01..2023-12-31"),
        ("How many of the 2000 soldiers died in 2023?", "2023-01-01..2023-12-31"),
        ("Who in 2023 does what?", "2023-01-01..2023-12-31"),
        ("Who in 2023 was minister?", "2023-01-01..2023-12-31"),
        ("Who flew from Moscow to Beijing in November 2023?", "2023-11-01..2023-11-30"),
        ("What is in section 5 of 2023?", "2023-01-01..2023-12-31"),
    ],
)
def test_a_time_beside_a_trap_is_found(question: str, meant: str) -> None:
    assert asked(question).days == days(meant)


@pytest.mark.parametrize(
    ("words", "today", "meant"),
    [
        ("yesterday", "2024-03-01", "2024-02-29"),
        ("yesterday", "2024-01-01", "2023-12-31"),
        ("tomorrow", "2023-12-31", "2024-01-01"),
        ("last week", "2024-01-01", "2023-12-25..2023-12-31"),
        ("this week", "2024-11-06", "2024-11-04..2024-11-10"),
        ("next week", "2024-12-30", "2025-01-06..2025-01-12"),
        ("last month", "2024-01-31", "2023-12-01..2023-12-31"),
        ("last month", "2024-03-31", "2024-02-01..2024-02-29"),
        ("this month", "2024-02-29", "2024-02-01..2024-02-29"),
        ("next month", "2024-12-31", "2025-01-01..2025-01-31"),
        ("last year", "2024-02-29", "2023-01-01..2023-12-31"),
        ("this year", "2024-11-06", "2024-01-01..2024-12-31"),
        ("Next Year", "2024-11-06", "2025-01-01..2025-12-31"),
        ("three days ago", "2024-01-02", "2023-12-30"),
        ("12 days ago", "2024-11-06", "2024-10-25"),
        ("a week ago", "2024-11-06", "2024-10-28..2024-11-03"),
        ("two weeks ago", "2024-11-06", "2024-10-21..2024-10-27"),
        ("three months ago", "2024-05-31", "2024-02-01..2024-02-29"),
        ("a year ago", "2024-02-29", "2023-01-01..2023-12-31"),
        ("in the past three years", "2024-02-29", "2021-02-28..2024-02-29"),
        ("over the last 12 months", "2024-11-06", "2023-11-06..2024-11-06"),
        ("in the last few days", "2024-11-06", "2024-11-03..2024-11-06"),
        ("in the past year", "2024-11-06", "2023-11-06..2024-11-06"),
        ("in the last week", "2024-11-06", "2024-10-30..2024-11-06"),
        ("in November last year", "2024-11-06", "2023-11-01..2023-11-30"),
        ("on 8 November of last year", "2024-11-06", "2023-11-08"),
        ("since last month", "2024-11-06", "2024-10-01.."),
        ("before last month", "2024-11-06", "..2024-09-30"),
    ],
)
def test_relative_words_prefer_and_stay_in_the_question(words: str, today: str, meant: str) -> None:
    frame = asked(f"What happened {words}?", today)
    assert (frame.preferred, frame.days, frame.words) == (days(meant), NO_DAYS, ())
    assert frame.prefers


@pytest.mark.parametrize("words", ["the next week", "the previous month", "in the last 400000 years"])
def test_what_is_relative_to_something_else_prefers_nothing(words: str) -> None:
    assert asked(f"What happened {words}?").preferred is None


def test_relative_words_yield_to_a_year() -> None:
    frame = asked("What happened in the last week of November 2023?")
    assert (frame.days, frame.preferred) == (days("2023-11-01..2023-11-30"), None)


@pytest.mark.parametrize(
    ("question", "newest", "oldest", "topic"),
    [
        ("What is the latest news on the bridge?", True, False, "What is the news on the bridge?"),
        ("What did Ott most recently say?", True, False, "What did Ott say?"),
        ("Where is Ott now?", True, False, "Where is Ott?"),
        ("Who is currently mayor?", True, False, "Who is mayor?"),
        ("Who is mayor today?", True, False, "Who is mayor?"),
        ("How many soldiers as of now?", True, False, "How many soldiers?"),
        ("When did Ott and Brook last meet?", True, False, "When did Ott and Brook meet?"),
        ("What was the earliest bridge?", False, True, "What was the bridge?"),
        ("Who was at first the mayor?", False, True, "Who was the mayor?"),
        ("How long did the bridge last?", False, False, "How long did the bridge last?"),
        ("What did Russia Today report?", False, False, "What did Russia Today report?"),
        ("Who knows the bridge?", False, False, "Who knows the bridge?"),
    ],
)
def test_newest_and_oldest(question: str, newest: bool, oldest: bool, topic: str) -> None:
    frame = asked(question)
    assert (frame.newest, frame.oldest, _without(question, frame.words)) == (newest, oldest, topic)


def test_as_of_a_day_asks_for_the_newest_until_then() -> None:
    frame = asked("How many soldiers as of November 2023?")
    assert frame.newest and frame.days == days("..2023-11-30")


@pytest.mark.parametrize(
    ("question", "present"),
    [
        ("Who is the mayor?", True),
        ("who's the mayor", True),
        ("What’s the plan?", True),
        ("And where are they?", True),
        ("What does Ott say?", True),
        ("What has Ott said?", True),
        ("How many soldiers does Ott have?", True),
        ("Which countries are in the pact?", True),
        ("Will Ott resign?", True),
        ("Who was the mayor?", False),
        ("What did Ott say?", False),
        ("What had Ott said?", False),
        ("Which mayor was fired?", False),
        ("When did it fall?", False),
        ("Who is the mayor in 2023?", False),  # as of then
    ],
)
def test_the_present_is_told_from_the_past(question: str, present: bool) -> None:
    frame = asked(question)
    assert frame.present is frame.prefers is present


@pytest.mark.parametrize(
    ("question", "sentence", "stated"),
    [
        ("Who met in November 2023?", "They met in November 2023.", True),
        ("Who met in nov 2023?", "They met on 8 November 2023.", True),
        ("Who met in November 2023?", "They met on 8 Nov. 2023.", True),
        ("Who met in Sept. 2023?", "They met in September 2023.", True),
        ("Who met in November 2023?", "They met in 2023.", False),
        ("Who met in March 2023?", "The market of 2023 was calm.", False),
        ("Who met in 2023?", "In 2023, they met.", True),
        ("Who met in 2023?", "Some 12023 met.", False),
        ("Who met in the 1990s?", "They met in the 1990s.", True),
        ("Who met in the 1990s?", "They met in 1990.", False),
        ("Who met between July and November 2023?", "They met in July and November 2023.", True),
        ("Who met?", "They met in 2023.", False),
        ("Who met last year?", "They met last year.", False),
    ],
)
def test_a_sentence_states_the_days_in_other_spellings_too(
    question: str, sentence: str, stated: bool
) -> None:
    assert asked(question).is_stated(sentence) is stated


@pytest.mark.parametrize(
    ("question", "day", "held"),
    [
        ("What happened last year?", dt.date(2023, 12, 31), 1.0),
        ("What happened last year?", dt.date(2024, 1, 1), 0.0),
        ("What is the latest last year?", dt.date(2022, 1, 1), 0.0),  # a named time goes first
        ("What is the latest?", TODAY, 1.0),
        ("What was the earliest?", TODAY, 0.0),
        ("What is the latest?", None, 0.0),
        ("What was the earliest?", None, 0.0),
    ],
)
def test_preference_of_a_day(question: str, day: dt.date | None, held: float) -> None:
    assert asked(question).preference(day, TODAY) == held


_DATES = st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31))
_WORDS = (
    "who what met is was last next this past the of in on by from to and between before after since until "
    "as of ago a few two 3 8 31 2023 2024 1999 2023-11-08 2022-23 1990s Q3 half quarter first year month "
    "week days November nov. Sept. May, Mon Monday summer fall yesterday now latest at first ? – - ."
).split()
_QUESTIONS = st.lists(st.sampled_from(_WORDS), max_size=14).map(" ".join) | st.text(max_size=80)


@settings(max_examples=300)
@given(_QUESTIONS, _DATES)
def test_any_text_is_read(question: str, today: dt.date) -> None:
    frame = timeframe(question, today)
    assert frame == timeframe(question, today)
    for stretch in (frame.days, frame.preferred):
        assert not (stretch and stretch.first and stretch.last) or stretch.first <= stretch.last
    assert all(0 <= span.start < span.end <= len(question) for span in frame.words)
    dated = [span for span in frame.words if any(map(str.isdigit, span.of(question)))]  # not "latest"
    assert all(one.end <= other.start for one, other in pairwise(dated))
    assert frame.dated == " ".join(span.of(question) for span in dated)
    assert bool(frame.dated) >= (frame.days != NO_DAYS)
    assert not frame.is_stated("")


@given(_DATES)
def test_a_day_is_read_however_it_is_written(day: dt.date) -> None:
    year = f"{day.year}"
    for text in (
        f"{day}",
        f"{day.day} {day:%B} {year}",
        f"{day:%b} {day.day}, {year}",
        f"{day:%d/%m}/{year}",
    ):
        assert asked(f"Who met on {text}?").days == Days(day, day) or day.year > 2099


@given(st.sampled_from(["latest", "earliest", "is"]), _DATES, _DATES, _DATES)
def test_preference_is_a_share_that_follows_the_day(
    word: str, one: dt.date, other: dt.date, newest: dt.date
) -> None:
    early, late, newest = sorted((one, other, newest))
    frame = timeframe({"is": "Who is it?"}.get(word, f"Who was the {word}?"), newest)
    first, second = frame.preference(early, newest), frame.preference(late, newest)
    assert all(0 <= share <= 1 for share in (first, second))
    assert first >= second if frame.oldest else first <= second
