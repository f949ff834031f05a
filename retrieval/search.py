"""Hybrid search: the dense and the lexical side, each to a depth, fused by reciprocal rank."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from retrieval import dense, lexical
from retrieval.dense import DenseStore
from retrieval.embedding import Embedder, Vectors
from retrieval.index import Index
from retrieval.lexical import LexicalIndex
from retrieval.timeframe import Timeframe
from retrieval.types import Filters, Passage

Side = Literal["hybrid", "dense", "lexical"]

DEPTH = 30  # taken from each side before they are fused
_MORE = 2  # times as many are searched as should hold enough that pass a filter
_MANY = 2_000  # searched at once: then looking only at what passes is quicker
_RRF = 60  # Cormack, Clarke and Büttcher, SIGIR 2009


def search(
    query: str,
    store: DenseStore,
    words: LexicalIndex,
    embedder: Embedder,
    k: int,
    filters: Filters | None = None,
    depth: int = DEPTH,
    frame: Timeframe | None = None,
    side: Side = "hybrid",
) -> list[Passage]:
    """The best `k` passages for `query`, best first; fewer where the articles hold fewer.

    What `frame` prefers is a third ranking beside those of the dense and the lexical side. With one `side`
    only that one is searched.
    """
    filters = filters or Filters()
    vector = embedder.read([query])[0].vector
    near = nearest(vector, store, words, depth, filters) if side != "lexical" else []
    said = words.search(query, depth, filters) if side != "dense" else []
    hits = store.hits(list(dict.fromkeys([*near, *(hit.id for hit in said)])), vector)
    return _preferred(fuse(near, said, hits), frame)[:k]


def found(
    query: str,
    index: Index,
    k: int,
    filters: Filters | None = None,
    depth: int = DEPTH,
    frame: Timeframe | None = None,
    side: Side = "hybrid",
) -> list[Passage]:
    """As `search`, at least `k` deep, in one state of an index, though it may be written meanwhile."""
    depth = max(k, depth)
    return index.read(
        lambda at: search(query, at.dense, at.lexical, index.embedder, k, filters, depth, frame, side)
    )


def nearest(
    vector: Vectors, store: DenseStore, words: LexicalIndex, limit: int, filters: Filters
) -> list[str]:
    """The ids of the chunks nearest to `vector` that pass the filters, nearest first.

    The words know what passes a filter, which Chroma finds out slowly. Where many pass, more are searched
    than are wanted; where few do, or the others are all nearer, only those that pass are searched.
    """
    if filters == Filters():
        return store.nearest(vector, limit)
    passing = words.count(filters)
    if not passing:
        return []
    wanted = math.ceil(_MORE * limit * len(words) / passing)
    if wanted <= _MANY:
        near = store.nearest(vector, wanted)
        admitted = words.passing(filters, near)
        if len(admitted) >= limit:
            return [id_ for id_ in near if id_ in admitted][:limit]
    return store.nearest(vector, limit, sorted(words.passing(filters)))


def _preferred(found: Sequence[Passage], frame: Timeframe | None) -> list[Passage]:
    days = [passage.chunk.source.date for passage in found if passage.chunk.source.date]
    if frame is None or not frame.prefers or not days:
        return list(found)
    liking = [frame.preference(passage.chunk.source.date, max(days)) for passage in found]
    ranks = {like: rank for rank, like in enumerate(sorted(set(liking), reverse=True), 1)}
    fused = [
        replace(passage, score=passage.score + 1 / (_RRF + ranks[like]))
        for passage, like in zip(found, liking, strict=True)
    ]
    return sorted(fused, key=lambda passage: (-passage.score, passage.chunk.id))


def fuse(near: Sequence[str], said: Sequence[lexical.Hit], hits: Sequence[dense.Hit]) -> list[Passage]:
    """Both rankings as one, by reciprocal rank fusion: the score is the sum of 1 / (60 + rank).

    `hits` are the chunks of both; what has none is left out, since the dense store is the truth.
    """
    by_meaning = {id_: rank for rank, id_ in enumerate(near, 1)}
    by_words = {hit.id: (rank, hit.score) for rank, hit in enumerate(said, 1)}
    passages = [
        _passage(hit, by_meaning.get(hit.chunk.id), *by_words.get(hit.chunk.id, (None, None))) for hit in hits
    ]
    return sorted(passages, key=lambda passage: (-passage.score, passage.chunk.id))


def _passage(hit: dense.Hit, dense_rank: int | None, lexical_rank: int | None, bm25: float | None) -> Passage:
    return Passage(
        chunk=hit.chunk,
        score=sum(1 / (_RRF + rank) for rank in (dense_rank, lexical_rank) if rank),
        similarity=hit.similarity,
        dense_rank=dense_rank,
        lexical_rank=lexical_rank,
        bm25=bm25,
    )
