from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from retrieval import dense, lexical
from retrieval.connection import Connection
from retrieval.dense import DenseStore, Entry, Record
from retrieval.lexical import LexicalIndex
from retrieval.search import fuse, nearest, search
from retrieval.timeframe import Days, Timeframe
from retrieval.types import Chunk, Filters, Passage, Source, Span
from tests.fakes import WordEmbedder

EMBEDDER = WordEmbedder()
TEXTS = {
    "a": "The minister visited Moscow on Monday.",
    "b": "A spy balloon flew over Ohio.",
    "c": "The river rose by two metres in the harbour.",
    "d": "Moscow was cold.",
}


def piece(id_: str, text: str = "", source: Source | None = None) -> Chunk:
    span = Span(0, len(text))
    return Chunk(id_, source or Source(f"{id_}.txt", "Untitled"), span, text, 1, None, (span,))


def filled(place: Path, *chunks: Chunk) -> tuple[DenseStore, LexicalIndex]:
    store, words = (
        DenseStore(Connection(place / "chroma"), "news", {"state": "new"}),
        LexicalIndex(place / "words"),
    )
    for chunk in chunks:
        record = Record("content", "print", 1, frozenset(), chunk.source)
        store.add([Entry([chunk], list(EMBEDDER.embed([chunk.text])), record)])
    with words.writing("g") as writer:
        writer.add(chunks)
    return store, words


@pytest.fixture
def sides(tmp_path: Path) -> tuple[DenseStore, LexicalIndex]:
    return filled(tmp_path, *(piece(id_, text) for id_, text in TEXTS.items()))


def ids(passages: list[Passage]) -> list[str]:
    return [passage.chunk.id for passage in passages]


def hits(*found: str) -> list[dense.Hit]:
    return [dense.Hit(piece(id_), 1 - rank / 10) for rank, id_ in enumerate(found, 1)]


def said(*found: str) -> list[lexical.Hit]:
    return [lexical.Hit(id_, 10.0 - rank) for rank, id_ in enumerate(found, 1)]


def test_fusion_sums_one_over_sixty_plus_the_rank() -> None:
    passages = fuse("abc", said("c", "d", "a"), hits(*"abcd"))
    assert ids(passages) == ["a", "c", "b", "d"]  # a and c tie at 1/61 + 1/63, b and d at 1/62
    assert [passage.score for passage in passages] == pytest.approx(
        [1 / 61 + 1 / 63, 1 / 63 + 1 / 61, 1 / 62, 1 / 62]
    )
    assert [(p.dense_rank, p.lexical_rank, p.bm25) for p in passages] == [
        (1, 3, 7.0),
        (3, 1, 9.0),
        (2, None, None),
        (None, 2, 8.0),
    ]
    assert [p.similarity for p in passages] == pytest.approx([0.9, 0.7, 0.8, 0.6])


def test_being_found_by_both_sides_beats_being_first_on_one() -> None:
    assert ids(fuse("ab", said("c", "b"), hits(*"abc"))) == ["b", "a", "c"]


def test_a_lexical_hit_without_its_chunk_is_left_out_and_keeps_its_rank() -> None:
    (passage,) = fuse("", said("lost", "d"), hits("d"))
    assert passage.chunk.id == "d" and passage.lexical_rank == 2


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [((), (), []), (("a", "b"), (), ["a", "b"]), ((), ("b", "a"), ["b", "a"])],
)
def test_either_side_may_find_nothing(one: tuple[str, ...], other: tuple[str, ...], found: list[str]) -> None:
    assert ids(fuse(one, said(*other), hits(*one, *other))) == found


def test_the_best_passage_is_first_with_both_ranks(sides: tuple[DenseStore, LexicalIndex]) -> None:
    best = search("Which minister visited Moscow?", *sides, EMBEDDER, k=8)[0]
    assert (best.chunk.id, best.dense_rank, best.lexical_rank) == ("a", 1, 1)
    assert best.chunk.text == TEXTS["a"] and best.bm25 and best.bm25 > 0
    cosine = (
        EMBEDDER.read([TEXTS["a"]])[0].vector @ EMBEDDER.read(["Which minister visited Moscow?"])[0].vector
    )
    assert best.similarity == pytest.approx(float(cosine), abs=1e-5)


@pytest.mark.parametrize(("k", "number"), [(1, 1), (2, 2), (4, 4), (50, 4)])
def test_at_most_k_passages_come_back_best_first(
    sides: tuple[DenseStore, LexicalIndex], k: int, number: int
) -> None:
    passages = search("Moscow minister", *sides, EMBEDDER, k=k)
    assert len(passages) == number
    assert [p.score for p in passages] == sorted((p.score for p in passages), reverse=True)


def test_a_chunk_that_only_its_words_find_has_its_similarity(sides: tuple[DenseStore, LexicalIndex]) -> None:
    passages = search("spy harbour", *sides, EMBEDDER, k=8, depth=1)
    assert len(passages) <= 2
    for passage in passages:
        cosine = EMBEDDER.read([passage.chunk.text])[0].vector @ EMBEDDER.read(["spy harbour"])[0].vector
        assert passage.similarity == pytest.approx(float(cosine), abs=1e-5)
        assert passage.dense_rank in (1, None) and passage.lexical_rank in (1, None)


def test_depth_bounds_what_each_side_gives(sides: tuple[DenseStore, LexicalIndex]) -> None:
    assert len(search("Moscow minister balloon river", *sides, EMBEDDER, k=8, depth=1)) <= 2
    assert len(search("zeppelin", *sides, EMBEDDER, k=8, depth=3)) == 3  # the dense side always has a nearest


def test_filters_bind_both_sides(tmp_path: Path) -> None:
    post = Source("post.txt", "P", "The Post", date=date(2023, 4, 17))
    wire = Source("wire.txt", "W", "The Wire", date=date(2023, 4, 18))
    sides = filled(tmp_path, piece("p", "talks in Moscow", post), piece("w", "talks in Moscow again", wire))
    for filters, found in [
        (Filters(), {"p", "w"}),
        (Filters("the post"), {"p"}),
        (Filters(since=date(2023, 4, 18)), {"w"}),
        (Filters(until=date(2023, 4, 17)), {"p"}),
        (Filters("The Post", since=date(2023, 4, 18)), set()),
    ]:
        assert set(ids(search("talks Moscow", *sides, EMBEDDER, k=8, filters=filters))) == found


def test_words_that_are_no_longer_in_the_dense_store_are_never_shown(
    sides: tuple[DenseStore, LexicalIndex],
) -> None:
    sides[0].remove(["b"])
    assert "b" not in ids(search("spy balloon Ohio", *sides, EMBEDDER, k=8))


def test_an_empty_index_has_no_passages(tmp_path: Path) -> None:
    assert search("Moscow", *filled(tmp_path), EMBEDDER, k=8) == []


@pytest.mark.parametrize(
    ("frame", "ranks"),
    [
        (Timeframe(newest=True), {"new": 1, "mid": 2, "old": 3, "none": 4}),
        (Timeframe(present=True), {"new": 1, "mid": 2, "old": 3, "none": 4}),
        (Timeframe(oldest=True), {"old": 1, "mid": 2, "new": 3, "none": 3}),
        (
            Timeframe(preferred=Days(date(2023, 5, 1), date(2023, 5, 31))),
            {"mid": 1, "old": 2, "new": 2, "none": 2},
        ),
    ],
)
def test_the_time_that_is_preferred_is_a_third_ranking(
    tmp_path: Path, frame: Timeframe, ranks: dict[str, int]
) -> None:
    days = {"none": None, "old": date(2022, 1, 1), "mid": date(2023, 5, 5), "new": date(2024, 9, 1)}
    chunks = [piece(id_, "talks in Moscow", Source(f"{id_}.txt", "T", date=day)) for id_, day in days.items()]
    sides = filled(tmp_path, *chunks)
    plain = {p.chunk.id: p.score for p in search("talks in Moscow", *sides, EMBEDDER, k=8)}
    steered = search("talks in Moscow", *sides, EMBEDDER, k=8, frame=frame)
    assert {p.chunk.id for p in steered} == set(plain) == set(days)  # it prefers, and leaves nothing out
    for passage in steered:
        id_ = passage.chunk.id
        assert passage.score - plain[id_] == pytest.approx(1 / (60 + ranks[id_]))
    assert [p.score for p in steered] == sorted((p.score for p in steered), reverse=True)


def test_a_question_that_prefers_no_time_is_searched_as_before(
    sides: tuple[DenseStore, LexicalIndex],
) -> None:
    plain = search("Moscow minister", *sides, EMBEDDER, k=8)
    assert search("Moscow minister", *sides, EMBEDDER, k=8, frame=Timeframe()) == plain


def test_undated_articles_are_found_as_before_where_a_time_is_preferred(
    sides: tuple[DenseStore, LexicalIndex],
) -> None:
    plain = search("Moscow minister", *sides, EMBEDDER, k=8)
    assert search("Moscow minister", *sides, EMBEDDER, k=8, frame=Timeframe(newest=True)) == plain


@pytest.mark.parametrize("many", [0, 2_000])
@pytest.mark.parametrize(
    "filters",
    [
        Filters("post 0"),
        Filters("post 1", until=date(2023, 1, 9)),
        Filters(since=date(2023, 1, 3)),
        Filters(since=date(2023, 1, 3), until=date(2023, 1, 3)),
        Filters("nobody"),
    ],
)
def test_a_filter_gives_the_nearest_that_pass_it_however_they_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filters: Filters, many: int
) -> None:
    monkeypatch.setattr("retrieval.search._MANY", many)
    chunks = [
        piece(
            f"{number:03}",
            f"{'Moscow ' * (number % 3)}talks {'on ' * (number % 7)}day {number}",
            Source(f"{number}.txt", "T", f"Post {number % 3}", date=date(2023, 1, 1 + number % 28)),
        )
        for number in range(120)
    ]
    store, words = filled(tmp_path, *chunks)
    vector = EMBEDDER.read(["Moscow talks"])[0].vector
    passing = [chunk.id for chunk in chunks if filters.admits(chunk.source)]
    best = sorted((hit.similarity for hit in store.hits(passing, vector)), reverse=True)[:8]
    found = nearest(vector, store, words, 8, filters)
    assert set(found) <= set(passing) and len(found) == min(8, len(passing))
    assert sorted((hit.similarity for hit in store.hits(found, vector)), reverse=True) == pytest.approx(best)
