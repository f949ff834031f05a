"""Questions to a running program over one index: how long each takes, alone and with others at once."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from eval.bench.times import summed
from retrieval.chain import Quoth, over
from retrieval.embedding import Embedder, Remembering, Transformer
from retrieval.index import Index
from retrieval.intent import intent
from retrieval.opening import open_index
from retrieval.settings import Settings
from retrieval.types import Filters, Source

_AT_ONCE = 20  # askers


def measure(folder: str, data: str, questions: Sequence[str], server: str | None = None) -> dict[str, Any]:
    """Seconds of retrieval alone, with and without filters, and of whole answers.

    Every measurement begins with nothing remembered of an earlier one, as if each question were new. With the
    address of a `server`, of a program that reads its vectors there; `behind` are the seconds in which that,
    which has nothing yet, takes over the words.
    """
    settings = Settings(folder=Path(folder), data=Path(data), llm=None, chroma_url=server)
    model = Transformer(settings.model, settings.data)
    index = open_index(settings)
    behind = {"behind": index.sync().seconds} if server else {}
    quoth = over(index, settings)
    quoth.warm()
    asking = Asking(quoth, questions, lambda: _forget(index, model, questions[0]))
    sources = index.sources()
    alone = asking.answers()
    return {
        "chunks": sum(count for _, count in sources),
        "questions": len(questions),
        **behind,
        "retrieval": {name: asking.retrieval(filters) for name, filters in _kinds(sources).items()},
        "shares": {name: _share(filters, sources) for name, filters in _kinds(sources).items()},
        "answer": summed(alone),
        "at_once": asking.at_once(sum(alone)),
    }


class Asking:
    """The same questions in the same order, each time anew; `forget` empties what the program remembers."""

    def __init__(self, quoth: Quoth, questions: Sequence[str], forget: Callable[[], None]) -> None:
        self._quoth = quoth
        self._questions = questions
        self._forget = forget

    def retrieval(self, filters: Filters) -> dict[str, float]:
        """Seconds of the chain's own search, the embedding of the question included."""

        def ask(question: str) -> None:
            self._quoth.retriever.invoke(question, filters=filters)

        return summed(self._taken(ask))

    def answers(self) -> list[float]:
        """Seconds from each question to its whole answer."""
        return self._taken(self._quoth.invoke)

    def at_once(self, alone: float) -> dict[str, float]:
        """Many askers, each with a question at a time, against one who took `alone` seconds for them all."""
        self._forget()
        started = time.perf_counter()
        with ThreadPoolExecutor(_AT_ONCE) as askers:
            taken = list(askers.map(lambda question: _timed(self._quoth.invoke, question), self._questions))
        together = time.perf_counter() - started
        return {"askers": _AT_ONCE, "throughput": round(alone / together, 3), **summed(taken)}

    def _taken(self, ask: Callable[[str], object]) -> list[float]:
        self._forget()
        return [_timed(ask, question) for question in self._questions]


def _timed(ask: Callable[[str], object], question: str) -> float:
    started = time.perf_counter()
    ask(question)
    return time.perf_counter() - started


def _forget(index: Index, model: Embedder, question: str) -> None:
    index.embedder = Remembering(model)
    intent(question, index.embedder)  # its own examples stay known, whatever is asked


def _kinds(sources: Sequence[tuple[Source, int]]) -> dict[str, Filters]:
    """No filter; and by publisher, year and month, where the articles have them."""
    kinds = {"all": Filters()}
    publishers = Counter(source.publisher for source, _ in sources if source.publisher).most_common()
    if publishers:
        kinds["publisher"] = Filters(publisher=publishers[len(publishers) // 2][0])
    days = sorted(source.date for source, _ in sources if source.date)
    if days:
        first = days[len(days) // 2]
        kinds["year"] = Filters(since=first, until=first + dt.timedelta(364))
        kinds["month"] = Filters(since=first, until=first + dt.timedelta(29))
    return kinds


def _share(filters: Filters, sources: Sequence[tuple[Source, int]]) -> float:
    """Of all chunks those that pass."""
    passing = sum(count for source, count in sources if filters.admits(source))
    return round(passing / sum(count for _, count in sources), 4)
