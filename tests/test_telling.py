from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import pytest

from retrieval.clues import clues
from retrieval.ranking import Ranked
from retrieval.reader import Found
from retrieval.signals import Candidate, Signals
from retrieval.telling import arranged, chosen, cite, with_holder
from retrieval.timeframe import timeframe
from retrieval.types import Chunk, Citation, Passage, Sentence, Source, Span

TODAY = date(2024, 11, 1)
WHO = "Who is the mayor of Osk?"
HOW_MANY = "How many people died in the fire?"
WHETHER = "Did the ship fire at the ferry?"
WHEN = "When did the revolt begin?"
SINGLE = Signals(passage=0.0, context=0.0, names=0.0, lacks=0.0, prose=0.0)


class Said(NamedTuple):
    """A sentence of an article, how far behind the best it stands, and what is like it."""

    text: str
    day: date | None = date(2024, 3, 1)
    by: str | None = "Osk Post"
    behind: float = 0.0
    topic: int = 0  # sentences of one topic are alike
    likeness: float = 0.7  # cosine with others of the topic
    after: tuple[str, ...] = ()  # sentences that follow it in the article
    file: str = ""
    answer: str = ""  # the words of it that the reader marks


def ranked(at: int, said: Said) -> Ranked:
    texts = (said.text, *said.after)
    starts = [sum(len(text) + 1 for text in texts[:n]) for n in range(len(texts))]
    spans = tuple(Span(start, start + len(text)) for start, text in zip(starts, texts, strict=True))
    whole = " ".join(texts)
    source = Source(said.file or f"{at}.txt", f"Title {at}", said.by, date=said.day)
    chunk = Chunk(f"chunk {at}", source, Span(0, len(whole)), whole, 1, None, spans)
    vector = np.zeros(32, dtype=np.float32)
    vector[said.topic] = said.likeness**0.5
    vector[10 + at] = (1 - said.likeness) ** 0.5
    candidate = Candidate(Passage(chunk, 0.0, 0.0), spans[0], said.text, "")
    start = said.text.index(said.answer)
    found = Found(Span(start, start + len(said.answer)), 5.0) if said.answer else None
    return Ranked(candidate, SINGLE, vector, preferred=-said.behind, found=found)


def told(question: str, *said: Said) -> tuple[tuple[str, ...], tuple[Sentence, ...], tuple[Citation, ...]]:
    standing = [ranked(at, one) for at, one in enumerate(said)]
    passages = [one.candidate.passage for one in standing]
    taken, frame = clues(question, [one.text for one in said]), timeframe(question, TODAY)
    groups, notes = arranged(chosen(standing, passages, taken, frame), taken, frame)
    return (notes, *cite(groups))


def read(sentences: Sequence[Sentence]) -> list[str]:
    return [str(sentence) for sentence in sentences]


VOSS = Said("The mayor of Osk, Lena Voss, spoke.", date(2022, 3, 1))
HALE = Said("The mayor of Osk, Ruben Hale, spoke.", date(2024, 5, 1), "Tarn Times", behind=0.5)
BRAND = Said("The mayor of Osk, Ida Brand, spoke.", date(2023, 4, 1), "The Wire", behind=1.0)
TWELVE = Said("The fire killed 12 people.", date(2024, 3, 1))
FIFTEEN = Said("The fire killed 15 people.", date(2024, 3, 4), "Tarn Times", behind=0.5)


def test_who_held_an_office_is_told_newest_first():
    notes, sentences, citations = told(WHO, VOSS, HALE, BRAND)
    assert notes == ()
    assert read(sentences) == [
        "As of 1 May 2024: The mayor of Osk, Ruben Hale, spoke. [1]",
        "Earlier, 1 Apr 2023: The mayor of Osk, Ida Brand, spoke. [2]",
        "Earlier, 1 Mar 2022: The mayor of Osk, Lena Voss, spoke. [3]",
    ]
    assert [citation.source.file for citation in citations] == ["1.txt", "2.txt", "0.txt"]


def test_who_holds_it_still_is_not_told_as_a_change():
    again = Said("Osk's mayor Ruben Hale slept.", date(2023, 9, 1), "The Wire", behind=1.0)
    notes, sentences, _ = told(WHO, VOSS, HALE, again)
    assert notes == ()
    assert [sentence.lead for sentence in sentences] == ["As of 1 May 2024:", "Earlier, 1 Mar 2022:", ""]
    assert sentences[2].text == "Osk's mayor Ruben Hale slept."


def test_a_count_changes_with_time():
    _, sentences, _ = told(HOW_MANY, TWELVE, FIFTEEN._replace(day=date(2024, 9, 1)))
    assert [sentence.lead for sentence in sentences] == ["As of 1 Sep 2024:", "Earlier, 1 Mar 2024:"]


@pytest.mark.parametrize(
    ("days", "notes"), [(31, ("The articles differ:",)), (32, ())], ids=["about one time", "another time"]
)
def test_about_the_same_time_is_31_days(days: int, notes: tuple[str, ...]):
    later = FIFTEEN._replace(day=date.fromordinal(date(2024, 3, 1).toordinal() + days))
    assert told(HOW_MANY, TWELVE, later)[0] == notes


def test_what_the_reader_marks_is_what_the_accounts_are_compared_by():
    one = Said("The fire killed 12 people and hurt 40 people.", answer="12")
    same = Said("Of 60 people, 12 people died in the fire.", by="The Wire", behind=0.5, answer="12 people")
    other = Said("The fire killed 15 people and hurt 40 people.", by="The Wire", behind=0.5, answer="15")
    assert told(HOW_MANY, one, same)[0] == ()
    assert told(HOW_MANY, one, other)[0] == ("The articles differ:",)
    unmarked = [said._replace(answer="") for said in (one, other)]
    assert told(HOW_MANY, *unmarked)[0] == ()  # forty people in both: nothing tells which number is meant


def test_of_two_persons_in_a_sentence_the_marked_one_counts():
    both = "Osk mayor Ruben Hale followed Osk mayor Lena Voss."
    then = Said(both, date(2024, 5, 1), behind=0.5, answer="Ruben Hale")
    _, sentences, citations = told(WHO, VOSS._replace(answer="Lena Voss"), then)
    assert [sentence.lead for sentence in sentences] == ["As of 1 May 2024:", "Earlier, 1 Mar 2022:"]
    assert [one.answer and one.answer.of(one.quote) for one in citations] == ["Ruben Hale", "Lena Voss"]
    assert [sentence.lead for sentence in told(WHO, VOSS, then._replace(answer=""))[1]] == ["", ""]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [("Lena Voss", "Ruben Hale"), ("Ruben", "Ruben"), ("Tuesday", "Ruben Hale"), ("", None)],
)
def test_the_holder_is_marked_and_not_another_person(marked: str, expected: str | None):
    said = Said("Tarn mayor Lena Voss met Osk mayor Ruben Hale on Tuesday.", answer=marked)
    one = with_holder(ranked(0, said), clues(WHO, [said.text]))
    assert (one.answer.of(said.text) if one.answer else None) == expected


def test_where_none_is_said_to_hold_it_what_is_marked_stays():
    said = Said("Lena Voss met Ruben Hale on Tuesday.", answer="Lena Voss")
    assert with_holder(ranked(0, said), clues(WHO, [said.text])).found == ranked(0, said).found
    held = Said("Osk mayor Ruben Hale met Lena Voss.", answer="Lena Voss")
    asked = clues("When did the mayor of Osk meet Voss?", [held.text])
    assert with_holder(ranked(0, held), asked).found == ranked(0, held).found


def test_the_marked_words_are_found_in_the_quote_and_in_the_sentence():
    _, sentences, citations = told(WHO, Said("The mayor  of Osk is Ruben\n Hale.", answer="Ruben\n Hale"))
    assert citations[0].answer == Span(21, 32)
    assert sentences[0].text == "The mayor of Osk is Ruben Hale."
    assert sentences[0].answer is not None and sentences[0].answer.of(sentences[0].text) == "Ruben Hale"
    assert sentences[0].marked is not None
    assert sentences[0].marked.of(str(sentences[0])) == "Ruben Hale"


def test_differing_sources_of_one_time_stand_side_by_side():
    notes, sentences, citations = told(HOW_MANY, TWELVE, FIFTEEN)
    assert notes == ("The articles differ:",)
    assert read(sentences) == [
        "Osk Post, 1 Mar 2024: The fire killed 12 people. [1]",
        "Tarn Times, 4 Mar 2024: The fire killed 15 people. [2]",
    ]
    assert [citation.number for citation in citations] == [1, 2]


def test_three_accounts_stand_side_by_side():
    notes, sentences, _ = told(
        HOW_MANY, TWELVE, FIFTEEN, Said("The fire killed 14 people.", by="The Wire", behind=1.0)
    )
    assert notes == ("The articles differ:",)
    assert {sentence.lead.partition(",")[0] for sentence in sentences} == {
        "Osk Post",
        "Tarn Times",
        "The Wire",
    }


def test_accounts_some_of_which_are_of_one_time_stand_side_by_side():
    old = Said("The fire killed 9 people.", date(2023, 1, 1), "The Wire", behind=1.0)
    notes, sentences, _ = told(HOW_MANY, TWELVE, FIFTEEN, old)
    assert notes == ("The articles differ:",)
    assert not any(sentence.lead.startswith(("As of", "Earlier")) for sentence in sentences)


def test_one_publisher_may_differ_from_itself():
    notes, sentences, _ = told(HOW_MANY, TWELVE, FIFTEEN._replace(by="Osk Post"))
    assert notes == ("The articles differ:",)
    assert [sentence.lead for sentence in sentences] == ["Osk Post, 1 Mar 2024:", "Osk Post, 4 Mar 2024:"]


@pytest.mark.parametrize(
    ("day", "by", "lead"),
    [
        (date(2024, 3, 4), None, "Title 1, 4 Mar 2024:"),
        (None, "Tarn Times", "Tarn Times:"),
        (None, None, "Title 1:"),
    ],
)
def test_a_source_is_named_by_what_is_known_of_it(day: date | None, by: str | None, lead: str):
    notes, sentences, _ = told(HOW_MANY, TWELVE, FIFTEEN._replace(day=day, by=by))
    assert notes == ("The articles differ:",)
    assert sentences[1].lead == lead


def test_an_undated_article_is_never_told_as_earlier():
    _, sentences, _ = told(WHO, VOSS._replace(day=None), HALE)
    assert not any(sentence.lead.startswith(("As of", "Earlier")) for sentence in sentences)


def test_one_article_does_not_differ_from_itself():
    notes, sentences, _ = told(HOW_MANY, TWELVE._replace(file="a.txt"), FIFTEEN._replace(file="a.txt"))
    assert notes == () and [sentence.lead for sentence in sentences] == ["", ""]


def test_denial_stands_against_claim_whatever_the_time():
    fired = Said("The ship fired at the ferry.", date(2023, 3, 1))
    denied = Said("The ship never fired at the ferry.", date(2024, 3, 1), "Tarn Times", behind=0.5)
    assert told(WHETHER, fired, denied)[0] == ("The articles differ:",)


@pytest.mark.parametrize(("behind", "quoted"), [(1.2, True), (1.3, False)])
def test_a_sentence_far_behind_is_not_quoted(behind: float, quoted: bool):
    _, sentences, _ = told("What happened?", TWELVE, Said("The owner wept.", behind=behind, topic=1))
    assert (len(sentences) == 2) == quoted


@pytest.mark.parametrize(("behind", "quoted"), [(2.5, True), (2.6, False)])
def test_what_says_something_else_may_stand_further_behind(behind: float, quoted: bool):
    notes, sentences, _ = told(HOW_MANY, TWELVE, FIFTEEN._replace(behind=behind))
    assert (len(sentences) == 2) == bool(notes) == quoted


def test_what_is_of_another_topic_does_not_differ():
    notes, sentences, _ = told(HOW_MANY, TWELVE, FIFTEEN._replace(topic=1))
    assert notes == () and [sentence.lead for sentence in sentences] == ["", ""]


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        ("Who met Lena Voss?", "Lena Voss met Ruben Hale in April.", "Lena Voss met Ida Brand in May."),
        (WHEN, "The revolt began on 23 June.", "The revolt began on 4 July."),
        ("How much did it cost?", "The bridge cost 4 crowns.", "The pin cost 9 crowns."),
        ("What happened?", "The fire killed 12 people.", "The fire killed 15 people."),
    ],
)
def test_different_events_are_no_change(question: str, one: str, other: str):
    notes, sentences, _ = told(question, Said(one, date(2022, 3, 1)), Said(other, date(2024, 3, 1)))
    assert notes == () and [sentence.lead for sentence in sentences] == ["", ""]


def test_days_differ_where_the_articles_are_of_one_time():
    one, other = Said("The revolt began on 23 June."), Said("It began on June 24.", by="Tarn Times")
    assert told(WHEN, one, other)[0] == ("The articles differ:",)
    agreeing = Said("The revolt began in June.", by="The Wire")
    assert told(WHEN, one, agreeing)[0] == ()


def test_what_says_the_same_is_one_sentence_with_at_most_three_citations():
    said = [Said("The fire killed 12 people.", likeness=0.9, by=f"Paper {n}") for n in range(5)]
    notes, sentences, citations = told(HOW_MANY, *said)
    assert notes == ()
    assert read(sentences) == ["The fire killed 12 people. [1][2][3]"]
    assert [citation.source.publisher for citation in citations] == ["Paper 0", "Paper 1", "Paper 2"]


@pytest.mark.parametrize("question", [HOW_MANY, "What happened?"])
def test_the_same_words_with_another_number_are_another_sentence(question: str):
    _, sentences, _ = told(question, TWELVE._replace(likeness=0.97), FIFTEEN._replace(likeness=0.97))
    assert sorted(sentence.text for sentence in sentences) == [TWELVE.text, FIFTEEN.text]
    assert all(len(sentence.citations) == 1 for sentence in sentences)


def test_a_group_holds_no_two_that_conflict():
    said = ["It began in June.", "It began on 23 June.", "It began on 24 June."]
    _, sentences, _ = told("What of it?", *(Said(text, likeness=0.95) for text in said))
    assert [len(sentence.citations) for sentence in sentences] == [2, 1]


def test_at_most_three_sentences_are_quoted():
    said = [Said(f"Sentence {name}.", topic=at) for at, name in enumerate("abcde")]
    assert [sentence.text for sentence in told("What of it?", *said)[1]] == [one.text for one in said[:3]]


def test_the_reply_in_the_same_article_follows():
    claim = Said(
        "He said the ship fired at the ferry.", after=("The sea was calm.", "The navy rejected the account.")
    )
    notes, sentences, citations = told(WHETHER, claim)
    assert notes == ()
    assert read(sentences) == [
        "He said the ship fired at the ferry. [1]",
        "On the other hand: The navy rejected the account. [2]",
    ]
    assert {citation.source.file for citation in citations} == {"0.txt"}


def test_a_reply_is_told_once():
    reply = "The navy denied that its ship fired at the ferry."
    claim = Said("He said the ship fired at the ferry.", after=(reply,), file="a.txt")
    _, sentences, _ = told(WHETHER, claim, Said(reply, file="a.txt", behind=0.5, topic=1))
    assert [sentence.text for sentence in sentences] == [claim.text, reply]


@pytest.mark.parametrize("word", ["now", "currently", "at the moment"])
def test_the_newest_is_led_by_its_day(word: str):
    one = Said("The mayor of Osk, Ruben Hale, spoke.", date(2024, 5, 1))
    lead = told(f"Who is the mayor of Osk {word}?", one)[1][0].lead
    assert lead == "As of the newest article, 1 May 2024:"
    assert told(WHO, one)[1][0].lead == ""


def test_an_article_that_is_not_the_newest_of_all_is_told_beside_its_day():
    standing = [ranked(0, Said("The mayor of Osk, Ruben Hale, spoke.", date(2024, 5, 1)))]
    taken, frame = clues("Who is the mayor of Osk now?"), timeframe("Who is the mayor of Osk now?", TODAY)
    groups = chosen(standing, [standing[0].candidate.passage], taken, frame)
    ((group,), _) = arranged(groups, taken, frame, newest=date(2025, 2, 3))
    assert group.lead == "As of 1 May 2024 (the newest article is of 3 Feb 2025):"


@pytest.mark.parametrize("day", [None, date(2022, 1, 1)], ids=["undated", "older than another"])
def test_what_is_not_known_to_be_the_newest_is_not_led_so(day: date | None):
    _, sentences, _ = told(
        "What is the latest?", Said("A mill burned.", day), Said("Rain fell.", date(2024, 1, 1), topic=1)
    )
    assert [sentence.lead for sentence in sentences] == ["", ""]


def test_quotes_are_folded_and_citations_exact():
    _, sentences, citations = told("What of it?", Said("The mill\n  burned."))
    assert sentences[0].text == "The mill burned."
    assert citations[0].quote == "The mill\n  burned."
