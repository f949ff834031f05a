from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from retrieval import extractive
from retrieval.extractive import REFUSAL, answer
from retrieval.index import Index
from retrieval.ranking import confidence, rank
from retrieval.search import search
from retrieval.types import Answer
from retrieval.weights import UNREAD
from tests.fakes import PointingReader

STATEMENT = "Harbour master Lena Voss closed the Tarn lock on 3 May after a crane fell."
FOLDER = {
    "alder.txt": f"Lock shut at Tarn\n\n{STATEMENT} Barges queued for two days.\n\nSubscribe now\n",
    "birch.txt": f"Crane falls\n\nRain fell all week. {STATEMENT} Repairs began on Sunday.\n",
    "cedar.txt": f"Canal news\n\nFerries were not affected.\n{STATEMENT}\nThe mayor was away.\n",
    "dogwood.txt": f"Weekly round-up\n\n{STATEMENT} A choir sang in the old chapel.\n",
    "elm.txt": "Bread prices\n\nBakers in Osk raised the price of rye bread to four crowns in June.\n"
    "Sign up to read this article\nSupport Us\n",
}
Make = Callable[[Mapping[str, str]], Index]


@pytest.fixture
def make(tmp_path: Path, quoth) -> Make:
    def index(files: Mapping[str, str]) -> Index:
        folder = tmp_path / "articles"
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_bytes(text.encode())
        made = Index(folder, tmp_path / "data", quoth.index.embedder)
        made.sync()
        return made

    return index


def ask(index: Index, question: str, threshold: float = 0.0) -> Answer:
    found = search(question, index.dense, index.lexical, index.embedder, 8)
    return extractive.answer(question, found, index.lexical, index.embedder, threshold)


def text_of(index: Index, file: str) -> str:
    return (index.folder / file).read_bytes().decode()


def test_what_several_articles_say_is_one_sentence_with_several_citations(make: Make):
    index = make(FOLDER)
    answer = ask(index, "Who closed the Tarn lock?")
    said = [sentence for sentence in answer.sentences if sentence.text == STATEMENT]
    assert len(said) == 1
    files = [answer.citations[number - 1].source.file for number in said[0].citations]
    assert len(files) == len(set(files)) == 3  # of the four: more proofs of one sentence help nobody
    assert set(files) <= {"alder.txt", "birch.txt", "cedar.txt", "dogwood.txt"}


def test_a_sentence_that_one_article_repeats_is_cited_once(make: Make):
    index = make({"a.txt": f"Lock shut\n\n{STATEMENT} Barges queued.\n\nLater that week. {STATEMENT}\n"})
    answer = ask(index, "Who closed the Tarn lock?")
    assert [s.text for s in answer.sentences].count(STATEMENT) == 1
    assert [c.quote for c in answer.citations].count(STATEMENT) == 1


def test_every_citation_is_exact_whatever_the_newlines(make: Make):
    index = make({name: text.replace("\n", "\r\n") for name, text in FOLDER.items()})
    for question in ("Who closed the Tarn lock?", "rye bread price", "What did the choir do?"):
        for citation in ask(index, question).citations:
            text = text_of(index, citation.source.file)
            assert citation.span.of(text) == citation.quote
            assert text.count("\n", 0, citation.span.start) + 1 == citation.line


@pytest.mark.parametrize(
    "question",
    ["Who closed the Tarn lock?", "bread", "what happened", "?", "crane barges choir rye mayor", "x" * 4000],
)
def test_an_answer_is_one_to_three_cited_sentences_numbered_in_order(make: Make, question: str):
    answer = ask(make(FOLDER), question)
    assert answer.answered
    assert answer.nearest is None
    assert 1 <= len(answer.sentences) <= 3
    assert all(sentence.citations for sentence in answer.sentences)
    numbers = [number for sentence in answer.sentences for number in sentence.citations]
    assert numbers == [c.number for c in answer.citations] == list(range(1, len(numbers) + 1))
    assert len({sentence.text for sentence in answer.sentences}) == len(answer.sentences)


def test_a_sentence_s_text_is_its_first_quote_with_white_space_folded(make: Make):
    index = make({"a.txt": "Lock\n\nHarbour master Lena Voss  closed\tthe Tarn lock on 3 May.\n"})
    answer = ask(index, "Who closed the Tarn lock?")
    assert answer.sentences[0].text == "Harbour master Lena Voss closed the Tarn lock on 3 May."
    assert answer.citations[0].quote == "Harbour master Lena Voss  closed\tthe Tarn lock on 3 May."


def test_under_the_threshold_it_declines_and_names_the_nearest_article(make: Make):
    answer = ask(make(FOLDER), "What did bakers charge for rye bread?", threshold=1.0)
    assert not answer.answered
    assert answer.text == REFUSAL
    assert answer.citations == ()
    assert answer.sentences[0].citations == ()
    assert answer.nearest is not None and answer.nearest.file == "elm.txt"
    assert 0 < answer.confidence < 1


@pytest.mark.parametrize("threshold", [0.0, 0.5, 1.0])
def test_without_passages_it_declines_and_names_no_article(quoth, threshold: float):
    answer = extractive.answer("Who?", [], quoth.index.lexical, quoth.index.embedder, threshold)
    assert not answer.answered
    assert answer.text == REFUSAL
    assert answer.nearest is None
    assert answer.confidence == 0.0


@pytest.mark.parametrize("question", ["Subscribe now", "Sign up to read this article", "Support Us"])
def test_furniture_is_never_quoted(make: Make, question: str):
    answer = ask(make(FOLDER), question)
    assert not any(
        line in citation.quote
        for citation in answer.citations
        for line in ("Subscribe", "Sign up", "Support Us")
    )


def test_a_question_on_the_articles_is_surer_than_one_that_is_not(make: Make):
    index = make(FOLDER)
    told = ask(index, "Who closed the Tarn lock?").confidence
    untold = ask(index, "Who won the chess final in Lima?").confidence
    assert told > untold + 0.2


def test_confidence_is_a_probability_even_of_nothing(make: Make):
    index = make(FOLDER)
    assert confidence([], UNREAD) == 0.0
    for question in ("lock", "?", "the", "Lena Voss Tarn lock crane 3 May"):
        found = search(question, index.dense, index.lexical, index.embedder, 8)
        ranked = rank(question, found, index.lexical, index.embedder)
        assert 0 < confidence(ranked, UNREAD) < 1
        assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)


def test_the_sentence_that_answers_comes_first(make: Make):
    index = make(FOLDER)
    for question, part in [
        ("How much does rye bread cost?", "four crowns"),
        ("When did repairs begin?", "Sunday"),
        ("What did the choir do?", "chapel"),
    ]:
        assert part in ask(index, question).citations[0].quote


def test_what_the_reader_marks_comes_first_and_is_the_short_answer(make: Make):
    index = make(FOLDER)
    question = "What happened at the Tarn lock?"
    found = search(question, index.dense, index.lexical, index.embedder, 8)
    for words in ("Barges", "Repairs", "Lena Voss"):
        reader = PointingReader(words)
        given = answer(question, found, index.lexical, index.embedder, 0.0, reader=reader)
        assert given.short_answer == words
        assert given.citations[0].answer is not None
        assert given.citations[0].answer.of(text_of(index, given.citations[0].source.file)) == words
        assert words in given.sentences[0].text
        assert reader.asked == [(question, len(found))]


def test_where_the_reader_finds_nothing_it_is_less_sure_and_marks_nothing(make: Make):
    index = make(FOLDER)
    question = "Who closed the Tarn lock?"
    found = search(question, index.dense, index.lexical, index.embedder, 8)
    told, untold = (
        answer(question, found, index.lexical, index.embedder, 0.0, reader=PointingReader(words))
        for words in ("Lena Voss", "nowhere")
    )
    assert told.confidence > untold.confidence + 0.2
    assert told.short_answer == "Lena Voss" and untold.short_answer is None
    assert not any(citation.answer for citation in untold.citations)


def test_the_same_question_gets_the_same_answer(make: Make):
    index = make(FOLDER)
    assert ask(index, "Who closed the Tarn lock?") == ask(index, "Who closed the Tarn lock?")


def test_a_question_that_asks_for_nothing_is_declined(make: Make):
    index = make(FOLDER)
    for question in ("who?", "the", "???", "what did they do"):
        found = search(question, index.dense, index.lexical, index.embedder, 8)
        assert not answer(question, found, index.lexical, index.embedder, 0.01).answered


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        (
            "How many ferries does Osk have?",
            "The Osk ferry company has 12 ferries.",
            "The Osk ferry company has 19 ferries.",
        ),
        ("Who shut the lock?", "Mayor Lena Voss shut the Tarn lock.", "Mayor Ruben Hale shut the Tarn lock."),
        ("When did the mill burn?", "The mill at Osk burned on 3 May.", "The mill at Osk burned on 4 May."),
        (
            "What did the navy do?",
            "The navy fired at the Osk ferry.",
            "The navy did not fire at the Osk ferry.",
        ),
    ],
)
def test_no_citation_contradicts_its_sentence(make: Make, question: str, one: str, other: str):
    index = make({"a.txt": f"News\n\n{one} Rain fell.\n", "b.txt": f"More news\n\n{other} Snow fell.\n"})
    answer = ask(index, question)
    told = {sentence.text: sentence.citations for sentence in answer.sentences}
    assert {one, other} <= set(told)
    for text, numbers in told.items():
        assert {answer.citations[number - 1].quote for number in numbers} == {text}
