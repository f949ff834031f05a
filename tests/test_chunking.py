from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.chunking import PIECE_CHARACTERS, PIECE_WORDS, WORDS, chunk, ids
from retrieval.types import Article, Chunk, Source, Span

SOURCE = Source("news/a.txt", "A title")
PRINT = "0123456789abcdef"
UNSEEN = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"


def cut(text: str, furniture: tuple[Span, ...] = (), pages: tuple[int, ...] = ()) -> list[Chunk]:
    return chunk(Article(SOURCE, text, furniture, pages), PRINT)


def sentence(number: int, words: int = 10) -> str:
    return " ".join([f"Number{number}", *["word"] * (words - 2), "end."])


def lengths(chunks: list[Chunk]) -> list[int]:
    return [len(found.text.split()) for found in chunks]


_PIECES = st.one_of(
    st.sampled_from(["Mr. Li met her. ", "It fell. ", "“No,” he said. ", "word ", "word " * 60, "x" * 3000]),
    st.sampled_from(["\n", "\r\n", "\r", "\t", "\n\n", "\u2028", "\u2029", "\x85", "\u00a0", "\x0c", "\x1c"]),
    st.sampled_from(
        ["中国国防部长访问莫斯科。", "مرحبا؟ ", "e\u0301", "👩‍👩‍👧 ", "ﬁ", "İstanbul. ", *UNSEEN]
    ),
    st.text(max_size=8),
)


@st.composite
def articles(draw: st.DrawFn) -> Article:
    text = "".join(draw(st.lists(_PIECES, max_size=30)))
    places = st.integers(0, len(text))
    rims = sorted(draw(st.sets(places, max_size=6)))
    furniture = tuple(Span(*pair) for pair in zip(rims[::2], rims[1::2], strict=False))
    pages = (0, *sorted(draw(st.sets(places, max_size=3)) - {0})) if draw(st.booleans()) else ()
    return Article(SOURCE, text, furniture, pages)


@given(articles())
@settings(max_examples=150)
def test_every_chunk_is_an_exact_stretch_of_any_article(article: Article) -> None:
    text = article.text
    chunks = chunk(article, PRINT)
    furniture = {at for span in article.furniture for at in range(*span)}
    quotable: set[int] = set()
    for found in chunks:
        start, end = found.span
        assert text[start:end] == found.text and found.text == found.text.strip()
        assert found.line == article.line(start) == text.count("\n", 0, start) + 1
        assert found.page == article.page(start) == article.page(end - 1)
        assert not furniture & set(range(start, end))
        assert found.sentences[0].start == start and found.sentences[-1].end == end
        for span in found.sentences:
            assert found.quote(span) == span.of(text) != ""
            assert found.cite(1, span).line == article.line(span.start)
            assert len(span.of(text)) <= PIECE_CHARACTERS and len(span.of(text).split()) <= PIECE_WORDS
            quotable |= set(range(*span))
        assert all(a.end <= b.start for a, b in pairwise(found.sentences))
        assert len(found.text.split()) <= max(WORDS, PIECE_WORDS)
    words = {at for at, char in enumerate(text) if not (char.isspace() or char in UNSEEN)}
    assert words - furniture <= quotable
    for one, other in pairwise(chunks):
        assert len(set(one.sentences) & set(other.sentences)) <= 1
        assert one.span.start < other.span.start and one.span.end < other.span.end
    assert [found.id for found in chunks] == ids(SOURCE.file, PRINT, len(chunks))
    assert len({found.id for found in chunks}) == len(chunks)


def test_chunks_close_at_110_words_and_repeat_one_sentence() -> None:
    text = " ".join(sentence(number) for number in range(40))
    chunks = cut(text)
    assert lengths(chunks) == [110, 110, 110, 100]
    for one, other in pairwise(chunks):
        assert one.sentences[-1] == other.sentences[0]
        assert len(set(one.sentences) & set(other.sentences)) == 1


def test_no_sentence_is_repeated_where_it_would_leave_no_room_for_the_next() -> None:
    text = " ".join(sentence(number, 60) for number in range(3))
    chunks = cut(text)
    assert lengths(chunks) == [60, 60, 60]
    assert not set(chunks[0].sentences) & set(chunks[1].sentences)


def test_the_end_of_an_article_is_not_repeated_in_a_chunk_of_its_own() -> None:
    assert lengths(cut(" ".join(sentence(number) for number in range(11)))) == [110]


def test_the_size_and_the_overlap_may_be_chosen() -> None:
    article = Article(SOURCE, " ".join(sentence(number) for number in range(6)))
    assert lengths(chunk(article, PRINT, words=20, overlap=0)) == [20, 20, 20]
    assert lengths(chunk(article, PRINT, words=30, overlap=2)) == [30, 30, 30, 30]


def test_no_chunk_crosses_furniture() -> None:
    text = "He spoke on Monday.\nSupport Us\nShe left on Tuesday.\n"
    at = text.index("Support Us")
    chunks = cut(text, (Span(at, at + len("Support Us")),))
    assert [(found.text, found.line) for found in chunks] == [
        ("He spoke on Monday.", 1),
        ("She left on Tuesday.", 3),
    ]


def test_no_chunk_crosses_a_page_start() -> None:
    text = "He spoke on Monday. She left.\n\nIt rained on Tuesday."
    page = text.index("It rained")
    assert [(found.text, found.page) for found in cut(text, pages=(0, page))] == [
        ("He spoke on Monday. She left.", 1),
        ("It rained on Tuesday.", 2),
    ]


def test_a_page_start_inside_furniture_cuts_once() -> None:
    text = "He spoke. Page 1 of 2 footer She left."
    start, end = text.index("Page"), text.index("She")
    found = cut(text, (Span(start, end),), pages=(0, start + 5))
    assert [(one.text, one.page) for one in found] == [("He spoke.", 1), ("She left.", 2)]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_lines_count_newlines_however_they_are_written(newline: str) -> None:
    text = newline.join(["Headline of the day", "", "He spoke on Monday.", "", "\tShe left."])
    (found,) = cut(text)
    assert [found.cite(1, span).line for span in found.sentences] == [1, 3, 5]


def test_a_sentence_too_long_to_embed_is_cut_at_white_space() -> None:
    text = " ".join(f"word{number}" for number in range(300))
    assert lengths(cut(text)) == [120, 120, 60]
    assert " ".join(found.text for found in cut(text)) == text


def test_a_word_without_end_is_cut_at_1200_characters() -> None:
    text = "y" * 3000
    assert [found.span for found in cut(text)] == [Span(0, 1200), Span(1200, 2400), Span(2400, 3000)]


@pytest.mark.parametrize("text", ["", " \r\n\t", "\ufeff", "\u200b\n\u2060"])
def test_a_text_without_words_has_no_chunk(text: str) -> None:
    assert cut(text) == []


def test_nothing_but_furniture_has_no_chunk() -> None:
    assert cut("Support Us", (Span(0, 10),)) == []


def test_ids_are_told_by_the_file_its_version_and_their_number() -> None:
    article = Article(SOURCE, " ".join(sentence(number) for number in range(40)))
    one, other = ({found.id for found in chunk(article, print_)} for print_ in (PRINT, PRINT[::-1]))
    assert len(one) == len(other) == 4 and not one & other
    assert not one & {found.id for found in chunk(Article(Source("b.txt", "A"), article.text), PRINT)}
    assert [found.id for found in chunk(article, PRINT)] == sorted(one)


def test_the_same_article_is_always_cut_the_same() -> None:
    text = " ".join(sentence(number) for number in range(40))
    assert cut(text) == cut(text)
    assert re.match("Number0 ", cut(text)[0].text)
