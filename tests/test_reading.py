"""Readers beside a writer, in one program and in several."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from retrieval import index as module
from retrieval.errors import IndexBusy
from retrieval.index import Index
from retrieval.search import search
from retrieval.storage import Stores
from tests.fakes import WordEmbedder
from tests.kills import started

ROUNDS = 12


def story(name: str, version: int) -> str:
    """Several chunks; each names the version that it is of."""
    said = " ".join(
        f"The {name} of version{version} met minister{n} on a long and windy day." for n in range(30)
    )
    return f"Story of {name}\n\n{said}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "news").mkdir()
    for name in ("harbour", "balloon", "treaty"):
        (tmp_path / "news" / f"{name}.txt").write_text(story(name, 0))
    return tmp_path / "news"


def opened(folder: Path) -> Index:
    return Index(folder, folder.parent / "data", WordEmbedder())


def versions(index: Index, name: str) -> set[str]:
    """Which versions of an article a search sees."""

    def look(at: Stores) -> set[str]:
        found = search(f"{name} met minister", at.dense, at.lexical, index.embedder, 60, depth=60)
        ours = [passage.chunk for passage in found if passage.chunk.source.file == f"{name}.txt"]
        return {word for chunk in ours for word in chunk.text.split() if word.startswith("version")}

    return index.read(look)


@contextmanager
def asking(index: Index, seen: list[set[str]]) -> Iterator[None]:
    """Two threads ask again and again while the block runs; their errors are raised when it ends."""
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            seen.append(versions(index, "harbour"))

    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(ask) for _ in range(2)]
        try:
            yield
        finally:
            done.set()
        for one in asked:
            one.result()


def test_readers_in_the_same_program_see_each_article_whole(folder: Path):
    index = opened(folder)
    index.sync()
    seen: list[set[str]] = []
    with asking(index, seen):
        for version in range(1, ROUNDS):
            (folder / "harbour.txt").write_text(story("harbour", version))
            index.sync()
    assert seen and all(len(found) == 1 for found in seen)
    assert versions(index, "harbour") == {f"version{ROUNDS - 1}"}


def test_readers_follow_another_writer_and_see_each_article_whole(folder: Path):
    opened(folder).sync()
    reader, seen = opened(folder), list[set[str]]()
    with asking(reader, seen):
        for version in range(1, ROUNDS):
            (folder / "harbour.txt").write_text(story("harbour", version))
            opened(folder).sync()  # as another program: it has the database open for itself
    assert seen and all(len(found) == 1 for found in seen)
    assert versions(reader, "harbour") == {f"version{ROUNDS - 1}"}
    assert [source.file for source, _ in reader.sources()] == ["balloon.txt", "harbour.txt", "treaty.txt"]


def test_a_reader_follows_another_process(folder: Path):
    opened(folder).sync()
    reader = opened(folder)
    assert versions(reader, "treaty") == {"version0"}
    (folder / "treaty.txt").write_text(story("treaty", 7))
    (folder / "balloon.txt").unlink()
    with started(folder, folder.parent / "data") as child:
        assert child.wait() == 0
    assert versions(reader, "treaty") == {"version7"} and versions(reader, "balloon") == set()


def test_a_reader_follows_a_rebuild(folder: Path):
    opened(folder).sync()
    reader = opened(folder)
    (folder / "treaty.txt").write_text(story("treaty", 7))
    rebuilt = Index(folder, folder.parent / "data", WordEmbedder(), rebuild=True)
    assert versions(reader, "treaty") == {"version0"}  # it is made beside
    rebuilt.sync()
    assert versions(reader, "treaty") == {"version7"} == versions(rebuilt, "treaty")
    assert reader.is_current() is rebuilt.is_current()


def test_a_reader_mends_what_a_killed_writer_left(folder: Path):
    writer = opened(folder)
    writer.sync()
    reader = opened(folder)
    writer.dense.describe(state="writing", generation="cut short")
    writer.dense.remove(writer.dense.ids("treaty.txt")[1:])
    assert versions(reader, "harbour") == {"version0"} and versions(reader, "treaty") == set()
    assert reader.dense.mark().state == "clean"
    reader.sync()
    assert versions(reader, "treaty") == {"version0"} and reader.verify().faults == ()


def test_a_reader_waits_for_a_batch_and_says_so_where_it_never_ends(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    writer = opened(folder)
    writer.sync()
    reader = opened(folder)
    with writer._storage.locked():
        writer.dense.describe(state="writing", generation="next")
        monkeypatch.setattr(module, "_PATIENCE", 0.1)
        with pytest.raises(IndexBusy, match=r"is being written: ask again in a moment\.$"):
            reader.sources()
        monkeypatch.setattr(module, "_PATIENCE", 20)
        with ThreadPoolExecutor(1) as thread:
            asked = thread.submit(versions, reader, "treaty")
            time.sleep(0.1)
            assert not asked.done()
            writer.dense.describe(state="clean", generation=reader._stores.generation)
            assert asked.result() == {"version0"}
