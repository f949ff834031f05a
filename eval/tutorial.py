"""The baseline: the pipeline of the usual tutorial, over the same articles with the same model.

Chunks of 1,000 characters that overlap by 200, embedded into Chroma, the best 4 by cosine. It answers with
whole chunks and never declines. Where its chunks overlap, the same evidence counts as two relevant passages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from retrieval.connection import Connection
from retrieval.dense import DenseStore, Entry, Hit, Record
from retrieval.embedding import Embedder
from retrieval.types import Answer, Article, Chunk, Question, Sentence, Span

_SIZE = 1_000
_OVERLAP = 200
_BEST = 4


class Tutorial:
    """Indexes `articles` under `data` and answers with their best chunks."""

    def __init__(self, articles: Mapping[str, Article], data: Path, embedder: Embedder) -> None:
        self._embedder = embedder
        self._store = DenseStore(Connection(data / "chroma"), "tutorial", {"model": embedder.id})
        self._chunks: list[Chunk] = []
        for article in articles.values():
            chunks = _cut(article)
            self._chunks += chunks
            record = Record("", "", len(chunks), frozenset(), article.source)
            vectors = embedder.embed([chunk.text for chunk in chunks])
            self._store.add([Entry(chunks, list(vectors), record)])

    def chunks(self) -> Sequence[Chunk]:
        return self._chunks

    def found(self, question: Question, count: int) -> Sequence[Chunk]:
        return [hit.chunk for hit in self._hits(question, count)]

    def answer(self, question: Question) -> Answer:
        hits = self._hits(question, _BEST)
        citations = tuple(hit.chunk.cite(number, hit.chunk.span) for number, hit in enumerate(hits, 1))
        sentences = tuple(Sentence(citation.quote, (citation.number,)) for citation in citations)
        confidence = min(max([0.0, *(hit.similarity for hit in hits)]), 1.0)
        return Answer(question.text, bool(hits), sentences, citations, confidence=confidence)

    def insist(self, question: Question) -> Answer:
        return self.answer(question)

    def _hits(self, question: Question, count: int) -> list[Hit]:
        vector = self._embedder.read([question.text])[0].vector
        hits = self._store.hits(self._store.nearest(vector, count), vector)
        return sorted(hits, key=lambda hit: -hit.similarity)


def _cut(article: Article) -> list[Chunk]:
    """Like LangChain's recursive splitter, at the last blank within reach; offsets carried, not searched."""
    text, start = article.text, 0
    chunks: list[Chunk] = []
    while start < len(text):
        end = min(start + _SIZE, len(text))
        if end < len(text):
            reach = (start + _OVERLAP + 1, end)
            blank = max(text.rfind("\n", *reach), text.rfind(" ", *reach))
            end = blank if blank > 0 else end
        span = Span(start, end)
        chunks.append(
            Chunk(
                id=f"{article.source.file}#{len(chunks)}",
                source=article.source,
                span=span,
                text=span.of(text),
                line=article.line(start),
                page=article.page(start),
                sentences=(span,),
            )
        )
        start = len(text) if end == len(text) else end - _OVERLAP
    return chunks
