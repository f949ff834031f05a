from __future__ import annotations

import pytest

from retrieval.clues import Wanted, clues, counts, offers


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("Who opened the bridge?", Wanted.PERSON),
        ("which minister opened it", Wanted.PERSON),
        ("When did the bridge open?", Wanted.TIME),
        ("In which year did it open?", Wanted.YEAR),
        ("At what time of day did it fall?", Wanted.CLOCK),
        ("Where was the bridge built?", Wanted.PLACE),
        ("In which city was it built?", Wanted.PLACE),
        ("How many people crossed it?", Wanted.NUMBER),
        ("how old is the mayor", Wanted.AGE),
        ("What percentage voted for it?", Wanted.SHARE),
        ("Why was it closed?", Wanted.REASON),
        ("What did the mayor say?", Wanted.ANYTHING),
        ("Did it fall when the train crossed?", Wanted.WHETHER),
        ("What did they vow when they met?", Wanted.ANYTHING),
        ("bridge opening date", Wanted.ANYTHING),
        ("Who is Jane Doe?", Wanted.ANYTHING),  # asks for what is said of her
    ],
)
def test_the_first_word_that_asks_tells_what_is_wanted(question: str, wanted: Wanted) -> None:
    assert clues(question).wanted is wanted


@pytest.mark.parametrize(
    ("question", "sentence", "offered"),
    [
        ("Who opened the bridge?", "Mayor Ada Brook opened the bridge.", True),
        ("Who opened the bridge?", "The bridge was opened in the rain.", False),
        ("Who met Ada Brook?", "Ada Brook’s meeting was short.", False),
        ("When did it open?", "It opened on Tuesday.", True),
        ("When did it open?", "It opened to cheers.", False),
        ("When did it open on Tuesday?", "It opened on Tuesday.", False),
        ("In which year did it open?", "It opened in May.", False),
        ("In which year did it open?", "It opened in 1961.", True),
        ("At what time did it fall?", "It fell at 5.42pm.", True),
        ("Where was it built?", "It was built in Harford.", True),
        ("Where was it built?", "It was built in a hurry.", False),
        ("How many fell?", "Eleven fell.", True),
        ("How old is he?", "He has 1,300 followers.", False),
        ("How old is he?", "Ott, 52, drove the bus.", True),
        ("What percentage voted?", "Some 48 per cent voted.", True),
        ("Why was it closed?", "It was closed because of rust.", True),
        ("What happened?", "Nothing.", True),
    ],
)
def test_a_sentence_offers_the_kind_only_if_it_holds_a_new_one(
    question: str, sentence: str, offered: bool
) -> None:
    assert offers(sentence, clues(question)) is offered


def test_names_are_told_by_the_texts_even_without_capitals() -> None:
    texts = ["Then Ada Brook opened the bridge.", "The crowd cheered as Brook, smiling, spoke."]
    found = {term.stem: term.is_name for term in clues("why did brook open the bridge", texts).terms}
    assert found == {"brook": True, "open": False, "bridg": False}


def test_where_the_texts_lack_a_word_its_own_capital_tells() -> None:
    found = {term.stem: term.is_name for term in clues("Did Brook visit Harford by train?").terms}
    assert found == {"brook": True, "visit": False, "harford": True, "train": False}
    assert not any(term.is_name for term in clues("DID BROOK VISIT HARFORD").terms)


def test_terms_keep_their_place_and_come_once() -> None:
    question = "Tell me: did the mayor meet the mayors?"
    assert [(term.stem, term.span.of(question)) for term in clues(question).terms] == [
        ("mayor", "mayor"),
        ("meet", "meet"),
    ]


@pytest.mark.parametrize(
    ("sentence", "counted"),
    [
        ("Eleven people died.", True),
        ("Some 38,000 more young people crossed.", True),
        ("People fell, eleven in all.", False),
        ("The people cheered.", False),
    ],
)
def test_a_thing_is_counted_by_a_number_shortly_before_it(sentence: str, counted: bool) -> None:
    thing = clues("How many people died?").counted
    assert thing == "peopl" and counts(sentence, thing) is counted
