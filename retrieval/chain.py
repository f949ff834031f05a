"""Quoth as a LangChain `Runnable`: a question and its history in, an `Answer` out.

`assemble(folder="seeds").invoke("Who met Belousov in Beijing?")` is all that a program needs.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from langchain_core.callbacks import CallbackManagerForChainRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import patch_config
from pydantic import ConfigDict

from retrieval import extractive, replies
from retrieval.articles import Limits
from retrieval.embedding import Remembering, Transformer
from retrieval.index import Index, Progress
from retrieval.intent import Intent, intent
from retrieval.question import Input, as_question
from retrieval.search import search
from retrieval.settings import Settings, load
from retrieval.spelling import mend
from retrieval.types import Answer, Filters, Passage, Question


class Retriever(BaseRetriever):
    """Quoth's hybrid search for any LangChain program.

    Each document's metadata hold the `Passage` itself, `file`, `start`, `end`, `line`, `title`, `date`,
    `publisher` and `score`.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    index: Index
    k: int = 8
    depth: int = 30

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002  # LangChain hands it in by name
        filters: Filters | None = None,
    ) -> list[Document]:
        index = self.index
        found = search(query, index.dense, index.lexical, index.embedder, self.k, filters, self.depth)
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
    """The chain: mend spelling, retrieve, choose sentences, cite or decline.

    Input is a string, a `Question`, or a mapping with `question` and, if wanted, `history` (turns as
    `{"question": …, "text": …}`). Safe to call from several threads.
    """

    def __init__(self, index: Index, settings: Settings) -> None:
        self.index = index
        self.settings = settings
        self.retriever = Retriever(index=index, k=settings.k, depth=settings.depth)

    def invoke(self, input: Input, config: RunnableConfig | None = None, **_: Any) -> Answer:
        """Answer a question. Raises InputError where it is empty or too long."""
        return self._call_with_config(self._answer, input, config, run_type="chain")

    def _answer(
        self, given: Input, run_manager: CallbackManagerForChainRun, config: RunnableConfig
    ) -> Answer:
        started = time.perf_counter()
        asked = as_question(given)
        child = patch_config(config, callbacks=run_manager.get_child())
        answer = self._reply(asked) or self._from_articles(asked, child)
        return replace(answer, question=asked.text, seconds=time.perf_counter() - started)

    def _reply(self, asked: Question) -> Answer | None:
        """The reply to a message that is no question about what the articles say, else None."""
        kind = intent(asked.text, self.index.embedder)
        return None if kind is Intent.QUESTION else replies.reply(kind, asked, self.index)

    def _from_articles(self, asked: Question, config: RunnableConfig) -> Answer:
        index = self.index
        text, passages = self.retrieve(asked, config)
        return extractive.answer(text, passages, index.lexical, index.embedder, self.settings.threshold)

    def retrieve(self, asked: Question, config: RunnableConfig | None = None) -> tuple[str, list[Passage]]:
        """The question with its spelling mended, and the passages found for it, best first."""
        text = mend(asked.text, self.index.lexical, self.index.embedder.knows)
        documents = self.retriever.invoke(text, config, filters=asked.filters)
        return text, [document.metadata["passage"] for document in documents]


def assemble(settings: Settings | None = None, *, progress: Progress | None = None, **flags: Any) -> Quoth:
    """The chain from settings, or from flags that are fields of `Settings`; indexes what changed first.

    Raises QuothError: its text is one sentence that says what to do.
    """
    settings = settings or load(**flags)
    index = open_index(settings)
    if not index.is_current():
        index.sync(progress)
    return Quoth(index, settings)


def open_index(settings: Settings, rebuild: bool = False) -> Index:
    """The index that the settings name, as it is on disk."""
    limits = Limits(size=settings.max_bytes, seconds=settings.parse_seconds, pages=settings.max_pages)
    embedder = Remembering(Transformer(settings.model))
    return Index(settings.folder, settings.data, embedder, limits, rebuild)
