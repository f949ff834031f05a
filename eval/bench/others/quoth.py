"""Quoth itself: it reads and cuts the articles, too, keeps a word index, and searches both ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.bench.others.timed import BEST, main
from retrieval.opening import open_index
from retrieval.retriever import Retriever
from retrieval.settings import Settings


class Quoth:
    def __init__(self, given: Mapping[str, Any]) -> None:
        self._index = open_index(Settings(folder=Path(given["folder"]), data=Path(given["data"]), llm=None))
        self._index.embedder.read(["warm"])
        self._index.embedder.embed(["warm"])
        self._retriever = Retriever(index=self._index, k=BEST)

    def index(self, texts: Sequence[str]) -> None:
        found = self._index.sync().chunks
        assert found == len(texts)  # noqa: S101  # they are the chunks of the same articles

    def find(self, question: str) -> object:
        return self._retriever.invoke(question)


if __name__ == "__main__":
    main(Quoth)
