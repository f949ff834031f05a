from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import named, reading
from bot.pager import command_line
from retrieval.chunking import chunk
from retrieval.errors import InputError
from retrieval.types import Article, Chunk, Source, Span
from tests.fakes import WordEmbedder
from tests.program import call

LOCK = (
    "Subscribe to our newsletter\n"
    "\n"
    "Tarn lock shut by the harbour master\n"
    "\n"
    "Harbour master Lena Voss closed the Tarn lock. It leaks since May. The boats\n"
    "must wait in the old port.\n"
    "\n"
    "A diver looked at the gate on Sunday.\n"
)


# ---- lines, put together from chunks


def cut(text: str, furniture: Sequence[Span] = (), words: int = 12) -> list[Chunk]:
    """The chunks of a text, small ones so that there are several."""
    return chunk(Article(Source("a.txt", "T"), text, tuple(furniture)), "f" * 12, words)


def span_of(text: str, part: str) -> Span:
    return Span(text.index(part), text.index(part) + len(part))


SENTENCES = st.lists(
    st.tuples(
        st.sampled_from(
            ["The lock leaks.", "Ann came, as 3 others did.", "“No,” he said.", "Śnieg 北京 👍."]
        ),
        st.sampled_from([" ", "  ", "\n", "\r\n", "\n\n\n", "\n\t", "\n- "]),
    ),
    min_size=1,
    max_size=25,
)


@given(SENTENCES, st.integers(0, 200), st.integers(0, 60))
def test_every_character_of_the_chunks_is_read_once_on_its_own_line(
    sentences: list[tuple[str, str]], start: int, length: int
) -> None:
    text = "".join(part for sentence in sentences for part in sentence)
    left_out = Span(min(start, len(text)), min(start + length, len(text)))
    article = Article(Source("a.txt", "T"), text, (left_out,))
    chunks = chunk(article, "f" * 12, 12)
    read = reading.lines(chunks)
    seen: list[int] = []
    for line in read:
        for part in line.stretches:
            assert text[part.start : part.end] == part.text
            assert article.line(part.start) == line.number
            seen += range(part.start, part.end)
    held = {at for chunk in chunks for at in range(*chunk.span) if text[at] != "\n"}
    assert seen == sorted(held)


def test_what_is_left_out_is_told_from_blank_lines() -> None:
    text = (
        "One lock leaks.\n\n\nTwo locks leak.\nSubscribe to our newsletter\nThree locks leak.\n- Four leak.\n"
    )
    furniture = [span_of(text, "Subscribe to our newsletter")]
    read = reading.lines(cut(text, furniture, words=3))
    assert [line.number for line in read] == [1, 4, 6, 7]
    assert reading.omissions(read) == {6}


@pytest.mark.parametrize(
    ("line", "sentences"),
    [
        (3, "Tarn lock shut by the harbour master"),
        (
            5,
            "Harbour master Lena Voss closed the Tarn lock. It leaks since May. "
            "The boats\nmust wait in the old port.",
        ),
        (6, "The boats\nmust wait in the old port."),
        (8, "A diver looked at the gate on Sunday."),
        (1, ""),  # page furniture
        (7, ""),  # blank
    ],
)
def test_the_sentences_on_a_line_are_found_whole(line: int, sentences: str) -> None:
    chunks = cut(LOCK, [Span(0, LOCK.index("\n"))])
    assert reading.on_line(chunks, line).of(LOCK) == sentences


@pytest.mark.parametrize("line", [0, 9, 100])
def test_a_line_that_the_text_has_not_is_one_sentence(line: int) -> None:
    with pytest.raises(InputError, match=rf"^Line {line} is not in the text of a.txt: it ends at line 8\.$"):
        reading.on_line(cut(LOCK), line)


# ---- names

FOLDER = Path("news")
ROWS = [
    (Source(file, "T", publisher), 1)
    for file, publisher in [
        ("001_lock.txt", "The Post"),
        ("002_rain.txt", None),
        ("010_rain.txt", "Osk Echo"),
        ("sub/a:5", None),
        ("sub/003_flood.md", None),
        ("sub/b.txt", None),
        ("b.txt.md", None),
    ]
]


@pytest.mark.parametrize(
    ("name", "file", "line"),
    [
        ("news/001_lock.txt:5", "001_lock.txt", 5),
        ("news/sub/003_flood.md:12", "sub/003_flood.md", 12),
        ("./news/001_lock.txt", "001_lock.txt", None),
        ("001_lock.txt", "001_lock.txt", None),
        ("001", "001_lock.txt", None),
        ("001:7", "001_lock.txt", 7),
        ("003", "sub/003_flood.md", None),
        ("sub/003:1", "sub/003_flood.md", 1),
        ("sub/a:5", "sub/a:5", None),
        ("sub/a:5:2", "sub/a:5", 2),
        ("b.txt", "sub/b.txt", None),
    ],
)
def test_an_article_is_named_as_citations_print_it_or_by_the_start_of_its_name(
    name: str, file: str, line: int | None
) -> None:
    found = named.place(name, ROWS, FOLDER)
    assert (found.source.file, found.line) == (file, line)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("00", "'00' could be 001_lock.txt, 002_rain.txt and sub/003_flood.md: write more of the name."),
        ("001_lok.txt:5", "No article of 'news' is called '001_lok.txt': the nearest are 001_lock.txt"),
        ("qqq", "No article of 'news' is called 'qqq': quoth sources lists them."),
        ("", "No article of 'news' is called '': quoth sources lists them."),
        ("news", "No article of 'news' is called 'news': "),
        ("other/zzz", "No article of 'news' is called 'other/zzz': "),
    ],
)
def test_an_unknown_name_is_one_sentence_with_the_nearest(name: str, sentence: str) -> None:
    with pytest.raises(InputError) as error:
        named.place(name, ROWS, FOLDER)
    assert str(error.value).startswith(sentence) and "\n" not in str(error.value)


def test_an_empty_index_is_said_to_be_empty() -> None:
    with pytest.raises(InputError, match=r"^No article of 'news' is indexed: "):
        named.place("001", [], FOLDER)


def test_publishers_are_compared_without_case() -> None:
    assert [source.file for source, _ in named.by_publisher("the post", ROWS)] == ["001_lock.txt"]
    assert named.by_publisher(None, ROWS) == ROWS and named.by_publisher(None, []) == []


@pytest.mark.parametrize(
    ("publishers", "sentence"),
    [
        ([], "No article is by 'Nobody', and none names a publisher: leave --publisher out."),
        (["Echo", None], "No article is by 'Nobody': the publishers are Echo."),
        (["B", "a", "B"], "No article is by 'Nobody': the publishers are a and B."),
        (
            [f"P{n}" for n in range(8)],
            "No article is by 'Nobody': the publishers are P0, P1, P2, P3, P4 and 3 more.",
        ),
        (
            ["No one", *(f"Q{n}" for n in range(8))],
            "No article is by 'Nobody': the publishers are No one and 8 more.",
        ),
    ],
)
def test_an_unknown_publisher_is_told_with_those_there_are(
    publishers: list[str | None], sentence: str
) -> None:
    rows = [(Source(f"{n}.txt", "T", publisher), 1) for n, publisher in enumerate(publishers)]
    with pytest.raises(InputError) as error:
        named.by_publisher("Nobody", rows)
    assert str(error.value) == sentence


# ---- the pager


@pytest.mark.parametrize(
    ("environment", "marked", "command"),
    [
        ({}, False, ["less"]),
        ({}, True, ["less", "-j.3", "+/^>"]),
        ({"PAGER": "/usr/bin/less -S"}, True, ["/usr/bin/less", "-S", "-j.3", "+/^>"]),
        ({"PAGER": "more"}, True, ["more"]),
        ({"PAGER": " "}, False, ["less"]),
        ({"PAGER": "more 'x"}, False, ["less"]),
    ],
)
def test_the_pager_is_the_one_that_is_set(
    environment: dict[str, str], marked: bool, command: list[str]
) -> None:
    assert command_line(environment, marked) == command


SCRIPT = "from rich.text import Text; from bot.pager import paged; paged(Text('\\n'.join(['row'] * {rows})))"
PAGER = "import os, sys; print('paged', len(sys.stdin.readlines()), os.environ['LESS'])"


def on_a_terminal(rows: int, pager: str, term: str = "xterm") -> str:
    """What a terminal of 24 lines gets."""
    master, slave = pty.openpty()
    environment = {**os.environ, "PAGER": pager, "TERM": term, "LINES": "24", "COLUMNS": "80"}
    environment.pop("LESS", None)
    command = [sys.executable, "-c", SCRIPT.format(rows=rows)]
    root = Path(__file__).parent.parent
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment, cwd=root):
        os.close(slave)
        shown = b""
        try:
            while part := os.read(master, 65536):
                shown += part
        except OSError:  # the other side is closed
            pass
    os.close(master)
    return shown.decode().replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("rows", "pager", "term", "shown"),
    [
        (30, f'{sys.executable} -c "{PAGER}"', "xterm", "paged 30 -RFX\n"),
        (20, f'{sys.executable} -c "{PAGER}"', "xterm", "row\n" * 20),
        (30, f'{sys.executable} -c "{PAGER}"', "dumb", "row\n" * 30),
        (30, "no-such-pager", "xterm", "row\n" * 30),
        (5000, "true", "xterm", ""),  # a pager that is left at once
    ],
)
def test_what_is_longer_than_the_terminal_goes_through_the_pager(
    rows: int, pager: str, term: str, shown: str
) -> None:
    assert on_a_terminal(rows, pager, term) == shown


# ---- the commands


class QuickModel(WordEmbedder):
    def __init__(self, name: str, *_: object) -> None:
        super().__init__()
        self.id = f"{name}@1"


@pytest.fixture
def articles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with two articles, named by the environment, in a model that is quick."""
    monkeypatch.setattr("retrieval.opening.Transformer", QuickModel)
    monkeypatch.setenv("QUOTH_FOLDER", "news")
    monkeypatch.setenv("QUOTH_DATA", str(tmp_path / "data"))  # absolute: Chroma keeps its clients by path
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "news"
    folder.mkdir()
    (folder / "001_lock.txt").write_text(LOCK, "utf-8")
    (folder / "002_rain.txt").write_text("Rain\n\nDate: 3 May 2024\n\nIt rained in Osk.\n", "utf-8")
    return folder


def test_show_prints_an_article_with_its_line_numbers(articles: Path) -> None:
    done = call("show", "001")
    assert done.status == 0
    title, where, blank, *text = done.out.splitlines()
    assert (title, where, blank) == ("Tarn lock shut by the harbour master", "news/001_lock.txt", "")
    assert text[0] == "  3 Tarn lock shut by the harbour master"
    assert text[-1] == "  8 A diver looked at the gate on Sunday."
    assert "Subscribe" not in done.out and ">" not in done.out
    assert "\x1b" not in done.out


def test_show_marks_the_sentences_of_a_line(articles: Path) -> None:
    assert [line for line in call("show", "news/001_lock.txt:6").out.splitlines() if line[0:1] == ">"] == [
        "> 5 Harbour master Lena Voss closed the Tarn lock. It leaks since May. The boats",
        "> 6 must wait in the old port.",
    ]
    blank = call("show", "001:7")
    assert blank.status == 0 and "line 7 is blank or page furniture" in blank.err and ">" not in blank.out


def test_show_keeps_to_the_lines_around_unless_all_are_wanted(articles: Path) -> None:
    long = "".join(f"Sentence number {n} stands here.\n" for n in range(1, 61))
    (articles / "long.txt").write_text(long, "utf-8")
    around = call("show", "long.txt:30").out.splitlines()[3:]
    assert [int(line[1:5]) for line in around] == list(range(18, 43))
    every = call("show", "long.txt:30", "--all").out.splitlines()[3:]
    assert [int(line[1:5]) for line in every] == list(range(1, 61))
    assert [line for line in every if line.startswith(">")] == ["> 30 Sentence number 30 stands here."]


def test_show_works_where_the_file_has_gone_or_changed(articles: Path) -> None:
    shown = call("show", "001")
    assert "Note" not in shown.err
    (articles / "001_lock.txt").write_text("New\n" + LOCK, "utf-8")
    changed = call("show", "001:8")
    assert "Note: 001_lock.txt has changed: this is its text as it was indexed." in changed.err
    assert "> 8 A diver looked" in changed.out
    (articles / "001_lock.txt").unlink()
    gone = call("show", "001")
    assert "001_lock.txt is gone" in gone.err and gone.out == shown.out


def test_show_finds_an_article_that_is_new(articles: Path) -> None:
    call("show", "001")
    (articles / "003_flood.txt").write_text("Flood\n\nThe river rose.\n", "utf-8")
    assert "The river rose." in call("show", "003").out


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["show", "001:99"], "Line 99 is not in the text of 001_lock.txt"),
        (["show", "00"], "could be 001_lock.txt and 002_rain.txt"),
        (["show", "001_lok"], "the nearest are 001_lock.txt"),
        (["show", "\x1b[31m\udcff"], "is called"),
        (["show", "001", "--folder", "none"], "'none' does not exist"),
        (["sources", "none"], "'none' does not exist"),
        (["sources", "--publisher", "Nobody"], "none names a publisher"),
    ],
)
def test_what_cannot_be_shown_is_one_sentence(articles: Path, arguments: list[str], part: str) -> None:
    call("index")
    done = call(*arguments)
    assert (done.status, done.out) == (2, "")
    (sentence,) = [line for line in done.err.splitlines() if line.startswith("quoth: ")]
    assert part in sentence and "\x1b" not in sentence
    assert "Traceback" not in done.err


def test_sources_lists_the_articles_as_a_table_and_as_json(articles: Path) -> None:
    (articles / "metadata.toml").write_text(
        '["001_lock.txt"]\npublisher = "The Post"\nauthor = "Ann"\ndate = 2024-06-01\ninferred = "by rain"\n'
    )
    done = call("sources")
    assert done.status == 0
    heading, first, second = done.out.splitlines()
    assert heading.split() == ["Date", "Publisher", "Title", "File", "Chunks"]
    assert first.split()[:6] == ["1", "Jun", "2024", "(inferred)", "The", "Post"]
    assert second.startswith("3 May 2024") and "002_rain.txt" in second
    rows = json.loads(call("sources", "news", "--json", "--publisher", "the post").out)
    assert rows == [
        {
            "file": "001_lock.txt",
            "title": "Tarn lock shut by the harbour master",
            "publisher": "The Post",
            "author": "Ann",
            "date": date(2024, 6, 1).isoformat(),
            "date_inferred": True,
            "chunks": 1,
        }
    ]
