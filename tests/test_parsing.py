from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pypdf import PdfWriter

from retrieval import parsing
from retrieval.parsing import Limits, Parsed, Parser, Refused

PAGE = """<!doctype html><html lang="en"><head><meta charset="{charset}">
<title>China and Russia hold talks | The Daily Example</title>
<meta property="og:site_name" content="The Daily Example"><meta name="author" content="Jane Doe">
<meta property="article:published_time" content="2023-07-03T09:00:00Z"></head>
<body><nav><a href="/">Home</a> <a href="/w">World</a></nav>
<article><h1>China and Russia hold talks</h1>
<p>The two ministers met in Beijing – on Monday.</p>
<p>They agreed to hold <b>joint patrols</b> next year, the ministry said.</p>
<table><tr><th>Country</th><th>Ships</th></tr><tr><td>China</td><td>370</td></tr></table>
</article><footer>Copyright 2020</footer></body></html>"""


def pdf(*pages: str, title: str = "", password: str = "") -> bytes:
    """A PDF whose pages show these lines in Helvetica."""
    writer = PdfWriter()
    for page in pages:
        lines = "".join(f"({line}) Tj T* " for line in page.split("\n"))
        stream = f"BT /F1 10 Tf 12 TL 40 700 Td {lines}ET".encode("latin-1")
        writer.append(io.BytesIO(_one_page(stream)))
    writer.add_metadata({"/Title": title, "/CreationDate": "D:20200101000000Z"})
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    whole = io.BytesIO()
    writer.write(whole)
    return whole.getvalue()


def _one_page(stream: bytes) -> bytes:
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body, starts = b"%PDF-1.4\n", []
    for number, text in enumerate(objects, 1):
        starts.append(len(body))
        body += b"%d 0 obj%s endobj\n" % (number, text)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    trailer = b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(body)
    return body + b"xref\n0 6\n0000000000 65535 f \n" + table + trailer


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    with Parser(Limits(pages=3)) as parser:
        yield parser


def test_html_gives_paragraphs_and_what_the_page_says_of_itself(parser: Parser) -> None:
    assert parser.parse("html", PAGE.format(charset="utf-8").encode()) == Parsed(
        "China and Russia hold talks\n"
        "The two ministers met in Beijing – on Monday.\n"
        "They agreed to hold joint patrols next year, the ministry said.\n"
        "| Country | Ships |\n|---|---|\n| China | 370 |",
        title="China and Russia hold talks",
        author="Jane Doe",
        date="2023-07-03",
        publisher="The Daily Example",
    )


@pytest.mark.parametrize("charset", ["windows-1252", "iso-8859-1", "utf-8-sig", "utf-16", "gb18030"])
def test_html_is_read_in_the_encoding_it_declares(parser: Parser, charset: str) -> None:
    encoded = PAGE.format(charset=charset).encode("cp1252" if charset == "iso-8859-1" else charset)
    assert "Beijing – on Monday" in parser.parse("html", encoded).text


@pytest.mark.parametrize(
    "page", ["<p>One short line.</p>", "<div>One short<br>line.</div>", "One short line."]
)
def test_a_scrap_of_html_is_still_text(parser: Parser, page: str) -> None:
    assert " ".join(parser.parse("html", page.encode()).text.split()) == "One short line."


def test_no_date_is_guessed_from_the_text_of_a_page(parser: Parser) -> None:
    page = "<html><body><article><p>The treaty of 3 May 2019 holds.</p><p>Copyright 2020</p></article>"
    assert parser.parse("html", page.encode()).date is None


def test_pdf_gives_pages_and_their_starts(parser: Parser) -> None:
    parsed = parser.parse(
        "pdf", pdf("A talk of ministers\nThey met.", "They left again.", title="A talk of ministers")
    )
    assert parsed.text == "A talk of ministers\nThey met.\n\nThey left again."
    assert [parsed.text[start:][:6] for start in parsed.pages] == ["A talk", "They l"]
    assert parsed.title == "A talk of ministers"
    assert parsed.date is None  # when the PDF was made is not when the article was published


def test_a_pdf_title_that_its_page_does_not_show_is_not_believed(parser: Parser) -> None:
    assert parser.parse("pdf", pdf("They met.", title="Microsoft Word - draft2.docx")).title is None


def test_the_lines_of_a_pdf_paragraph_are_joined(parser: Parser) -> None:
    page = (
        "A headline stands alone\n"
        "The ministers of defence of both countries met on Monday to speak of mili-\n"
        "tary ties between their navies, and of the joint patrols which they held\n"
        "this year.\n"
        "A second paragraph."
    )
    assert parser.parse("pdf", pdf(page)).text.split("\n") == [
        "A headline stands alone",
        "The ministers of defence of both countries met on Monday to speak of military ties between "
        "their navies, and of the joint patrols which they held this year.",
        "A second paragraph.",
    ]


@pytest.mark.parametrize(
    ("kind", "raw", "reason"),
    [
        ("pdf", pdf("Secret.", password="x"), "is encrypted; save a copy without a password"),
        ("pdf", pdf(""), r"has no text, only images it seems; run text recognition \(OCR\) on it first"),
        ("pdf", pdf(*"abcd"), "has 4 pages, more than the limit of 3; split it into smaller files"),
        ("pdf", b"not a PDF", r"is damaged \(.*\); save its text as .txt"),
        ("pdf", pdf("Cut short.")[:300], r"is damaged \(.*\); save its text as .txt"),
        ("html", b"<html><body></body></html>", "has no text that can be found; save its text as .txt"),
        ("html", "<p>Défense</p>".encode("latin-1"), "is neither UTF-8 nor declares its encoding; .*"),
        (
            "html",
            b'<meta charset="nonsense">\xe9',
            "declares the encoding nonsense but cannot be read as that; .*",
        ),
    ],
)
def test_refusals_say_why_and_what_to_do(parser: Parser, kind: parsing.Kind, raw: bytes, reason: str) -> None:
    with pytest.raises(Refused, match=f"^{reason}$"):
        parser.parse(kind, raw)


def test_what_takes_too_long_is_refused_and_the_next_file_is_read() -> None:
    page = b"<html><body>" + b"<p>A sentence of a paragraph.</p>" * 400_000
    with Parser(Limits(seconds=3)) as parser:
        with pytest.raises(Refused, match="takes longer than 3 seconds to parse"):
            parser.parse("html", page)
        assert parser.parse("html", b"<p>One short line.</p>").text == "One short line."


def test_a_time_limit_that_nothing_can_keep() -> None:
    with Parser(Limits(seconds=0.01)) as parser, pytest.raises(Refused, match=r"longer than 0\.01 seconds"):
        parser.parse("html", b"<p>One short line.</p>")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")
def test_what_needs_too_much_memory_is_refused() -> None:
    big = b"<html><body>" + b"<p>A sentence of a paragraph.</p>" * 200_000
    with Parser(Limits(memory=250_000_000)) as parser:
        assert parser.parse("html", b"<p>One short line.</p>").text == "One short line."
        with pytest.raises(Refused, match="crashes the parser or needs more than 250 MB of memory"):
            parser.parse("html", big)
        assert parser.parse("html", b"<p>One short line.</p>").text == "One short line."


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
def test_a_child_that_is_killed_from_outside_is_replaced() -> None:
    with Parser(Limits()) as parser:
        parser.parse("html", b"<p>One short line.</p>")
        child = parser._child
        assert child is not None
        os.kill(child.pid, 9)
        assert parser.parse("html", b"<p>Another short line.</p>").text == "Another short line."


def test_more_text_than_the_limit_is_refused() -> None:
    page = b"<p>" + b"A sentence of a paragraph. " * 10_000
    with (
        Parser(Limits(size=1_000)) as parser,
        pytest.raises(Refused, match="holds more than 69,536 bytes of text"),
    ):
        parser.parse("html", page)


def test_one_child_is_kept_for_many_files_and_ends_with_close() -> None:
    parsing.close()
    parsing.parse("html", b"<p>One short line.</p>", Limits())
    child = parsing._parsers[0]._child
    parsing.parse("html", b"<p>One short line.</p>", Limits())
    assert child is not None and parsing._parsers[0]._child is child
    parsing.close()
    assert child.poll() is not None


def test_the_parent_never_imports_the_parsers_and_works_from_any_folder(tmp_path: Path) -> None:
    (tmp_path / "trafilatura.py").write_text("raise SystemExit('the wrong trafilatura')")
    script = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from retrieval.parsing import Limits, parse\n"
        "print(parse('html', b'<p>One short line.</p>', Limits()).text)\n"
        "assert not {'trafilatura', 'pypdf', 'lxml'} & set(sys.modules)"
    )
    root = str(Path(parsing.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-P", "-c", script, root], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("One short line.\n", "")
