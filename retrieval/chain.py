"""Quoth as a LangChain `Runnable`: a question and its history in, an `Answer` out.

`assemble(folder="seeds").invoke("Who met Belousov in Beijing?")` is all that a program needs. `stream` yields
what may be shown already, and the answer last.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from langchain_core.callbacks import CallbackManagerForChainRun
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import patch_config

from retrieval.answering import Answering
from retrieval.index import Index, Progress
from retrieval.opening import open_index, open_readers
from retrieval.question import Input
from retrieval.retriever import Retriever as Retriever
from retrieval.settings import Settings, load
from retrieval.timeframe import Timeframe
from retrieval.types import Event, Filters, Passage


class Quoth(Answering, Runnable[Input, Event]):
    """The chain: each question is a run of LangChain's, and in it its search and its calls of a model."""

    @cached_property
    def retriever(self) -> Retriever:
        """Its search, for other programs of LangChain's too."""
        settings = self.settings
        return Retriever(index=self.index, k=settings.k, depth=settings.depth, side=settings.search)

    def _streamed(
        self, input: Input, config: RunnableConfig | None, gone: threading.Event
    ) -> Iterator[Event]:
        def events(
            given: Iterator[Input], run_manager: CallbackManagerForChainRun, config: RunnableConfig
        ) -> Iterator[Event]:
            child = patch_config(config, callbacks=run_manager.get_child())
            return self._answered(next(given), gone, child)

        return self._transform_stream_with_config(iter([input]), events, config, run_type="chain")

    def _found(
        self, query: str, filters: Filters, frame: Timeframe, k: int, config: RunnableConfig | None
    ) -> list[Passage]:
        documents = self.retriever.invoke(query, config, filters=filters, frame=frame, k=k)
        return [document.metadata["passage"] for document in documents]


def assemble(settings: Settings | None = None, *, progress: Progress | None = None, **flags: Any) -> Quoth:
    """The chain from settings, or from flags that are fields of `Settings`; indexes what changed first.

    An index in a server is another program's to write, and asked when it is needed.

    Raises QuothError: its text is one sentence that says what to do.
    """
    settings = settings or load(**flags)
    index = open_index(settings)
    if not (index.is_read_only or index.is_current()):
        index.sync(progress)
    return over(index, settings)


def over(index: Index, settings: Settings, torch: bool = False) -> Quoth:
    """The chain over an index, with all that the settings want. Raises QuothError, as `assemble` does."""
    return Quoth(index, settings, *open_readers(settings, torch))
