from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from retrieval import dense
from retrieval.connection import Connection
from retrieval.dense import DenseStore, Entry, Record
from retrieval.errors import IndexDamaged
from retrieval.types import Chunk, Source, Span
from tests.fakes import WordEmbedder

EMBEDDER = WordEmbedder()
FULL = Source("news/ä b.txt", "Ein Titel: 中国", "The Guardian", "Jane Doe", date(2023, 4, 17), "by its name")
BARE = Source("bare.txt", "Bare")


def pieces(source: Source, *texts: str, page: int | None = None) -> list[Chunk]:
    return [
        Chunk(
            f"{source.file}#{number}",
            source,
            Span(number * 100, number * 100 + len(text)),
            text,
            number + 3,
            page,
            (Span(number * 100, number * 100 + 2), Span(number * 100 + 3, number * 100 + len(text))),
        )
        for number, text in enumerate(texts)
    ]


def put(store: DenseStore, chunks: Sequence[Chunk], edges: frozenset[str] = frozenset()) -> Record:
    record = Record("content", "fingerprint", len(chunks), edges, chunks[0].source)
    store.add([Entry(chunks, list(EMBEDDER.embed([chunk.text for chunk in chunks])), record)])
    return record


def near(store: DenseStore, query: str, limit: int = 10, among: Sequence[str] | None = None) -> list[str]:
    found = store.nearest(vector(query), limit, among)
    chunks = store.chunks(found)
    return [chunks[id_].text for id_ in found]


def vector(text: str) -> dense.Vectors:
    return EMBEDDER.read([text])[0].vector


@pytest.fixture
def store(tmp_path: Path) -> DenseStore:
    return DenseStore(Connection(tmp_path / "chroma"), "first", {"model": "words@1", "state": "new"})


@pytest.mark.parametrize("page", [None, 1, 12])
def test_a_chunk_comes_back_with_every_field(store: DenseStore, page: int | None) -> None:
    chunks = pieces(FULL, "They met\r\nin Moscow 😀.", "He left.", page=page)
    put(store, chunks)
    assert store.chunks([chunk.id for chunk in chunks]) == {chunk.id: chunk for chunk in chunks}
    assert store.article(FULL.file) == chunks
    assert store.chunks([chunks[1].id, "not there"]) == {chunks[1].id: chunks[1]}


def test_a_source_of_which_nothing_is_known_comes_back_so(store: DenseStore) -> None:
    put(store, pieces(BARE, "He left."))
    assert store.article("bare.txt")[0].source == BARE


def test_records_tell_each_file_with_its_edges_and_source(store: DenseStore) -> None:
    full = put(store, pieces(FULL, "One one.", "Two two."), frozenset({"support us", "menu | home"}))
    bare = put(store, pieces(BARE, "He left."))
    assert store.records() == {FULL.file: full, "bare.txt": bare}
    assert full.chunks == 2 and bare.edges == frozenset()


def test_ids_are_of_all_files_or_of_one(store: DenseStore) -> None:
    put(store, pieces(FULL, "One one.", "Two two."))
    put(store, pieces(BARE, "He left."))
    assert sorted(store.ids(BARE.file)) == ["bare.txt#0"]
    assert len(store.ids()) == 3 == len(store)
    assert store.ids("not there") == [] == store.article("not there")


def test_many_chunks_are_written_and_read_in_pages(
    store: DenseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "_PAGE", 2)
    chunks = pieces(FULL, *(f"Sentence {word}." for word in "one two three four five six".split()))
    record = put(store, chunks)
    assert store.records() == {FULL.file: record}
    assert store.article(FULL.file) == chunks and len(store.ids()) == 6
    store.remove([chunk.id for chunk in chunks])
    assert len(store) == 0 and store.records() == {}


def test_a_file_without_its_first_chunk_has_no_record(store: DenseStore) -> None:
    chunks = pieces(FULL, "One one.", "Two two.")
    put(store, chunks)
    store.remove([chunks[0].id])
    assert store.records() == {} and store.ids() == [chunks[1].id]


def test_removing_what_is_not_there_is_no_error(store: DenseStore) -> None:
    put(store, pieces(BARE, "He left."))
    store.remove([])
    store.remove(["not there"])
    assert len(store) == 1


def test_adding_a_chunk_again_does_not_double_it(store: DenseStore) -> None:
    for _ in range(2):
        put(store, pieces(BARE, "He left."))
    assert len(store) == 1


def test_vectors_come_back_by_text(store: DenseStore) -> None:
    put(store, pieces(FULL, "One one.", "Two two."))
    kept = store.vectors(["One one.", "Two two.", "Three."])
    assert kept.keys() == {"One one.", "Two two."}
    assert all(np.allclose(kept[text], vector(text), atol=1e-6) for text in kept)
    assert store.vectors(["not there"]) == {} == store.vectors([])


def test_a_search_gives_the_nearest_first_with_its_cosine(store: DenseStore) -> None:
    put(store, pieces(FULL, "spy balloon", "weather balloon", "minister in moscow"))
    assert near(store, "weather balloon", 2) == ["weather balloon", "spy balloon"]
    assert near(store, "weather balloon", 2, [f"{FULL.file}#2", f"{FULL.file}#0"]) == [
        "spy balloon",
        "minister in moscow",
    ]
    assert near(store, "weather balloon", 2, []) == []
    for hit in store.hits(store.nearest(vector("weather balloon"), 2), vector("weather balloon")):
        cosine = float(vector(hit.chunk.text) @ vector("weather balloon"))
        assert hit.similarity == pytest.approx(cosine, abs=1e-5)


def test_an_empty_store_finds_nothing(store: DenseStore) -> None:
    assert near(store, "anything") == [] and len(store) == 0


def test_hits_give_the_similarity_of_named_chunks(store: DenseStore) -> None:
    chunks = pieces(FULL, "spy balloon", "weather balloon")
    put(store, chunks)
    (hit,) = store.hits([chunks[1].id, "not there"], vector("spy balloon"))
    assert hit.chunk == chunks[1]
    assert hit.similarity == pytest.approx(float(vector("weather balloon") @ vector("spy balloon")), abs=1e-5)
    assert store.hits([], vector("spy")) == []


def test_a_description_is_kept_and_opening_again_does_not_change_it(
    store: DenseStore, tmp_path: Path
) -> None:
    store.describe(state="clean", generation="1")
    again = DenseStore(Connection(tmp_path / "chroma"), "first", {"model": "other", "state": "new"})
    assert again.about == {"model": "words@1", "state": "clean", "generation": "1"} == store.about


def test_two_collections_do_not_see_each_other(store: DenseStore, tmp_path: Path) -> None:
    other = DenseStore(Connection(tmp_path / "chroma"), "second", {"model": "other"})
    put(store, pieces(BARE, "He left."))
    put(other, pieces(FULL, "She stayed."))
    assert near(store, "stayed") == ["He left."] and near(other, "left") == ["She stayed."]
    assert store.records().keys() == {BARE.file} and other.about == {"model": "other"}
    other.delete()
    assert len(store) == 1


def test_a_deleted_collection_is_gone_and_deleting_again_is_no_error(
    store: DenseStore, tmp_path: Path
) -> None:
    put(store, pieces(BARE, "He left."))
    for _ in range(2):
        store.delete()
    fresh = DenseStore(Connection(tmp_path / "chroma"), "first", {"state": "new"})
    assert len(fresh) == 0 and fresh.about == {"state": "new"}


def test_a_file_in_place_of_the_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "chroma").write_text("not a folder")
    with pytest.raises(
        IndexDamaged, match=r"^The index in .*chroma cannot be opened .*makes anew what is damaged\.$"
    ):
        DenseStore(Connection(tmp_path / "chroma"), "first", {"state": "new"})


def test_a_damaged_database_is_one_sentence_however_often_it_is_opened(tmp_path: Path) -> None:
    (tmp_path / "chroma.sqlite3").write_bytes(b"no database" * 100)
    for _ in range(2):
        with pytest.raises(IndexDamaged, match="cannot be opened"):
            DenseStore(Connection(tmp_path), "first", {"state": "new"})


def test_a_collection_deleted_by_another_program_is_one_sentence(store: DenseStore, tmp_path: Path) -> None:
    DenseStore(Connection(tmp_path / "chroma"), "first").delete()
    with pytest.raises(IndexDamaged, match="cannot be read"):
        len(store)
    with pytest.raises(IndexDamaged, match="cannot be written"):
        put(store, pieces(BARE, "He left."))
