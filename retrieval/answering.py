"""From a question and its history to an `Answer`, over an index; `chain` makes it a `Runnable`."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from prompts.prompts import Asked
from retrieval import extractive, language, opening, replies
from retrieval.bridge import bridged
from retrieval.errors import TooLate
from retrieval.generative import Writer
from retrieval.index import Index
from retrieval.intent import Intent, intent
from retrieval.llm.patience import Patience
from retrieval.llm.rewriting import adopted, goes_on, rewritten
from retrieval.llm.vetting import vetted
from retrieval.onnx.network import cores
from retrieval.question import Input, as_question
from retrieval.reader import Reader
from retrieval.search import found
from retrieval.settings import Settings
from retrieval.support import Gate
from retrieval.turns import Turns
from retrieval.types import Answer, Event, Filters, Passage, Question, Usage
from retrieval.understanding import Understood, understand

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig  # to load LangChain takes as long as to answer

    from retrieval.timeframe import Timeframe


class _Found(NamedTuple):
    """The answer that the articles' own sentences give, and what it was made of."""

    answer: Answer
    understood: Understood
    passages: list[Passage]


class Answering:
    """Understands, retrieves, chooses or writes sentences, cites or declines. Knows no LangChain.

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
        self._turns = Turns(cores())

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
        return self._answered(input, gone, config)

    def _answered(
        self, given: Input, gone: threading.Event, config: RunnableConfig | None
    ) -> Iterator[Event]:
        started = time.perf_counter()
        asked = as_question(given)
        patience = Patience(float("inf") if asked.deadline is None else asked.deadline, gone)
        for event in self._events(asked, patience, config):
            if isinstance(event, Answer):
                yield replace(event, question=asked.text, seconds=time.perf_counter() - started)
            else:
                yield event

    def _events(self, asked: Question, patience: Patience, config: RunnableConfig | None) -> Iterator[Event]:
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
        language.warm()
        if self.reader:
            self.reader.warm()
        if self.writer:
            self.writer.model.warm()
            if judge := opening.open_entailment(self.settings.data):
                judge.warm()

    def understand(self, asked: Question) -> Understood:
        """What the question means on its day, by rules."""
        return understand(asked, self.index, self._today(asked))

    def _today(self, asked: Question) -> dt.date:
        """The day of asking, which is else that of the settings, else the clock's."""
        return asked.today or self.settings.today or dt.date.today()

    def _rewritten(
        self, asked: Question, understood: Understood, writing: Patience | None, config: RunnableConfig | None
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

    def _from_articles(
        self, understood: Understood, patience: Patience, config: RunnableConfig | None
    ) -> _Found:
        _in_time(patience)
        passages = self.passages(understood, config)
        with self._turns.taken(lambda: _in_time(patience)):  # one turn, however often it is tried
            found = self._chosen(understood, passages, patience)
            if not found.answer.answered and understood.beyond:
                beyond = self._chosen(understood.beyond, self.passages(understood.beyond, config), patience)
                if any(
                    understood.leaning.frame.is_stated(citation.quote)
                    for citation in beyond.answer.citations[:1]
                ):
                    found = beyond._replace(understood=understood)
        if self.gate:
            return found._replace(answer=vetted(found.answer, self.gate, self.settings.gate))
        return found

    def _chosen(self, understood: Understood, passages: list[Passage], patience: Patience) -> _Found:
        """The answer in the passages' own sentences."""
        _in_time(patience)
        answer = extractive.answer(
            understood.topic,
            passages,
            self.index.lexical,
            self.index.embedder,
            self.settings.threshold,
            understood.leaning,
            self.reader,
        )
        return _Found(answer, understood, passages)

    def _written(
        self, asked: Question, found: _Found, writing: Patience | None, config: RunnableConfig | None
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
        k = k or self.settings.k
        return self._found(understood.topic, understood.filters, understood.leaning.frame, k, config)

    def _found(
        self, query: str, filters: Filters, frame: Timeframe, k: int, _: RunnableConfig | None
    ) -> list[Passage]:
        settings = self.settings
        return found(query, self.index, k, filters, settings.depth, frame, settings.search)


def _last(events: list[Event]) -> Answer:
    answer = events[-1]
    assert isinstance(answer, Answer)  # noqa: S101  # a stream ends with one
    return answer


def _in_time(patience: Patience) -> None:
    if patience.left < 0:
        raise TooLate("The question took too long and was given up: ask again, or ask something shorter.")


_RESERVE = 0.5  # seconds of a question's time that a language model must leave

_WHENEVER = (Intent.GREETING, Intent.THANKS, Intent.HELP)  # meant as such within a conversation too
