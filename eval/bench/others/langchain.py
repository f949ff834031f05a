"""LangChain with Chroma, as its tutorial has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_chroma import Chroma  # type: ignore[import-not-found]
from langchain_huggingface import HuggingFaceEmbeddings  # type: ignore[import-not-found]

from eval.bench.others.timed import BEST, main

_BATCH = 1_000  # Chroma takes no more than some thousand at once


class LangChain:
    def __init__(self, given: Mapping[str, Any]) -> None:
        embeddings = HuggingFaceEmbeddings(model_name=given["model"])
        embeddings.embed_query("warm")
        self._store = Chroma("articles", embeddings, persist_directory=given["data"])

    def index(self, texts: Sequence[str]) -> None:
        for start in range(0, len(texts), _BATCH):
            self._store.add_texts(texts[start : start + _BATCH])

    def find(self, question: str) -> object:
        return self._store.similarity_search(question, k=BEST)


if __name__ == "__main__":
    main(LangChain)
