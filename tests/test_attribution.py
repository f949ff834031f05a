from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.attribution import attribution

KNOWN = (
    "The Guardian",
    "The Kelvary Post",
    "Post",
    "Time",
    "Nature",
    "The Independent",
    "Reuters",
    "BBC",
    "Global Times",
    "C++ Weekly (UK)",
    "Yahoo! News",
    "A.B.C.",
    "L'Express",
    "{0}",
)


def attributed(question: str, publishers: tuple[str, ...] = KNOWN) -> tuple[str, str] | None:
    """The publisher, and the words of the question that say so."""
    found = attribution(question, publishers)
    return (found[0], found[1].of(question)) if found else None


@pytest.mark.parametrize(
    ("question", "publisher", "words"),
    [
        ("What happened according to the Guardian?", "The Guardian", "according to the Guardian"),
        ("according to reuters who left", "Reuters", "according to reuters"),
        ("What did the Guardian report on the drills?", "The Guardian", "did the Guardian report"),
        ("what did reuters say about the bridge", "Reuters", "did reuters say"),
        ("WHAT DID REUTERS SAY?", "Reuters", "DID REUTERS SAY"),
        ("What has Time said?", "Time", "has Time said"),
        ("Did the BBC say that it fell?", "BBC", "the BBC say"),  # "Did" asks for yes or no
        ("Reuters writes that he left. Did he?", "Reuters", "Reuters writes"),
        ("What did the BBC's report claim?", "BBC", "the BBC's report"),
        ("What did the BBC’s coverage leave out?", "BBC", "the BBC’s coverage"),
        ("Was it reported in the Post?", "Post", "reported in the Post"),
        ("What was published by Reuters on 3 July?", "Reuters", "published by Reuters"),
        ("What is the story by Reuters about?", "Reuters", "story by Reuters"),
        ("From the BBC, who left?", "BBC", "From the BBC"),
        ("Who left, in the Guardian?", "The Guardian", "in the Guardian"),
        ("What does the Reuters article say?", "Reuters", "the Reuters article"),
        # A name of several words is taken wherever it stands.
        ("Which Global Times editor left?", "Global Times", "Global Times"),
        ("what is in the kelvary post", "The Kelvary Post", "in the kelvary post"),
        ("What was the Global Times' view?", "Global Times", "the Global Times'"),
    ],
)
def test_what_says_that_a_publisher_is_the_source_is_found(question: str, publisher: str, words: str) -> None:
    assert attributed(question) == (publisher, words)


@pytest.mark.parametrize(
    "question",
    [
        "Who is the guardian of the child?",
        "Who met the Guardian of the Mosques?",
        "What did they say about the Guardian?",  # its topic
        "Who was hired by the BBC?",
        "Who was fired from the Post?",
        "Who met at the BBC?",
        "What time is it?",
        "Did it arrive in time?",
        "Who flees from time to time?",
        "What is found in nature?",
        "Who resigned from the post?",
        "Did the post office say so?",
        "What did the independent report find?",
        "What did an independent report say?",
        "Is the Independent state free?",
        "According to the independent commission, who lied?",
        "Who spoke in Time Square?",
        "What do BBC reporters earn?",
        "What did Reuterson say?",
        "What did the Washington Post say?",  # not the Post
        "What did AxBxC say?",
        "",
        "???",
    ],
)
def test_a_word_that_is_also_a_name_attributes_nothing(question: str) -> None:
    assert attributed(question) is None


@pytest.mark.parametrize(
    "question",
    [
        "What do Reuters and the BBC say?",
        "According to Reuters or the BBC, who left?",
        "What does Reuters say and what does the BBC say?",
        "What do the Global Times and the Guardian report?",
        "Compare Global Times versus Yahoo! News",
    ],
)
def test_who_compares_publishers_attributes_to_none(question: str) -> None:
    assert attributed(question) is None


@pytest.mark.parametrize(
    ("question", "publisher"),
    [
        ("What does C++ Weekly (UK) say?", "C++ Weekly (UK)"),
        ("what is in c++ weekly (uk)", "C++ Weekly (UK)"),
        ("According to Yahoo! News, who left?", "Yahoo! News"),
        ("What did A.B.C. say?", "A.B.C."),
        ("What does L'Express report?", "L'Express"),
        ("What does {0} say?", "{0}"),
    ],
)
def test_a_name_is_read_to_the_letter(question: str, publisher: str) -> None:
    found = attributed(question)
    assert found is not None and found[0] == publisher


def test_of_names_that_overlap_the_longest_is_meant() -> None:
    assert attributed("What did the Kelvary Post say?") == ("The Kelvary Post", "did the Kelvary Post say")
    assert attributed("What did the Post say?") == ("Post", "did the Post say")
    both = ("Independent", "The Independent")
    assert attributed("What did the Independent say?", both) == ("The Independent", "did the Independent say")


def test_a_source_goes_before_a_publisher_that_is_only_mentioned() -> None:
    assert attributed("What did Reuters say about the Global Times?") == ("Reuters", "did Reuters say")


@pytest.mark.parametrize("publishers", [(), ("",), (" ",), ("The",), ("The ",), ("...",)])
def test_a_publisher_without_a_name_is_never_meant(publishers: tuple[str, ...]) -> None:
    assert attributed("What did the report say, according to the ... report?", publishers) is None


@given(st.text(), st.lists(st.text(max_size=20), max_size=4))
def test_any_text_and_any_names_are_read(question: str, publishers: list[str]) -> None:
    found = attribution(question, publishers)
    assert found == attribution(question, reversed(publishers))
    if found:
        assert found[0] in publishers
        assert 0 <= found[1].start < found[1].end <= len(question)


@given(st.sampled_from(KNOWN), st.sampled_from(["Who left, according to {}?", "What is in the story by {}?"]))
def test_every_name_can_be_a_source(publisher: str, question: str) -> None:
    found = attributed(question.replace("{}", publisher))
    assert found is not None and found[0] == publisher
