from __future__ import annotations

import asyncio
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import pytest

from bot.discord import message, picture
from bot.plain import safe

QUESTION = "Who is China's defence minister?"


def page(answer: Any, question: str = QUESTION) -> str:
    told = message.told(answer, 5, Path("seeds"))
    return picture.page(question, asyncio.run(picture.components(told, answer)))


def test_the_page_shows_the_question_and_all_of_the_answer(quoth: Any) -> None:
    answer = quoth.invoke(QUESTION)
    shown = page(answer)
    plain = shown.replace("<strong>", "").replace("</strong>", "")
    assert answer.sentences and f"</span> {escape(QUESTION)}</p>" in shown
    for sentence in answer.sentences:
        assert escape(safe(sentence.text)) in plain
    for number, citation in enumerate(answer.citations, 1):
        where = f"seeds/{citation.source.file}:{citation.line}"
        assert f"<strong>{number}</strong> " in shown and f"[{number}]" in shown
        assert escape(citation.source.title) in shown and where in shown
    assert answer.short_answer and f"<strong>{escape(answer.short_answer)}</strong>" in shown
    assert "<small>5 articles searched" in shown
    for label in ("Sources", "Follow up", "Again"):
        assert f">{label}</span>" in shown
    assert shown.count("<svg") == 3 and "border-left-color: #2e8b57" in shown


def test_nothing_of_an_article_or_a_question_is_html_or_markdown(quoth: Any) -> None:
    answer = quoth.invoke(QUESTION)
    ugly = '<script>x()</script> **b** \\ > & "q" {asked}'
    first, *others = answer.sentences
    shown = page(replace(answer, sentences=(replace(first, text=ugly, answer=None), *others)), ugly)
    assert shown.count(escape(ugly)) == 3  # the question twice, the answer once
    assert shown.count("<script>") == 1  # the page's own, which tells how high it is


@pytest.mark.parametrize(
    ("content", "html"),
    [
        ("a\n\nb", "<p>a</p><p></p><p>b</p>"),
        ("**1** x\\_y\\.txt\\:5", "<p><strong>1</strong> x_y.txt:5</p>"),
        ("**a \\*\\*b**", "<p><strong>a **b</strong></p>"),
        ("\\*\\*a\\*\\*", "<p>**a**</p>"),
        ("> a < b", "<blockquote>a &lt; b</blockquote>"),
        ("-# small", "<small>small</small>"),
        ("\\> a \\# b", "<p>&gt; a # b</p>"),
    ],
)
def test_the_markdown_that_the_bot_writes_is_drawn(content: str, html: str) -> None:
    assert picture.drawn({"type": 10, "content": content}) == f'<div class="text">{html}</div>'


def test_a_component_that_has_no_picture_is_an_error() -> None:
    with pytest.raises(ValueError, match="type 3"):
        picture.drawn({"type": 1, "components": [{"type": 3}]})
