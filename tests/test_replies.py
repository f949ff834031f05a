from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from retrieval.chain import Quoth
from retrieval.index import Index
from retrieval.intent import Intent
from retrieval.replies import reply
from retrieval.settings import Settings
from retrieval.types import Answer, Filters, Question

GUARDIAN = Filters(publisher="the guardian")
LATE = Filters(since=date(2023, 11, 1))
NOBODY = Filters(publisher="Nobody")


def make(tmp_path: Path, quoth: Any, files: Mapping[str, str]) -> Quoth:
    folder = tmp_path / "articles"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    index = Index(folder, tmp_path / "data", quoth.index.embedder)
    index.sync()
    return Quoth(index, Settings(folder=folder, data=tmp_path / "data"))


def is_exact(answer: Answer, folder: Path) -> bool:
    texts = {c: (folder / c.source.file).read_bytes().decode() for c in answer.citations}
    return all(
        c.span.of(text) == c.quote and text.count("\n", 0, c.span.start) + 1 == c.line
        for c, text in texts.items()
    )


def files(answer: Answer) -> list[str]:
    return [citation.source.file[:3] for citation in answer.citations]


@pytest.mark.parametrize(
    ("message", "part"),
    [
        ("hello", "Ask me what the articles say"),
        ("thanks!", "You're welcome."),
        ("Wer hat sich mit dem Minister in Peking getroffen?", "English only"),
        ("what can you do?", "5 articles, from 17 Apr 2023 to 14 Oct 2024"),
    ],
)
def test_small_talk_gets_a_short_reply_that_claims_nothing(quoth, message: str, part: str):
    answer = quoth.invoke(message)
    assert part in answer.text
    assert not answer.answered
    assert answer.citations == () and answer.nearest is None
    assert answer.question == message
    assert len(answer.text) < 300


def test_a_question_gets_no_reply_here(quoth):
    assert reply(Intent.QUESTION, Question("Who met?"), quoth.index) is None


@pytest.mark.parametrize("message", ["what is this about?", "which articles do you have?", "summarise"])
def test_an_overview_cites_each_headline_newest_article_first(quoth, message: str):
    answer = quoth.invoke(message)
    assert answer.answered
    assert answer.sentences[0].text == "I know 5 articles, from 17 Apr 2023 to 14 Oct 2024."
    assert files(answer) == ["001", "002", "000", "004", "003"]
    assert all(citation.quote == citation.source.title for citation in answer.citations)
    assert [s.citations for s in answer.sentences[1:]] == [(n,) for n in range(1, 6)]
    assert is_exact(answer, quoth.index.folder)


def test_an_overview_lists_the_newest_five_of_more(tmp_path: Path, quoth):
    days = {f"{n}.txt": f"Title number {n}\n\nDate: {n} May 2024\n\nIt rained again.\n" for n in range(1, 8)}
    answer = make(tmp_path, quoth, {**days, "x.txt": "Undated\n\nIt rained.\n"}).invoke("list the articles")
    assert "8 articles" in answer.text and "The newest 5" in answer.text
    assert [c.source.file for c in answer.citations] == ["7.txt", "6.txt", "5.txt", "4.txt", "3.txt"]


@pytest.mark.parametrize(
    ("message", "file"),
    [
        ("summarise 002", "002"),
        ("Summarise 002.", "002"),
        ("summary of 003, please", "003"),
        ("summarize '004'", "004"),
        ("sum up 000_fdc7278c34d172f1.txt", "000"),
        ("sum up 000_fdc7278c34d172f1.txt.", "000"),
        ("give me a summary of the article 001_f9fa91b9999a0198", "001"),
        ("key points of the Guardian article", "003"),
        ("TL;DR of the warsaw institute text", "002"),
        ("summarise the Warsaw Institute piece", "002"),
        ("summarise “Russia, China Cement Military Ties”", "002"),
        ("summarise the article about naval cooperation officials", "004"),
    ],
)
def test_a_summary_is_the_article_s_leading_sentences_cited(quoth, message: str, file: str):
    answer = reply(Intent.SUMMARY, Question(message), quoth.index)
    assert files(answer) == [file] * 3
    assert answer.answered
    assert [s.citations for s in answer.sentences] == [(1,), (2,), (3,)]
    starts = [citation.span.start for citation in answer.citations]
    assert starts == sorted(starts)
    assert is_exact(answer, quoth.index.folder)


def test_a_summary_holds_neither_furniture_nor_headline(quoth):
    answer = quoth.invoke("summarise 002")
    assert answer.citations[0].quote.startswith("Russian President Vladimir Putin, Defense Minister")
    assert "SPUTNIK" not in answer.text and "Support" not in answer.text


@pytest.mark.parametrize(
    "message", ["summarise 999", "summarise the football results", "gist of what Li said"]
)
def test_a_summary_of_no_article_is_left_to_the_articles(quoth, message: str):
    assert reply(Intent.SUMMARY, Question(message), quoth.index) is None
    assert quoth.invoke(message).question == message


def test_a_common_word_in_a_file_s_name_does_not_name_it(tmp_path: Path, quoth):
    chain = make(
        tmp_path,
        quoth,
        {
            "the-mayor.txt": "Mayor quits\n\nThe mayor of Osk resigned on Monday.\n",
            "2023.txt": "Bread prices\n\nBakers raised the price of bread.\n",
            "a.txt": "Rain\n\nIt rained in Tarn.\n",
        },
    )
    for message in ("summarise the football results", "give me a summary of what the dockers want"):
        assert reply(Intent.SUMMARY, Question(message), chain.index) is None
    assert files(chain.invoke("summarise the-mayor")) == ["the"]
    assert files(chain.invoke("summarise 2023")) == ["202"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [(GUARDIAN, ["003"]), (LATE, ["001", "002"]), (NOBODY, [])],
)
def test_an_overview_keeps_to_the_filters(quoth, filters: Filters, expected: list[str]):
    answer = quoth.invoke(Question("which articles do you have?", filters=filters))
    assert files(answer) == expected
    assert answer.answered is bool(expected)
    assert f"{len(expected)} article" in answer.text


def test_help_counts_the_articles_that_the_filters_admit(quoth):
    answer = quoth.invoke(Question("what can you do?", filters=GUARDIAN))
    assert "1 article, " in answer.text


def test_a_summary_keeps_to_the_filters(quoth):
    assert files(quoth.invoke(Question("summarise 003", filters=GUARDIAN))) == ["003"] * 3
    assert "002" not in files(quoth.invoke(Question("summarise 002", filters=GUARDIAN)))


@pytest.mark.parametrize(
    "message", ["what is this about?", "what can you do?", "summarise", "summarise 002", "hi", "Who met?"]
)
def test_an_empty_folder_is_no_trouble(tmp_path: Path, quoth, message: str):
    answer = make(tmp_path, quoth, {}).invoke(message)
    assert not answer.answered
    assert answer.citations == () and answer.nearest is None
    assert answer.text
