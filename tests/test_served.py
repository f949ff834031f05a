"""An index in a real Chroma server: one indexer, several readers, and all that can go wrong between them."""

from __future__ import annotations

import itertools
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval.bench.server import ChromaServer
from retrieval import cutting, follower, lease, remote
from retrieval.chain import Quoth
from retrieval.connection import Connection
from retrieval.dense import DenseStore, Entry, Record
from retrieval.errors import IndexBusy, IndexGone, InputError, ModelError, QuothError, SearchUnavailable
from retrieval.follower import Follower
from retrieval.index import Index
from retrieval.opening import open_index
from retrieval.remote import Server
from retrieval.served import Served
from retrieval.settings import Settings
from retrieval.support import Gate
from retrieval.types import Answer, Chunk, Filters, Source, Span
from tests.chroma_proxy import ChromaProxy, Fault
from tests.fakes import WordEmbedder
from tests.test_index import BALLOON, FLOOD, MINISTERS, assert_equals_a_rebuild, counts, put, state

QUICK = (0.01, 0.01, 0.01)
QUESTIONS = [
    "Where did the ministers meet?",
    "What flew over Ohio?",
    "Why did the penguin sing opera?",
    "Summarise a.txt",
]


@pytest.fixture
def own(tmp_path: Path) -> Iterator[ChromaServer]:
    """A server of the test's own, to be spoilt."""
    with ChromaServer(tmp_path / "server") as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path / "news", "a.txt", MINISTERS)
    put(tmp_path / "news", "b.txt", BALLOON)
    return tmp_path / "news"


class Place:
    """Machines around a server."""

    def __init__(self, url: str, folder: Path, data: Path) -> None:
        self.url, self.folder, self.data = url, folder, data
        self.collection = f"news-{uuid.uuid4().hex[:8]}"
        self._number = itertools.count()

    def storage(self, read_only: bool, machine: str, collection: str | None = None) -> Served:
        connection = Connection(Server(self.url, pauses=QUICK))
        return Served(self.data / machine, connection, collection or self.collection, read_only, beat=0.05)

    def indexer(self, machine: str = "indexer", **more: Any) -> Index:
        storage = self.storage(False, machine, more.pop("collection", None))
        folder, embedder = more.pop("folder", self.folder), more.pop("embedder", WordEmbedder())
        return Index(folder, self.data / machine, embedder, storage=storage, **more)

    def reader(self, machine: str = "", **more: Any) -> Follower:
        """A program on a machine where the articles are not."""
        machine = machine or f"reader {next(self._number)}"
        storage = self.storage(True, machine, more.get("collection"))
        return Follower(
            Path("nowhere/news"), self.data / machine, more.get("embedder", WordEmbedder()), storage
        )

    def names(self) -> list[str]:
        """The collections that belong to the index."""
        names = Connection(Server(self.url)).names()
        return sorted(name for name in names if name.startswith(self.collection))


@pytest.fixture
def place(server: ChromaServer, folder: Path, tmp_path: Path) -> Place:
    return Place(server.url, folder, tmp_path)


@pytest.fixture
def spoilt(own: ChromaServer, folder: Path, tmp_path: Path) -> Place:
    """Around a server of the test's own."""
    return Place(own.url, folder, tmp_path)


def files(index: Index) -> list[str]:
    return sorted(source.file for source, _ in index.sources())


def words(index: Index, query: str) -> list[str]:
    """The files that the word index finds."""
    return sorted({hit.id.partition("#")[0] for hit in index.fresh().lexical.search(query, 99, Filters())})


def until(is_so: Callable[[], object], what: str) -> None:
    end = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < end, what
        time.sleep(0.01)


def test_texts_are_looked_up_while_the_first_ones_are_written(own: ChromaServer) -> None:
    """The server refuses who asks for vectors then."""
    about = {"model": WordEmbedder.id, "state": "new"}
    writer, reader = (DenseStore(Connection(Server(own.url)), "news", about) for _ in range(2))
    source = Source("a.txt", "A")
    texts = [f"Number {number} was repaired on Tuesday." for number in range(400)]
    chunks = [
        Chunk(f"a.txt#{at}", source, Span(0, len(text)), text, 1, None, (Span(0, len(text)),))
        for at, text in enumerate(texts)
    ]
    vectors = WordEmbedder().embed(texts)
    entry = Entry(chunks, list(vectors), Record("content", "fingerprint", len(chunks), frozenset(), source))
    writing = threading.Thread(target=lambda: writer.add([entry]))
    writing.start()
    looked = 0
    while writing.is_alive():
        assert reader.vectors(["It is not there."]) == {}
        looked += 1
    writing.join()
    assert looked
    found = reader.vectors([*texts[:2], "It is not there."])
    assert found.keys() == set(texts[:2])
    np.testing.assert_allclose(found[texts[0]], vectors[0], atol=1e-6)


# ---- the same as in a folder


def asked(index: Index) -> list[Answer]:
    chain = Quoth(index, Settings(folder=index.folder), gate=Gate(None))
    answers = [chain.invoke(question) for question in QUESTIONS]
    return [replace(one, seconds=0.0, confidence=round(one.confidence, 6)) for one in answers]


def test_answers_over_a_server_are_those_over_a_folder(place: Place, tmp_path: Path) -> None:
    put(place.folder, "metadata.toml", '["b.txt"]\npublisher = "Harbour Post"\ndate = 2023-02-04\n')
    local = Index(place.folder, tmp_path / "local", WordEmbedder())
    summary = local.sync()
    assert counts(place.indexer().sync()) == counts(summary) == (2, 0, 0, 0)
    reader = place.reader()
    assert state(reader) == state(local) and reader.sources() == local.sources()
    answers = asked(reader)
    assert answers == asked(local) == asked(place.indexer())
    assert [answer.answered for answer in answers] == [True, True, False, True]
    assert any(answer.citations for answer in answers)


def test_a_sync_over_a_server_equals_a_rebuild_and_embeds_nothing_twice(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutting, "BATCH", 1)
    indexer = place.indexer()
    indexer.sync()
    put(place.folder, "a.txt", MINISTERS + "\nNothing was signed.\n")
    (place.folder / "b.txt").rename(place.folder / "c.txt")
    assert counts(indexer.sync()) == (1, 1, 1, 0)
    assert_equals_a_rebuild(indexer)
    embedder = WordEmbedder()
    again = place.indexer("another machine", embedder=embedder)
    assert counts(again.sync()) == (0, 0, 0, 2) and embedder.embedded == []
    assert_equals_a_rebuild(again)
    assert place.names() == [place.collection]


# ---- readers follow


def test_readers_follow_an_edit_a_rename_and_a_deletion(place: Place) -> None:
    indexer, readers = place.indexer(), [place.reader(), place.reader()]
    indexer.sync()

    def see(*names: str) -> None:
        for reader in readers:
            assert files(reader) == sorted(names)
            assert state(reader) == state(indexer)
            assert reader.is_current()

    see("a.txt", "b.txt")
    put(place.folder, "a.txt", FLOOD)
    indexer.sync()
    see("a.txt", "b.txt")
    assert words(readers[0], "harbour") == ["a.txt"] and words(readers[0], "Moscow") == []
    (place.folder / "b.txt").rename(place.folder / "c.txt")
    indexer.sync()
    see("a.txt", "c.txt")
    (place.folder / "a.txt").unlink()
    indexer.sync()
    see("c.txt")


def test_following_takes_over_what_changed_alone(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    chunks = DenseStore.chunks
    monkeypatch.setattr(DenseStore, "chunks", lambda self, ids: taken.append(len(ids)) or chunks(self, ids))
    monkeypatch.setattr(follower, "_CHUNKS", 3)
    for number in range(10):
        put(place.folder, f"n{number}.txt", FLOOD.replace("two", f"{number}"))
    indexer, reader = place.indexer(), place.reader("reader")
    indexer.sync()
    assert len(files(reader)) == 12 and state(reader) == state(indexer)
    assert [count for count in taken if count] and max(taken) <= 12
    for _ in range(2):
        put(place.folder, "n3.txt", FLOOD + "\nIt rained.\n")
        indexer.sync()
        taken.clear()
        assert words(reader, "rained") == ["n3.txt"] and taken == [1]
        (place.folder / "n3.txt").unlink()
        indexer.sync()
        assert words(reader, "rained") == []
    taken.clear()
    assert place.reader("reader").sources() == reader.sources() and taken == []  # of an earlier program


def test_following_lists_no_more_than_what_changed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for: list[Sequence[str]] = []
    records = DenseStore.records
    indexer, reader = place.indexer(), place.reader()
    indexer.sync()
    assert files(reader) == ["a.txt", "b.txt"]

    def told(store: DenseStore, files: Sequence[str] | None = None) -> dict[str, Record]:
        if files is not None:
            asked_for.append(files)
        return records(store, files)

    monkeypatch.setattr(DenseStore, "records", told)
    for number in range(3):
        put(place.folder, "c.txt", FLOOD.replace("two", str(number)))
        if number == 1:
            (place.folder / "b.txt").rename(place.folder / "d.txt")
        indexer.sync()
        assert state(reader) == state(indexer)
    assert asked_for == [["c.txt"], ["b.txt", "c.txt", "d.txt"], ["c.txt"]]


def test_programs_of_one_machine_share_their_words(place: Place) -> None:
    one, other = place.reader("machine"), place.reader("machine")
    indexer = place.indexer("machine")
    indexer.sync()
    for reader in (one, other):
        assert words(reader, "Moscow") == ["a.txt"]
    put(place.folder, "c.txt", FLOOD)
    place.indexer("elsewhere").sync()
    for index in (one, other, place.reader("machine")):
        assert words(index, "harbour") == ["c.txt"] and index.is_current()
    assert counts(indexer.sync()) == (0, 0, 0, 3)
    assert_equals_a_rebuild(indexer)


def test_a_reader_writes_nothing_in_the_server(server: ChromaServer, place: Place) -> None:
    place.indexer().sync()
    with ChromaProxy(server.url) as proxy:
        place.url = proxy.url
        reader = place.reader()
        assert counts(reader.sync()) == (0, 0, 0, 2) and asked(reader)
        writes = [
            one for one in proxy.requests if one.method != "GET" and not one.path.endswith(("/get", "/query"))
        ]
        assert writes == [] and proxy.requests


def test_a_reader_goes_on_where_its_words_are_lost(place: Place) -> None:
    place.indexer().sync()
    assert words(place.reader("machine"), "Moscow") == ["a.txt"]
    for stamp in (place.data / "machine").rglob("generation"):
        stamp.unlink()
    assert words(place.reader("machine"), "Moscow") == ["a.txt"]
    for meta in (place.data / "machine").rglob("meta.json"):
        meta.write_text("?")
    assert words(place.reader("machine"), "Moscow") == ["a.txt"]


def test_readers_ask_while_much_is_written(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is seen as it was or as it is, and what is seen last is the end."""
    monkeypatch.setattr(cutting, "BATCH", 2)
    versions = [
        f"Story\n\nThe harbour has {number} boats. The river has {number} fish.\n" for number in range(5)
    ]
    for name in ("a.txt", "b.txt", "c.txt"):
        put(place.folder, name, versions[0])
    indexer, reader = place.indexer(), place.reader()
    indexer.sync()
    over, seen, errors = threading.Event(), set(), []

    def look() -> None:
        while not over.is_set():
            try:
                seen.add("".join(chunk.text for chunk in reader.article("a.txt")))
            except QuothError as error:
                errors.append(error)

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for version in versions[1:]:
        for name in ("a.txt", "b.txt", "c.txt"):
            put(place.folder, name, version)
        indexer.sync()
        time.sleep(0.2)
    over.set()
    for thread in threads:
        thread.join()
    assert errors == [] and len(seen) > 1
    assert seen <= {version.strip() for version in versions}
    assert state(reader) == state(indexer)


# ---- a rebuild


def test_a_rebuild_is_not_seen_before_it_is_whole(place: Place) -> None:
    place.indexer().sync()
    reader = place.reader()
    assert files(reader) == ["a.txt", "b.txt"]
    put(place.folder, "c.txt", FLOOD)
    rebuilt = place.indexer("another machine", rebuild=True)
    assert files(reader) == ["a.txt", "b.txt"] and len(place.names()) == 2
    assert counts(rebuilt.sync()) == (3, 0, 0, 0)
    assert files(reader) == ["a.txt", "b.txt", "c.txt"] and words(reader, "harbour") == ["c.txt"]
    assert state(reader) == state(rebuilt) and place.names() == [place.collection]
    indexer = place.indexer()
    assert counts(indexer.sync()) == (0, 0, 0, 3)


@pytest.mark.parametrize("step", ["delete", "rename"])
def test_a_rebuild_cut_off_while_it_takes_its_place(
    place: Place, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.indexer().sync()
    reader = place.reader()
    assert files(reader) == ["a.txt", "b.txt"]
    put(place.folder, "c.txt", FLOOD)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        rebuilt = place.indexer(rebuild=True)
        patch.setattr(Connection if step == "delete" else DenseStore, step, killed)
        with pytest.raises(KeyboardInterrupt):
            rebuilt.sync()
    whole = ["a.txt", "b.txt", "c.txt"] if step == "rename" else ["a.txt", "b.txt"]
    for one in (reader, place.reader()):
        assert files(one) == whole and words(one, "balloon") == ["b.txt"]
    indexer = place.indexer()
    assert counts(indexer.sync()) == ((0, 0, 0, 3) if step == "rename" else (1, 0, 0, 2))
    assert place.names() == [place.collection]
    for one in (reader, place.reader()):
        assert files(one) == ["a.txt", "b.txt", "c.txt"] and state(one) == state(indexer)


# ---- an indexer that stops, and a second one


def stopped_midway(place: Place) -> None:
    """An indexer dies while it stores a batch."""
    indexer = place.indexer("dead")
    add = DenseStore.add

    def dies(*given: Any) -> None:
        add(*given)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DenseStore, "add", dies)
        with pytest.raises(KeyboardInterrupt):
            indexer.sync()


def test_a_reader_waits_for_a_dead_indexer_once_and_answers(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    place.indexer().sync()
    put(place.folder, "c.txt", FLOOD)
    reader = place.reader()
    assert files(reader) == ["a.txt", "b.txt"]
    stopped_midway(place)
    monkeypatch.setattr(follower, "_PATIENCE", 0.3)
    for one in (reader, place.reader()):
        caplog.clear()
        began = time.monotonic()
        for _ in range(3):
            assert {"a.txt", "b.txt"} <= set(files(one)) and words(one, "Moscow") == ["a.txt"]
        assert 0.3 < time.monotonic() - began < 3
        (told,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
        assert told.startswith(f"The index {place.collection} in {place.url} is being written for long")
    indexer = place.indexer()
    indexer.sync()
    assert_equals_a_rebuild(indexer)
    for one in (reader, place.reader()):
        assert state(one) == state(indexer) and one.is_current()


def test_a_second_indexer_waits_for_the_first(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = place.indexer("one"), place.indexer("two")
    with first._storage.locked():
        assert place.names() == sorted([place.collection, f"{place.collection}.quoth-writer"])
        time.sleep(0.5)  # its beat goes on
        busy = rf"^The program \d+ on .* is writing the index in {place.url}: wait for it, then try again\.$"
        monkeypatch.setattr("retrieval.served.LOCK_SECONDS", 0.5)
        with pytest.raises(IndexBusy, match=busy):
            second.sync()
        here = place.storage(True, "one")
        with pytest.raises(IndexBusy, match="Another program is writing"), here.locked(0.01):
            pass
    assert counts(second.sync()) == (2, 0, 0, 0) and counts(first.sync()) == (0, 0, 0, 2)
    assert place.names() == [place.collection]


@pytest.mark.parametrize("machine", ["dead", "another"])
def test_the_lease_of_a_dead_indexer_is_taken_over(
    place: Place, machine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexer = place.indexer("dead")
    left = lease.Lease(indexer._storage._connection, f"{place.collection}.quoth-writer", "", beat=0.05)
    with place.indexer("dead")._storage.locked():
        where = indexer._storage._place()
    left._place = left._place + where
    left._taken(1)  # and never given back
    if machine == "dead":  # a program of the same place finds that out at once
        monkeypatch.setattr(lease, "_STILL", 1_000_000)
    assert counts(place.indexer(machine).sync()) == (2, 0, 0, 0)
    assert place.names() == [place.collection]


def test_one_who_was_taken_for_dead_does_not_take_the_lease_of_its_successor_along(place: Place) -> None:
    place.indexer().sync()
    one, two = (place.storage(False, machine) for machine in ("one", "two"))
    with one.locked():
        connection = Connection(Server(place.url))
        connection.delete(f"{place.collection}.quoth-writer")
        second = two.locked()
        second.__enter__()
    assert f"{place.collection}.quoth-writer" in place.names()
    second.__exit__(None, None, None)
    assert place.names() == [place.collection]


def test_two_indexers_at_once_corrupt_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where one was suspended for so long that another took it for dead."""
    monkeypatch.setattr(cutting, "BATCH", 1)
    monkeypatch.setattr(lease.Lease, "held", lambda *_: nullcontext())
    other = place.data / "other" / "news"
    for number in range(6):
        put(place.folder, f"{number}.txt", FLOOD.replace("two", str(number)))
        put(other, f"{number}.txt", FLOOD.replace("two", f"{number}0"))
    place.indexer().sync()
    ends: list[object] = []

    def write(machine: str, folder: Path) -> None:
        try:
            index = place.indexer(machine)
            index.folder, index._check = folder, lambda _: None  # type: ignore[method-assign]
            ends.append(index.sync())
        except QuothError as error:
            ends.append(error)

    for number in range(2):
        put(place.folder, "a.txt", MINISTERS + f"\nRound {number}.\n")
        threads = [
            threading.Thread(target=write, args=("one", place.folder)),
            threading.Thread(target=write, args=("two", other)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(ends) == 4
    assert all(not isinstance(end, QuothError) or "too: run quoth index again" in str(end) for end in ends)
    indexer, reader = place.indexer(), place.reader()
    indexer.sync()
    assert_equals_a_rebuild(indexer)
    assert state(reader) == state(indexer)


# ---- a server that is away, or was wiped


def test_a_server_that_is_away_is_said_and_asked_again(own: ChromaServer, spoilt: Place) -> None:
    spoilt.indexer().sync()
    reader, late = spoilt.reader(), spoilt.reader()
    assert files(reader) == ["a.txt", "b.txt"]
    own.kill()
    away = rf"^The Chroma server at {spoilt.url} cannot be reached \(.*\): start it, or mend "
    for one in (reader, late):  # one that was open, and one that never was
        with pytest.raises(SearchUnavailable, match=away):
            asked(one)
    with pytest.raises(SearchUnavailable, match=away):
        spoilt.indexer()
    own.start()
    assert asked(reader) == asked(late) and files(late) == ["a.txt", "b.txt"]


def test_a_server_killed_in_the_middle_of_a_sync(
    own: ChromaServer, spoilt: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutting, "BATCH", 1)
    for number in range(4):
        put(spoilt.folder, f"{number}.txt", FLOOD.replace("two", str(number)))
    indexer, reader = spoilt.indexer(), spoilt.reader()

    def kill(done: int, *_: object) -> None:
        if done == 4:
            own.kill()

    with pytest.raises(SearchUnavailable):
        indexer.sync(kill)
    with pytest.raises(SearchUnavailable):
        indexer.sync()
    own.start()
    indexer.sync()
    assert_equals_a_rebuild(indexer)
    assert state(reader) == state(indexer) and spoilt.names() == [spoilt.collection]


def test_a_question_goes_on_where_the_server_is_started_anew_meanwhile(
    own: ChromaServer, spoilt: Place
) -> None:
    spoilt.indexer().sync()
    with ChromaProxy(own.url) as proxy:
        spoilt.url = proxy.url
        reader = spoilt.reader()
        before = asked(reader)
        own.restart()
        proxy.will(Fault(cut="before", path="*/query"), Fault(status=503, path="*/get"))
        assert asked(reader) == before


def test_a_wiped_server_is_noticed_and_the_indexer_fills_it_anew(own: ChromaServer, spoilt: Place) -> None:
    indexer, reader = spoilt.indexer(), spoilt.reader()
    indexer.sync()
    assert files(reader) == ["a.txt", "b.txt"]
    own.restart(wiped=True)
    for _ in range(2):
        with pytest.raises(IndexGone, match=rf"^There is no collection .* in {spoilt.url}: run quoth index "):
            asked(reader)
    assert not indexer.is_current()
    assert counts(indexer.sync()) == (2, 0, 0, 0)
    assert_equals_a_rebuild(indexer)
    assert state(reader) == state(indexer)


def test_a_mute_server_holds_up_few(
    own: ChromaServer, spoilt: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt.indexer().sync()
    monkeypatch.setattr(remote, "_LONG", 0.3)
    monkeypatch.setattr(remote, "_REST", 1.0)
    storage = Served(
        spoilt.data / "r", Connection(Server(own.url, seconds=0.5)), spoilt.collection, read_only=True
    )
    reader = Follower(spoilt.folder, spoilt.data / "r", WordEmbedder(), storage)
    assert files(reader) == ["a.txt", "b.txt"]
    with own.frozen():
        began = time.monotonic()
        for _ in range(20):
            with pytest.raises(SearchUnavailable, match=r"did not answer in time: "):
                files(reader)
        assert time.monotonic() - began < 5  # and not half a second each time
    until(lambda: _answers(reader), "the server to be asked again")


def _answers(reader: Follower) -> bool:
    try:
        return files(reader) == ["a.txt", "b.txt"]
    except SearchUnavailable:
        return False


# ---- collections, folders and models


def test_two_collections_never_see_each_others_articles(place: Place) -> None:
    other = put(place.data / "other", "c.txt", FLOOD).parent
    first = place.indexer()
    second = place.indexer(folder=other, collection=f"{place.collection}-b")
    first.sync()
    second.sync()
    one, two = place.reader("reader"), place.reader("reader", collection=f"{place.collection}-b")
    assert (files(one), files(two)) == (["a.txt", "b.txt"], ["c.txt"])
    assert words(one, "river") == [] == words(two, "Moscow")
    assert {citation.source.file for answer in asked(two) for citation in answer.citations} <= {"c.txt"}
    place.indexer(rebuild=True).sync()
    assert (files(one), files(two)) == (["a.txt", "b.txt"], ["c.txt"])


@pytest.mark.parametrize("kind", ["folder", "server"])
def test_a_collection_is_of_one_folder(place: Place, tmp_path: Path, kind: str) -> None:
    other = put(place.data / "other", "c.txt", FLOOD).parent
    settings = Settings(data=tmp_path / "data", collection=place.collection, chroma_url=place.url)
    if kind == "folder":
        settings = settings.model_copy(update={"chroma_url": None})

    def opened(folder: Path, rebuild: bool = False) -> Index:
        found = open_index(settings.model_copy(update={"folder": folder}), rebuild, indexing=True)
        found.embedder = WordEmbedder()
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("retrieval.opening.Remembering", lambda _: WordEmbedder())
        opened(place.folder).sync()
        taken = rf"^The collection {place.collection}.* has the articles of {place.folder}: name another one"
        with pytest.raises(InputError, match=taken):
            opened(other)
        opened(other, rebuild=True).sync()
        assert files(opened(other)) == ["c.txt"]
        with pytest.raises(InputError, match="QUOTH_COLLECTION"):
            opened(place.folder)


def test_a_reader_with_another_model_is_refused(place: Place) -> None:
    place.indexer().sync()
    other = WordEmbedder()
    other.id = "words@2"
    with pytest.raises(ModelError, match=r"words@1.*words@2"):
        files(place.reader(embedder=other))
    with pytest.raises(ModelError):
        place.indexer(embedder=other)


def test_settings_decide_who_writes(place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("retrieval.opening.Remembering", lambda _: WordEmbedder())
    settings = Settings(folder=place.folder, data=tmp_path / "data", chroma_url=place.url)
    reader = open_index(settings)
    assert reader.is_read_only
    with pytest.raises(IndexGone, match="QUOTH_COLLECTION"):
        reader.sources()
    indexer = open_index(settings, indexing=True)
    assert not indexer.is_read_only and counts(indexer.sync()) == (2, 0, 0, 0)
    assert files(reader) == ["a.txt", "b.txt"]
    other = settings.of(tmp_path / "elsewhere")
    assert settings.of(place.folder) == settings and other.collection is None
    assert not open_index(settings.model_copy(update={"chroma_url": None})).is_read_only
