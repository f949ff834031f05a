from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval import cutting, snapshot, storage
from retrieval import index as module
from retrieval.dense import DenseStore
from retrieval.embedding import Vectors
from retrieval.errors import FolderError, IndexBusy, IndexDamaged, ModelError
from retrieval.index import Index, Summary
from retrieval.lexical import LexicalIndex, LexicalWriter
from retrieval.types import Chunk, Filters
from tests.fakes import WordEmbedder

MINISTERS = "Ministers meet in Moscow\n\nThe two ministers met in Moscow on Monday. They spoke of trade.\n"
BALLOON = "Balloon is seen over Ohio\n\nA balloon flew over Ohio on Friday. The minister was silent.\n"
FLOOD = "Flood hits the harbour town\n\nThe river rose by two metres. A minister visited on Sunday.\n"
FURNITURE_ONLY = "Support Us\n"
Opener = Callable[..., Index]


def number_words(count: int, first: int = 0) -> str:
    """Sentences of ten words, so that eleven make a chunk."""
    return " ".join(f"Sentence{n} tells of one more minister in the long story." for n in range(first, count))


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path / "news", "a.txt", MINISTERS)
    put(tmp_path / "news", "b.txt", BALLOON)
    return tmp_path / "news"


@pytest.fixture
def opened(folder: Path, tmp_path: Path) -> Opener:
    def open_(embedder: WordEmbedder | None = None, **more: Any) -> Index:
        return Index(more.pop("at", folder), tmp_path / "data", embedder or WordEmbedder(), **more)

    return open_


def counts(summary: Summary) -> tuple[int, int, int, int]:
    return summary.added, summary.changed, summary.removed, summary.unchanged


def state(index: Index) -> dict[str, Any]:
    """All that an index holds, so that two may be compared."""
    index.fresh()
    files = index.dense.records()
    chunks = {chunk.id: chunk for file in files for chunk in index.dense.article(file)}
    assert len(chunks) == len(index.dense) == len(index.lexical) == sum(r.chunks for r in files.values())
    words = {word for chunk in chunks.values() for word in chunk.text.lower().replace(".", " ").split()}
    return {
        "records": files,
        "chunks": chunks,
        "lexical": sorted(hit.id for hit in index.lexical.search("minister", 1000, Filters())),
        "words": {word: index.lexical.word_frequency(word) for word in sorted(words)},
    }


def assert_equals_a_rebuild(index: Index) -> None:
    known = state(index)
    for file in known["records"]:
        for text, vector in index.dense.vectors(c.text for c in index.dense.article(file)).items():
            assert np.allclose(vector, index.embedder.read([text])[0].vector, atol=1e-6)
    with tempfile.TemporaryDirectory() as data:
        anew = Index(index.folder, Path(data), WordEmbedder())
        anew.sync()
        assert state(anew) == known


def test_a_first_sync_adds_every_file(opened: Opener) -> None:
    summary = opened().sync()
    assert counts(summary) == (2, 0, 0, 0)
    assert summary.chunks == summary.embedded == 2 and summary.seconds > 0
    assert summary.skipped == () == summary.warnings


def test_an_empty_folder_has_an_empty_index(opened: Opener, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    index = opened(at=tmp_path / "none")
    assert counts(index.sync()) == (0, 0, 0, 0) == counts(index.sync())
    assert state(index)["chunks"] == {}


def test_chunks_quote_their_file_exactly(opened: Opener, folder: Path) -> None:
    put(folder, "sub/c.txt", "Flood\r\n\r\n\tThe river – 中国 😀 – rose.\r\n" + number_words(30) + "\r\n")
    index = opened()
    index.sync()
    for file in index.dense.records():
        text = (folder / file).read_bytes().decode()
        for chunk in index.dense.article(file):
            assert text[chunk.span.start : chunk.span.end] == chunk.text
            assert all(span.of(text) == chunk.quote(span) for span in chunk.sentences)


def test_a_second_sync_embeds_nothing(opened: Opener) -> None:
    opened().sync()
    embedder = WordEmbedder()
    summary = opened(embedder).sync()
    assert counts(summary) == (0, 0, 0, 2)
    assert summary.embedded == 0 and embedder.embedded == [] and summary.chunks == 2


def test_an_edit_a_rename_and_a_deletion_are_counted_and_done(opened: Opener, folder: Path) -> None:
    index = opened()
    index.sync()
    put(folder, "a.txt", MINISTERS + "\nNothing was signed.\n")
    assert counts(index.sync()) == (0, 1, 0, 1)
    (folder / "b.txt").rename(folder / "c.txt")
    assert counts(index.sync()) == (1, 0, 1, 1)
    assert set(index.dense.records()) == {"a.txt", "c.txt"}
    (folder / "a.txt").unlink()
    assert counts(index.sync()) == (0, 0, 1, 1)
    assert_equals_a_rebuild(index)


def test_one_changed_sentence_embeds_only_its_chunks_again(opened: Opener, folder: Path) -> None:
    text = "Long story of a minister\n\n" + number_words(60)
    put(folder, "long.txt", text)
    opened().sync()
    put(folder, "long.txt", text.replace("Sentence59 tells", "Sentence59 told"))
    embedder = WordEmbedder()
    index = opened(embedder)
    summary = index.sync()
    assert counts(summary) == (0, 1, 0, 2)
    assert summary.embedded == len(embedder.embedded) == 1 and "Sentence59 told" in embedder.embedded[0]
    assert summary.chunks > 5
    assert_equals_a_rebuild(index)


def test_a_changed_metadata_file_gives_new_titles(opened: Opener, folder: Path) -> None:
    index = opened()
    index.sync()
    assert index.dense.records()["a.txt"].source.title == "Ministers meet in Moscow"
    put(folder, "metadata.toml", '["a.txt"]\ntitle = "Quiet summit"\npublisher = "The Post"\n')
    assert counts(index.sync()) == (0, 1, 0, 1)
    (chunk,) = index.dense.article("a.txt")
    assert (chunk.source.title, chunk.source.publisher) == ("Quiet summit", "The Post")
    assert [hit.id for hit in index.lexical.search("summit", 9, Filters("the post"))] == [chunk.id]
    (folder / "metadata.toml").unlink()
    assert counts(index.sync()) == (0, 1, 0, 1)
    assert_equals_a_rebuild(index)


def test_a_wrong_entry_of_the_metadata_is_a_warning(opened: Opener, folder: Path) -> None:
    put(folder, "metadata.toml", '["z.txt"]\ntitle = "None"\n')
    (warning,) = opened().sync().warnings
    assert "z.txt" in warning and warning.endswith(".")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("c.docx", b"x", "is a .docx file"),
        ("c.txt", b"\xff\xfe\x00", "UTF-16"),
        ("c.txt", b"", "is empty"),
        ("c.txt", FURNITURE_ONLY.encode(), "holds no sentence to quote"),
        ("c.txt", b"ab\x00c", "binary"),
    ],
)
def test_a_file_of_no_use_is_one_sentence_and_stops_nothing(
    opened: Opener, folder: Path, name: str, content: bytes, reason: str
) -> None:
    put(folder, name, content)
    index = opened()
    for _ in range(2):
        summary = index.sync()
        assert [str(one) for one in summary.skipped if reason in str(one)] == list(map(str, summary.skipped))
        assert len(summary.skipped) == 1 and str(summary.skipped[0]).startswith(f"{name} was skipped: it ")
    assert set(index.dense.records()) == {"a.txt", "b.txt"}


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", FURNITURE_ONLY.encode()])
def test_a_file_that_becomes_of_no_use_leaves_the_index_and_is_counted(
    opened: Opener, folder: Path, content: bytes
) -> None:
    index = opened()
    index.sync()
    put(folder, "a.txt", content)
    summary = index.sync()
    assert (summary.added, summary.changed, summary.removed) == (0, 0, 1) and len(summary.skipped) == 1
    assert set(index.dense.records()) == {"b.txt"}
    assert index.sync().removed == 0
    assert_equals_a_rebuild(index)


def test_two_folders_share_a_data_folder_and_nothing_else(
    opened: Opener, folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "elsewhere" / "news"
    put(other, "a.txt", FLOOD)
    here, there = opened(), opened(at=other)
    here.sync()
    there.sync()
    assert {c.source.title for c in here.dense.article("a.txt")} == {"Ministers meet in Moscow"}
    assert {c.source.title for c in there.dense.article("a.txt")} == {"Flood hits the harbour town"}
    assert here.lexical.search("river", 9, Filters()) == [] == there.lexical.search("Moscow", 9, Filters())
    opened(at=other, rebuild=True)
    assert counts(opened().sync()) == (0, 0, 0, 2)


def test_a_folder_is_the_same_however_its_path_is_written(
    opened: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened().sync()
    monkeypatch.chdir(folder.parent)
    for path in (Path("news"), Path("news/../news"), folder / "."):
        assert opened(at=path).sync().unchanged == 2


@pytest.mark.parametrize("name", ["...", "中国", "a b", "x" * 200])
def test_any_name_of_a_folder_will_do(opened: Opener, tmp_path: Path, name: str) -> None:
    put(tmp_path / name, "a.txt", MINISTERS)
    assert opened(at=tmp_path / name).sync().chunks == 1


def test_a_missing_folder_is_one_sentence(opened: Opener, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="does not exist"):
        opened(at=tmp_path / "nowhere")
    index = opened()
    shutil.rmtree(folder)
    with pytest.raises(FolderError, match="does not exist"):
        index.sync()


def no_race(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count files as old the moment they are written; no test can set a file's change time back."""
    monkeypatch.setattr(snapshot, "_RACY_NANOSECONDS", 0)


def test_an_index_is_current_after_a_sync_and_for_the_next_program(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_race(monkeypatch)
    index = opened()
    assert not index.is_current()
    index.sync()
    assert index.is_current() and opened().is_current()


def test_an_index_of_very_new_files_is_not_called_current(opened: Opener, folder: Path) -> None:
    for name in ("a.txt", "b.txt"):
        os.utime(folder / name, (1_600_000_000, 1_600_000_000))  # their change time stays new
    index = opened()
    index.sync()
    assert not index.is_current()


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: put(folder, "a.txt", MINISTERS + "More."),
        lambda folder: put(folder, "c.txt", FLOOD),
        lambda folder: put(folder, "metadata.toml", '["a.txt"]\ntitle = "New"\n'),
        lambda folder: (folder / "a.txt").unlink(),
        lambda folder: (folder / "a.txt").rename(folder / "c.txt"),
        lambda folder: os.utime(folder / "a.txt", (1_600_000_000, 1_600_000_000)),
        lambda folder: shutil.rmtree(folder),
    ],
)
def test_an_index_is_not_current_after_a_change_until_the_next_sync(
    opened: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], object]
) -> None:
    no_race(monkeypatch)
    index = opened()
    index.sync()
    change(folder)
    assert not index.is_current()
    if folder.exists():
        index.sync()
        assert index.is_current()


def test_an_index_is_not_current_under_other_limits(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    no_race(monkeypatch)
    opened().sync()
    assert not opened(limits=module.Limits(size=90)).is_current()


def test_hidden_files_and_damaged_notes_do_not_confuse(
    opened: Opener, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_race(monkeypatch)
    index = opened()
    index.sync()
    put(folder, ".git/x.txt", FLOOD)
    assert index.is_current()
    (note,) = (tmp_path / "data" / "seen").iterdir()
    note.write_bytes(b"\xff{")
    assert not index.is_current()


def test_another_model_is_refused_until_a_rebuild(opened: Opener) -> None:
    opened().sync()
    other = WordEmbedder()
    other.id = "words@2"
    with pytest.raises(ModelError, match=r"words@1.*words@2.*quoth index --rebuild"):
        opened(other)
    opened()
    index = opened(other, rebuild=True)
    assert counts(index.sync()) == (2, 0, 0, 0) and len(other.embedded) == 2
    with pytest.raises(ModelError):
        opened()


def test_a_rebuild_starts_from_nothing(opened: Opener) -> None:
    opened().sync()
    index = opened(rebuild=True)
    assert len(index.dense) == 0 == len(index.lexical) and not index.is_current()
    assert counts(index.sync()) == (2, 0, 0, 0)


def test_what_a_rebuild_left_that_was_cut_off_is_removed_by_the_next_sync(
    opened: Opener, folder: Path, tmp_path: Path
) -> None:
    opened().sync()
    with pytest.raises(ModelError):
        opened(Stopping(0, ModelError("gone")), rebuild=True).sync()
    builds = list(build(tmp_path).parent.glob("*/chroma"))
    assert len(builds) == 2
    index = opened()
    put(folder, "c.txt", FLOOD)
    assert counts(index.sync()) == (1, 0, 0, 2)
    assert list(build(tmp_path).parent.glob("*/chroma")) == [build(tmp_path) / "chroma"]


_NAMES = st.sampled_from(["a.txt", "b.md", "c.txt", "sub/d.txt"])
_CONTENTS = st.sampled_from(
    [
        MINISTERS,
        BALLOON,
        FLOOD,
        FLOOD + "\nHarbour Post\n",
        MINISTERS + "\nHarbour Post\n",
        BALLOON + "\nHarbour Post\n",
        number_words(14),
        number_words(26),
        FURNITURE_ONLY,
        "",
    ]
)
_TITLES = st.sampled_from(["", '["a.txt"]\ntitle = "Stated"\n', '["c.txt"]\ndate = 2023-04-17\n'])
_STEPS = st.one_of(
    st.tuples(st.just("put"), _NAMES, _CONTENTS),
    st.tuples(st.just("delete"), _NAMES, st.none()),
    st.tuples(st.just("rename"), _NAMES, _NAMES),
    st.tuples(st.just("put"), st.just("metadata.toml"), _TITLES),
    st.tuples(st.just("sync"), st.none(), st.none()),
)


@given(st.lists(_STEPS, min_size=6, max_size=16))
@settings(max_examples=12)
def test_after_any_changes_a_sync_equals_a_rebuild(steps: list[tuple[str, Any, Any]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "news")
        for name, content in (("a.txt", MINISTERS), ("b.md", BALLOON), ("c.txt", FLOOD + "\nHarbour Post\n")):
            put(folder, name, content)
        index = Index(folder, Path(place, "data"), WordEmbedder())
        index.sync()
        for what, name, other in steps:
            if what == "put":
                put(folder, name, other)
            elif what == "sync":
                index.sync()
            elif (folder / name).exists():
                content = (folder / name).read_bytes()
                (folder / name).unlink()
                if what == "rename":
                    put(folder, other, content)
        index.sync()
        assert_equals_a_rebuild(index)


class Stopping(WordEmbedder):
    """Raises in the middle of a sync."""

    def __init__(self, after: int, error: BaseException) -> None:
        super().__init__()
        self.after, self.error = after, error

    def embed(self, texts: Sequence[str]) -> Vectors:
        if len(self.embedded) >= self.after:
            raise self.error
        return super().embed(texts)


@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), ModelError("gone")])
def test_an_interrupted_sync_is_completed_by_the_next(
    opened: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch, after: int, error: BaseException
) -> None:
    no_race(monkeypatch)
    monkeypatch.setattr(cutting, "BATCH", 1)
    opened().sync()
    put(folder, "a.txt", MINISTERS + "\nNothing was signed.\n")
    put(folder, "c.txt", FLOOD)
    put(folder, "d.txt", FLOOD + "\nIt rained.\n")
    (folder / "b.txt").unlink()
    stopped = opened(Stopping(after, error))
    with pytest.raises(type(error)) as kept:
        stopped.sync()
    assert kept.value and not stopped.is_current() and not opened().is_current()
    embedder = WordEmbedder()
    index = opened(embedder)
    index.sync()
    assert len(embedder.embedded) == 3 - after  # what was done before is not done again
    assert index.is_current()
    assert_equals_a_rebuild(index)


class Faulty:
    """A Chroma collection whose disk is full after some writes."""

    def __init__(self, inner: Any, writes: int) -> None:
        self.inner, self.left = inner, writes

    def __getattr__(self, name: str) -> Any:
        if name in ("upsert", "delete", "modify"):
            self.left -= 1
            if self.left < 0:
                raise OSError("disk full")
        return getattr(self.inner, name)


def test_a_sync_stopped_at_any_write_is_mended_by_the_next(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def before() -> None:
        put(folder, "a.txt", number_words(25))
        put(folder, "b.txt", number_words(24, first=2))
        (folder / "c.txt").unlink(missing_ok=True)

    def after() -> None:
        put(folder, "a.txt", number_words(27, first=1))
        put(folder, "c.txt", number_words(18, first=3))
        (folder / "b.txt").unlink()

    def synced(data: Path) -> dict[str, Any]:
        index = Index(folder, data, WordEmbedder())
        index.sync()
        return state(index)

    monkeypatch.setattr("retrieval.dense._PAGE", 2)
    data = tmp_path / "data"
    before()
    first = synced(data)
    after()
    second = synced(tmp_path / "never stopped")
    for writes in range(100):
        index = Index(folder, data, WordEmbedder())
        index.dense._collection = Faulty(index.dense._collection, writes)  # type: ignore[assignment]
        try:
            index.sync()
        except IndexDamaged:
            assert index.dense._collection.left < 0  # type: ignore[attr-defined]
        else:
            break
        shutil.copytree(data, tmp_path / f"data {writes}")
        assert synced(tmp_path / f"data {writes}") == second
        before()
        assert synced(data) == first  # the files were put back before the next sync
        after()
    assert writes > 8 and synced(data) == second


@pytest.mark.parametrize("method", ["add", "remove"])
def test_a_word_index_that_cannot_be_written_is_mended_by_the_next_sync(
    opened: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    opened().sync()
    put(folder, "a.txt", FLOOD)
    with monkeypatch.context() as patch:
        patch.setattr(LexicalWriter, method, fail)
        with pytest.raises((IndexDamaged, OSError)):
            opened().sync()
    index = opened()
    index.sync()
    assert_equals_a_rebuild(index)


def build(place: Path) -> Path:
    """The folder of the current build of the only index in `place`."""
    (pointer,) = place.glob("data/indexes/*/current")
    return pointer.parent / pointer.read_text()


def test_a_lost_word_index_is_made_anew_without_embedding(opened: Opener, tmp_path: Path) -> None:
    opened().sync()
    shutil.rmtree(build(tmp_path) / "words")
    embedder = WordEmbedder()
    index = opened(embedder)
    assert not index.is_current()
    assert counts(index.sync()) == (0, 0, 0, 2) and embedder.embedded == []
    assert_equals_a_rebuild(index)


def test_words_that_cannot_be_mended_are_made_anew(
    opened: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = opened()
    index.sync()
    index.dense.describe(state="writing", generation="killed")
    fails = [IndexDamaged("The word index cannot be written.")]
    writing = LexicalIndex.writing

    def fail_once(words: LexicalIndex, generation: str) -> Any:
        if fails:
            raise fails.pop()
        return writing(words, generation)

    monkeypatch.setattr(LexicalIndex, "writing", fail_once)
    index = opened()
    index.sync()
    assert not fails
    assert_equals_a_rebuild(index)


def cut_short(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a cut database": lambda at: cut_short(at / "chroma/chroma.sqlite3"),
    "an empty database": lambda at: (at / "chroma/chroma.sqlite3").write_bytes(b""),
    "a database of something else": lambda at: (at / "chroma/chroma.sqlite3").write_bytes(b"?" * 5000),
    "no database": lambda at: (at / "chroma/chroma.sqlite3").unlink(),
    "no dense store": lambda at: shutil.rmtree(at / "chroma"),
    "no vectors": lambda at: [shutil.rmtree(segment) for segment in (at / "chroma").glob("*-*")],
    "half of the vectors": lambda at: [cut_short(x) for x in (at / "chroma").glob("*/data_level0.bin")],
    "no list of the vectors": lambda at: [x.unlink() for x in (at / "chroma").glob("*/*.pickle")],
    "nothing at all": shutil.rmtree,
    "a file in place of the build": lambda at: (shutil.rmtree(at), at.write_text("?")),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_is_told_when_opened_and_made_anew_by_the_next_sync(
    opened: Opener, folder: Path, tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(60):  # more chunks than Chroma keeps in its log: these are in its files
        put(folder, f"n{number}.txt", f"Part {number}\n\n" + number_words(200, first=number))
    opened().sync()
    DAMAGES[damage](build(tmp_path))
    (folder / "b.txt").unlink()
    index = opened()
    assert str(index.damage).startswith("The ") and str(index.damage).endswith(".")
    assert not index.is_current()
    with pytest.raises(IndexDamaged):
        index.sources()
    index.sync()
    (told,) = [record.getMessage() for record in caplog.records]
    assert told == f"{index_damage(told)} It is made anew now." and index.damage is None
    assert index.lexical.search("balloon", 9, Filters()) == []
    assert len(list(build(tmp_path).parent.glob("*/chroma"))) == 1  # the damaged one is gone
    assert opened().sources() == index.sources() and len(index.sources()) == 61


def index_damage(told: str) -> str:
    return told.removesuffix(" It is made anew now.")


@pytest.mark.parametrize("damage", ["meta.json", "*.term", "generation"])
def test_damaged_words_are_made_anew_without_embedding(opened: Opener, tmp_path: Path, damage: str) -> None:
    opened().sync()
    for file in (build(tmp_path) / "words").glob(damage):
        file.write_bytes(b"?")
    embedder = WordEmbedder()
    index = opened(embedder)
    assert not index.is_current()
    index.sync()
    assert embedder.embedded == []
    assert_equals_a_rebuild(index)


def test_a_line_of_three_files_is_furniture_and_the_third_cuts_the_first_two_anew(
    opened: Opener, folder: Path
) -> None:
    index = opened()
    for name, text in (("a.txt", MINISTERS), ("b.txt", BALLOON)):
        put(folder, name, text + "\nThe Harbour Post tonight\n")
    index.sync()
    assert all("tonight" in index.dense.article(name)[-1].text for name in ("a.txt", "b.txt"))
    put(folder, "c.txt", FLOOD + "\nThe Harbour Post tonight\n")
    assert counts(index.sync()) == (1, 2, 0, 0)
    assert not any(
        "tonight" in c.text for name in ("a.txt", "b.txt", "c.txt") for c in index.dense.article(name)
    )
    assert_equals_a_rebuild(index)
    (folder / "c.txt").unlink()
    index = opened()
    assert counts(index.sync()) == (0, 2, 1, 0)
    assert_equals_a_rebuild(index)


def test_a_file_that_changes_while_it_is_indexed_is_right_after_the_next_sync(
    opened: Opener, folder: Path
) -> None:
    for name, text in (("b.txt", BALLOON), ("c.txt", FLOOD)):
        put(folder, name, text + "\nThe Harbour Post tonight\n")

    def edit(done: int, files: int, name: str) -> None:
        if name == "a.txt":
            put(folder, "a.txt", MINISTERS + "\nThe Harbour Post tonight\n")

    index = opened()
    index.sync(edit)
    index.sync()
    assert_equals_a_rebuild(index)


def test_progress_tells_each_file_before_it_is_read_and_the_end(opened: Opener) -> None:
    told: list[tuple[int, int, str]] = []
    opened().sync(lambda *step: told.append(step))
    assert told == [(0, 2, "a.txt"), (1, 2, "b.txt"), (2, 2, "")]


@pytest.fixture
def held(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Another program is writing the index of `folder`."""
    monkeypatch.setattr(storage, "LOCK_SECONDS", 0.05)
    place = tmp_path / "data" / "indexes" / snapshot.collection_name(folder)
    place.mkdir(parents=True, exist_ok=True)
    with FileLock(place / "lock"):
        yield


def test_an_index_that_another_program_makes_is_one_sentence(opened: Opener, held: None) -> None:
    with pytest.raises(IndexBusy, match=r"^Another program is writing the index in .*try again\.$"):
        opened()


def test_an_index_that_another_program_writes_is_read_meanwhile(
    opened: Opener, request: pytest.FixtureRequest
) -> None:
    opened().sync()
    request.getfixturevalue("held")
    index = opened()
    assert [source.file for source, _ in index.sources()] == ["a.txt", "b.txt"]
    with pytest.raises(IndexBusy):
        index.sync()


def test_a_lock_is_given_back_after_an_error(opened: Opener, folder: Path, tmp_path: Path) -> None:
    with suppress(ModelError):
        opened(Stopping(0, ModelError("gone"))).sync()
    with FileLock(build(tmp_path).parent / "lock", timeout=0):
        pass


@pytest.mark.parametrize("name", ["data", "data/indexes"])
def test_a_file_in_place_of_the_data_is_one_sentence(opened: Opener, tmp_path: Path, name: str) -> None:
    put(tmp_path, name, "not a folder")
    with pytest.raises(IndexDamaged, match=r"cannot be used .*QUOTH_DATA\.$"):
        opened()


def test_what_is_embedded_is_the_text_of_the_chunk(opened: Opener) -> None:
    embedder = WordEmbedder()
    index = opened(embedder)
    index.sync()
    chunks: list[Chunk] = [c for file in ("a.txt", "b.txt") for c in index.dense.article(file)]
    assert sorted(embedder.embedded) == sorted(chunk.text for chunk in chunks)
    assert isinstance(index.dense, DenseStore) and isinstance(index.lexical, LexicalIndex)


def test_sources_are_newest_first_then_undated_then_by_name(opened: Opener, folder: Path) -> None:
    put(folder, "old.txt", "Old news\n\nDate: 3 May 2020\n\nA minister slept.\n")
    put(folder, "new.txt", "New news\n\nDate: 3 May 2024\n\n" + number_words(40))
    put(folder, "also.txt", "Also new\n\nDate: 3 May 2024\n\nA minister woke.\n")
    index = opened()
    assert index.sources() == []
    index.sync()
    found = index.sources()
    assert [source.file for source, _ in found] == ["also.txt", "new.txt", "old.txt", "a.txt", "b.txt"]
    assert [chunks for _, chunks in found] == [len(index.dense.article(s.file)) for s, _ in found]
    assert found[1][1] > 1


def test_sources_are_read_once_a_generation(
    opened: Opener, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened().sync()
    reads: list[int] = []
    read = DenseStore.records
    monkeypatch.setattr(DenseStore, "records", lambda store: reads.append(1) or read(store))
    index = opened()
    index.sources().clear()  # a list of the caller's own
    assert len(index.sources()) == 2 and len(reads) == 1
    put(folder, "c.txt", FLOOD)
    other = opened()
    other.sync()  # as another program would
    reads.clear()
    assert index.sources() == other.sources() and len(index.sources()) == 3
    assert len(reads) == 1
