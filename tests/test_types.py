from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import date

import pytest

from retrieval.types import Answer, Article, Chunk, Citation, Filters, Sentence, Source, Span

DAY = date(2023, 4, 17)
TEXT = "One.\nTwo two.\r\nThree, 中国 😀.\n"


def test_a_span_is_the_characters_from_start_up_to_end() -> None:
    assert Span(5, 13).of(TEXT) == "Two two."
    assert Span(3, 3).of(TEXT) == ""


@pytest.mark.parametrize(("offset", "line"), [(0, 1), (4, 1), (5, 2), (14, 2), (15, 3), (len(TEXT), 4)])
def test_a_line_counts_from_one_and_ends_after_its_newline(offset: int, line: int) -> None:
    assert Article(Source("a.txt", "A"), TEXT).line(offset) == line


@pytest.mark.parametrize(("offset", "page"), [(0, 1), (9, 1), (10, 2), (19, 2), (20, 3), (99, 3)])
def test_a_page_counts_from_one_and_starts_at_its_offset(offset: int, page: int) -> None:
    assert Article(Source("a.pdf", "A"), "x" * 100, pages=(0, 10, 20)).page(offset) == page


def test_an_article_without_pages_has_no_page() -> None:
    assert Article(Source("a.txt", "A"), TEXT).page(3) is None


def test_a_chunk_cites_the_articles_own_offsets_and_line() -> None:
    source = Source("a.txt", "A", "The Post", None, DAY)
    span = Span(5, 27)
    chunk = Chunk("id", source, span, span.of(TEXT), 2, None, (Span(5, 13), Span(15, 27)))
    for sentence, line in zip(chunk.sentences, (2, 3), strict=True):
        assert chunk.quote(sentence) == sentence.of(TEXT)
        assert chunk.cite(7, sentence) == Citation(7, source, sentence, sentence.of(TEXT), line, None)


def test_a_citation_keeps_the_page_of_its_chunk() -> None:
    chunk = Chunk("id", Source("a.pdf", "A"), Span(0, 4), "One.", 1, 12, (Span(0, 4),))
    assert chunk.cite(1, Span(0, 4)).page == 12


@pytest.mark.parametrize(
    ("filters", "publisher", "day", "admitted"),
    [
        (Filters(), None, None, True),
        (Filters(), "The Guardian", DAY, True),
        (Filters("the GUARDIAN"), "The Guardian", None, True),
        (Filters("The Guardian"), "The Post", DAY, False),
        (Filters("The Guardian"), None, DAY, False),
        (Filters("DIE STRASSE"), "Die Straße", None, True),
        (Filters(since=DAY), None, DAY, True),
        (Filters(until=DAY), None, DAY, True),
        (Filters(since=DAY, until=DAY), None, DAY, True),
        (Filters(since=DAY), None, date(2023, 4, 16), False),
        (Filters(until=DAY), None, date(2023, 4, 18), False),
        (Filters(since=DAY), None, None, False),
        (Filters(until=DAY), None, None, False),
        (Filters("The Post", DAY, DAY), "the post", DAY, True),
        (Filters("The Post", DAY, DAY), "The Guardian", DAY, False),
    ],
)
def test_filters_admit_a_publisher_in_any_case_and_days_inclusive(
    filters: Filters, publisher: str | None, day: date | None, admitted: bool
) -> None:
    assert filters.admits(Source("a.txt", "A", publisher, date=day)) is admitted


def test_an_answers_text_puts_the_numbers_after_each_sentence() -> None:
    sentences = (Sentence("They met.", (1, 2)), Sentence("The articles don't say more."))
    assert Answer("Who?", True, sentences).text == "They met. [1][2] The articles don't say more."
    assert Answer("Who?", False, ()).text == ""


def test_records_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Source("a.txt", "A").title = "B"  # type: ignore[misc]
