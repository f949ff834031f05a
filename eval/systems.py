"""The systems that can be measured, all through one interface: the product, its halves, and the tutorial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from eval.tutorial import Tutorial
from retrieval.chain import Quoth, open_index, open_reader
from retrieval.embedding import Transformer
from retrieval.index import Progress
from retrieval.reader import Marks, Reader
from retrieval.settings import Settings
from retrieval.types import Answer, Article, Chunk, Passage, Question

SYSTEMS = ("quoth", "lexical", "dense", "tutorial")


class System(Protocol):
    """What answers questions about a folder of articles."""

    def chunks(self) -> Sequence[Chunk]:
        """Every passage that it can find."""

    def found(self, question: Question, count: int) -> Sequence[Chunk]:
        """The `count` passages that it finds for a question, best first."""

    def answer(self, question: Question) -> Answer:
        """Its answer, or its refusal."""

    def insist(self, question: Question) -> Answer:
        """What it would answer if it declined nothing."""


class Product:
    """Quoth itself; the setting `search` takes one half of its search away."""

    def __init__(self, settings: Settings, progress: Progress | None = None) -> None:
        """Indexes the folder that the settings name, under the data folder that they name."""
        index = open_index(settings)
        index.sync(progress)
        reader = open_reader(settings)
        self._reader = Remembering(reader) if reader else None
        self._quoth = Quoth(index, settings, self._reader)
        self._insisting = Quoth(index, settings.model_copy(update={"threshold": 0.0}), self._reader)
        self._quoth.warm()

    def chunks(self) -> Sequence[Chunk]:
        index = self._quoth.index
        return [chunk for source, _ in index.sources() for chunk in index.dense.article(source.file)]

    def found(self, question: Question, count: int) -> Sequence[Chunk]:
        _, passages = self._quoth.retrieve(question, count)
        return [passage.chunk for passage in passages]

    def answer(self, question: Question) -> Answer:
        if self._reader:
            self._reader.forget()
        return self._quoth.invoke(question)

    def insist(self, question: Question) -> Answer:
        return self._insisting.invoke(question)


class Remembering:
    """A reader that reads no passage twice for one question, so that insisting costs no second reading."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._read: dict[tuple[str, str], Marks] = {}

    def forget(self) -> None:
        self._read.clear()

    def read(self, question: str, passages: Sequence[Passage]) -> list[Marks]:
        missing = [passage for passage in passages if (question, passage.chunk.id) not in self._read]
        for passage, marks in zip(missing, self._reader.read(question, missing), strict=True):
            self._read[question, passage.chunk.id] = marks
        return [self._read[question, passage.chunk.id] for passage in passages]

    def warm(self) -> None:
        self._reader.warm()


def opened(
    name: str,
    settings: Settings,
    articles: Mapping[str, Article],
    progress: Progress | None = None,
) -> System:
    """The system of that name over the folder of the settings; its `articles` are those of the folder."""
    if name == "tutorial":
        return Tutorial(articles, settings.data, Transformer(settings.model))
    return Product(settings.model_copy(update=_SIDES[name]), progress)


_SIDES: dict[str, dict[str, Any]] = {
    "quoth": {},
    "lexical": {"search": "lexical"},
    "dense": {"search": "dense"},
}
