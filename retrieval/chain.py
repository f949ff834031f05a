"""Quoth as a LangChain `Runnable`: a question and its history in, an `Answer` out.

`assemble(folder="seeds").invoke("Who met Belousov in Beijing?")` is all that a program needs. `stream` yields
what may be shown already, and the answer last.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from langchain_core.callbacks import CallbackManagerForChainRun
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import patch_config

from prompts.prompts import Asked, Prompts
from retrieval import extractive, reader, replies
from retrieval.articles import Limits
from retrieval.bridge import bridged
from retrieval.connection import connect
from retrieval.embedding import Remembering, Transformer
from retrieval.entailment import Entailment, TrainedEntailment
from retrieval.errors import EntailmentError, ReaderError, TooLate
from retrieval.follower import Follower
from retrieval.generative import Writer
from retrieval.index import Index, Progress
from retrieval.intent import Intent, intent
from retrieval.llm.model import open_model
from retrieval.llm.patience import Patience
from retrieval.llm.rewriting import adopted, goes_on, rewritten
from retrieval.llm.vetting import vetted
from retrieval.question import Input, as_question
from retrieval.reader import Reader, SpanReader
from retrieval.retriever import Retriever as Retriever
from retrieval.served import Served
from retrieval.settings import Settings, load
from retrieval.snapshot import collection_name
from retrieval.storage import Builds
from retrieval.support import Gate
from retrieval.types import Answer, Event, Passage, Question, Usage
from retrieval.understanding import Understood, understand

log = logging.getLogger(__name__)


class _Found(NamedTuple):
    """The answer that the articles' own sentences give, and what it was made of."""

    answer: Answer
    understood: Understood
    passages: list[Passage]


class Quoth(Runnable[Input, Event]):
    """The chain: understand, retrieve, choose or write sentences, cite or decline.

    Input is a string, a `Question`, or a mapping with `question` and, if wanted, `history` (turns as
    `{"question": …, "text": …}`). Safe to call from several threads.
    """

    def __init__(
        self,
        index: Index,
        settings: Settings,
        reader: Reader | None = None,
        gate: Gate | None = None,
        writer: Writer | None = None,
    ) -> None:
        """Without a reader it marks no answers, without a writer it quotes, without a gate all passes."""
        self.index = index
        self.reader = reader
        self.gate = gate
        self.writer = writer
        self.settings = settings
        self.retriever = Retriever(index=index, k=settings.k, depth=settings.depth, side=settings.search)

    def invoke(self, input: Input, config: RunnableConfig | None = None, **_: Any) -> Answer:
        """Answer a question. Raises InputError where it is empty or too long, TooLate past its deadline."""
        return _last(list(self.stream(input, config)))

    async def ainvoke(self, input: Input, config: RunnableConfig | None = None, **_: Any) -> Answer:
        """As `invoke`, without holding up the event loop; the work ends where the task is cancelled."""
        return _last([event async for event in self.astream(input, config)])

    def stream(self, input: Input, config: RunnableConfig | None = None, **_: Any) -> Iterator[Event]:
        """As `invoke`, step by step: each sentence of a language model as it passes, and the answer last.

        The answer counts: where the model fails half way, it is not made of what was said before.
        """
        return self._streamed(input, config, threading.Event())

    async def astream(
        self, input: Input, config: RunnableConfig | None = None, **_: Any
    ) -> AsyncIterator[Event]:
        """As `stream`; the work is done in a thread, and ends where nobody waits for it any more."""
        async for event in bridged(lambda gone: self._streamed(input, config, gone)):
            yield event

    def _streamed(
        self, input: Input, config: RunnableConfig | None, gone: threading.Event
    ) -> Iterator[Event]:
        def events(
            given: Iterator[Input], run_manager: CallbackManagerForChainRun, config: RunnableConfig
        ) -> Iterator[Event]:
            child = patch_config(config, callbacks=run_manager.get_child())
            return self._answered(next(given), gone, child)

        return self._transform_stream_with_config(iter([input]), events, config, run_type="chain")

    def _answered(self, given: Input, gone: threading.Event, config: RunnableConfig) -> Iterator[Event]:
        started = time.perf_counter()
        asked = as_question(given)
        patience = Patience(float("inf") if asked.deadline is None else asked.deadline, gone)
        for event in self._events(asked, patience, config):
            if isinstance(event, Answer):
                yield replace(event, question=asked.text, seconds=time.perf_counter() - started)
            else:
                yield event

    def _events(self, asked: Question, patience: Patience, config: RunnableConfig) -> Iterator[Event]:
        _in_time(patience)
        writing = patience.within(self.writer.model.seconds, _RESERVE) if self.writer else None
        understood = self.understand(asked)
        if reply := self._reply(asked, understood):
            yield reply
            return
        understood, usage = self._rewritten(asked, understood, writing, config)
        found = self._from_articles(understood, patience, config)
        for event in self._written(asked, found, writing, config):
            yield self._completed(event, found, usage) if isinstance(event, Answer) else event

    def _completed(self, answer: Answer, found: _Found, usage: Usage) -> Answer:
        understood = found.understood
        spent = usage + (answer.usage or Usage())
        return replace(
            answer,
            notes=(*understood.notes(answer), *answer.notes),
            understood=understood.text if understood.about else None,
            usage=spent if spent.calls else answer.usage,
        )

    def warm(self) -> None:
        """Load the models now, so that the first question does not wait for them."""
        self.index.embedder.read(["warm"])
        if self.reader:
            self.reader.warm()
        if self.writer:
            self.writer.model.warm()
            if judge := open_entailment(self.settings.data):
                judge.warm()

    def understand(self, asked: Question) -> Understood:
        """What the question means on its day, by rules."""
        return understand(asked, self.index, self._today(asked))

    def _today(self, asked: Question) -> dt.date:
        """The day of asking, which is else that of the settings, else the clock's."""
        return asked.today or self.settings.today or dt.date.today()

    def _rewritten(
        self, asked: Question, understood: Understood, writing: Patience | None, config: RunnableConfig
    ) -> tuple[Understood, Usage]:
        """What a question that goes on with a conversation means by the language model, else by rules."""
        writer = self.writer
        if not (writer and writing and asked.history and goes_on(understood)):
            return understood, Usage()
        text, usage = rewritten(asked.text, asked.history, writer.model, writer.prompts, writing, config)
        if text is None:
            return understood, usage
        alone = self.understand(replace(asked, text=text, history=()))
        return adopted(text, alone, understood), usage

    def _reply(self, asked: Question, understood: Understood) -> Answer | None:
        """The reply to a message that is no question about what the articles say, else None."""
        kind = intent(asked.text, self.index.embedder)
        if kind is Intent.QUESTION or (understood.about and kind not in _WHENEVER):
            return None
        return replies.reply(kind, asked, self.index)

    def _from_articles(self, understood: Understood, patience: Patience, config: RunnableConfig) -> _Found:
        found = self._searched(understood, patience, config)
        if not found.answer.answered and understood.beyond:
            beyond = self._searched(understood.beyond, patience, config)
            if any(
                understood.leaning.frame.is_stated(citation.quote) for citation in beyond.answer.citations[:1]
            ):
                found = beyond._replace(understood=understood)
        if self.gate:
            return found._replace(answer=vetted(found.answer, self.gate, self.settings.gate))
        return found

    def _searched(self, understood: Understood, patience: Patience, config: RunnableConfig) -> _Found:
        _in_time(patience)
        index, passages = self.index, self.passages(understood, config)
        _in_time(patience)
        answer = extractive.answer(
            understood.topic,
            passages,
            index.lexical,
            index.embedder,
            self.settings.threshold,
            understood.leaning,
            self.reader,
        )
        return _Found(answer, understood, passages)

    def _written(
        self, asked: Question, found: _Found, writing: Patience | None, config: RunnableConfig
    ) -> Iterator[Event]:
        """The language model's answer where there is one, else the one that is quoted."""
        if not (self.writer and writing and found.passages):
            yield found.answer
            return
        leaning = found.understood.leaning
        told = leaning.context if leaning.more else ""
        to = Asked(found.understood.text, self._today(asked), leaning.newest, told)
        yield from self.writer.answer(to, found.passages, found.answer, writing, config)

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


def _last(events: list[Event]) -> Answer:
    answer = events[-1]
    assert isinstance(answer, Answer)  # noqa: S101  # a stream ends with one
    return answer


def _in_time(patience: Patience) -> None:
    if patience.left < 0:
        raise TooLate("The question took too long and was given up: ask again, or ask something shorter.")


_RESERVE = 0.5  # seconds of a question's time that a language model must leave

_WHENEVER = (Intent.GREETING, Intent.THANKS, Intent.HELP)  # meant as such within a conversation too


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
    judge = open_entailment(settings.data, torch) if settings.llm else None  # quotes need none
    gate = Gate(judge)
    return Quoth(index, settings, open_reader(settings, torch), gate, open_writer(settings, gate))


def open_writer(settings: Settings, gate: Gate) -> Writer | None:
    """What has a language model write; None where the settings name none."""
    prompts = Prompts.load(settings.prompts)
    model = open_model(settings)
    return Writer(model, prompts, gate, settings.gate, settings.llm_tokens) if model else None


@cache
def open_entailment(data: Path | None = None, torch: bool = False) -> Entailment | None:
    """The trained judge, kept ready under `data`; None, with a warning once, where its file is unusable."""
    try:
        return TrainedEntailment(data=data, torch=torch)
    except EntailmentError as error:
        log.warning("%s", error)
        return None


def open_reader(settings: Settings, torch: bool = False) -> Reader | None:
    """The trained reader; None where the settings want none or, with a warning, its file is unusable."""
    if not settings.reader:
        return None
    try:
        return SpanReader(reader.FOLDER, settings.data, torch)
    except ReaderError as error:
        log.warning("%s", error)
        return None


def open_index(
    settings: Settings, rebuild: bool = False, torch: bool = False, indexing: bool = False
) -> Index:
    """The index that the settings name, as it is; `torch` runs the default model on torch too.

    One in a server is written only by who is `indexing`; others read it and follow.
    """
    limits = Limits.of(settings)
    embedder = Remembering(Transformer(settings.model, settings.data, torch))
    storage = open_storage(settings, indexing)
    if isinstance(storage, Served) and storage.read_only:
        return Follower(settings.folder, settings.data, embedder, storage, limits)
    return Index(settings.folder, settings.data, embedder, limits, rebuild, storage)


def open_storage(settings: Settings, indexing: bool = False) -> Builds | Served:
    """Where the settings want the index; nothing is opened or asked yet."""
    name = settings.collection or collection_name(settings.folder)
    if settings.chroma_url is None:
        return Builds(settings.data, name)
    return Served(settings.data, connect(settings), name, read_only=not indexing)
