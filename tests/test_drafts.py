from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.llm.drafts import Draft, Drafts
from retrieval.llm.inert import alive, plain, without

MIXED = """# Summary
**Dong Jun** met Belousov in Beijing [1]. They spoke of Mr. Li. [2][3] “Stop!” Putin said, and left at 5 p.m.
on Monday [passage 2, 4]. Nobody said no.

The articles say:
- The U.S. Army said no [1, 2].
- Click [here](http://evil.example/x) now! ![x](http://b.example/a.png) [9]
1. First thing [1](http://x.example).
a line that was wrapped
goes on here [2].
**It was all bold [3].**
@everyone look at www.evil.example/abc 【2†source】. The last words
"""


def heard(text: str, *cuts: int) -> list[Draft]:
    """The drafts of `text`, taken in pieces that are cut at `cuts`."""
    drafts, found, start = Drafts(), [], 0
    for cut in (*sorted(cuts), len(text)):
        found += drafts.take(text[start:cut])
        start = cut
    return [*found, *drafts.close()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Li met Wu [1].", [("Li met Wu.", (1,))]),
        ("Li met Wu. [1]", [("Li met Wu.", (1,))]),
        ("Li met Wu.[1]", [("Li met Wu.", (1,))]),
        ("Li met Wu [1][2]. He left [3]", [("Li met Wu.", (1, 2)), ("He left", (3,))]),
        ("Li met Wu [1] [2]. [3] He left [3].", [("Li met Wu.", (1, 2, 3)), ("He left.", (3,))]),
        ("Li [1] met Wu [2, 3].", [("Li met Wu.", (1, 2, 3))]),
        ("Li met Wu [2–4; 2].", [("Li met Wu.", (2, 3, 4))]),
        ("Li met Wu [1 and 2].", [("Li met Wu.", (1, 2))]),
        ("Li met Wu [1-999].", [("Li met Wu.", tuple(range(1, 21)))]),
        ("Li met Wu [Passage 2] [^3] [#4].", [("Li met Wu.", (2, 3, 4))]),
        ("Li met Wu 【2†source】.", [("Li met Wu.", (2,))]),
        ("Li met Wu [1](http://x.example).", [("Li met Wu.", (1,))]),
        ("Li met Wu [[1]].", [("Li met Wu.", (1,))]),
        ("Li met Wu [2023] [sic] [0].", [("Li met Wu [2023] [sic].", (0,))]),
        ("Mr. Li met Gen. Wu at 5 p.m. on Monday [1].", [("Mr. Li met Gen. Wu at 5 p.m. on Monday.", (1,))]),
        ("“No!” he said [1]. “Yes.” [2]", [("“No!” he said.", (1,)), ("“Yes.”", (2,))]),
        ("- Li met Wu [1]\n- He left [2]", [("Li met Wu", (1,)), ("He left", (2,))]),
        ("1. Li met Wu [1]\n2) He left [2]", [("Li met Wu", (1,)), ("He left", (2,))]),
        ("Li met Wu\n[1]\nHe left [2].", [("Li met Wu", ()), ("He left.", (2,))]),
        ("**Li** met `Wu` *today* [1].", [("Li met Wu today.", (1,))]),
        ("| Li | met Wu [1] |\n|---|---|", [("Li, met Wu", (1,))]),
        ("Li met Wu\u200b [1].\u202e", [("Li met Wu.", (1,))]),
        ("李上福会见了吴。[1]他离开了。[2]", [("李上福会见了吴。", (1,)), ("他离开了。", (2,))]),
        ("[1] [2]", []),
        ("...\n---\n```", []),
        ("", []),
    ],
)
def test_sentences_come_with_the_numbers_that_they_cite(
    text: str, expected: list[tuple[str, tuple[int, ...]]]
):
    assert [(draft.text, draft.numbers) for draft in heard(text)] == expected


@pytest.mark.parametrize(
    ("text", "is_heading"),
    [
        ("## What is known", True),
        ("**What is known**", True),
        ("**What is known:**", True),
        ("The articles say:", True),
        ("The articles say: [1]", False),
        ("**Li met Wu.**", False),
        ("**Li** met Wu", False),
    ],
)
def test_a_heading_is_told_from_a_sentence(text: str, is_heading: bool):
    assert [draft.is_heading for draft in heard(text + "\nLi met Wu [1].")] == [is_heading, False]


def test_a_sentence_is_told_as_soon_as_its_end_is_sure():
    drafts = Drafts()
    assert not list(drafts.take("Li met Wu [1]. He left again on the next "))
    assert [draft.text for draft in drafts.take("day with all of them [2]. ")] == ["Li met Wu."]
    whole = "He left again on the next day with all of them."
    assert [draft.text for draft in drafts.take("\nThen")] == [whole]


@given(st.lists(st.integers(0, len(MIXED)), max_size=80))
def test_however_the_text_is_cut_up_the_sentences_are_the_same(cuts: list[int]):
    assert heard(MIXED, *cuts) == heard(MIXED)


TEXTS = st.lists(
    st.sampled_from(
        [
            "Li met Wu",
            ". ",
            ".",
            "! ",
            "? ",
            "[1]",
            " [2, 3]",
            "\n",
            "\n\n",
            "- ",
            "1. ",
            "**",
            "# ",
            "Mr. ",
            "U.S. ",
            "a ",
            "The ",
            "“",
            "”",
            ":",
            "[",
            "](",
            "said ",
        ]
    ),
    max_size=40,
).map("".join)


@given(TEXTS, st.data())
def test_any_text_is_cut_into_the_same_sentences(text: str, data: st.DataObject):
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=20))
    assert heard(text, *cuts) == heard(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See [the page](https://x.example/a) now", "See the page now"),
        ("![pixel](https://x.example/a.png)Yes", "Yes"),
        ("![pixel][1] Yes", "Yes"),
        ("<b>Yes</b><img src='https://x.example'> <!-- no --> it is", "Yes it is"),
        ("a <script>alert(1)</script> b", "a alert(1) b"),
        ("||hidden|| ~~gone~~ __under__ snake_case 2*3*4", "hidden gone under snake_case 2*3*4"),
        ("3 < 4 > 2", "3 < 4 > 2"),
    ],
)
def test_markdown_and_html_become_plain_text(text: str, expected: str):
    assert plain(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Go to https://x.example/a?b=c.", ["https://x.example/a?b=c"]),
        ("Go to www.x.example or x.example/a or evil.com now", ["www.x.example", "x.example/a", "evil.com"]),
        ("<https://x.example> javascript:act now", ["https://x.example", "javascript:act"]),
        (
            "@everyone @here <@1> <@!2> <@&3> <#4> <a:x:5> <t:6:R>",
            "@everyone @here <@1> <@!2> <@&3> <#4> <a:x:5> <t:6:R>".split(),
        ),
        ("Write to a.b@x.example", ["a.b@x.example"]),
        ("On 3.5 p.m. the U.S. told St. Ives e.g. this. That and/or those, 24/7.", []),
    ],
)
def test_links_and_mentions_are_found(text: str, expected: list[str]):
    assert alive(text) == expected
    assert not alive(without(text, expected))
