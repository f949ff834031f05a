from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import ReaderError
from retrieval.reader import CHECKSUM, FILE, FOLDER, Marks, SpanReader, Text, verify
from retrieval.types import Chunk, Passage, Source, Span

LIMIT = 12_000_000  # bytes
NEWS = (
    "Osk shuts its lock\n\n"
    "Harbour master Lena Voss closed the Tarn lock on 3 May after a crane fell. Forty barges queued for two "
    "days. “We had no choice,” she told the Osk Post in Brenning. Repairs will cost 12 million crowns."
)


@pytest.fixture(scope="module")
def reader() -> SpanReader:
    return SpanReader()


def passage(text: str, title: str = "Osk shuts its lock", start: int = 0) -> Passage:
    source = Source("a.txt", title)
    span = Span(start, start + len(text))
    return Passage(Chunk(f"{start} {text[:9]}", source, span, text, 1, None, (span,)), 0.0, 0.0)


logits = st.floats(-10, 10, width=32)
marks = st.lists(st.tuples(logits, logits), min_size=1, max_size=40).map(
    lambda pairs: Marks(
        tuple(Span(3 * at, 3 * at + 2) for at in range(len(pairs))),
        np.array([start for start, _ in pairs], np.float32),
        np.array([end for _, end in pairs], np.float32),
        1.5,
    )
)


@given(marks, st.integers(0, 120), st.integers(0, 120))
def test_the_best_words_are_those_of_the_highest_sum_within_the_part(marks: Marks, start: int, length: int):
    part = Span(start, start + length)
    held = [
        at for at, token in enumerate(marks.tokens) if part.start <= token.start and token.end <= part.end
    ]
    pairs = {
        (first, last): float(marks.starts[first] + marks.ends[last])
        for first in held
        for last in held
        if first <= last < first + 30
    }
    best = marks.best(part)
    if not pairs:
        assert best is None
        return
    assert best is not None
    assert best.margin == pytest.approx(max(pairs.values()) - 1.5, abs=1e-5)
    first = next(at for at in held if marks.tokens[at].start == best.span.start)
    last = next(at for at in held if marks.tokens[at].end == best.span.end)
    assert pairs[first, last] == pytest.approx(best.margin + 1.5, abs=1e-5)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who closed the Tarn lock?", "Lena Voss"),
        ("When did the lock close?", "3 May"),
        ("how many barges were waiting", "Forty"),
        ("Where did Voss speak to the paper?", "Brenning"),
        ("What do the repairs cost?", "12 million crowns"),
        ("Why was the lock closed?", "a crane fell"),
    ],
)
def test_the_answer_is_marked_exactly(reader: SpanReader, question: str, answer: str):
    article = f"Some other text before. {NEWS}"
    start = article.index(NEWS)
    (marks,) = reader.read(question, [passage(NEWS, start=start)])
    best = marks.best()
    assert best is not None
    assert answer in best.span.of(article)
    assert len(best.span.of(article)) <= len(answer) + 20
    assert best.margin > 0


@pytest.mark.parametrize(
    "question",
    [
        "Who reopened the bridge at Marn?",
        "How old is Lena Voss?",
        "What is the name of the crane's driver?",
        "Who won the chess final in Lima?",
    ],
)
def test_where_no_answer_stands_none_is_likelier(reader: SpanReader, question: str):
    (marks,) = reader.read(question, [passage(NEWS)])
    (told,) = reader.read("Who closed the Tarn lock?", [passage(NEWS)])
    best, sure = marks.best(), told.best()
    assert best is not None and sure is not None
    assert best.margin < sure.margin - 2


def test_every_token_stands_in_the_passage_and_never_in_its_title(reader: SpanReader):
    text = "北京 Łódź 🙂 “naïve” e\u0301 \u200b word\tword\r\nword."
    (marks,) = reader.read("Where?", [passage(text, title="北京 title: of 🙂 its own.", start=100)])
    assert marks.tokens
    assert all(100 <= start < end <= 100 + len(text) for start, end in marks.tokens)
    assert list(marks.tokens) == sorted(marks.tokens)
    assert marks.best(Span(0, 100)) is None


def test_passages_read_together_are_read_as_if_alone(reader: SpanReader):
    texts = [NEWS, "Rain fell.", f"{NEWS} {NEWS}", "Bakers sell bread in Osk.", *["Snow."] * 9]
    passages = [passage(text, start=1_000 * at) for at, text in enumerate(texts)]
    together = reader.read("Who closed the Tarn lock?", passages)
    for marks, one in zip(together, passages, strict=True):
        (alone,) = reader.read("Who closed the Tarn lock?", [one])
        assert marks.tokens == alone.tokens
        assert marks.nothing == alone.nothing and np.array_equal(marks.starts, alone.starts)


def test_torch_marks_the_same_words(reader: SpanReader):
    torch, passages = SpanReader(torch=True), [passage(NEWS), passage("Rain fell.", start=1_000)]
    for question in ("Who closed the Tarn lock?", "What do the repairs cost?"):
        for one, other in zip(reader.read(question, passages), torch.read(question, passages), strict=True):
            assert one.tokens == other.tokens
            found, expected = one.best(), other.best()
            assert found is not None and expected is not None and found.span == expected.span
            assert found.margin == pytest.approx(expected.margin, abs=1)  # each reckons with fewer bits


def test_of_nothing_nothing_is_read(reader: SpanReader):
    assert reader.read("Who?", []) == []
    assert reader.mark([("?", Text("", ""))])[0].best() is None


def test_a_long_question_or_title_leaves_room_for_the_passage(reader: SpanReader):
    (marks,) = reader.read("Who closed it? " * 300, [passage(NEWS, title="Osk " * 900)])
    assert marks.best(Span(20, 60)) is not None


def test_what_is_too_long_is_read_as_far_as_it_goes(reader: SpanReader):
    text = "word " * 2_000 + "end."
    (marks,) = reader.read("Who?", [passage(text)])
    assert 300 < len(marks.tokens) < 520
    assert marks.best(Span(len(text) - 4, len(text))) is None


def test_the_file_is_small_and_no_pickle():
    file = FOLDER / FILE
    assert file.stat().st_size < LIMIT
    header = int.from_bytes(file.read_bytes()[:8], "little")  # as safetensors begins
    assert 0 < header < 100_000 and file.read_bytes()[8:9] == b"{"


def copied(folder: Path) -> Path:
    for name in (FILE, CHECKSUM):
        shutil.copy(FOLDER / name, folder / name)
    return folder


def test_the_file_as_shipped_is_in_order(tmp_path: Path):
    verify()
    verify(copied(tmp_path))


@pytest.mark.parametrize("missing", [FILE, CHECKSUM])
def test_a_missing_file_is_told(tmp_path: Path, missing: str):
    (copied(tmp_path) / missing).unlink()
    with pytest.raises(ReaderError, match=r"reader\.safetensors cannot be read: install Quoth again"):
        SpanReader(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"), [(FILE, b""), (FILE, b"\0" * 99), (CHECKSUM, b"0" * 64), (CHECKSUM, b"\xff\xfe")]
)
def test_a_damaged_file_is_told_before_it_is_loaded(tmp_path: Path, name: str, content: bytes):
    (copied(tmp_path) / name).write_bytes(content)
    with pytest.raises(ReaderError, match="install Quoth again"):
        SpanReader(tmp_path)


def test_an_empty_checksum_is_no_checksum(tmp_path: Path):
    (copied(tmp_path) / CHECKSUM).write_text("\n")
    with pytest.raises(ReaderError, match="cannot be read"):
        SpanReader(tmp_path)
