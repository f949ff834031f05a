"""Haystack with Chroma: a pipeline that embeds and writes, and one that embeds and finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from haystack import Document, Pipeline  # type: ignore[import-not-found]
from haystack.components.writers import DocumentWriter  # type: ignore[import-not-found]
from haystack_integrations.components.embedders.sentence_transformers import (  # type: ignore[import-not-found]
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)
from haystack_integrations.components.retrievers.chroma import (  # type: ignore[import-not-found]
    ChromaEmbeddingRetriever,
)
from haystack_integrations.document_stores.chroma import ChromaDocumentStore  # type: ignore[import-not-found]

from eval.bench.others.timed import BEST, main


class Haystack:
    def __init__(self, given: Mapping[str, Any]) -> None:
        store = ChromaDocumentStore("articles", persist_path=given["data"], distance_function="cosine")
        self._indexing, self._finding = Pipeline(), Pipeline()
        self._indexing.add_component("embedder", _documents(given["model"]))
        self._indexing.add_component("writer", DocumentWriter(store))
        self._indexing.connect("embedder", "writer")
        self._finding.add_component("embedder", _question(given["model"]))
        self._finding.add_component("retriever", ChromaEmbeddingRetriever(store, top_k=BEST))
        self._finding.connect("embedder.embedding", "retriever.query_embedding")

    def index(self, texts: Sequence[str]) -> None:
        documents = [Document(id=str(number), content=text) for number, text in enumerate(texts)]
        self._indexing.run({"embedder": {"documents": documents}})

    def find(self, question: str) -> object:
        return self._finding.run({"embedder": {"text": question}})


def _documents(model: str) -> SentenceTransformersDocumentEmbedder:
    embedder = SentenceTransformersDocumentEmbedder(model=model, progress_bar=False)
    embedder.warm_up()
    return embedder


def _question(model: str) -> SentenceTransformersTextEmbedder:
    embedder = SentenceTransformersTextEmbedder(model=model, progress_bar=False)
    embedder.warm_up()
    return embedder


if __name__ == "__main__":
    main(Haystack)
