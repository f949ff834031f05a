from __future__ import annotations

from dataclasses import replace

import pytest

from eval.marks import has_short_answer, is_exact, is_right, is_short_right, is_within, marks
from eval.questions import Case, Evidence
from retrieval.types import Answer, Citation, Sentence, Source, Span, Usage
from tests.cases import BREAD, DECLINED, LOCK, RAIN, TEXTS, answer, case, citation


def marked(asked: Case, given: Answer, insisted: Answer | None = None) -> dict[str, float]:
    return marks(asked, given, insisted or given, TEXTS)


# Citations


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Voss shut", "Voss shut the lock.", True),
        ("Voss shut the lock.", "Voss shut", True),
        ("Voss\n  shut", "Voss shut the lock.", True),
        ("Rain fell.", "Voss shut the lock.", False),
        ("voss shut", "Voss shut the lock.", False),
        ("", "Voss shut the lock.", False),
        (" \n", "Voss shut the lock.", False),
    ],
)
def test_a_quote_is_within_another_white_space_folded(one: str, other: str, expected: bool):
    assert is_within(one, other) is expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (LOCK, True),
        (citation("shut the"), True),
        (citation("Voss shut the lock. Rain fell."), True),
        (RAIN, False),
        (BREAD, False),
    ],
)
def test_a_citation_is_right_if_it_holds_evidence_or_is_part_of_it(given: Citation, expected: bool):
    assert is_right(case(), given) is expected


def test_the_same_words_in_another_file_are_not_right():
    elsewhere = Citation(1, Source("b.txt", "T"), Span(0, 19), "Voss shut the lock.", 1)
    assert not is_right(case(), elsewhere)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (LOCK, True),
        (citation("Voss shut the lock.", line=2), False),
        (replace(LOCK, span=Span(6, 25)), False),
        (replace(LOCK, span=Span(8, 27)), False),
        (replace(LOCK, quote="Voss shut the lock!"), False),
    ],
)
def test_a_citation_is_exact_if_quote_and_line_are_the_article_s(given: Citation, expected: bool):
    assert is_exact(given, TEXTS["a.txt"]) is expected


def test_exact_is_the_share_of_the_citations_whoever_asked():
    wrong = citation("Bread sells.", "b.txt", line=1)
    assert marked(case(), answer(LOCK, RAIN, wrong))["exact"] == pytest.approx(2 / 3)
    assert marked(case(answerable=False), answer(LOCK, wrong))["exact"] == 1 / 2
    assert "exact" not in marked(case(), DECLINED)


@pytest.mark.parametrize("moved", ["oss shut the lock. ", "Voss shut the loc"])
def test_a_citation_that_starts_or_ends_inside_a_word_costs_a_mark(moved: str):
    given = answer(LOCK)
    other = answer(citation(moved), sentences=given.sentences)
    assert marked(case(), other) != marked(case(), given)


BOTH = (Evidence("a.txt", "Voss shut the lock."), Evidence("b.txt", "Bread sells."))


@pytest.mark.parametrize(
    ("cited", "recall", "precision"),
    [
        ([(1,)], 1, 1),
        ([(2,)], 0, 0),
        ([(1, 2)], 1, 1 / 2),  # without the second the sentence is still supported: it is of no use
        ([(2, 1)], 1, 1 / 2),
        ([(1,), (2,)], 1 / 2, 1 / 2),
        ([(1, 2), (3,)], 1 / 2, 1 / 3),
        ([(1, 2), (1, 3), (2, 3)], 2 / 3, 2 / 6),  # the first one is of use twice, in six citations
        ([(), (1,)], 1 / 2, 1),  # a sentence without a citation is supported by none
        ([()], 0, 0),
        ([(1, 9)], 1, 1 / 2),  # nothing has the number 9
    ],
)
def test_recall_and_precision_of_citations_as_alce_has_them(
    cited: list[tuple[int, ...]], recall: float, precision: float
):
    given = answer(LOCK, RAIN, BREAD, sentences=tuple(Sentence("So it was.", each) for each in cited))
    found = marked(case(), given)
    assert (found["citation_recall"], found["citation_precision"]) == pytest.approx((recall, precision))


def test_two_citations_that_hold_evidence_are_both_of_use():
    given = answer(LOCK, RAIN, BREAD, sentences=(Sentence("So it was.", (1, 2, 3)),))
    found = marked(case(evidence=BOTH), given)
    assert (found["citation_recall"], found["citation_precision"]) == pytest.approx((1, 2 / 3))


@pytest.mark.parametrize(
    ("given", "first", "cited"),
    [
        (answer(LOCK, RAIN), 1, 1),
        (answer(RAIN, LOCK), 0, 1),
        (answer(RAIN), 0, 0),
        (DECLINED, 0, 0),
    ],
)
def test_the_right_sentence_is_cited_first_or_at_all(given: Answer, first: float, cited: float):
    found = marked(case(), given)
    assert (found["first"], found["cited"]) == (first, cited)


# Refusals, and truth as CRAG has it


@pytest.mark.parametrize(
    ("answerable", "given", "truth"),
    [
        (True, answer(LOCK), 1),
        (True, answer(RAIN, LOCK), -1),
        (True, answer(sentences=(Sentence("It was Voss."),)), -1),  # right words, but no proof
        (True, DECLINED, 0),
        (False, answer(LOCK), -1),
        (False, DECLINED, 0),
    ],
)
def test_truth_is_one_for_right_none_for_declined_and_minus_one_for_wrong(
    answerable: bool, given: Answer, truth: float
):
    assert marked(case(answerable=answerable), given)["truth"] == truth


@pytest.mark.parametrize(
    ("answerable", "given", "name", "expected"),
    [
        (False, DECLINED, "declined_right", 1),
        (False, answer(LOCK), "declined_right", 0),
        (True, DECLINED, "declined_wrong", 1),
        (True, answer(RAIN), "declined_wrong", 0),
    ],
)
def test_a_refusal_is_right_or_wrong_by_the_question(
    answerable: bool, given: Answer, name: str, expected: float
):
    found = marked(case(answerable=answerable), given)
    assert found[name] == expected
    assert not {"declined_right", "declined_wrong"} - {name} & found.keys()


@pytest.mark.parametrize(
    ("answerable", "insisted", "expected"),
    [(True, answer(LOCK), 1), (True, answer(RAIN, LOCK), 0), (True, DECLINED, 0), (False, answer(LOCK), 0)],
)
def test_insisted_is_what_the_answer_without_refusals_is_worth(
    answerable: bool, insisted: Answer, expected: float
):
    assert marked(case(answerable=answerable), DECLINED, insisted)["insisted"] == expected


# Words


@pytest.mark.parametrize(
    ("said", "expected", "exact_match", "f1"),
    [
        ("Voss", ("Voss",), 1, 1),
        ("The Voss!", ("voss",), 1, 1),  # without case, punctuation and articles
        ("harbour master Lena Voss", ("the Voss",), 0, 2 * 1 / (4 + 1)),
        ("Voss Voss", ("Voss",), 0, 2 * 1 / (2 + 1)),  # a word counts as often as both have it
        ("Lena Voss", ("Voss", "Lena Hale", "Lena Voss"), 1, 1),  # the best of the expected
        ("Lena Voss", ("Voss", "Ruben Hale of Osk"), 0, 2 * 1 / (2 + 1)),
        ("Hale", ("Voss",), 0, 0),
        (None, ("Voss",), 0, 2 * 1 / (3 + 1)),  # the first sentence: voss, shut, lock
    ],
)
def test_exact_match_and_f1_compare_words_as_squad_does(
    said: str | None, expected: tuple[str, ...], exact_match: float, f1: float
):
    found = marked(case(answers=expected), answer(LOCK, RAIN, short_answer=said))
    assert (found["exact_match"], found["f1"]) == pytest.approx((exact_match, f1))


def test_a_refusal_has_no_words_that_count():
    found = marked(case(answers=("the articles", "say")), replace(DECLINED, short_answer="Voss"))
    assert [found[name] for name in ("exact_match", "f1", "contains")] == [0, 0, 0]


@pytest.mark.parametrize(
    ("expected", "contains"),
    [
        (("Voss",), 1),
        (("shut the lock",), 1),
        (("the lock was shut",), 0),
        (("rain fell",), 1),  # of any sentence
        (("Hale", "rain"), 1),
        (("Vos",), 0),  # whole words
        (("2021",), 1),  # said before the sentence
        (("1",), 0),  # no number of a citation
        (("Osk",), 0),  # what is said about the question is no answer to it
        (("the",), 0),  # nothing is left of it to be held
    ],
)
def test_an_answer_contains_an_expected_one_word_by_word(expected: tuple[str, ...], contains: float):
    sentences = (Sentence(LOCK.quote, (1,), "In 2021:"), Sentence(RAIN.quote, (2,)))
    given = answer(LOCK, RAIN, sentences=sentences, notes=("About Osk:",))
    assert marked(case(answers=expected), given)["contains"] == contains


@pytest.mark.parametrize(
    ("question", "answers", "said", "expected"),
    [
        ("Who shut the lock?", ("Lena Voss", "Voss"), "Lena Voss", True),
        ("Who shut the lock?", ("Lena Voss",), "harbour master Lena Voss", True),
        ("Who shut the lock?", ("Lena Voss",), "Voss’s", True),
        ("Who shut the lock?", ("Lena Voss",), "Ruben Hale", False),
        ("Who shut the lock?", ("Lena Voss",), None, False),
        ("Who shut the lock?", ("Lena Voss",), "the", False),
        ("Who shut the lock?", ("The The",), "Ruben Hale", False),
        ("When was it shut?", ("3 May",), "on 3 May 2021", True),
        ("When was it shut?", ("3 May",), "13 May", False),
        ("How many barges?", ("1,200",), "the 1,200 barges", True),
        ("How many barges?", ("12",), "1,200", False),
        ("Where is it?", ("the port of Osk",), "Osk", True),
    ],
)
def test_a_short_answer_is_right_by_its_words(
    question: str, answers: tuple[str, ...], said: str | None, expected: bool
):
    asked = case(question=question, answers=answers)
    given = answer(LOCK, short_answer=said)
    assert has_short_answer(asked)
    assert is_short_right(asked, given) is expected
    assert marked(asked, given)["short"] == expected


@pytest.mark.parametrize("question", ["Did it shut?", "Why was it shut?", "What did Voss say?"])
def test_no_few_words_answer_yes_why_or_what(question: str):
    asked = case(question=question, answers=("x",))
    assert not has_short_answer(asked)
    assert "short" not in marked(asked, answer(LOCK))


# Turns, time and disagreement


@pytest.mark.parametrize(
    ("answerable", "given", "expected"),
    [
        (True, answer(RAIN, LOCK), 1),  # among the cited is enough
        (True, answer(RAIN), 0),
        (True, DECLINED, 0),
        (False, DECLINED, 1),
        (False, answer(LOCK), 0),
    ],
)
def test_a_turn_counts_when_its_own_answer_is_right(answerable: bool, given: Answer, expected: float):
    asked = case(answerable=answerable, kind="turn", conversation="talk")
    assert marked(asked, given)["turns"] == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [(answer(RAIN, BREAD), 1), (answer(BREAD, LOCK), 0), (DECLINED, 0)],
)
def test_a_question_on_time_wants_the_right_article_first_if_not_the_right_sentence(
    given: Answer, expected: float
):
    assert marked(case(kind="time"), given)["dated"] == expected


ARGUED = case(
    kind="disagreement",
    evidence=(
        Evidence("a.txt", "Voss shut the lock.", "a"),
        Evidence("a.txt", "Rain fell.", "a"),
        Evidence("b.txt", "Bread sells.", "b"),
    ),
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (answer(LOCK, BREAD), 1),
        (answer(BREAD, RAIN), 1),
        (answer(LOCK, RAIN), 0),  # one side twice
        (answer(BREAD), 0),
        (DECLINED, 0),
    ],
)
def test_every_side_of_a_disagreement_has_to_be_shown(given: Answer, expected: float):
    assert marked(ARGUED, given)["sides"] == expected


# What a language model cost


SPENT = Usage(2, 900, 60, 1.5)


@pytest.mark.parametrize(
    ("given", "struck", "fell_back"),
    [
        (answer(LOCK, model="m", usage=SPENT, removed=3), 3.0, 0.0),
        (replace(DECLINED, model="m", usage=SPENT), 0.0, 0.0),  # it declined itself
        (answer(LOCK, usage=SPENT, removed=1), 1.0, 1.0),  # quoted, for nothing that it wrote passed
    ],
)
def test_what_a_language_model_cost_and_what_came_of_it(given: Answer, struck: float, fell_back: float):
    found = marked(case(), given)
    cost = [found[name] for name in ("calls", "tokens_in", "tokens_out", "model_seconds")]
    assert cost == [2.0, 900.0, 60.0, 1.5]
    assert (found["struck"], found["fell_back"]) == (struck, fell_back)


def test_a_model_that_was_not_even_called_fell_back_all_the_same():
    assert marked(case(), answer(LOCK, usage=Usage()))["fell_back"] == 1.0  # the circuit breaker is open


# What counts for what


ALWAYS = {"truth", "insisted"}
CITED = {"exact", "citation_recall", "citation_precision"}
ANSWERABLE = ALWAYS | {"first", "cited", "declined_wrong"}
WORDS = {"exact_match", "f1", "contains"}


@pytest.mark.parametrize(
    ("asked", "given", "names"),
    [
        (case(), answer(LOCK), ANSWERABLE | CITED | WORDS | {"short"}),
        (case(), DECLINED, ANSWERABLE | WORDS | {"short"}),
        (case(answers=()), answer(LOCK), ANSWERABLE | CITED),
        (case(kind="time", answers=()), DECLINED, ANSWERABLE | {"dated"}),
        (ARGUED, answer(LOCK), ANSWERABLE | CITED | WORDS | {"short", "sides"}),
        (case(conversation="talk", answers=()), DECLINED, ANSWERABLE | {"turns"}),
        (case(answerable=False), DECLINED, ALWAYS | {"declined_right"}),
        (case(answerable=False), answer(LOCK), ALWAYS | {"declined_right", "exact"}),
        (case(answerable=False, conversation="talk"), DECLINED, ALWAYS | {"declined_right", "turns"}),
    ],
)
def test_a_question_has_the_marks_that_count_for_it_and_no_others(
    asked: Case, given: Answer, names: set[str]
):
    assert marked(asked, given).keys() == names


HELLO = answer(sentences=(Sentence("Hello!"),), answered=False)


@pytest.mark.parametrize(
    ("given", "expected"),
    [(HELLO, 1), (answer(LOCK), 0), (answer(LOCK, answered=False), 0), (replace(HELLO, answered=True), 0)],
)
@pytest.mark.parametrize("conversation", [None, "talk"])
def test_small_talk_counts_for_nothing_but_its_own_mark(
    given: Answer, expected: float, conversation: str | None
):
    asked = case(answerable=False, kind="smalltalk", conversation=conversation)
    assert marked(asked, given) == {"small_talk": expected}


def test_a_refusal_is_no_reply_to_small_talk():
    assert marked(case(answerable=False, kind="smalltalk"), DECLINED) == {"small_talk": 0.0}
