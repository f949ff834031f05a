"""LlamaIndex with Chroma."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llama_index.core import StorageContext, VectorStoreIndex  # type: ignore[import-not-found]
from llama_index.core.schema import TextNode  # type: ignore[import-not-found]
from llama_index.embeddings.huggingface import HuggingFaceEmbedding  # type: ignore[import-not-found]
from llama_index.vector_stores.chroma import ChromaVectorStore  # type: ignore[import-not-found]

from eval.bench.others.timed import BEST, main


class LlamaIndex:
    def __init__(self, given: Mapping[str, Any]) -> None:
        embeddings = HuggingFaceEmbedding(model_name=given["model"])
        embeddings.get_query_embedding("warm")
        store = ChromaVectorStore.from_params(collection_name="articles", persist_dir=given["data"])
        context = StorageContext.from_defaults(vector_store=store)
        self._index = VectorStoreIndex([], storage_context=context, embed_model=embeddings)
        self._retriever = self._index.as_retriever(similarity_top_k=BEST)

    def index(self, texts: Sequence[str]) -> None:
        self._index.insert_nodes([TextNode(text=text) for text in texts])

    def find(self, question: str) -> object:
        return self._retriever.retrieve(question)


if __name__ == "__main__":
    main(LlamaIndex)
