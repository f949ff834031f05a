"""Ask a system the questions of a set, and judge what it says."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from eval import measures, ranking, support
from eval.dataset import Dataset
from eval.marks import is_exact, is_right, marks
from eval.origin import origin
from eval.outcome import Cited, Outcome, Place, Said
from eval.questions import TODAY, Case, read_articles
from eval.ranking import Ranking
from eval.results import Results
from eval.systems import System, opened
from retrieval.articles import Limits
from retrieval.opening import open_entailment
from retrieval.settings import Settings
from retrieval.support import Gate
from retrieval.types import Answer, Chunk, Question, Turn

Progress = Callable[[str, int, int], None]  # what is being done, how many are done, of how many


def run(
    name: str,
    system: str,
    dataset: Dataset,
    settings: Settings | None = None,
    progress: Progress = lambda *_: None,
    torch: bool = False,
) -> Results:
    """The results, to be kept as `name`, of the system of that name on a set; its folder is indexed anew.

    The product runs its models on torch where `torch` is meant.
    """
    settings = settings or Settings()
    articles = read_articles(dataset.folder, Limits.of(settings))
    texts = {file: article.text for file, article in articles.items()}
    with tempfile.TemporaryDirectory() as data:
        settings = settings.model_copy(update={"folder": dataset.folder, "data": Path(data), **_HERE})
        asked = opened(
            system, settings, articles, lambda done, total, _: progress("Indexing", done, total), torch
        )
        outcomes = judged(dataset, asked, texts, progress, Gate(open_entailment(torch=torch)))
    return Results(
        name=name,
        system=system,
        made=origin(settings, articles, dataset.cases),
        metrics=measures.metrics(outcomes),
        latency=measures.latency(outcomes),
        outcomes=outcomes,
        texts={file: texts[file] for file in sorted(_shown(outcomes))},
    )


_HERE = {"chroma_url": None, "collection": None}  # no server holds the index of a measurement


def _shown(outcomes: Sequence[Outcome]) -> set[str]:
    """The articles that are cited, or hold evidence."""
    places = (
        place for one in outcomes for place in (*one.evidence, *(cited.place for cited in one.citations))
    )
    return {place.file for place in places}


_BY_RULES = Gate(None)


def judged(
    dataset: Dataset,
    system: System,
    texts: Mapping[str, str],
    progress: Progress = lambda *_: None,
    gate: Gate = _BY_RULES,
) -> tuple[Outcome, ...]:
    """The outcome of every question of a set over the articles `texts`, in the order of the set.

    `gate` judges citations, whatever the system has of its own.
    """
    outcomes = []
    rankings: dict[str, Ranking] = {}
    relevant = _Relevant(system.chunks())
    for number, asked in enumerate(questions(dataset, system), 1):
        case = asked.case
        if case.answerable:
            begun = time.perf_counter()
            found = system.found(asked.question, relevant.depth(case))
            if not dataset.has_answers:
                asked = asked._replace(seconds=time.perf_counter() - begun)
            rankings[case.id] = Ranking.of(case, found, relevant.chunks(case))
        earned = _earned(asked, texts, gate) if dataset.has_answers else {}
        outcomes.append(_outcome(asked, earned, texts))
        progress("Asking", number, len(dataset.cases))
    found_marks = ranking.marks(rankings)
    return tuple(replace(one, marks={**one.marks, **found_marks.get(one.id, {})}) for one in outcomes)


def _earned(asked: Asked, texts: Mapping[str, str], gate: Gate) -> dict[str, float]:
    earned = marks(asked.case, asked.answer, asked.insisted, texts)
    return earned if asked.case.kind == "smalltalk" else earned | support.marks(asked.answer, texts, gate)


class Asked(NamedTuple):
    """A question as it was put, with the answer and what the answer would have been without declining."""

    case: Case
    question: Question
    answer: Answer
    insisted: Answer
    seconds: float


def questions(dataset: Dataset, system: System) -> Iterator[Asked]:
    """Ask one after the other, each turn of a conversation after the system's own answers to those before."""
    history: tuple[Turn, ...] = ()
    conversation = None
    for case in dataset.cases:
        if case.conversation is None or case.conversation != conversation:
            history = ()
        conversation = case.conversation
        question = Question(case.question, history, today=case.today or TODAY)
        begun = time.perf_counter()
        answer = system.answer(question) if dataset.has_answers else _UNASKED
        seconds = time.perf_counter() - begun
        insisted = answer if answer.answered or not dataset.has_answers else system.insist(question)
        yield Asked(case, question, answer, insisted, seconds)
        history += (Turn(case.question, answer.text),)


_UNASKED = Answer("", False, ())


class _Relevant:
    """The passages of a system by their article."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self._chunks: dict[str, list[Chunk]] = {}
        for chunk in chunks:
            self._chunks.setdefault(chunk.source.file, []).append(chunk)
        self._longest = max(map(len, self._chunks.values()), default=0)

    def chunks(self, case: Case) -> list[Chunk]:
        """Those of the articles that hold evidence."""
        files = dict.fromkeys(item.file for item in case.evidence)
        return [chunk for file in files for chunk in self._chunks.get(file, ())]

    def depth(self, case: Case) -> int:
        """How many passages are needed so that there are ten units to rank."""
        return ranking.DEPTH * (min(self._longest, _MOST) if case.judges_articles else 1)


_MOST = 10  # passages of one article before another one, as far as is looked


def _outcome(asked: Asked, earned: Mapping[str, float], texts: Mapping[str, str]) -> Outcome:
    case, answer = asked.case, asked.answer
    return Outcome(
        id=case.id,
        kind=case.kind,
        split=case.split,
        conversation=case.conversation,
        question=case.question,
        understood=answer.understood,
        answerable=case.answerable,
        expected=case.answers,
        evidence=tuple(_places(case, texts)),
        answered=answer.answered,
        notes=answer.notes,
        sentences=tuple(
            Said(" ".join(filter(None, (one.lead, one.text))), one.citations) for one in answer.sentences
        ),
        citations=tuple(_cited(case, answer, texts)),
        short=answer.short_answer,
        confidence=round(answer.confidence, 6),
        seconds=round(asked.seconds, 4),
        marks={name: round(mark, 6) for name, mark in earned.items()},
    )


def _places(case: Case, texts: Mapping[str, str]) -> Iterator[Place]:
    for item in case.evidence:
        start = max(texts[item.file].find(item.quote), 0)
        yield Place(item.file, start, start + len(item.quote))


def _cited(case: Case, answer: Answer, texts: Mapping[str, str]) -> Iterator[Cited]:
    for one in answer.citations:
        file = one.source.file
        yield Cited(
            number=one.number,
            place=Place(file, *one.span),
            line=one.line,
            quote=one.quote,
            exact=is_exact(one, texts[file]),
            right=is_right(case, one),
        )
