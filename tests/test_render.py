from __future__ import annotations

import io
import json
import re
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, RenderableType

from bot import page, render
from retrieval.articles import Skipped
from retrieval.index import Summary
from retrieval.types import Answer, Chunk, Citation, Passage, Sentence, Source, Span, Usage

FOLDER = Path("/articles")
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
DANGEROUS = "\x00\x07\x08\x0b\x0c\x0d\x1b\x7f\x80\x85\x8d\x9b\x9d\x9f\u2028\u2029\u200b\ufeff" + BIDI
EVIL = [
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x1b]8;;http://evil.test\x1b\\click\x1b]8;;\x1b\\",
    "\x9b31mred",
    "\x9d0;title\x9c",
    "abc\rdef",
    "abc\b\b\bdef",
    "\u202eevil\u202c",
    "\u2066x\u2069",
    "a\x00b",
    "\ud800",
    "\U000e0041",
]
MARKUP = ["[bold]x[/bold]", "[link=http://evil.test]x[/link]", "[/]", "[red", ":smile:", "\\[x]", "{x} %s"]

texts = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]), st.sampled_from(DANGEROUS), st.sampled_from("[]\\/ \n")
    ),
    max_size=40,
)


def is_unsafe(character: str) -> bool:
    return character in BIDI or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")


def make(text: str, answered: bool = True, file: str = "a.txt") -> Answer:
    source = Source(file, text, publisher=text, author=text, date=date(2023, 7, 3), inferred=text)
    citation = Citation(1, source, Span(3, 3 + len(text)), text, 5, 2)
    sentence = Sentence(text, (1,) if answered else ())
    return Answer(
        text,
        answered,
        (sentence,),
        (citation,) if answered else (),
        nearest=None if answered else source,
        confidence=0.61803,
        seconds=0.12345,
    )


def shown(renderable: RenderableType, terminal: bool = False) -> str:
    stream = io.StringIO()
    console = Console(
        file=stream,
        width=10_000,
        highlight=False,
        force_terminal=terminal,
        color_system="truecolor" if terminal else None,
        legacy_windows=False,
        _environ={},
    )
    console.print(renderable)
    return stream.getvalue()


_OWN = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\")  # colours and links, as rich writes them


def visible(output: str) -> str:
    return _OWN.sub("", output)


def passage(text: str, **scores: Any) -> Passage:
    file = text.encode("utf-8", "replace").decode()  # a name that is not Unicode is never indexed
    chunk = Chunk("1", Source(file, text, text), Span(0, len(text)), text, 7, None, (Span(0, len(text)),))
    return Passage(chunk, 0.0325, 0.5, **scores)


@given(texts)
def test_a_safe_text_is_one_line_without_anything_that_acts_on_a_terminal(text: str):
    safe = render.safe(text)
    assert not any(map(is_unsafe, safe))
    assert "\n" not in safe and "\t" not in safe
    assert render.safe(safe) == safe


@pytest.mark.parametrize("text", ["Łódź, “naïve” — 北京 мир שלום", "e\u0301", "👍🏽", "a b"])
def test_ordinary_text_of_any_script_stays_as_it_is(text: str):
    assert render.safe(text) == text


@pytest.mark.parametrize("evil", EVIL, ids=ascii)
def test_what_could_act_on_a_terminal_is_made_visible(evil: str):
    assert "\ufffd" in render.safe(f"x{evil}x")


@given(texts, st.booleans(), st.booleans())
def test_nothing_of_an_article_acts_on_the_terminal(text: str, answered: bool, terminal: bool):
    file = text.replace("/", "").strip() or "a.txt"
    output = visible(shown(render.answer(make(text, answered, file), FOLDER), terminal))
    assert not any(map(is_unsafe, output.replace("\n", "")))


@given(texts)
def test_nothing_of_a_passage_acts_on_the_terminal(text: str):
    for terminal in (True, False):
        output = visible(shown(render.passages([passage(text)], FOLDER), terminal))
        assert not any(map(is_unsafe, output.replace("\n", "")))


@pytest.mark.parametrize("text", EVIL + MARKUP, ids=ascii)
def test_evil_text_and_markup_reach_the_terminal_as_plain_characters(text: str):
    for terminal in (True, False):
        for answered in (True, False):
            answer = make(text, answered)
            output = visible(shown(render.answer(answer, FOLDER), terminal))
            assert render.safe(text) in output
            assert not any(map(is_unsafe, output.replace("\n", "")))
        assert render.safe(text) in visible(shown(render.passages([passage(text)], FOLDER), terminal))


def test_an_article_cannot_make_links():
    output = shown(render.answer(make("[link=http://evil.test]x[/link] http://evil.test"), FOLDER), True)
    assert re.findall(r"\x1b\]8;[^;]*;([^\x1b]*)", output).count("http://evil.test") == 0


def test_a_citation_shows_number_title_date_publisher_place_and_quote():
    source = Source("sub/a b.txt", "Lock shut", "The Post", "Ann", date(2023, 7, 3))
    answer = Answer(
        "Who?", True, (Sentence("Voss did.", (1,)),), (Citation(1, source, Span(0, 9), "Voss did.", 5),)
    )
    output = shown(render.answer(answer, FOLDER))
    assert [line.strip() for line in output.splitlines()] == [
        "Voss did. [1]",
        "",
        "[1] Lock shut",
        "3 Jul 2023 · The Post · /articles/sub/a b.txt:5",
        "> Voss did.",
    ]
    assert "file:///articles/sub/a%20b.txt" in shown(render.answer(answer, FOLDER), True)


@pytest.mark.parametrize(
    ("source", "page", "expected"),
    [
        (Source("a.txt", "T"), None, "/articles/a.txt:5"),
        (Source("a.pdf", "T"), 3, "/articles/a.pdf:5, page 3"),
        (
            Source("a.txt", "T", date=date(2023, 7, 3), inferred="why"),
            None,
            "3 Jul 2023 (date inferred) · /articles/a.txt:5",
        ),
        (Source("a.txt", "T", "The Post"), None, "The Post · /articles/a.txt:5"),
    ],
)
def test_what_is_not_known_of_a_source_is_left_out(source: Source, page: int | None, expected: str):
    citation = Citation(1, source, Span(0, 1), "x", 5, page)
    output = shown(render.answer(Answer("q", True, (Sentence("x", (1,)),), (citation,)), FOLDER))
    assert output.splitlines()[3].strip() == expected


def test_a_refusal_names_the_nearest_article():
    source = Source("a.txt", "Lock shut", "The Post", date=date(2023, 7, 3))
    answer = Answer("Who?", False, (Sentence("The articles don't say."),), nearest=source)
    assert shown(render.answer(answer, FOLDER)).splitlines() == [
        "The articles don't say.",
        "The nearest article: Lock shut (The Post, 3 Jul 2023) /articles/a.txt",
    ]
    bare = Answer("Who?", False, (Sentence("The articles don't say."),))
    assert shown(render.answer(bare, FOLDER)).splitlines() == ["The articles don't say."]


def test_a_sentence_shows_all_its_citation_numbers():
    citations = tuple(Citation(n, Source(f"{n}.txt", "T"), Span(0, 1), "x", 1) for n in (1, 2, 3))
    answer = Answer(
        "q", True, (Sentence("One.", (1, 2)), Sentence("Two.", (3,)), Sentence("Mine.")), citations
    )
    assert shown(render.answer(answer, FOLDER)).startswith("One. [1][2] Two. [3] Mine.\n")


def test_the_words_that_answer_are_bold():
    source = Source("a.txt", "T")
    sentence = Sentence("It was Voss\x1b who did.", (1,), "Earlier:", Span(7, 12))
    quoted = Citation(1, source, Span(4, 24), "It was Voss\x1b who did.", 1, answer=Span(11, 16))
    answer = Answer("Who?", True, (sentence,), (quoted,), notes=("Of old:",), short_answer="Voss\x1b")
    output = shown(render.answer(answer, FOLDER), True)
    assert "Of old: Earlier: It was \x1b[1mVoss\ufffd\x1b[0m who did. [1]" in output
    assert "\x1b[1mVoss" not in shown(render.answer(answer, FOLDER))


def written(sentence: Sentence, **about: Any) -> Answer:
    source = Source("a.txt", "T")
    return Answer("Who?", True, (sentence,), (Citation(1, source, Span(0, 1), "x", 1),), **about)


def test_a_doubtful_sentence_says_why_without_colours_too():
    doubtful = written(Sentence("It has 24\x1b.", (1,), doubt='the number "24\x1b" is not in the cited text'))
    told = 'It has 24\ufffd. [1] (doubtful: the number "24\ufffd" is not in the cited text)'
    assert shown(render.answer(doubtful, FOLDER)).splitlines()[0] == told
    assert "\x1b[1;33m(doubtful: " in shown(render.answer(doubtful, FOLDER), True)
    found = render.answer_json(doubtful)
    assert found["sentences"][0]["doubt"] == doubtful.sentences[0].doubt
    assert "doubtful" not in found["text"]


@pytest.mark.parametrize(
    ("about", "told"),
    [
        ({}, None),
        ({"model": "a:b\x1b"}, "Written by a:b\ufffd from the articles."),
        (
            {"model": "a:b", "usage": Usage(1, 1234, 56, 2.06)},
            "Written by a:b from the articles: 1 call, 1,234 tokens read, 56 written, 2.1 s.",
        ),
        (
            {"usage": Usage(2, 900, 0, 0.5)},
            "A language model was asked: 2 calls, 900 tokens read, 0 written, 0.5 s.",
        ),
        ({"usage": Usage()}, None),  # it was not even called
    ],
    ids=str,
)
def test_who_wrote_an_answer_is_its_last_line(about: dict[str, Any], told: str | None):
    lines = shown(render.answer(written(Sentence("x", (1,)), **about), FOLDER)).splitlines()
    assert lines[-2:] == ["", told] if told else lines[-1].strip() == "> x"
    refusal = Answer("Who?", False, (Sentence("No."),), nearest=Source("a.txt", "T"), **about)
    lines = shown(render.answer(refusal, FOLDER)).splitlines()
    assert lines[-2:] == ["", told] if told else lines[-1].startswith("The nearest article")


def test_json_tells_who_wrote_an_answer_and_what_it_took():
    usage = Usage(2, 1234, 56, 2.000049)
    found = render.answer_json(written(Sentence("x", (1,)), model="a:b", removed=3, usage=usage))
    assert (found["model"], found["removed"]) == ("a:b", 3)
    assert found["usage"] == {"calls": 2, "tokens_in": 1234, "tokens_out": 56, "seconds": 2.0}


def test_json_says_where_the_words_stand_that_answer():
    sentence = Sentence("It was Voss.", (1,), answer=Span(7, 11))
    quoted = Citation(1, Source("a.txt", "T"), Span(4, 16), "It was Voss.", 1, answer=Span(11, 15))
    found = render.answer_json(Answer("Who?", True, (sentence,), (quoted,), short_answer="Voss"))
    assert found["short_answer"] == "Voss"
    assert found["sentences"][0]["answer"] == {"start": 7, "end": 11}
    assert found["citations"][0]["answer"] == {"start": 11, "end": 15}


def test_a_passage_shows_its_scores_and_place():
    both = passage("Rain fell.", dense_rank=1, lexical_rank=2, bm25=3.14159)
    output = shown(render.passages([both, passage("Snow.")], FOLDER))
    assert "fused 0.0325 · cosine 0.500 (rank 1) · BM25 3.14 (rank 2)" in output
    assert "(not ranked)" in output and ":7" in output
    assert output.index("1. Rain fell.") < output.index("2. Snow.")
    assert shown(render.passages([], FOLDER)) == "Nothing was found.\n"


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        (
            Summary(1, 2, 3, 4, (Skipped("x", "is empty"),), (), 5, 6, 1.25),
            "1 added, 2 changed, 3 removed, 4 unchanged, 1 skipped; "
            "5 passages embedded, 6 in the index, 1.2 s.",
        ),
        (
            Summary(),
            "0 added, 0 changed, 0 removed, 0 unchanged; 0 passages embedded, 0 in the index, 0.0 s.",
        ),
    ],
)
def test_a_summary_is_one_line(done: Summary, expected: str):
    assert render.summary(done, Path("a\x1bb")) == f"Indexed a\ufffdb: {expected}"


ANSWER_KEYS = [
    *"question answered text notes understood short_answer".split(),
    *"sentences citations nearest confidence seconds model removed usage".split(),
]
CITATION_KEYS = "number file start end line page quote answer title date date_inferred publisher".split()


def test_json_has_exactly_the_documented_keys():
    found = render.answer_json(make("x"))
    assert list(found) == ANSWER_KEYS
    assert [list(sentence) for sentence in found["sentences"]] == [
        ["lead", "text", "answer", "citations", "doubt"]
    ]
    assert [list(citation) for citation in found["citations"]] == [CITATION_KEYS]
    assert found["nearest"] is None
    declined = render.answer_json(make("x", answered=False))
    assert list(declined) == ANSWER_KEYS
    assert list(declined["nearest"]) == ["file", "title", "date"]


def test_json_holds_the_answer():
    assert render.answer_json(make("x")) == {
        "question": "x",
        "answered": True,
        "text": "x [1]",
        "notes": [],
        "understood": None,
        "short_answer": None,
        "sentences": [{"lead": "", "text": "x", "answer": None, "citations": [1], "doubt": ""}],
        "citations": [
            {
                "number": 1,
                "file": "a.txt",
                "start": 3,
                "end": 4,
                "line": 5,
                "page": 2,
                "quote": "x",
                "answer": None,
                "title": "x",
                "date": "2023-07-03",
                "date_inferred": True,
                "publisher": "x",
            }
        ],
        "nearest": None,
        "confidence": 0.618,
        "seconds": 0.1235,
        "model": None,
        "removed": 0,
        "usage": None,
    }


def test_json_of_a_failure_has_an_error_besides():
    found = render.failure_json("Who?", "It failed.")
    assert list(found) == [*ANSWER_KEYS, "error"]
    assert (found["question"], found["answered"], found["citations"]) == ("Who?", False, [])
    assert found["error"] == "It failed."


def test_json_of_a_passage_says_where_it_stands():
    found = render.passage_json(passage("Rain.", dense_rank=1))
    assert list(found) == (
        "file start end line page text title date publisher "
        "score similarity dense_rank bm25 lexical_rank".split()
    )
    assert (found["start"], found["end"], found["line"], found["date"]) == (0, 5, 7, None)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


@given(values, st.sampled_from([None, 2]))
def test_dumped_json_parses_back_and_holds_nothing_that_acts_on_a_terminal(value: Any, indent: int | None):
    dumped = render.dumped(value, indent)
    assert json.loads(dumped) == value
    assert not any(map(is_unsafe, dumped.replace("\n", "") if indent else dumped))


@pytest.mark.parametrize("text", ["\udcff", *EVIL, *DANGEROUS], ids=ascii)
def test_dumped_json_writes_dangerous_characters_as_escapes(text: str):
    dumped = render.dumped({text: [text]})
    dumped.encode("utf-8")
    assert json.loads(dumped) == {text: [text]}
    assert not any(map(is_unsafe, dumped))
    assert "\U000e0041" not in dumped


def test_dumped_json_leaves_letters_readable():
    assert render.dumped({"a": "Łódź 北京 “x” 👍"}) == '{"a": "Łódź 北京 “x” 👍"}'


@given(texts, st.booleans())
def test_an_answer_as_json_survives_being_dumped(text: str, answered: bool):
    found = render.answer_json(make(text, answered))
    assert json.loads(render.dumped(found)) == found


# ---- articles, and the text around a quote


def article(text: str, line: int = 1, at: int = 0, file: str = "a.txt") -> Chunk:
    span = Span(at, at + len(text))
    return Chunk(
        "1", Source(file, "Lock shut", "The Post", date=date(2023, 7, 3)), span, text, line, None, (span,)
    )


def rows(output: str) -> list[str]:
    """The lines of an article, without its head."""
    return [line.rstrip() for line in output.splitlines()[3:]]


def stressed(output: str) -> str:
    """What of a terminal's output stands out."""
    return "".join(re.findall(r"\x1b\[1;4m(.*?)\x1b\[0m", output))


def test_surroundings_begin_with_title_date_publisher_and_file():
    output = shown(page.surroundings([article("Voss did.")], None, FOLDER))
    assert output.splitlines()[:3] == ["Lock shut", "3 Jul 2023 · The Post · /articles/a.txt", ""]


def test_surroundings_number_the_lines_and_say_where_text_is_left_out():
    chunks = [article("One.\n\nTwo.", 3, 10), article("Two. Three.", 5, 16), article("Four.", 9, 60)]
    output = shown(page.surroundings(chunks, None, FOLDER))
    assert rows(output) == ["  3 One.", "  4", "  5 Two. Three.", "    …", "  9 Four."]


@pytest.mark.parametrize(
    ("between", "expected"), [(" ", "One. Two."), ("\t ", "One. Two."), (" (Read more!) ", "One. … Two.")]
)
def test_what_is_left_out_within_a_line_is_told_from_a_space(between: str, expected: str):
    chunks = [article("One.", 1, 0), article("Two.", 1, len("One." + between))]
    assert rows(shown(page.surroundings(chunks, None, FOLDER))) == [f"  1 {expected}"]


@pytest.mark.parametrize(
    ("quote", "marked"),
    [
        ("closed", ["> 1 Ann closed it.\ufffd"]),
        ("it.\x07\r\n\tBob", ["> 1 Ann closed it.\ufffd", "> 2  Bob wept,"]),
        ("wept,\nloudly.", ["> 2  Bob wept,", "> 3 loudly. Then came Carol."]),
        ("Carol.", ["> 3 loudly. Then came Carol."]),
        ("Ann closed it.\x07\r\n\tBob wept,\nloudly. Then came Carol.", None),
    ],
)
def test_exactly_the_characters_of_the_span_stand_out(quote: str, marked: list[str] | None):
    text = "Ann closed it.\x07\r\n\tBob wept,\nloudly. Then came Carol."
    chunks = [article(text[:34], 1, 100), article(text[17:], 2, 117)]
    span = Span(100 + text.index(quote), 100 + text.index(quote) + len(quote))
    plain = rows(shown(page.surroundings(chunks, span, FOLDER)))
    assert len(plain) == 3
    assert [line for line in plain if line.startswith(">")] == (marked or plain)
    coloured = shown(page.surroundings(chunks, span, FOLDER), terminal=True)
    assert stressed(coloured) == re.sub(r"\r?\n", "", quote).replace("\x07", "\ufffd").replace("\t", " ")


def test_without_a_span_nothing_stands_out():
    output = shown(page.surroundings([article("Ann closed it.")], None, FOLDER, 3), terminal=True)
    assert stressed(output) == "" and ">" not in visible(output)


@pytest.mark.parametrize(
    ("span", "lines", "numbers"),
    [
        (Span(20, 21), 0, [11]),
        (Span(20, 21), 2, [9, 10, 11, 12, 13]),
        (Span(20, 25), 1, [10, 11, 12, 13, 14]),
        (Span(0, 1), 2, [1, 2, 3]),
        (Span(38, 39), 1, [19, 20]),
        (Span(20, 20), 1, [10, 11, 12]),  # an empty span: near there, and nothing stands out
        (Span(20, 21), None, list(range(1, 21))),
        (None, 2, list(range(1, 21))),
    ],
)
def test_only_the_lines_around_the_span_are_shown(span: Span | None, lines: int | None, numbers: list[int]):
    chunk = article("\n".join("abcdefghijklmnopqrst"))
    found = rows(shown(page.surroundings([chunk], span, FOLDER, lines)))
    assert [int(row[1:4]) for row in found] == numbers


@given(texts, st.booleans(), st.integers(0, 40), st.integers(0, 40))
def test_nothing_of_an_article_that_is_shown_acts_on_the_terminal(
    text: str, terminal: bool, at: int, size: int
):
    chunk = passage(text or "x").chunk
    shown_ = shown(page.surroundings([chunk], Span(at, at + size), FOLDER), terminal)
    listed = shown(render.sources([(chunk.source, 1)], FOLDER), terminal)
    assert not any(map(is_unsafe, visible(shown_ + listed).replace("\n", "")))


@pytest.mark.parametrize("text", MARKUP)
def test_markup_in_an_article_that_is_shown_stays_plain(text: str):
    chunk = article(text)
    assert rows(shown(page.surroundings([chunk], chunk.span, FOLDER))) == [f"> 1 {text}"]


LISTED = [
    (Source("sub/a.txt", "Lock shut", "The Post", "Ann", date(2023, 7, 3), "why"), 1200),
    (Source("a rather long name of a file.txt", "Rain"), 1),
]


def test_sources_are_a_table_with_a_row_an_article():
    heading, first, second = shown(render.sources(LISTED, FOLDER)).splitlines()
    assert re.split(r"\s{2,}", heading.strip()) == ["Date", "Publisher", "Title", "File", "Chunks"]
    assert re.split(r"\s{2,}", first) == [
        "3 Jul 2023 (inferred)",
        "The Post",
        "Lock shut",
        "sub/a.txt",
        "1,200",
    ]
    assert re.split(r"\s{2,}", second) == ["undated", "Rain", "a rather long name of a file.txt", "1"]
    assert "file:///articles/sub/a.txt" in shown(render.sources(LISTED, FOLDER), True)
    assert shown(render.sources([], FOLDER)) == "No article.\n"


def test_a_narrow_table_has_the_file_under_the_title():
    stream = io.StringIO()
    Console(file=stream, width=60).print(render.sources(LISTED, FOLDER))
    output = stream.getvalue()
    assert max(map(len, output.splitlines())) <= 60
    assert "File" not in output.splitlines()[0] and "sub/a.txt" in output and "(inferred)" in output


def test_json_of_a_source_says_all_that_is_known():
    assert render.source_json(*LISTED[0]) == {
        "file": "sub/a.txt",
        "title": "Lock shut",
        "publisher": "The Post",
        "author": "Ann",
        "date": "2023-07-03",
        "date_inferred": True,
        "chunks": 1200,
    }
    assert list(render.source_json(*LISTED[1]).values()) == [
        LISTED[1][0].file,
        "Rain",
        None,
        None,
        None,
        False,
        1,
    ]
