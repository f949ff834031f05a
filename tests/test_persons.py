from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.persons import capitalised, is_same, persons, points_back, pronoun, subjects


def names(text: str) -> list[str]:
    return [person.name for person in persons(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Mr Li said so.", ["Li"]),
        (
            "Chinese Defense Minister Li Shangfu told Admiral Nikolai Yevmenov so.",
            ["Li Shangfu", "Nikolai Yevmenov"],
        ),
        ("Ada Brook met Callum Ott.", ["Ada Brook", "Callum Ott"]),
        ("Its driver, Callum Ott, 52, smashed the window.", ["Callum Ott"]),
        ("The minister, Jan de Vries, resigned.", ["Jan de Vries"]),
        ("Jean-Luc O’Brien wrote to Dr. Ott.", ["Ott", "Jean-Luc O’Brien"]),
        ("Prigozhin called on Gerasimov to resign.", ["Prigozhin"]),
        ("“No,” Ada Brook’s lawyer said.", ["Ada Brook"]),
        ("After Brook resigned, nothing happened.", ["Brook"]),
        # said again, by a part of the name: once, and by the whole of it
        ("Brook said no. Mayor Ada Brook left.", ["Ada Brook"]),
        ("Mayor Ada Brook left. Brook said no.", ["Ada Brook"]),
        # the surest first
        ("Ada Brook saw President Ott.", ["Ott", "Ada Brook"]),
        # questions begin with a capital too
        ("Did Li Shangfu meet Putin?", ["Li Shangfu"]),
        ("Is Ada Brook the mayor?", ["Ada Brook"]),
        ("Has Ada Brook resigned?", ["Ada Brook"]),
        # things, places and bodies
        ("The Calder Street Bridge fell.", []),
        ("the Warsaw Institute and the Russian Navy", []),
        ("They met in South Korea and in New York.", []),
        ("North Korea said no.", []),
        ("the United States said so", []),
        ("We met in Moscow.", []),
        ("", []),
        ("no capital at all", []),
    ],
)
def test_persons_are_told_as_news_name_them(text: str, found: list[str]) -> None:
    assert names(text) == found


def test_a_title_is_surer_than_speech_and_a_full_name() -> None:
    titled, both, full, speech = (
        persons(text)[0].sure
        for text in ("President Ada Brook", "then Ada Brook said so", "then Ada Brook", "then Brook said so")
    )
    assert titled > both > full >= speech > 0


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("When did Prigozhin march?", ["Prigozhin"]),
        ("When did Prigozhin’s men march on Moscow?", ["Prigozhin"]),
        ("Who met in Moscow?", []),
        ("Did NATO agree?", []),
        ("when did prigozhin march", []),
    ],
)
def test_the_subjects_of_a_question_are_names_that_no_small_word_places(
    question: str, found: list[str]
) -> None:
    assert subjects(question) == found


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Li", "Li Shangfu", True),
        ("Li Shangfu", "Li", True),
        ("Li Shangfu", "Li Shangfu", True),
        ("Li Shangfu", "Li Keqiang", False),
        ("Li", "Lin", False),
    ],
)
def test_a_part_of_a_name_is_the_same_person(one: str, other: str, same: bool) -> None:
    assert is_same(one, other) is same


@pytest.mark.parametrize(
    ("question", "text", "found"),
    [
        ("what did putin say", "Then Putin spoke.", "what did Putin say"),
        ("what did ada brook say", "Ada Brook spoke.", "what did Ada Brook say"),
        ("who crossed the bridge", "On the Calder Street Bridge it rained.", "who crossed the bridge"),
        ("who is the president", "Then President Putin spoke.", "who is the president"),
        ("is the sun up", "It was in the Sun, but the sun and the sun again.", "is the sun up"),
        ("what did putin say", "Nothing.", "what did putin say"),
        ("What did Putin say?", "", "What did Putin say?"),
        ("", "Then Putin spoke.", ""),
    ],
)
def test_capitals_are_taken_from_the_text(question: str, text: str, found: str) -> None:
    assert capitalised(question, text) == found


@pytest.mark.parametrize(
    ("question", "word", "kind", "owns"),
    [
        ("What did he say?", "he", "he", False),
        ("Who met him?", "him", "he", False),
        ("what is his plan", "his", "he", True),
        ("Did She resign?", "She", "she", False),
        ("Who met her in Moscow?", "her", "she", False),
        ("Who met her?", "her", "she", False),
        ("Did they tell her that Brook left?", "her", "she", False),
        ("Who gave her a medal?", "her", "she", False),
        ("What is her plan?", "her", "she", True),
        ("Was it hers?", "hers", "she", True),
    ],
)
def test_a_pronoun_of_a_person_is_found(question: str, word: str, kind: str, owns: bool) -> None:
    found = pronoun(question)
    assert found is not None
    assert (question[found.start : found.end], found.kind, found.owns) == (word, kind, owns)


@pytest.mark.parametrize(
    "question",
    [
        "What did they say?",
        "What did Putin say about his talks?",
        "What did the mayor say about her plan?",
        "Which minister lost his post?",
        "Where is the heart of the theatre?",
        "",
    ],
)
def test_a_pronoun_that_the_question_explains_is_none(question: str) -> None:
    assert pronoun(question) is None


@pytest.mark.parametrize(
    ("question", "points"),
    [
        ("What did they discuss?", True),
        ("Why did Russia attack it?", True),
        ("What did Putin say about their talks?", True),
        ("What did Putin say about it?", True),
        ("Was that the first visit?", True),
        ("Who said that?", True),
        ("What happened that night?", True),
        ("Who is the head of that one?", True),
        ("Were those soldiers paid?", True),
        ("Did both agree?", True),
        ("What did the two sign?", True),
        ("Who else came?", True),
        ("Who came there?", True),
        ("What happened then?", True),
        ("Did China expand its navy?", False),
        ("Does Russia think it will win?", False),
        ("Did Li and Putin sell their shares?", False),
        ("What did the firm do when they left?", False),
        ("What did Putin say that Li denied?", False),
        ("Who owns the bus that fell?", False),
        ("What happened to those who fell?", False),
        ("Did both China and Japan agree?", False),
        ("Is there a treaty?", False),
        ("Will there be a treaty?", False),
        ("How many ships are there in Japan?", False),
        ("Who won this year?", False),
        ("Did it snow?", False),
        ("Is it likely that Brook resigns?", False),
        ("What then happened in Moscow?", False),
        ("Who met in Moscow?", False),
        ("", False),
    ],
)
def test_words_that_point_back_are_told_from_those_that_the_question_explains(
    question: str, points: bool
) -> None:
    assert points_back(question) is points


@given(text=st.one_of(st.text(max_size=80), st.text("ABcd ’'.-\n\u00a0,Li", max_size=80)))
@settings(max_examples=200)
def test_any_text_can_be_read(text: str) -> None:
    assert all(name and name in " ".join(text.split()) for name in names(text))
    assert len(names(text)) == len(set(names(text)))
    assert all(name in text for name in subjects(text))
    assert len(capitalised(text, text)) == len(text)
    assert points_back(text) in (True, False)
    found = pronoun(text)
    assert found is None or text[found.start : found.end].isalpha()
