from __future__ import annotations

import datetime
import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval import articles, metadata
from retrieval.articles import File, Limits, Skipped, Unreadable
from retrieval.errors import FolderError
from retrieval.metadata import Stated
from retrieval.types import Article, Span

SEEDS = Path(__file__).parent.parent / "seeds"
TEXT = "China and Russia hold talks\nThe two ministers met in Beijing on Monday, a spokesman said.\n"
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX file names, links or pipes")


def put(folder: Path, name: str, content: str | bytes = TEXT) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def names(folder: Path) -> list[str]:
    return [file.name for file in articles.files(folder) if isinstance(file, File)]


def skipped(folder: Path, limits: Limits | None = None) -> list[str]:
    """The sentences of all that is skipped, found by listing or by reading."""
    sentences = []
    for file in articles.files(folder, limits or Limits()):
        if isinstance(file, Skipped):
            sentences.append(str(file))
            continue
        try:
            articles.read(file, articles.content(file, limits or Limits()), {}, limits=limits or Limits())
        except Unreadable as error:
            sentences.append(str(error.skipped))
    return sentences


def read(path: Path, stated: dict[str, Stated] | None = None) -> Article:
    file = File(path, path.name)
    return articles.read(file, articles.content(file), stated or {})


def test_files_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.TXT", "a/b/c.md", "a-1.markdown", "a.htm", "c.pdf", "x.txt/y.txt", "中国.txt"):
        put(tmp_path, name)
    found = names(tmp_path)
    assert found == sorted(found)
    assert found == [
        "a-1.markdown",
        "a.htm",
        "a/b/c.md",
        "a/z.TXT",
        "b.txt",
        "c.pdf",
        "x.txt/y.txt",
        "中国.txt",
    ]


def test_hidden_files_and_the_metadata_are_passed_over_in_silence(tmp_path: Path) -> None:
    for name in (".hidden.txt", ".git/a.txt", "sub/.DS_Store", "metadata.toml"):
        put(tmp_path, name)
    assert list(articles.files(tmp_path)) == []


@posix
def test_each_skipped_file_is_one_sentence_and_the_rest_is_read(tmp_path: Path) -> None:
    folder, outside = tmp_path / "folder", put(tmp_path, "outside.txt")
    put(folder, "good.txt")
    put(folder, "bom.txt", "\ufeff" + TEXT)
    for name, content in {
        "binary.txt": b"PK\x03\x04\0\0",
        "control.txt": b"\x01\x02\x1b" * 9,
        "empty.txt": b"",
        "blank.md": b"\xef\xbb\xbf \r\n\t",
        "front.md": b"---\ntitle: T\n---\n\n",
        "latin.txt": "A line.\nDéfense".encode("latin-1"),
        "utf16.txt": TEXT.encode("utf-16"),
        "large.txt": b"x" * 2001,
        "letter.docx": b"x",
        "README": b"x",
        "broken.pdf": b"%PDF-1.4",
        "sub/metadata.toml": b"",
    }.items():
        put(folder, name, content)
    os.mkfifo(folder / "pipe.txt")
    (folder / "leaves.txt").symlink_to(outside)
    (folder / "loop.txt").symlink_to("loop.txt")
    (folder / "nowhere.txt").symlink_to("gone.txt")
    (folder / "inside.txt").symlink_to("good.txt")
    (folder / "sub" / "cycle").symlink_to("..")
    limits = Limits(size=2000)
    links_nowhere = "is a link that leads nowhere; delete it, or put the file itself here"
    assert skipped(folder, limits) == [
        "README was skipped: it is a file without a suffix; save it as .txt, .md, .html or .pdf.",
        "binary.txt was skipped: it is not text but binary data; save the article's text as .txt.",
        "blank.md was skipped: it is empty; write its text or delete it.",
        "broken.pdf was skipped: it is damaged (PdfStreamError); save its text as .txt.",
        "control.txt was skipped: it is not text but binary data; save the article's text as .txt.",
        "empty.txt was skipped: it is empty; write its text or delete it.",
        "front.md was skipped: it is empty; write its text or delete it.",
        "large.txt was skipped: it is larger than 0.002 MB; split it into smaller files.",
        "latin.txt was skipped: it is not UTF-8 (line 2); save it as UTF-8.",
        "leaves.txt was skipped: it is a link that leaves the folder; put the file itself here.",
        "letter.docx was skipped: it is a .docx file; save it as .txt, .md, .html or .pdf.",
        f"loop.txt was skipped: it {links_nowhere}.",
        f"nowhere.txt was skipped: it {links_nowhere}.",
        "pipe.txt was skipped: it is a pipe, a socket or a device; keep only files in the folder.",
        "sub/cycle was skipped: it is a link to a folder, which is not followed; put the folder itself here.",
        "sub/metadata.toml was skipped: it is read only at the top of the folder; "
        "move its tables to metadata.toml there.",
        "utf16.txt was skipped: it is UTF-16, not UTF-8; save it as UTF-8.",
    ]
    assert {"good.txt", "bom.txt", "inside.txt"} <= set(names(folder))


@posix
def test_names_that_cannot_be_shown_are_skipped(tmp_path: Path) -> None:
    for raw in (b"\xe9t\xe9.txt", b"two\nlines.txt", b"bell\x07/inner.txt"):
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + raw))
        path.parent.mkdir(exist_ok=True)
        path.write_text(TEXT)
    assert sorted(map(str, articles.files(tmp_path))) == [
        "\\xe9t\\xe9.txt was skipped: it has a name that is not UTF-8; rename it.",
        "bell\\x07 was skipped: it has a name with control characters; rename it.",
        "two\\nlines.txt was skipped: it has a name with control characters; rename it.",
    ]


@posix
def test_a_socket_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's address must be short
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("s.txt")
        assert skipped(tmp_path) == [
            "s.txt was skipped: it is a pipe, a socket or a device; keep only files in the folder."
        ]


@posix
def test_what_changes_after_it_was_listed_is_still_safe(tmp_path: Path) -> None:
    path = put(tmp_path, "a.txt")
    file = File(path, "a.txt")
    path.unlink()
    with pytest.raises(
        Unreadable, match=r"^a.txt was skipped: it cannot be read \(No such file or directory\)"
    ):
        articles.content(file)
    os.mkfifo(path)
    with pytest.raises(Unreadable, match="is a pipe"):
        articles.content(file)
    path.unlink()
    path.mkdir()
    with pytest.raises(Unreadable, match="cannot be read"):
        articles.content(file)
    path.rmdir()
    put(tmp_path, "a.txt", "grown" * 100)
    with pytest.raises(Unreadable, match="is larger than"):
        articles.content(file, Limits(size=10))


@posix
@pytest.mark.parametrize("folder", [False, True])
def test_what_may_not_be_read_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: bool
) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    put(tmp_path, "sub/a.txt")
    listing = articles.files(tmp_path)
    monkeypatch.setattr(os, "scandir" if folder else "open", denied)
    found = next(listing)
    name = "sub" if folder else "sub/a.txt"
    if isinstance(found, File):
        with pytest.raises(Unreadable) as error:
            articles.content(found)
        found = error.value.skipped
    assert (
        str(found)
        == f"{name} was skipped: it cannot be read (Permission denied); allow reading it, or delete it."
    )


def test_a_folder_that_cannot_be_listed_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="does not exist: name a folder of articles"):
        articles.files(tmp_path / "gone")
    with pytest.raises(FolderError, match="is not a folder: name a folder of articles"):
        articles.files(put(tmp_path, "a.txt"))


@given(
    text=st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\r\n\t\f\ufeff"))
)
def test_the_text_of_a_text_file_is_its_bytes_decoded(text: str) -> None:
    raw = text.encode("utf-8")
    for name in ("a.txt", "a.md"):
        try:
            article = articles.read(File(Path(name), name), raw, {})
        except Unreadable:
            assert name == "a.md" or not text.replace("\ufeff", "").strip()
            continue
        assert article.text == raw.decode("utf-8")
        ends = [offset for span in article.furniture for offset in span]
        assert ends == sorted(ends) and all(0 <= end <= len(text) for end in ends)


@pytest.mark.parametrize(
    "text", ["\ufeff" + TEXT, TEXT.replace("\n", "\r\n"), "One line\rand another\x0b\x0cend"]
)
def test_byte_order_mark_and_line_ends_are_kept(tmp_path: Path, text: str) -> None:
    assert read(put(tmp_path, "a.txt", text)).text == text


def test_a_single_stray_control_character_does_not_make_a_file_binary(tmp_path: Path) -> None:
    text = TEXT * 10 + "\x1a"
    assert read(put(tmp_path, "a.txt", text)).text == text


def test_metadata_toml_comes_before_front_matter_before_lines_before_the_headline(tmp_path: Path) -> None:
    front = "---\ntitle: Front title\nauthor: Front Author\n---\n"
    lines = "By Line Author\nPublished: 3 May 2024\nSource: Line Source\n"
    text = f"{front}# Ministers speak of their ships\n{lines}\n{TEXT}"
    path = put(tmp_path, "a.md", text)
    source = read(path, {"a.md": Stated(title="Stated title")}).source
    assert (source.title, source.author, source.publisher) == ("Stated title", "Front Author", "Line Source")
    assert (source.date, source.inferred) == (datetime.date(2024, 5, 3), None)
    assert read(path).source.title == "Front title"
    assert (
        read(put(tmp_path, "a.md", text.replace("title: Front title\n", ""))).source.title
        == "Ministers speak of their ships"
    )


def test_the_reason_for_a_date_goes_with_that_date(tmp_path: Path) -> None:
    path = put(tmp_path, "a.txt", f"Published: 3 May 2024\n{TEXT}")
    inferred = Stated(date=datetime.date(2024, 5, 1), inferred="it was Monday")
    assert read(path, {"a.txt": inferred}).source.inferred == "it was Monday"
    assert read(path, {"a.txt": Stated(inferred="it was Monday")}).source.inferred is None


def test_a_files_age_is_never_its_date(tmp_path: Path) -> None:
    path = put(tmp_path, "a.txt")
    os.utime(path, (1_600_000_000, 1_600_000_000))
    assert read(path).source.date is None


def test_a_title_is_never_missing(tmp_path: Path) -> None:
    assert read(put(tmp_path, "the_long-visit.txt", "Date: 3 May 2024")).source.title == "the long visit"


def test_front_matter_is_furniture(tmp_path: Path) -> None:
    front = "---\ntitle: T\n---\n"
    article = read(put(tmp_path, "a.md", front + TEXT))
    assert article.furniture[0] == Span(0, len(front))
    assert article.text == front + TEXT


def test_html_becomes_an_article(tmp_path: Path) -> None:
    page = (
        "<html><head><title>A visit to Moscow</title><meta name='author' content='Jane Doe'>"
        "<meta property='article:published_time' content='2023-07-03'></head>"
        "<body><article><p>The ministers met in Moscow.</p><p>They signed a treaty.</p></article></body>"
    )
    article = read(put(tmp_path, "a.html", page))
    assert article.text == "The ministers met in Moscow.\nThey signed a treaty."
    assert (article.source.title, article.source.author) == ("A visit to Moscow", "Jane Doe")
    assert article.source.date == datetime.date(2023, 7, 3)


def test_pdf_becomes_an_article_with_pages(tmp_path: Path) -> None:
    stream = b"BT /F1 10 Tf 40 700 Td (The ministers met again.) Tj ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>",
        *[b"<</Type/Page/Parent 2 0 R/Contents 5 0 R/Resources<</Font<</F1 6 0 R>>>>>>"] * 2,
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body = b"".join(b"%d 0 obj%s endobj\n" % (number, text) for number, text in enumerate(objects, 1))
    raw = b"%PDF-1.4\n" + body + b"trailer<</Size 7/Root 1 0 R>>\nstartxref\n0\n%%EOF"
    article = read(put(tmp_path, "a.pdf", raw))
    assert article.text == "The ministers met again.\n\nThe ministers met again."
    assert [article.page(offset) for offset in (0, 23, 26, 40)] == [1, 1, 2, 2]
    assert article.source.title == "The ministers met again."


def test_a_line_that_many_files_share_is_furniture(tmp_path: Path) -> None:
    file = File(put(tmp_path, "a.txt", f"The Evening Gazette online\n{TEXT}"), "a.txt")
    raw = articles.content(file)
    shared = frozenset(line for line in articles.edges(file, raw) if "gazette" in line.lower())
    article = articles.read(file, raw, {}, shared)
    assert [span.of(article.text) for span in article.furniture] == ["The Evening Gazette online"]
    assert article.source.title == "China and Russia hold talks"
    assert articles.edges(File(tmp_path / "a.pdf", "a.pdf"), raw) == frozenset()


def test_the_seeds_are_read_with_their_metadata() -> None:
    stated, _ = metadata.load(SEEDS)
    found = list(articles.files(SEEDS))
    read_ones = [articles.read(f, articles.content(f), stated) for f in found if isinstance(f, File)]
    assert len(read_ones) == len(found) == 5
    assert [article.source.publisher for article in read_ones] == [
        None, None, "Warsaw Institute", "The Guardian", None
    ]  # fmt: skip
