from __future__ import annotations

import datetime
import os
from itertools import pairwise
from pathlib import Path

import pytest

from retrieval import metadata
from retrieval.errors import FolderError
from retrieval.metadata import Stated
from retrieval.types import Span

SEEDS = Path(__file__).parent.parent / "seeds"


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def toml(folder: Path, text: str) -> tuple[dict[str, Stated], list[str]]:
    (folder / "a.txt").write_text("An article.")
    (folder / "metadata.toml").write_text(text)
    stated, warnings = metadata.load(folder)
    return dict(stated), warnings


def test_no_metadata_file_states_nothing(tmp_path: Path) -> None:
    assert metadata.load(tmp_path) == ({}, [])


def test_a_table_states_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.txt").write_text("Another.")
    stated, warnings = toml(
        tmp_path,
        '["a.txt"]\ntitle = "T"\npublisher = "P"\nauthor = "A"\ndate = 2023-07-03\ninferred = "why"\n'
        '["sub/b.txt"]\ndate = "2024-01-02"\n',
    )
    assert stated == {
        "a.txt": Stated("T", "P", "A", day("2023-07-03"), "why"),
        "sub/b.txt": Stated(date=day("2024-01-02")),
    }
    assert warnings == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '["a.txt"]\ntitle = "T"\ndate = "2023-02-30"',
            "metadata.toml, line 3: date of \"a.txt\" is '2023-02-30', which is no date; "
            "write it as 2023-07-03.",
        ),
        (
            '["a.txt"]\n\ntitle = "T"\nauthour = "X"',
            'metadata.toml, line 4: authour of "a.txt" is not a known key; '
            "the keys are title, publisher, author, date, inferred.",
        ),
        (
            '["a.txt"]\ntitle = "T"\nauthor = 3',
            'metadata.toml, line 3: author of "a.txt" is 3, not a text; write some text in quotes.',
        ),
        (
            '["a.txt"]\ntitle = "T"\npublisher = " "',
            "metadata.toml, line 3: publisher of \"a.txt\" is ' ', not a text; write some text in quotes.",
        ),
        (
            '["a.txt"]\ntitle = "T"\ninferred = "why"',
            'metadata.toml, line 3: inferred of "a.txt" gives the reason for a date that is missing; '
            "add the key date.",
        ),
        (
            '["a.txt"]\ntitle = "T"\n["gone.txt"]\ntitle = "U"',
            'metadata.toml, line 3: "gone.txt" names no file in the folder; '
            "correct the name or remove the table.",
        ),
        (
            '["../a.txt"]\ntitle = "U"\n["a.txt"]\ntitle = "T"',
            'metadata.toml, line 1: "../a.txt" names no file in the folder; '
            "correct the name or remove the table.",
        ),
        (
            '["a.txt"]\ntitle = "T"\n[b.txt]\ntitle = "U"',
            'metadata.toml, line 3: "b" names no file; write the file name in quotes, ["name.txt"].',
        ),
        (
            'title = "U"\n["a.txt"]\ntitle = "T"',
            'metadata.toml, line 1: "title" stands outside a table; '
            'put it under the name of its file, ["name.txt"].',
        ),
    ],
)
def test_a_bad_entry_is_one_sentence_and_the_rest_is_used(tmp_path: Path, text: str, sentence: str) -> None:
    stated, warnings = toml(tmp_path, text)
    assert warnings == [sentence]
    assert stated["a.txt"].title == "T"


@pytest.mark.parametrize("raw", [b'["a.txt"\ntitle = 1', b"\xff\xfe", b"[a]\n[a]", b"x = " + b"[" * 5000])
def test_a_damaged_file_is_an_error_that_names_it(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "metadata.toml").write_bytes(raw)
    with pytest.raises(FolderError, match=r"metadata\.toml' is not .*: .* move it away"):
        metadata.load(tmp_path)


def test_a_pipe_in_place_of_the_file_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "metadata.toml")
    with pytest.raises(FolderError, match="not a regular file"):
        metadata.load(tmp_path)


def test_front_matter_is_read_and_its_span_given() -> None:
    fields = "title: A visit\r\ndate: 2023-07-03T10:00:00Z\r\nauthors: [Jane Doe, name: J. Roe]\r\n"
    text = f"---\r\n{fields}---\r\nBody."
    stated, span = metadata.from_front_matter(text)
    assert stated == Stated("A visit", None, "Jane Doe, J. Roe", day("2023-07-03"))
    assert span is not None
    assert text[span.end :] == "Body."


def test_front_matter_with_a_colon_in_the_headline_is_still_read() -> None:
    text = "---\ntitle: China: a new era\npublished: 3 May 2024\nsource: https://example.org/x\n---\nBody.\n"
    stated, _ = metadata.from_front_matter(text)
    assert stated == Stated("China: a new era", date=day("2024-05-03"))


@pytest.mark.parametrize(
    "text",
    ["No front matter.", "---\nJust a paragraph between rules.\n---\nBody.", "---\ntitle: never closed\n"],
)
def test_what_is_no_front_matter_is_text(text: str) -> None:
    assert metadata.from_front_matter(text) == (Stated(), None)


@pytest.mark.parametrize(
    "front",
    [
        "date: 2023-02-30",
        "title: [1, {",
        "author: {a: *b}",
        "title: " + "[" * 2000,
        "author: &a [*a]",
        'title: "\\ud800"',
        "title: 0x" + "f" * 9000,
        "a: &a {k: v}\n"
        + "\n".join(f"{y}: &{y} {{<<: [{', '.join([f'*{x}'] * 9)}]}}" for x, y in pairwise("abcdefghijk")),
    ],
)
def test_damaged_front_matter_never_raises(front: str) -> None:
    stated, _ = metadata.from_front_matter(f"---\n{front}\n---\nBody.")
    assert stated.date is None
    assert (stated.title or "").encode() is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15 November 2023", "2023-11-15"),
        ("3rd of May 2024", "2024-05-03"),
        ("Sept. 3rd, 2021", "2021-09-03"),
        ("2023-07-03T10:00:00Z", "2023-07-03"),
        ("2023/7/3", "2023-07-03"),
        ("25/04/2023", "2023-04-25"),
        ("04/25/2023", "2023-04-25"),
        ("04.04.2023", "2023-04-04"),
        ("03/04/2023", None),
        ("31 February 2023", None),
        ("2023-13-04", None),
        ("May 2023", None),
        ("Maybe 3, 2023", None),
        ("3/4/23", None),
    ],
)
def test_dates(text: str, expected: str | None) -> None:
    assert metadata.date_in(text) == (day(expected) if expected else None)


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        (
            "Date: 15 November 2023 Author: Maciej Tyburski",
            Stated(author="Maciej Tyburski", date=day("2023-11-15")),
        ),
        ("By Jane Doe", Stated(author="Jane Doe")),
        ("**By** Jane Doe and John van Dyke", Stated(author="Jane Doe and John van Dyke")),
        ("By Jane Doe | 3 May 2024, 10.30 am", Stated(author="Jane Doe", date=day("2024-05-03"))),
        ("Published 3 May 2024 by Jane Doe", Stated(author="Jane Doe", date=day("2024-05-03"))),
        ("Published: 3 May 2024", Stated(date=day("2024-05-03"))),
        ("Updated 3 May 2024 10:30 BST", Stated(date=day("2024-05-03"))),
        ("Updated 5 May 2024\nPublished 3 May 2024", Stated(date=day("2024-05-03"))),
        ("Headline\r\n\r\nMonday, July 3, 2023 at 9:00 a.m. EDT\r\n", Stated(date=day("2023-07-03"))),
        ("Author: Jane Doe", Stated(author="Jane Doe")),
        ("\ufeffSource: Reuters", Stated(publisher="Reuters")),
        ("Publisher: The Daily", Stated(publisher="The Daily")),
        (
            "LONDON, March 3, 2021 (Reuters) - It happened.",
            Stated(publisher="Reuters", date=day("2021-03-03")),
        ),
        ("MOSCOW (AP) — It happened.", Stated(publisher="AP")),
        ("SOURCE: SPUTNIK/JANE DOE/POOL VIA REUTERS", Stated()),
        ("By the end of 3 May 2024 all was lost", Stated()),
        ("By The Numbers", Stated()),
        ("Published on 3 May 2024, the report said little.", Stated()),
        ("The deal of 3 May 2024 was signed in Moscow.", Stated()),
        ("Date: 03/04/2023", Stated()),
        ("\n".join(["A line of the article."] * 12 + ["Date: 3 May 2024"]), Stated()),
        ("", Stated()),
    ],
)
def test_lines_that_say_so(text: str, stated: Stated) -> None:
    assert metadata.from_lines(text) == stated


BODY = "The ministers met on Monday and spoke for hours about the ships of their navies."


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (f"China and Russia hold talks\n{BODY}", "China and Russia hold talks"),
        (f"Some line before the heading\n# The *real* headline\n{BODY}", "The real headline"),
        (f"World\nMinisters speak of their ships\n{BODY}", "Ministers speak of their ships"),
        (
            f"Date: 3 May 2024\nBy Jane Doe\n- A point of the talks\nXi visits Moscow\n{BODY}",
            "Xi visits Moscow",
        ),
        (f"{BODY}\nA line below the first paragraph", BODY),
        ("中国国防部长访问俄罗斯\n", "中国国防部长访问俄罗斯"),
        ("Date: 3 May 2024\n", None),
        (" ".join(["word"] * 40), None),
        ("", None),
    ],
)
def test_headline(text: str, title: str | None) -> None:
    assert metadata.headline(text) == title


def test_furniture_is_no_headline() -> None:
    text = f"\ufeffRead all our premium titles here\nMinisters speak of their ships\n{BODY}"
    assert metadata.headline(text, [Span(0, 34)]) == "Ministers speak of their ships"


@pytest.mark.parametrize(
    ("name", "title"), [("sub/china_visit-2.txt", "china visit 2"), ("__.txt", "__.txt"), ("a.b.md", "a.b")]
)
def test_a_file_name_made_readable(name: str, title: str) -> None:
    assert metadata.from_name(name) == title


def test_the_seeds_metadata_is_sound_and_the_headlines_are_found_without_it() -> None:
    stated, warnings = metadata.load(SEEDS)
    assert warnings == []
    assert set(stated) == {path.name for path in SEEDS.glob("*.txt")}
    for name, about in stated.items():
        text = (SEEDS / name).read_bytes().decode("utf-8")
        assert about.title == metadata.headline(text)
        assert about.title and about.title in text
        assert about.date and (about.inferred is None) == (metadata.from_lines(text).date is not None)
