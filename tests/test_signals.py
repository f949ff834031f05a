from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import pytest

from retrieval.clues import clues
from retrieval.lexical import LexicalIndex
from retrieval.signals import Asked, Candidate, Signals, align, asked, candidates, is_prose, measure
from retrieval.types import Chunk, Passage, Question, Source, Span
from tests.fakes import WordEmbedder

_IDS = itertools.count()
SOURCE = Source("a.txt", "Harbour strike")


def passage(*sentences: str, source: Source = SOURCE, start: int = 0, similarity: float = 0.5) -> Passage:
    spans, at = [], start
    for sentence in sentences:
        spans.append(Span(at, at + len(sentence)))
        at += len(sentence) + 1
    text = " ".join(sentences)
    chunk = Chunk(str(next(_IDS)), source, Span(start, start + len(text)), text, 1, None, tuple(spans))
    return Passage(chunk, 1.0, similarity)


@pytest.fixture
def words(tmp_path: Path) -> LexicalIndex:
    return LexicalIndex(tmp_path / "words")


def fill(words: LexicalIndex, passages: Sequence[Passage]) -> LexicalIndex:
    with words.writing("1") as writer:
        writer.add([one.chunk for one in passages])
    return words


def signals_of(question: str, passages: Sequence[Passage], words: LexicalIndex) -> list[Signals]:
    ask = asked(question, passages, fill(words, passages), WordEmbedder())
    return measure(ask, candidates(passages))


def test_a_sentence_that_two_overlapping_passages_hold_is_one_candidate_of_the_better_one():
    first = passage("Dockers struck.", "Ships waited.")
    second = passage("Ships waited.", "Pay rose.", start=16)
    found = candidates([first, second])
    assert [(one.text, one.passage) for one in found] == [
        ("Dockers struck.", first),
        ("Ships waited.", first),
        ("Pay rose.", second),
    ]


def test_the_same_words_in_another_article_are_another_candidate():
    other = Source("b.txt", "Other")
    assert len(candidates([passage("Pay rose."), passage("Pay rose.", source=other)])) == 2


def test_a_candidate_knows_the_sentence_before_it():
    assert [one.before for one in candidates([passage("A one.", "B two.", "C three.")])] == [
        "",
        "A one.",
        "B two.",
    ]


def test_no_passages_have_no_candidates():
    assert candidates([]) == []


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Ships waited.", True),
        ("Did ships wait?", True),
        ("“Ships wait,” he said. “They must.”", True),
        ("(Ships waited.)", True),
        ("He trailed off…", True),
        ("船が待った。", True),
        ("Harbour strike enters third week", False),
        ("Ships:", False),
        ("", False),
    ],
)
def test_prose_is_what_ends_as_a_sentence_does(sentence: str, expected: bool):
    assert is_prose(sentence) is expected


def test_terms_count_from_the_sentence_the_one_before_and_the_title(words: LexicalIndex):
    said = passage("The crane collapsed.", "Nobody was hurt.", "Rain fell.")
    crane, hurt, rain = (one.context for one in signals_of("crane collapsed", [said], words))
    assert crane == hurt == 1.0
    assert rain == 0.0
    (titled,) = signals_of("harbour strike", [passage("Rain fell.")], words)
    assert titled.context == 1.0


def test_a_rare_term_weighs_more_than_a_common_one(words: LexicalIndex):
    common = [passage(f"Crews load cargo {n}.", source=Source(f"{n}.txt", "x")) for n in range(5)]
    rare = passage("The derrick is new.", source=Source("r.txt", "x"))
    *of_common, of_rare = signals_of("cargo derrick", [*common, rare], words)
    assert 0 < of_common[0].context < of_rare.context < 1


def test_a_question_without_terms_lacks_none(words: LexicalIndex):
    (only,) = signals_of("what is it?", [passage("Rain fell.")], words)
    assert only.context == only.names == 1.0


def test_names_are_told_without_capitals_by_how_the_articles_write_them(words: LexicalIndex):
    said = passage("On Monday Ott met Ruta Amsel.", "It was the old depot.")
    ask = asked("did ott see the depot", [said], fill(words, [said]), WordEmbedder())
    assert [(term.stem, term.is_name) for term in ask.clues.terms] == [
        ("ott", True),
        ("see", False),
        ("depot", False),
    ]
    assert ask.names is not None


def test_names_may_stand_anywhere_in_the_article(words: LexicalIndex):
    here = passage("On Monday the driver Ott spoke.", "Rain fell.")
    there = passage("Snow fell.", source=Source("b.txt", "Weather"))
    found = signals_of("What did Ott see?", [here, there], words)
    assert [one.names for one in found] == [1.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("question", "sentence", "lacks"),
    [
        ("Who spoke?", "The driver Callum Ott spoke.", False),
        ("Who spoke?", "nobody there spoke.", True),
        ("When did it fall?", "It fell on 3 July 2023.", False),
        ("When did it fall?", "It fell fast.", True),
        ("How many ships waited?", "Some 14 ships waited.", False),
        ("How many ships waited?", "Some 14 dockers waited.", True),
        ("How many ships waited?", "Ships waited.", True),
        ("Did ships wait?", "Rain fell.", False),
    ],
)
def test_a_sentence_lacks_the_kind_of_answer_wanted(
    question: str, sentence: str, lacks: bool, words: LexicalIndex
):
    (found,) = signals_of(question, [passage(sentence)], words)
    assert found.lacks == float(lacks)


def test_the_passage_s_cosine_is_passed_on(words: LexicalIndex):
    (found,) = signals_of("rain", [passage("Rain fell.", similarity=0.25)], words)
    assert found.passage == 0.25


def aligned(question: str, sentence: str, words: LexicalIndex) -> tuple[Asked, Signals]:
    said = passage(sentence)
    embedder = WordEmbedder()
    ask = asked(question, [said], fill(words, [said]), embedder)
    (found,) = measure(ask, candidates([said]))
    return ask, align(ask, found, embedder.read([sentence])[0])


def test_a_sentence_that_says_the_question_s_words_is_aligned_with_it(words: LexicalIndex):
    ask, found = aligned("ships waited", "ships waited", words)
    assert found.similarity == pytest.approx(1, abs=1e-5)
    assert found.alignment == pytest.approx(1, abs=1e-5)
    assert ask.names is None
    assert found.gain == found.similarity


def test_words_that_the_sentence_lacks_pull_the_alignment_down(words: LexicalIndex):
    _, found = aligned("ships sank", "ships waited", words)
    assert 0 < found.alignment < 0.95


def test_similarity_that_is_due_to_names_alone_is_no_gain(words: LexicalIndex):
    _, named = aligned("what about Ott", "Then Ott spoke", words)
    _, asked_for = aligned("when Ott spoke", "Then Ott spoke", words)
    assert named.gain < named.similarity
    assert asked_for.gain > named.gain


def test_the_predicate_is_judged_without_the_names(words: LexicalIndex):
    _, found = aligned("has Ott resigned", "Then Ott spoke", words)
    assert found.predicate < found.alignment


def test_a_question_without_terms_is_aligned_neither_well_nor_ill(words: LexicalIndex):
    _, found = aligned("what is it", "ships waited", words)
    assert found.alignment == found.predicate == 0.5


def test_every_signal_of_the_real_model_stays_in_its_bounds(quoth):
    index = quoth.index
    for question in ("Who met Belousov in Beijing?", "how many", "PUTIN XI", "x", "\u2603"):
        text, passages = quoth.retrieve(Question(question))
        ask = asked(text, passages, index.lexical, index.embedder)
        for candidate, found in zip(candidates(passages), measure(ask, candidates(passages)), strict=True):
            full = align(ask, found, index.embedder.read([candidate.text])[0])
            assert all(0 <= value <= 1 for value in full[1:5]), (question, full)
            assert all(-2 <= value <= 1.0001 for value in full), (question, full)


def test_signals_are_weighed_one_by_one():
    values = Signals(*(float(n) for n in range(1, 10)))
    weights = Signals(1, 0, 0, -1, 0, 0.5, 0, 0, 2)
    assert values.weighed(weights) == 1 - 4 + 3 + 18


def test_a_candidate_speaks_for_its_article():
    (only,) = candidates([passage("Pay rose.")])
    assert isinstance(only, Candidate)
    assert only.source is SOURCE
    assert clues(only.text).terms
