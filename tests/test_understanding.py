from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.chain import Quoth
from retrieval.types import Answer, Filters, Question, Turn
from retrieval.understanding import Understood

# The seeds: The Guardian on 17 Apr 2023, two of no publisher on 3 Jul 2023, Warsaw Institute on 15 Nov 2023,
# one of no publisher on 14 Oct 2024.
TODAY = date(2024, 11, 1)
ANSWERED, REFUSED = Answer("", True, ()), Answer("", False, ())
GUARDIAN, WARSAW = "The Guardian", "Warsaw Institute"


def understood(quoth: Quoth, text: str, *history: Turn, today: date = TODAY, **filters: Any) -> Understood:
    return quoth.understand(Question(text, history, Filters(**filters), today))


def year(number: int) -> dict[str, date]:
    return {"since": date(number, 1, 1), "until": date(number, 12, 31)}


APRIL = {"since": date(2023, 4, 1), "until": date(2023, 4, 30)}


@pytest.mark.parametrize(
    ("text", "filters", "topic"),
    [
        ("What did Putin say?", {}, "What did Putin say?"),
        ("What did Putin say in 2023?", year(2023), "What did Putin say?"),
        ("In April 2023, what did Putin say?", APRIL, "what did Putin say?"),
        ("What did Putin say since July 2024?", {"since": date(2024, 7, 1)}, "What did Putin say?"),
        ("What did Putin say before May 2023?", {"until": date(2023, 4, 30)}, "What did Putin say?"),
        ("What did Putin say according to the Guardian?", {"publisher": GUARDIAN}, "What did Putin say?"),
        ("according to the guardian what did putin say", {"publisher": GUARDIAN}, "what did putin say"),
        ("What does the Warsaw Institute say about Putin?", {"publisher": WARSAW}, "What about Putin?"),
        (
            "What did Putin say in April 2023 according to the Guardian?",
            {"publisher": GUARDIAN, **APRIL},
            "What did Putin say?",
        ),
        ("What happened in 2023?", year(2023), None),
    ],
)
def test_a_question_names_its_days_and_its_publisher(
    quoth, text: str, filters: dict, topic: str | None
) -> None:
    found = understood(quoth, text)
    assert found.filters == Filters(**filters)
    assert found.topic == topic or topic is None
    assert found.text == text
    assert not found.dropped
    assert found.given == Filters()


@pytest.mark.parametrize(
    ("text", "given", "filters"),
    [
        (
            "What did Putin say in 2023?",
            {"since": date(2023, 6, 1)},
            {**year(2023), "since": date(2023, 6, 1)},
        ),
        (
            "What did Putin say in 2023?",
            {"until": date(2023, 6, 1)},
            {**year(2023), "until": date(2023, 6, 1)},
        ),
        ("What did Putin say in April 2023?", year(2023), APRIL),
        ("What did Putin say since 2020?", APRIL, APRIL),
        ("What did Putin say in April 2023?", {"publisher": GUARDIAN}, {"publisher": GUARDIAN, **APRIL}),
        ("What did Putin say according to the Guardian?", year(2023), {"publisher": GUARDIAN, **year(2023)}),
        # the caller's publisher wins
        ("What did Putin say according to the Guardian?", {"publisher": WARSAW}, {"publisher": WARSAW}),
        ("What did Putin say?", {"publisher": "Nobody"}, {"publisher": "Nobody"}),
    ],
)
def test_what_a_question_names_counts_within_the_caller_s_filters(quoth, text: str, given, filters) -> None:
    assert understood(quoth, text, **given).filters == Filters(**filters)


def test_the_caller_s_publisher_is_the_only_one_that_is_quoted(quoth) -> None:
    question = "What did Putin say about the exercises according to the Guardian?"
    for publisher in (GUARDIAN, WARSAW):
        answer = quoth.invoke(Question(question, filters=Filters(publisher=publisher)))
        assert {citation.source.publisher for citation in answer.citations} <= {publisher}
    assert {citation.source.publisher for citation in quoth.invoke(question).citations} == {GUARDIAN}


@pytest.mark.parametrize(
    ("text", "given", "filters", "note"),
    [
        (
            "What did Putin say in 2019?",
            {},
            {},
            "No article is dated in 2019, so all were searched.",
        ),
        (
            "what did putin say before march 2019",
            {},
            {},
            "No article is dated before march 2019, so all were searched.",
        ),
        (
            "What did Putin say in 2024 according to the Guardian?",
            {},
            {"publisher": GUARDIAN},
            "No article by The Guardian is dated in 2024, so all by The Guardian were searched.",
        ),
        (
            "What did Putin say in 2024?",
            {"publisher": GUARDIAN},
            {"publisher": GUARDIAN},
            "No article within your filters is dated in 2024, so all were searched.",
        ),
        (
            "What did Putin say in 2023?",
            {"since": date(2024, 1, 1)},
            {"since": date(2024, 1, 1)},
            "No article within your filters is dated in 2023, so all were searched.",
        ),
    ],
)
def test_days_that_no_article_is_of_are_dropped_and_said_to_be(
    quoth, text: str, given, filters, note
) -> None:
    found = understood(quoth, text, **given)
    assert found.dropped and found.beyond is None
    assert found.filters == Filters(**filters)
    assert found.notes(REFUSED) == (note,)


def test_the_words_of_dropped_days_are_searched_for_but_not_those_of_the_publisher(quoth) -> None:
    found = understood(quoth, "What did Putin say in 2024 according to the Guardian?")
    assert found.topic == "What did Putin say in 2024?"


def test_a_sentence_that_states_the_days_needs_no_note(quoth) -> None:
    text = "Since when has Li been under sanctions, since 2018?"
    answer = quoth.invoke(Question("Was Li put under US sanctions in 2018?", today=TODAY))
    assert answer.answered and "2018" in answer.citations[0].quote
    assert not any("No article" in note for note in answer.notes)
    assert understood(quoth, text).notes(answer) == ()


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("What did Putin say in April 2023?", "Only articles dated in April 2023 were searched."),
        ("what did putin say according to the guardian", "Only articles by The Guardian were searched."),
        (
            "What did Putin say in April 2023 according to the Guardian?",
            "Only articles by The Guardian dated in April 2023 were searched.",
        ),
        ("What did Putin say?", None),
    ],
)
def test_a_refusal_says_what_was_searched(quoth, text: str, note: str | None) -> None:
    strict = Quoth(quoth.index, quoth.settings.model_copy(update={"threshold": 1.0}))
    answer = strict.invoke(Question(text, today=TODAY))
    assert not answer.answered
    assert answer.notes == ((note,) if note else ())


def test_a_day_reaches_a_week_on_since_articles_follow_what_happened(quoth) -> None:
    found = understood(quoth, "What happened on 28 June 2023?")
    assert (found.filters.since, found.filters.until) == (date(2023, 6, 28), date(2023, 7, 5))


def test_an_answer_says_nothing_of_its_filters(quoth) -> None:
    answer = quoth.invoke(Question("What did Putin say in April 2023?", today=TODAY))
    assert answer.answered and answer.notes == ()
    assert {citation.source.iso_date for citation in answer.citations} == {"2023-04-17"}


def test_a_question_without_its_days_is_kept_for_a_second_try(quoth) -> None:
    found = understood(quoth, "What did Putin say in April 2023 according to the Guardian?")
    assert found.beyond is not None
    assert found.beyond.filters == Filters(publisher=GUARDIAN)
    assert found.beyond.topic == "What did Putin say in April 2023?"
    assert understood(quoth, "What did Putin say according to the Guardian?").beyond is None


VISIT = Turn(
    "When did Li Shangfu visit Moscow?", "Li met the Russian president Vladimir Putin on Sunday. [1]"
)


def test_a_follow_up_is_understood_with_its_days(quoth) -> None:
    found = understood(quoth, "And in October 2024?", VISIT)
    assert found.text == "When did Li Shangfu visit Moscow in October 2024?"
    assert found.topic == "When did Li Shangfu visit Moscow?"
    assert (found.filters.since, found.filters.until) == (date(2024, 10, 1), date(2024, 10, 31))
    assert found.notes(ANSWERED) == ("About Li Shangfu visit Moscow in October 2024:",)


def test_a_publisher_asked_for_later_filters_the_topic(quoth) -> None:
    found = understood(quoth, "What does the Guardian say about it?", VISIT)
    assert found.filters == Filters(publisher=GUARDIAN)
    assert "Li Shangfu" in found.text and "Li Shangfu" in found.about


@pytest.mark.parametrize(
    ("text", "context", "more", "follows"),
    [
        ("What did he say?", True, False, True),
        ("tell me more", True, True, True),
        ("Why?", False, False, True),  # what was quoted may be the answer
        ("is it raining", True, False, False),  # it names nothing of its own
        ("Who is Sergei Shoigu?", False, False, False),
    ],
)
def test_the_answer_before_counts_where_the_question_goes_on(quoth, text, context, more, follows) -> None:
    leaning = understood(quoth, text, VISIT).leaning
    assert bool(leaning.context) is context
    assert (leaning.more, leaning.follows) == (more, follows)


def test_misspelt_words_are_mended_before_anything_is_carried(quoth) -> None:
    assert understood(quoth, "what did he say abuot sanctoins", VISIT).text == (
        "what did Li Shangfu say about sanctions"
    )


def test_the_day_of_asking_is_the_question_s_else_the_settings_s(quoth) -> None:
    month = "What happened last month?"
    october = understood(quoth, month, today=date(2024, 11, 1)).leaning.frame.preferred
    assert october == (date(2024, 10, 1), date(2024, 10, 31))
    assert understood(quoth, month, today=date(2024, 1, 1)).leaning.frame.preferred == (
        date(2023, 12, 1),
        date(2023, 12, 31),
    )
    set_ = Quoth(quoth.index, quoth.settings.model_copy(update={"today": date(2024, 11, 1)}))
    assert set_.understand(Question(month)).leaning.frame.preferred == october
    assert set_.understand(Question(month, today=date(2024, 1, 1))).leaning.frame.preferred != october


QUESTIONS = [
    "What did Putin say in April 2023?",
    "What did Putin say last month?",
    "What is the latest on Li Shangfu according to the Guardian?",
    "what did he say then",
    "And in 2019?",
]


def test_equal_questions_are_understood_alike_and_answered_alike(quoth) -> None:
    for text in QUESTIONS:
        asked = Question(text, (VISIT,), today=TODAY)
        again = Question(text, (Turn(VISIT.question, VISIT.text),), Filters(), date(2024, 11, 1))
        assert quoth.understand(asked) == quoth.understand(again)
        one, other = quoth.invoke(asked), quoth.invoke(again)
        assert (one.text, one.citations, one.confidence) == (other.text, other.citations, other.confidence)


PARTS = st.sampled_from(
    "what did Putin say in 2023 2019 April before since the Guardian according to Warsaw Institute and he "
    "they why more ? latest last month from 2024-10-14 until".split()
)


@given(words=st.lists(PARTS, min_size=1, max_size=9), publisher=st.sampled_from([None, GUARDIAN, "Nobody"]))
@settings(max_examples=100)
def test_a_question_never_widens_the_caller_s_filters(quoth, words: list[str], publisher: str | None) -> None:
    given_ = Filters(publisher, date(2023, 4, 1), date(2024, 12, 31))
    found = quoth.understand(Question(" ".join(words), (VISIT,), given_, TODAY))
    assert found.text.strip() and found.topic.strip()
    assert publisher is None or found.filters.publisher == publisher
    assert found.filters.since and found.filters.since >= given_.since
    assert found.filters.until and found.filters.until <= given_.until
    assert all(note.endswith((".", ":")) for note in found.notes(REFUSED))
