"""Quoth as a LangChain `Runnable`: a question and its history in, an `Answer` out.

`assemble(folder="seeds").invoke("Who met Belousov in Beijing?")` is all that a program needs.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from dataclasses import replace
from typing import Any

from langchain_core.callbacks import CallbackManagerForChainRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import patch_config
from pydantic import ConfigDict

from retrieval import extractive, reader, replies
from retrieval.articles import Limits
from retrieval.embedding import Remembering, Transformer
from retrieval.errors import ReaderError, TooLate
from retrieval.index import Index, Progress
from retrieval.intent import Intent, intent
from retrieval.question import Input, as_question
from retrieval.reader import Reader, SpanReader
from retrieval.search import Side, search
from retrieval.settings import Settings, load
from retrieval.timeframe import Timeframe
from retrieval.types import Answer, Filters, Passage, Question
from retrieval.understanding import Understood, understand

log = logging.getLogger(__name__)


class Retriever(BaseRetriever):
    """Quoth's hybrid search for any LangChain program.

    Each document's metadata hold the `Passage` itself, `file`, `start`, `end`, `line`, `title`, `date`,
    `publisher` and `score`.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    index: Index
    k: int = 12
    depth: int = 30
    side: Side = "hybrid"

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002  # LangChain hands it in by name
        filters: Filters | None = None,
        frame: Timeframe | None = None,
        k: int | None = None,
    ) -> list[Document]:
        index, k = self.index, k or self.k
        found = search(
            query,
            index.dense,
            index.lexical,
            index.embedder,
            k,
            filters,
            max(k, self.depth),
            frame,
            self.side,
        )
        return [_document(passage) for passage in found]


def _document(passage: Passage) -> Document:
    chunk = passage.chunk
    about = {
        "passage": passage,
        "score": passage.score,
        "file": chunk.source.file,
        "start": chunk.span.start,
        "end": chunk.span.end,
        "line": chunk.line,
        "title": chunk.source.title,
        "date": chunk.source.iso_date,
        "publisher": chunk.source.publisher,
    }
    return Document(page_content=chunk.text, metadata=about, id=chunk.id)


class Quoth(Runnable[Input, Answer]):
    """The chain: understand, retrieve, choose sentences, cite or decline.

    Input is a string, a `Question`, or a mapping with `question` and, if wanted, `history` (turns as
    `{"question": …, "text": …}`). Safe to call from several threads.
    """

    def __init__(self, index: Index, settings: Settings, reader: Reader | None = None) -> None:
        """Without a reader it quotes sentences, and marks no answers in them."""
        self.index = index
        self.reader = reader
        self.settings = settings
        self.retriever = Retriever(index=index, k=settings.k, depth=settings.depth, side=settings.search)

    def invoke(self, input: Input, config: RunnableConfig | None = None, **_: Any) -> Answer:
        """Answer a question. Raises InputError where it is empty or too long, TooLate past its deadline."""
        return self._call_with_config(self._answer, input, config, run_type="chain")

    def _answer(
        self, given: Input, run_manager: CallbackManagerForChainRun, config: RunnableConfig
    ) -> Answer:
        started = time.perf_counter()
        asked = as_question(given)
        child = patch_config(config, callbacks=run_manager.get_child())
        _in_time(asked)
        understood = self.understand(asked)
        answer = self._reply(asked, understood) or self._from_articles(asked, understood, child)
        return replace(answer, question=asked.text, seconds=time.perf_counter() - started)

    def warm(self) -> None:
        """Load the models now, so that the first question does not wait for them."""
        self.index.embedder.read(["warm"])
        if self.reader:
            self.reader.warm()

    def understand(self, asked: Question) -> Understood:
        """What the question means on its day, which is else that of the settings, else the clock's."""
        return understand(asked, self.index, asked.today or self.settings.today or dt.date.today())

    def _reply(self, asked: Question, understood: Understood) -> Answer | None:
        """The reply to a message that is no question about what the articles say, else None."""
        kind = intent(asked.text, self.index.embedder)
        if kind is Intent.QUESTION or (understood.about and kind not in _WHENEVER):
            return None
        return replies.reply(kind, asked, self.index)

    def _from_articles(self, asked: Question, understood: Understood, config: RunnableConfig) -> Answer:
        answer = self._searched(asked, understood, config)
        if not answer.answered and understood.beyond:
            stated = self._searched(asked, understood.beyond, config)
            if any(understood.leaning.frame.is_stated(citation.quote) for citation in stated.citations[:1]):
                answer = stated
        return replace(
            answer,
            notes=(*understood.notes(answer), *answer.notes),
            understood=understood.text if understood.about else None,
        )

    def _searched(self, asked: Question, understood: Understood, config: RunnableConfig) -> Answer:
        _in_time(asked)
        index, found = self.index, self.passages(understood, config)
        _in_time(asked)
        return extractive.answer(
            understood.topic,
            found,
            index.lexical,
            index.embedder,
            self.settings.threshold,
            understood.leaning,
            self.reader,
        )

    def retrieve(self, asked: Question, k: int | None = None) -> tuple[str, list[Passage]]:
        """The question as it is searched, and the passages found for it, best first: `k`, else as set."""
        understood = self.understand(asked)
        return understood.topic, self.passages(understood, k=k)

    def passages(
        self, understood: Understood, config: RunnableConfig | None = None, k: int | None = None
    ) -> list[Passage]:
        """The passages found for a question, best first: `k`, else as many as are set."""
        documents = self.retriever.invoke(
            understood.topic, config, filters=understood.filters, frame=understood.leaning.frame, k=k
        )
        return [document.metadata["passage"] for document in documents]


def _in_time(asked: Question) -> None:
    if asked.deadline is not None and time.monotonic() > asked.deadline:
        raise TooLate("The question took too long and was given up: ask again, or ask something shorter.")


_WHENEVER = (Intent.GREETING, Intent.THANKS, Intent.HELP)  # meant as such within a conversation too


def assemble(settings: Settings | None = None, *, progress: Progress | None = None, **flags: Any) -> Quoth:
    """The chain from settings, or from flags that are fields of `Settings`; indexes what changed first.

    Raises QuothError: its text is one sentence that says what to do.
    """
    settings = settings or load(**flags)
    index = open_index(settings)
    if not index.is_current():
        index.sync(progress)
    return Quoth(index, settings, open_reader(settings))


def open_reader(settings: Settings) -> Reader | None:
    """The trained reader; None where the settings want none or, with a warning, its file is unusable."""
    if not settings.reader:
        return None
    try:
        return SpanReader(reader.FOLDER)
    except ReaderError as error:
        log.warning("%s", error)
        return None


def open_index(settings: Settings, rebuild: bool = False) -> Index:
    """The index that the settings name, as it is on disk."""
    limits = Limits.of(settings)
    embedder = Remembering(Transformer(settings.model))
    return Index(settings.folder, settings.data, embedder, limits, rebuild)
