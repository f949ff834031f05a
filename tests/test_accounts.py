from __future__ import annotations

import pytest

from retrieval.accounts import account, answers_back, conflict, denies, was_before
from retrieval.clues import clues
from retrieval.types import Span

HOW_MANY = "How many people died in the fire?"
HOW_MUCH = "How much does rye bread cost?"
WHEN = "When did the revolt begin?"
WHO = "Who is the mayor of Osk?"
AGE = "How old is Lena Voss?"
SHARE = "What percentage of the cod goes to Osk?"
WHERE = "Where did Lena Voss meet him?"
WHETHER = "Did the ship fire at the ferry?"


def differ(question: str, one: str, other: str) -> bool:
    taken = clues(question, [one, other, "He went to China, and to Osk."])
    differs = account(one, taken).differs(account(other, taken))
    assert account(other, taken).differs(account(one, taken)) == differs  # whichever is asked
    return differs


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        (HOW_MANY, "The fire killed 12 people.", "The fire killed 15 people."),
        (HOW_MANY, "Twelve people died.", "Thirty-two people died."),
        (HOW_MANY, "The fire killed 1,200 people.", "The fire killed 1,300 people."),
        (HOW_MANY, "No people died.", "Two people died."),
        ("How many boats are there?", "It has four divers and 12 boats.", "It has four divers and 15 boats."),
        ("How many times did he call?", "He called three times.", "He called four times."),
        (HOW_MUCH, "Rye bread costs £4.20.", "Rye bread costs £4.50."),
        (HOW_MUCH, "Rye bread costs four crowns.", "Rye bread costs 5 crowns."),
        ("How much did it cost?", "It cost £4.2m.", "It cost £9 million."),
        ("How much did it cost?", "It cost 31 million crowns.", "It cost 31 billion crowns."),
        (AGE, "Lena Voss, 44, spoke.", "Lena Voss, 45, spoke."),
        (AGE, "Lena Voss is 44 years old.", "The 45-year-old Lena Voss spoke."),
        (SHARE, "40 per cent of the cod goes to Osk.", "Osk takes 55% of the cod."),
        (WHEN, "It began on 23 June.", "It began on June 24."),
        (WHEN, "It began in June 2023.", "It began in June 2024."),
        (WHEN, "It began in June.", "It began in July."),
        (WHEN, "It began on Monday.", "It began on Tuesday."),
        (WHERE, "Lena Voss met him in Tarn.", "Lena Voss met him in Skell."),
        (WHO, "The mayor of Osk, Lena Voss, spoke.", "Ruben Hale, the mayor of Osk, spoke."),
        (WHO, "Lena Voss resigned as mayor of Osk.", "Ruben Hale is now mayor of Osk."),
        (WHO, "Osk's mayor Lena Voss spoke.", "Osk's mayor Ruben Hale spoke."),
        (
            "who is china's defence minister?",
            "Chinese defense minister Dong Jun met Russian counterpart Andrei Belousov.",
            "China’s defence minister Li Shangfu met Vladimir Putin.",
        ),
        (
            "Who is the deputy mayor of Osk?",
            "Osk's deputy mayor Lena Voss spoke.",
            "Osk's deputy mayor Ida Brand spoke.",
        ),
        (WHETHER, "The ship fired at the ferry.", "The ship did not fire at the ferry."),
        (
            WHETHER,
            "He said the ship fired at the ferry.",
            "The navy denied that its ship fired at the ferry.",
        ),
    ],
)
def test_what_cannot_both_be_so_differs(question: str, one: str, other: str):
    assert differ(question, one, other)


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        (HOW_MANY, "Twelve people died.", "The fire left 12 people dead."),
        (HOW_MANY, "The fire killed 1200 people.", "The fire killed 1,200 people."),
        (HOW_MANY, "Twelve people and two dogs died.", "12 people and 30 sheep died."),  # sheep are not asked
        (HOW_MANY, "The fire killed 12 people.", "Fire engines came from three towns."),
        (HOW_MANY, "The fire killed 12 people.", "The mill was built on 3 May."),
        ("How often did he call?", "He called twice.", "He called two times."),
        ("How much did it cost?", "It cost £4.2m.", "It cost £4.2 million."),
        ("How much did it cost?", "It cost 4 million crowns.", "It lies 12 miles off."),  # not comparable
        (AGE, "Lena Voss, 44, spoke.", "Lena Voss has led 12 men."),
        (SHARE, "40 per cent goes to Osk.", "Osk takes 40% of it."),
        (SHARE, "40 per cent goes to Osk.", "Osk takes 22,000 tonnes."),
        (WHEN, "It began on 23 June.", "It began in June."),
        (WHEN, "It began on 23 June.", "It began on a Saturday."),  # which may be the day
        (WHEN, "It began on 23 June.", "It began in 2023."),
        (WHEN, "It began on 4 July.", "It lasted from 3 to 5 July."),
        (WHERE, "Lena Voss met him in Tarn.", "Lena Voss met him in Tarn Harbour."),
        (WHO, "The mayor of Osk, Lena Voss, spoke.", "Osk's mayor Voss spoke."),
        (WHO, "The mayor of Osk, Lena Voss, spoke.", "The mayor of Tarn, Ruben Hale, spoke."),
        (WHO, "The mayor of Osk, Lena Voss, met Ruben Hale.", "Ida Brand was accused by the mayor of Osk."),
        (WHO, "The mayor of Osk, Lena Voss, spoke.", "Former mayor of Osk Ruben Hale spoke."),
        ("Who is the mayor?", "The mayor of Osk, Lena Voss, spoke.", "The mayor of Tarn, Ida Brand, spoke."),
        (
            "Who is China’s defence minister?",
            "China’s defence minister Dong Jun spoke.",
            "Russian President Vladimir Putin, Defense Minister Sergei Shoigu and China’s envoy met.",
        ),
        (
            "Who is the head of the Russian Navy?",
            "Nikolai Yevmenov, the head of the Russian Navy, agreed.",
            "Minister Li Shangfu told the head of the Russian Navy that he agreed.",
        ),
        (WHETHER, "The ship fired at the ferry.", "The ferry reached Osk without delay."),
        (
            WHETHER,
            "The ship did not fire at the ferry.",
            "Voss denied that the ship fired at the ferry.",
        ),
        ("What happened?", "The ship fired.", "The ship did not fire."),  # only yes or no is denied
    ],
)
def test_what_may_both_be_so_does_not_differ(question: str, one: str, other: str):
    assert not differ(question, one, other)


@pytest.mark.parametrize(
    ("sentence", "no"),
    [
        ("The ship fired at the ferry.", False),
        ("The ship never fired at the ferry.", True),
        ("The ship didn't fire at the ferry.", True),
        ("The ship didn’t fire at the ferry.", True),
        ("Neither ship fired at the ferry.", True),
        ("The navy refused to fire at the ferry.", True),
        ("The navy denied firing at the ferry.", True),
        ("The navy rejected the claim that its ship fired at the ferry.", True),
        ("The ship fired at the ferry, but nobody was hurt.", False),  # the other clause says no
        ("Although nobody was hurt, the ship fired at the ferry.", False),
        ("The ship fired at the ferry under its “no limits” orders.", False),
    ],
)
def test_the_clause_that_speaks_of_the_topic_says_yes_or_no(sentence: str, no: bool):
    assert denies(sentence, clues(WHETHER)) == no


def test_where_the_question_asks_for_the_denial_it_says_yes():
    sentence = "The navy denied that its ship fired at the ferry."
    assert not denies(sentence, clues("Did the navy deny that its ship fired at the ferry?"))
    assert denies(sentence, clues(WHETHER))


@pytest.mark.parametrize(
    ("question", "sentence", "neighbour", "distance", "replies"),
    [
        (WHETHER, "He said the ship fired.", "The navy rejected the account.", 1, True),
        (WHETHER, "He said the ship fired.", "The navy rejected the account.", 2, True),
        (WHETHER, "He said the ship fired.", "The navy rejected the account.", 3, False),
        (WHETHER, "He said the ship fired.", "But the film shows no flash.", 1, True),
        (WHETHER, "He said the ship fired.", "But the film shows no flash.", 2, False),  # a softer word
        (WHETHER, "He said the ship fired.", "They insist that it was a flare.", 1, True),
        (WHETHER, "He said the ship fired.", "The sea was calm.", 1, False),
        (
            "How much does it cost?",
            "It costs £4.2 million.",
            "That is disputed: it wants £9 million.",
            1,
            True,
        ),
        ("How much does it cost?", "It costs £4.2 million.", "The office thinks 9 million nearer.", 1, True),
        ("How much does it cost?", "It costs £4.2 million.", "The office thinks 9 million nearer.", 2, False),
        ("How much does it cost?", "It costs £4.2 million.", "The firm has nine ships.", 1, False),
        (
            "How many crew were there?",
            "Nine crew were freed.",
            "It was one mile off, not four.",
            1,
            False,
        ),
        ("What did she say?", "She said he lied.", "He denied it.", 1, True),
        ("What did she do?", "She went home.", "He denied it.", 1, False),  # nothing was claimed
        (WHO, "The mayor of Osk, Lena Voss, spoke.", "He denied it.", 1, False),
    ],
)
def test_the_other_side_answers_back(
    question: str, sentence: str, neighbour: str, distance: int, replies: bool
):
    assert answers_back(sentence, neighbour, clues(question), distance) == replies


@pytest.mark.parametrize(
    ("one", "other", "conflicting"),
    [
        ("The fire killed 12 people.", "The fire killed 15 people.", True),
        ("The fire killed 12 people.", "The fire killed twelve people.", False),
        ("The fire killed 12 people.", "The fire killed people.", False),
        ("The fire killed 12 people on Friday.", "The fire killed 12 people, two of them boys.", False),
        ("It began on 23 June.", "It began on 24 June.", True),
        ("It began on 23 June.", "It began in June.", False),
        ("Lena Voss met Ruben Hale.", "Lena Voss met Ida Brand.", True),
        ("Mayor Lena Voss met Ruben Hale.", "Mayor Voss met Hale.", False),
        ("The ship fired.", "The ship did not fire.", True),
    ],
)
def test_sentences_in_the_same_words_may_conflict(one: str, other: str, conflicting: bool):
    assert conflict(one, other) == conflict(other, one) == conflicting


def test_a_denial_is_no_reply_to_a_denial():
    taken = clues("Did Voss skip the checks?")
    assert not answers_back("Voss denies skipping the checks.", "Voss rejected a claim on Monday.", taken, 1)
    assert answers_back("Voss skipped the checks, he said.", "Voss rejected the claim.", taken, 1)


@pytest.mark.parametrize(
    ("question", "sentence", "name", "expected"),
    [
        ("Who is the mayor?", "In April, former mayor Jane Doe spoke.", "Jane Doe", True),
        ("Who is the mayor?", "The ex-mayor, Jane Doe, spoke.", "Jane Doe", False),  # a comma ends the words
        ("Who is the mayor?", "Ex-mayor Jane Doe spoke.", "Jane Doe", True),
        ("Who is the mayor?", "Mayor Jane Doe met her former deputy.", "Jane Doe", False),
        ("Who is the mayor?", "The former deputy met mayor Jane Doe.", "Jane Doe", False),
        ("Who is the former mayor?", "In April, former mayor Jane Doe spoke.", "Jane Doe", False),
    ],
)
def test_who_it_was_before_is_told_from_who_it_is(question: str, sentence: str, name: str, expected: bool):
    at = sentence.index(name)
    assert was_before(sentence, Span(at, at + len(name)), clues(question)) is expected
