from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.sentences import sentences
from retrieval.types import Span

SEEDS = Path(__file__).parent.parent / "seeds"
UNSEEN = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"

# In each case ¦ stands where one sentence ends and the next begins; it is not in the text itself.
ONE_LINE = [
    "He resigned.¦ She stayed.",
    "He resigned",
    "Mr. Li met Mrs. Wang and Dr. Chen.¦ They spoke.",
    "Gen. Zhang, Lt. Col. Ivanov and Adm. Yevmenov met Sen. Smith.¦ Gov. Brown was away.",
    "U.S. officials met U.K. Prime Minister Rishi Sunak.",
    "He lives in the U.S.¦ The president does too.",
    "The U.S. State Department declined to comment.¦ China did not.",
    "The U.N. Security Council met.",
    "George W. Bush met J. R. Smith.¦ Both smiled.",
    "J. A. Smith wrote it.¦ A. In Smith read it.",
    "He fought in World War I.¦ The war was long.",
    "Version 3.5 is out.¦ Growth was 4.2% in 2023.¦ In 2024 it fell.",
    "See example.com for more.¦ Write to a.b@example.co.uk.¦ He did.",
    "Go to https://example.com/a.b?c=d.¦ He may not.",
    "He waited... and waited.¦ Then he left.",
    "He waited...¦ The door opened.",
    "They hit an all-time high… serving as a model.¦ He nodded…¦ She left.",
    "He said . . . nothing at all.¦ He left.",
    "I... I do not know.",
    "“We will win.”¦ He left.",
    '"We will win."¦ He left.',
    "“Stop!” he said.¦ She stopped.",
    "“Will you go?” she asked.¦ “No!”¦ He stayed.",
    "“Stop!” Putin said.¦ Li stopped.",
    "‘Why?’ asked Li.¦ Nobody answered.",
    "It was “the end.”¦ “Not so,” he said.",
    "He left (for Moscow).¦ She stayed.",
    "(He left.)¦ She stayed.",
    "He left.¦ (He came back later.)¦ She stayed.",
    "The ship (No. 5) sank.¦ It was No. 7.¦ He said no.¦ Then he left.",
    "On Jan. 5 he met Li.¦ On Sept. 12, 2023, he left.",
    "They met in Jan.¦ The talks failed.",
    "They met at 5 p.m. on Monday.¦ It ended at 9 a.m.¦ The rest is known.",
    "At 5 p.m. EST he spoke.¦ At 6 p.m. Monday he left.¦ It was 7 p.m.¦ Police came.",
    "Use fruit, e.g. Apples, i.e. Malus.¦ It is China vs. Russia.",
    "Apple Inc. and Acme Corp. merged.¦ Widgets Ltd. did not.",
    "He works for Apple Inc.¦ The firm is large.",
    "Acme Co. Chief Executive Jane Doe left.",
    "They live in St. Petersburg and Ft. Worth.",
    "Martin Luther King Jr. spoke.¦ He was heard by Sammy Davis Jr.¦ The end.",
    "He has a Ph.D. in law.¦ She has an M.D.¦ They met in Washington, D.C.¦ It rained.",
    "They sold apples, pears, etc.¦ Then they left.",
    "Is it true?¦ Yes!¦ Really?!¦ No.",
    "Yahoo! is a company.¦ It is old.",
    "The talks ended.¦The president left.",
    "The talks ended in “glory.”¦The president left.",
    "Node.js and ASP.NET and setup.py are names.",
    "Read file.Name and x.Y now.",
    "Smith et al. (2020) found it.¦ Art. 5 says so.",
    "俄罗斯和中国加强军事合作。¦普京说：“很好！”¦他们会面了吗？¦会。",
    "“China is ready,” Li said.¦ “We are too,” Putin said.",
    "« C’est fini. »¦ Il part.",
    "The study ended.[1]¦ The next began.[2][3]",
    "MOSCOW, April 16 (Reuters) - Putin met Li.¦ They shook hands.",
    "1. Foreword",
    "**He left.**¦ _She stayed._",
    "The firm said: yes.¦ 2023 was good.¦ $5 was paid.",
    "iPhone sales fell.¦ eBay rose.¦ iPhone sales rose.",
    "Rep. Jane Doe, R-Calif., and Sen. John Roe of Tenn. spoke.",
    "В. В. Путин приехал.¦ Он уехал.",
    "वह गया।¦ वह आई।",
    "He left.¦ — He came back.",
]

WRAPPED = """The agreement reached in Moscow on Monday by the two ministers
was the first of its kind since Russia sent its soldiers into
Ukraine.¦ Li Shangfu said so after the meeting with his colleague
Sergei Shoigu, and promised to publish the text of the agreement
soon.¦

Nobody believed them.
"""

LINES = [
    "A Headline Without a Stop¦\nThe first paragraph.¦\nThe second paragraph.",
    "A headline¦\n\nA paragraph.¦\r\n\r\nAnother.",
    "First line here.¦\rSecond line.¦\u2028Third line.¦\u2029Fourth.¦\fFifth.",
    WRAPPED,
    WRAPPED.replace("\n", "\r\n"),
    "> It was¦\n> quoted.",
    "Shopping:¦\n- apples¦\n- pears¦\n- two kilos of plums",
    "1. Sign the treaty and send it to the ministry¦\n2. publish the treaty in both of the capitals",
    "• First fact¦\n• second fact",
    "# Heading of the article¦\nThe text of the article.",
    "Revenue 2023: 4.2bn¦\nRevenue 2022: 3.9bn",
    "The quick brown fox, a poem of\nlower case, jumped over it all.",
    "apples¦\npears¦\nplums",
    "\u200b Hello there.\ufeff ¦ \u00a0\u200bBye. \u200b",
]


def spans_of(text: str) -> list[str]:
    return [span.of(text) for span in sentences(text, Span(0, len(text)))]


@pytest.mark.parametrize("case", ONE_LINE + LINES)
def test_sentences(case: str) -> None:
    pieces = (piece.strip(UNSEEN + " \r\n\f\u00a0\u2028\u2029") for piece in case.split("¦"))
    expected = [piece.removeprefix("- ").removeprefix("• ").removeprefix("# ") for piece in pieces]
    assert spans_of(case.replace("¦", "")) == expected


def test_only_the_span_is_cut() -> None:
    text = "One. Two three. Four."
    assert [span.of(text) for span in sentences(text, Span(5, 18))] == ["Two three.", "Fo"]
    assert sentences(text, Span(4, 5)) == []


ODD = st.text(
    alphabet=st.sampled_from("aB1 .!?…。\"”’()[]-*>\n\r\f\t\u2028\u2029\u00a0\u200b\ufeffÉ中é🙂\u0301'U.S")
    | st.characters(),
    max_size=120,
)


@given(ODD, st.integers(0, 120), st.integers(0, 120))
def test_spans_are_ordered_trimmed_and_cover_the_text(text: str, one: int, other: int) -> None:
    span = Span(min(one, other, len(text)), min(max(one, other), len(text)))
    found = sentences(text, span)
    edges = [span.start, *(edge for piece in found for edge in piece), span.end]
    assert edges == sorted(edges)
    assert all(piece.of(text) and piece.of(text).strip().strip(UNSEEN) == piece.of(text) for piece in found)
    inside = {at for piece in found for at in range(*piece)}
    free = UNSEEN + "-*+•‣◦▪·–—●#"
    assert all(at in inside or text[at].isspace() or text[at] in free for at in range(*span))


@pytest.mark.parametrize(
    "unit",
    [
        "a.",
        "a. ",
        "A. ",
        "U.S. ",
        "“",
        '" ',
        ".” ",
        "\n",
        "\r\n",
        " ",
        ". ",
        "[1]",
        ".[1]",
        "(",
        "x",
        "\u200b",
        "a\nb\n",
    ],
)
def test_long_monotonous_text_is_no_trouble(unit: str) -> None:
    text = unit * (300_000 // len(unit))  # hours, were any rule quadratic
    found = sentences(text, Span(0, len(text)))
    assert all(one.end <= next_.start for one, next_ in itertools.pairwise(found))


@pytest.mark.parametrize(
    ("seed", "count", "verbatim"),
    [
        (
            "000",
            28,
            "Prigozhin called on Gerasimov to resign or be fired when he launched his mutiny on 23 June.",
        ),
        ("001", 16, "Putin and Xi declared during a summit last year that ties were “entering a new era.”"),
        (
            "002",
            28,
            "“Unlike certain aggressive Western countries, we are not creating a military bloc,” he said.",
        ),
        ("003", 45, "“This is my first overseas visit since taking over as China’s defence minister."),
        ("004", 17, "Furthermore, a criminal case against the Wagner chief was dropped."),
    ],
)
def test_the_seeds(seed: str, count: int, verbatim: str) -> None:
    text = next(SEEDS.glob(f"{seed}_*.txt")).read_bytes().decode()
    found = spans_of(text)
    assert len(found) == count
    assert verbatim in found
