from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from bot.discord.cut import size
from bot.discord.message import PAGE, Colour, Message, heading, lines, page, split, told
from bot.plain import safe
from retrieval.extractive import REFUSAL
from retrieval.types import Answer, Citation, Sentence, Source, Span
from tests.discord_markdown import read
from tests.test_discord_markdown import texts

FOLDER = Path("/srv/news/seeds")
POST = Source("001_lock.txt", "Lock shut", "The Post", "Ann", date(2023, 7, 3))
GUESSED = Source("sub/002.pdf", "Rain", date=date(2024, 1, 2), inferred="the file's name")
BARE = Source("003.txt", "Snow")


def cite(number: int, source: Source = POST, quote: str = "Voss did.", page: int | None = None) -> Citation:
    return Citation(number, source, Span(0, len(quote)), quote, 5, page)


def answer(*sentences: Sentence, sources: tuple[Source, ...] = (POST,), **more: object) -> Answer:
    citations = tuple(cite(number, source) for number, source in enumerate(sources, 1))
    return Answer("Who?", True, sentences, citations, seconds=0.312, **more)  # type: ignore[arg-type]


def test_an_answer_is_sentences_with_numbers_and_a_source_for_each():
    found = answer(
        Sentence("It was Voss.", (1, 3), "As of 2 Jan 2024:", Span(7, 11)),
        Sentence("Others say no.", (2,), "Earlier, 3 Jul 2023:"),
        sources=(GUESSED, POST, BARE),
        notes=("About Voss:",),
    )
    message = told(found, 5, FOLDER)
    assert message.body == (
        "About Voss:\n"
        "As of 2 Jan 2024: It was **Voss**. \\[1]\\[3]\n"
        "Earlier, 3 Jul 2023: Others say no. \\[2]"
    )
    assert message.sources.splitlines() == [
        "**1** Rain — 2 Jan 2024 (date inferred) · seeds/sub/002\\.pdf\\:5",
        "**3** Snow · seeds/003\\.txt\\:5",
        "**2** Lock shut — The Post, 3 Jul 2023 · seeds/001\\_lock\\.txt\\:5",
    ]
    assert message.footer == "5 articles searched · 0.3 s"
    assert message.colour is Colour.ANSWERED
    assert message.alike == f"{message.body}\n\n{message.sources}"


def test_a_refusal_names_the_nearest_article_as_a_terminal_does():
    declined = Answer("Who?", False, (Sentence(REFUSAL),), nearest=POST)
    message = told(declined, 1, FOLDER)
    assert message.body == (
        "The articles don't say.\n"
        "The nearest article: **Lock shut** (The Post, 3 Jul 2023) seeds/001\\_lock\\.txt"
    )
    assert (message.sources, message.footer) == ("", "1 article searched · 0.0 s")
    assert message.colour is Colour.DECLINED
    assert told(Answer("Who?", False, (Sentence(REFUSAL),)), 1, FOLDER).body == REFUSAL
    assert told(Answer("Who?", False, (Sentence(REFUSAL),)), 1, FOLDER).colour is Colour.DECLINED
    assert told(Answer("Who?", False, ()), 1, FOLDER).body == REFUSAL


def test_small_talk_has_neither_sources_nor_footer():
    message = told(Answer("hi", False, (Sentence("Hello!"), Sentence("Ask me."))), 5, FOLDER)
    assert message == Message("Hello! Ask me.", "", "", Colour.TALK, "Hello! Ask me.")


def test_the_question_stands_above_the_answer_if_it_is_given():
    message = told(answer(Sentence("Voss.", (1,))), 5, FOLDER, "Who\n**did** it?")
    assert message.body == "> Who \\*\\*did\\*\\* it?\nVoss. \\[1]"
    assert message.alike.startswith(message.body)


def test_one_citation_is_always_shown():
    assert told(answer(Sentence("Voss.")), 5, FOLDER).sources.startswith("**1** Lock shut")


def test_a_number_without_a_citation_is_not_shown():
    assert told(answer(Sentence("Voss.", (7, 1))), 5, FOLDER).body == "Voss. \\[1]"


def test_the_folder_is_shown_by_its_name_alone():
    message = told(answer(Sentence("Voss.", (1,))), 5, FOLDER)
    assert "srv" not in message.sources
    assert "· 001\\_lock" in told(answer(Sentence("Voss.", (1,))), 5, Path()).sources


def test_a_long_answer_is_cut_at_a_sentence_and_says_so():
    sentence = "It rained all day. " * 50  # 950 characters
    found = answer(*(Sentence(sentence, (number,)) for number in (1, 2, 3, 4)), sources=(POST,) * 4)
    message = told(found, 5, FOLDER)
    shown, rest = message.body.split("\n\\[") if "\n\\[" in message.body else (message.body, "")
    assert rest == "" and shown.count("It rained all day.") == 100
    assert shown.endswith("\\[2]\n… 2 more sentences: press Sources.")
    assert len(message.sources.splitlines()) == 2
    assert "… 3 more sentences: press Sources." in message.alike and size(message.alike) <= 2000


def test_a_sentence_that_is_too_long_is_cut_at_a_word_and_keeps_its_number():
    words = " ".join(f"word{number}" for number in range(1000))
    marked = Span(words.index("word2 "), words.index("word999"))
    message = told(answer(Sentence(words, (1,), answer=marked), Sentence("Rain.", (1,))), 5, FOLDER)
    last, tail = message.body.splitlines()
    assert tail == "… 1 more sentence: press Sources."
    assert re.fullmatch(r"word0 word1 \*\*word2 .* word\d{3}\*\* … \\\[1\]", last)
    assert 2750 < size(message.body) <= 2800


def test_sources_that_do_not_fit_are_counted():
    long = Source("a.txt", "T" * 290, "P" * 290)
    message = told(answer(Sentence("Voss.", (1, 2, 3, 4, 5, 6, 7)), sources=(long,) * 7), 5, FOLDER)
    assert message.body == "Voss. \\[1]\n… 6 more sources: press Sources."
    assert len(message.sources.splitlines()) == 1


# ---- any answer

long = st.builds(lambda text, times: text * times, texts, st.sampled_from([1, 1, 1, 30, 90]))
spans = st.none() | st.builds(Span, st.integers(0, 40), st.integers(0, 900))
sources = st.builds(
    Source, long, long, st.none() | long, date=st.none() | st.dates(), inferred=st.none() | texts
)
citations = st.builds(
    Citation, st.integers(1, 6), sources, st.just(Span(0, 1)), long, st.integers(1, 10**6), st.integers(0, 9)
)


def answers_of(words: st.SearchStrategy[str]) -> st.SearchStrategy[Answer]:
    numbers = st.lists(st.integers(1, 7), max_size=4).map(tuple)
    said = st.builds(Sentence, words, numbers, words, spans, st.just("") | words)
    return st.builds(
        Answer,
        texts,
        st.booleans(),
        st.lists(said, max_size=5).map(tuple),
        st.lists(citations, max_size=6).map(tuple),
        st.lists(words, max_size=2).map(tuple),
        nearest=st.none() | st.builds(Source, texts, words),
        seconds=st.floats(0, 60),
        model=st.none() | words,
    )


answers = answers_of(long)
WORST = "**@everyone** <@1> [x](http://a.test) " * 100


def worst(times: int) -> Answer:
    source = Source(WORST, WORST, WORST, date=date(2023, 9, 30), inferred="x")
    cited = tuple(cite(number, source) for number in range(1, times + 1))
    sentence = Sentence(WORST, tuple(range(1, times + 1)), WORST, Span(3, 9000), WORST)
    notes = (f"{WORST}:", WORST)
    return Answer(WORST, False, (sentence,) * times, cited, notes, nearest=source, model=WORST)


def bolds(live: list[tuple[str, str]]) -> list[str]:
    """The bold texts; anything else that lives is an error."""
    assert {kind for kind, _ in live} <= {"bold"}
    return [text for _, text in live]


def large(text: str) -> str:
    """The lines that are not in small print; in that nothing lives."""
    lines = text.split("\n")
    assert not [line for line in lines if line.startswith("-# ") and read(line[3:]).live]
    return "\n".join(line for line in lines if not line.startswith("-# "))


@given(answers, st.integers(0, 10**6), st.none() | long)
@example(worst(1), 10**6, WORST)
@example(worst(9), 10**6, WORST)
def test_any_answer_keeps_to_the_limits_and_nothing_of_it_acts(
    found: Answer, articles: int, question: str | None
):
    message = told(found, articles, FOLDER, question)
    assert message.body.strip()
    assert size(message.body) <= 2800 and size(message.alike) <= 2000
    assert size(message.body) + size(message.sources) + size(message.footer) <= 3900
    asked, body = "", message.body
    if question and safe(question):
        asked, _, body = message.body.partition("\n")
        assert asked.startswith("> ") and read(asked[2:]).live == []
    marked = [safe(str(s)[s.marked.start : s.marked.end]) for s in found.sentences if s.marked]
    title = [safe(found.nearest.title)] if found.nearest else []
    for text in bolds(read(large(body)).live):
        assert any(text.removesuffix(" …") in whole for whole in marked + title)
    for line in message.sources.splitlines():
        assert all(text.isdecimal() for text in bolds(read(line).live))
    assert read(message.footer).live == []
    assert {kind for kind, _ in read(large(message.alike.partition("\n")[2])).live} <= {"bold"}


@given(answers_of(long.map(lambda text: text.replace("[", ""))))
@example(worst(9))
def test_every_number_shown_has_its_source_shown_and_some_source_is_always_shown(found: Answer):
    message = told(found, 5, FOLDER)
    listed = re.findall(r"^\*\*(\d+)\*\*", message.sources, re.MULTILINE)
    assert len(listed) == len(set(listed)) == len(message.sources.splitlines())
    assert bool(listed) == bool(found.citations)
    shown = re.findall(r"\[(\d+)]", read(message.body).text)
    assert set(shown) <= set(listed)


@given(answers)
@example(Answer("", False, (Sentence("\\\\http://evil.test/a_b" * 120, lead="\\"),)))
def test_sentences_are_left_out_from_the_end_and_counted(found: Answer):
    body = read(told(found, 5, FOLDER).body).text
    left = re.search(r"^… (?:(\d+) more sentences?)?.*: press Sources\.$", body, re.MULTILINE)
    count = len(found.sentences) - int(left[1] or 0) if left else len(found.sentences)
    for sentence in found.sentences[:count]:
        words = safe(str(Sentence(sentence.text, (), sentence.lead)))
        assert words in body or (count == 1 and words[:100] in body)


# ---- a citation in its text


def test_the_page_of_a_citation_is_its_heading_and_the_quote_in_its_text():
    cited = Citation(1, POST, Span(10, 19), "Voss did.", 5, page=2)
    shown = lines(cited, FOLDER, "Who was it?\n\n* It was\n", "Voss did.", " Then *rain* fell.\n")
    assert shown == (
        "**Lock shut**\n3 Jul 2023 · The Post · seeds/001\\_lock\\.txt\\:5, page 2\n\n"
        "Who was it?\n\n\\* It was\n**Voss did.** Then \\*rain\\* fell."
    )


def test_what_surrounds_a_quote_is_cut_at_words():
    text = " ".join(f"word{number:03}" for number in range(600))
    shown = lines(cite(1), FOLDER, text + " ", "Voss did.", " " + text)
    body = shown.split("\n\n", 1)[1]
    assert re.fullmatch(r"… word\d{3} .* word599 \*\*Voss did\.\*\* word000 .* word\d{3} …", body)
    assert PAGE - 60 < size(shown) <= PAGE
    quoted = lines(cite(1), FOLDER, "x ", text, " y")
    assert re.search(r"\*\*word000 .* word\d{3}\*\* …", quoted) and size(quoted) <= PAGE


@given(sources, long, long, long)
@example(worst(1).citations[0].source, WORST, WORST, WORST)
@example(POST, "", "", "")
@example(POST, "http:", "//evil.test", "discord.gg/x")
@example(POST, "http:", "", "//evil.test")
def test_any_citation_keeps_to_the_limit_and_only_title_and_quote_are_bold(
    source: Source, before: str, quote: str, after: str
):
    shown = lines(cite(1, source), FOLDER, before, quote, after)
    assert size(shown) <= PAGE
    for text in bolds(read(shown).live):
        assert text.removesuffix(" …") in safe(source.title) or text in safe(quote)
    assert (safe(quote)[:20] in read(shown).text) and size(heading(source, "x" * 999)) <= 960


# ---- articles and texts of our own


@given(texts | long, st.sampled_from([20, 100, PAGE]))
@example("@here" * 500, 20)
@example("🎉" * 500, 21)
@example("a" * 5000, PAGE)
@example("a word or two and one hidden\x1f", 20)
def test_the_pages_of_an_article_are_the_whole_of_it(text: str, limit: int):
    pages = page(text, limit)
    assert all(0 < size(one) <= limit for one in pages)
    assert all(read(one).live == [] for one in pages)
    seen = "".join("".join(read(one).text.split()) for one in pages)
    assert seen == "".join(safe(text.replace("\r", "\n")).split())


def test_pages_are_cut_at_lines_else_at_sentences_else_at_words():
    assert page("One two.\nThree four.\n\nFive.", 20) == ("One two.\nThree four.", "Five.")
    assert page("It rained a lot. Then it snowed. No more.", 30) == (
        "It rained a lot.",
        "Then it snowed. No more.",
    )
    assert page("one two three four five", 10) == ("one two", "three four", "five")
    assert page("short\n" + "x" * 15, 10) == ("short", "xxxxx", "xxxxx", "xxxxx")
    assert page(" \n ") == ()


def test_a_text_of_our_own_is_split_at_lines_and_keeps_its_markdown():
    assert split("**a** b\n- c\n\n- d", 12) == ("**a** b\n- c", "- d")
    assert split("**a** b c", 7) == ("**a** b", "c")


@given(texts, st.integers(10, 60))
def test_the_parts_of_a_text_are_the_whole_of_it(text: str, limit: int):
    parts = split(text, limit)
    assert all(0 < size(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
