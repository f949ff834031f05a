"""The systems that can be measured, all through one interface: the product, its halves, and the tutorial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from eval.tutorial import Tutorial
from retrieval.chain import Quoth, over
from retrieval.embedding import Transformer
from retrieval.errors import InputError
from retrieval.index import Progress
from retrieval.opening import open_index
from retrieval.reader import Marks, Reader
from retrieval.settings import Settings
from retrieval.types import Answer, Article, Chunk, Passage, Question

SYSTEMS = ("quoth", "lexical", "dense", "tutorial", "llm")


class System(Protocol):
    """What answers questions about a folder of articles."""

    def chunks(self) -> Sequence[Chunk]:
        """Every passage that it can find."""

    def found(self, question: Question, count: int) -> Sequence[Chunk]:
        """The `count` passages that it finds for a question, best first."""

    def answer(self, question: Question) -> Answer:
        """Its answer, or its refusal."""

    def insist(self, question: Question) -> Answer:
        """What it would answer if it declined nothing: where a language model declines, what is quoted."""


class Product:
    """Quoth itself; the setting `search` takes one half of its search away, `llm` has a model write."""

    def __init__(self, settings: Settings, progress: Progress | None = None, torch: bool = False) -> None:
        """Indexes the folder that the settings name, under the data folder that they name."""
        index = open_index(settings, torch=torch)
        self._quoth = over(index, settings, torch)  # first: what is wrong with the model is told at once
        index.sync(progress)
        self._reader = Remembering(self._quoth.reader) if self._quoth.reader else None
        self._quoth.reader = self._reader
        undeclining = settings.model_copy(update={"threshold": 0.0})
        self._insisting = Quoth(index, undeclining, self._reader, self._quoth.gate)
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
    torch: bool = False,
) -> System:
    """The system of that name over the folder of the settings; its `articles` are those of the folder.

    The product runs its models on torch where `torch` is meant. Raises InputError where a language model is
    wanted and the settings name none.
    """
    if name == "tutorial":
        return Tutorial(articles, settings.data, Transformer(settings.model, settings.data))
    if name == "llm" and settings.llm is None:
        raise InputError(
            "--system llm needs a language model: set QUOTH_LLM, for example to ollama:llama3.2, "
            "or measure the product without one by --system quoth."
        )
    return Product(settings.model_copy(update=_CHANGES[name]), progress, torch)


_CHANGES: dict[str, dict[str, Any]] = {  # to the settings
    "quoth": {"llm": None},
    "lexical": {"llm": None, "search": "lexical"},
    "dense": {"llm": None, "search": "dense"},
    "llm": {},
}
