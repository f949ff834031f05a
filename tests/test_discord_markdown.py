from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.discord.markdown import bold, fold, inert, inert_lines
from bot.plain import safe
from retrieval.types import Span
from tests.discord_markdown import read

LIVE = {
    "**x**": "bold",
    "*x*": "italics",
    "_x_": "italics",
    "a *b* c": "italics",
    "__x__": "underline",
    "~~x~~": "strike",
    "||x||": "spoiler",
    "`x`": "code",
    "``x ` x``": "code",
    "```py\nx\n```": "fence",
    "> x": "quote",
    ">>> x": "quote",
    "# x": "heading",
    "## x": "heading",
    "### x": "heading",
    "-# x": "subtext",
    "- x": "list",
    "* x": "list",
    "+ x": "list",
    "12. x": "list",
    "1) x": "list",
    "[x](https://evil.test)": "link",
    "[x](<https://evil.test>)": "link",
    '[x](https://evil.test "title")': "link",
    "[a [b] c](https://evil.test)": "link",
    "https://evil.test": "address",
    "http://evil.test/a_b": "address",
    "steam://run/1": "address",
    "discord://-/channels/1": "address",
    "<https://evil.test>": "pointed address",
    "<javascript:/x>": "pointed address",
    "<a@evil.test>": "pointed address",
    "<mailto:a@evil.test>": "pointed address",
    "<+1 (555) 123-4567>": "phone",
    "<tel:+15551234567>": "phone",
    "<@1>": "mention",
    "<@!1>": "mention",
    "<@&1>": "mention",
    "<#1>": "mention",
    "@everyone": "everybody",
    "@here": "everybody",
    "<:a:1>": "emoji",
    "<a:b:1>": "emoji",
    ":smile:": "emoji",
    ":+1:": "emoji",
    "<t:1>": "time",
    "<t:1:R>": "time",
    "</ask:1>": "command",
    "</ask a b:1>": "command",
    "<id:customize>": "navigation",
    "<id:linked-roles:1>": "navigation",
    "\\@everyone": "raw",
    "\\<@1>": "raw",
    "discord.gg/abc": "raw",
    "www.evil.test": "raw",
    "a@evil.test": "raw",
}
TRICKS = [
    "",
    " ",
    "\\",
    "\\\\",
    "a\\",
    "\\*x*",
    "\\\\*x*",
    "\\[x](http://a.b)",
    "[a\\](http://a.b)",
    "http\\://evil.test",
    "https:https://evil.test",
    "***x***",
    "**_x_**",
    "*" * 9,
    "`" * 7,
    "@@everyone@here",
    ":a:b:c:",
    "<@<@1>>",
    "  # x",
    "1.",
    "1.5 percent",
    "-5 degrees",
    "#1",
    "¯\\_(ツ)_/¯",
    "x\n# y\n- z",
    "\u202ereversed\u202c and \u200bhidden\ufeff",
    "@\u200beveryone",
    "\ud800",
    "\x1b[31mred",
    "\r\n> x",
    "a\t\tb",
    "e\u0301 北京 👍🏽 “x” —",
]
MARKS = st.sampled_from([*"\\*_~|`[]()<>@#&!:/.+-1a \n\t\r", "://", "**", "```", "\u200b", "\u202e"])
texts = st.lists(MARKS | st.sampled_from([*LIVE, *TRICKS]) | st.characters(), max_size=12).map("".join)


@pytest.mark.parametrize(("raw", "kind"), LIVE.items(), ids=ascii)
def test_the_model_knows_what_acts(raw: str, kind: str):
    assert kind in [found for found, _ in read(raw).live]


@pytest.mark.parametrize("text", [*LIVE, *TRICKS], ids=ascii)
@pytest.mark.parametrize("around", ["{}", "so {} it is", "a{}b", "({})", "**{}**", "[{}](http://a.test)"])
def test_nothing_acts_and_everything_is_seen(text: str, around: str):
    text = around.format(text)
    assert read(inert(text)) == (safe(text), [])


@given(texts)
@example("@everyone" * 2)
@example("discord.gg/x")
@example("a" + "\\" * 3 + "*b*")
def test_whatever_a_text_holds_nothing_acts_and_everything_is_seen(text: str):
    assert read(inert(text)) == (safe(text), [])


@given(texts, texts)
def test_inert_texts_with_a_blank_or_a_line_between_stay_inert(first: str, second: str):
    for between in (" ", "\n", " · "):
        both = inert(first) + between + inert(second)
        assert read(both) == (safe(first) + between + safe(second), [])


@given(texts)
def test_lines_stay_lines(text: str):
    shown = read(inert_lines(text))
    assert shown.live == []
    assert shown.text.split() == safe(text.replace("\r", "\n")).split()
    assert "\n\n\n" not in shown.text


def test_lines_and_one_blank_line_are_kept():
    assert inert_lines("# a\r\n b  c\n\n\n\n- d\n") == "\\# a\nb c\n\n\\- d"


@pytest.mark.parametrize(
    "text",
    [
        "China’s defence minister, Dong Jun, met Belousov on 3.5. in Moscow (see page 3).",
        "He said: “We (the U.S.) pay $5, 20% more; don't we?”",
        "Łódź – 北京 мир שלום 👍🏽",
        "three - two = 1 + 0, as in 1.5 and #1",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str):
    assert inert(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://a.test", "http\\://a\\.test"),
        ("10:30, he said: no", "10\\:30, he said: no"),
        ("<@1>", "\\<\\@1\\>"),
        ("@everyone", "\\@\u200beveryone"),
        ("[1]", "\\[1]"),
        ("a\\b", "a\\\\b"),
        ("2. x", "2\\. x"),
    ],
)
def test_one_backslash_for_each_mark(text: str, expected: str):
    assert inert(text) == expected


@pytest.mark.parametrize(
    ("text", "span", "expected"),
    [
        ("It was Voss.", Span(7, 11), "It was **Voss**."),
        ("It was Voss.", Span(6, 12), "It was **Voss.**"),
        ("Voss did.", Span(0, 5), "**Voss** did."),
        ("a\n  b", Span(1, 5), "a **b**"),
        ("“Voss”", Span(1, 5), "“**Voss**”"),
        ("a*b*c", Span(1, 4), "a**\\*b\\***c"),
        ("a\\b", Span(1, 2), "a**\\\\**b"),
        ("in # 5", Span(3, 6), "in **\\# 5**"),
        ("http://a", Span(4, 7), "http**\\://**a"),
        ("@everyone", Span(1, 9), "\\@\u200b**everyone**"),
        ("Voss", Span(1, 1), "Voss"),
        ("Voss", Span(9, 12), "Voss"),
        ("Voss", None, "Voss"),
        ("  ", Span(0, 2), ""),
    ],
)
def test_the_marked_words_are_bold(text: str, span: Span | None, expected: str):
    assert bold(text, span) == expected


spans = st.none() | st.builds(Span, st.integers(-3, 40), st.integers(-3, 60))


@given(texts, spans)
def test_only_the_marked_words_are_bold_and_all_is_seen(text: str, span: Span | None):
    start, end = span or (0, 0)
    marked = safe(text[max(start, 0) : max(end, 0)])
    shown = read(bold(text, span))
    assert shown == (safe(text), [("bold", marked)] if marked else [])


@given(texts, spans)
def test_a_span_is_found_again_in_the_folded_text(text: str, span: Span | None):
    folded, found = fold(text, span)
    assert folded == safe(text)
    if found is not None and span is not None:
        assert found.of(folded) == safe(text[max(span.start, 0) : max(span.end, 0)])
        assert fold(folded, found) == (folded, found)
