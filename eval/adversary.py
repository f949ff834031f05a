"""An adversary of the support gate: a scripted language model that mixes right sentences with wrong ones.

It writes through LangChain's interface into the writer of every answer (`retrieval.generative`), which is
given what a search would find: the passage with the evidence among others of the same articles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Literal, NamedTuple

from eval.claims import Row
from eval.questions import TODAY, read_articles
from prompts.prompts import Asked, Prompts
from retrieval.chunking import chunk
from retrieval.entailment import Entailment, Remembering
from retrieval.generative import Writer
from retrieval.lexical import terms
from retrieval.llm.drafts import Drafts
from retrieval.llm.model import Model
from retrieval.llm.patience import Patience
from retrieval.llm.vetting import Mode
from retrieval.support import Gate
from retrieval.types import Answer, Chunk, Citation, Passage, Span

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

RIGHT = "right"
MISCITED = {
    "invented": "cites [9], which was not given",
    "uncited": "cites nothing",
    "miscited": "cites another passage that was given",
}
_UNKNOWN = 9
_OTHERS = 5  # passages beside that with the evidence

Fate = Literal["kept", "elsewhere", "removed"]  # cited to its evidence, cited to something else, not said


class Told(NamedTuple):
    """A sentence of the adversary's, and what became of it."""

    kind: str  # `RIGHT`, a kind of `MISCITED`, which are right sentences too, or what is wrong with it
    claim: str
    fate: Fate
    quotes: tuple[str, ...] = ()  # that it was cited to


@dataclass(frozen=True, slots=True)
class Given:
    """The passages of an answer, those with the evidence among them."""

    passages: tuple[Passage, ...]
    home: tuple[int, ...]  # the numbers of those with the evidence, from 1
    other: int  # of one without it
    evidence: tuple[Span, ...]
    file: str

    def told(self, kind: str, claim: str, answer: Answer) -> Told:
        """What became of a claim in the answer."""
        parts = _parts(claim)
        said = [one for one in answer.sentences if one.text in parts]
        numbers = {number for one in said for number in one.citations}
        cited = [one for one in answer.citations if one.number in numbers]
        fate: Fate = "removed"
        if said:
            fate = "kept" if any(map(self._is_of_evidence, cited)) else "elsewhere"
        return Told(kind, claim, fate, tuple(one.quote for one in cited))

    def _is_of_evidence(self, one: Citation) -> bool:
        return one.source.file == self.file and any(_overlap(one.span, span) for span in self.evidence)


def _parts(claim: str) -> set[str]:
    """The sentences of a claim, as the writer cuts what a model writes."""
    drafts = Drafts()
    return {draft.text for draft in (*drafts.take(claim), *drafts.close())}


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


class Corpus:
    """The passages of a folder of articles."""

    def __init__(self, folder: Path) -> None:
        articles = read_articles(folder)
        self._texts = {file: article.text for file, article in articles.items()}
        self._chunks = [one for article in articles.values() for one in chunk(article, "")]
        self._terms = {one.id: frozenset(terms(one.text)) for one in self._chunks}

    def given(self, row: Row) -> Given:
        """The evidence's passage and the five others that share most words with it, in an order of chance."""
        chance = Random(repr(row))  # noqa: S311  # the same every time is what is wanted
        spans = [self._span(row.file, sentence) for sentence in row.evidence]
        home = self._home(row.file, spans)
        others = self._others(row, spans)
        shown = chance.sample([*home, *others], len(home) + len(others))
        return Given(
            tuple(Passage(one, 0.0, 0.0) for one in shown),
            tuple(shown.index(one) + 1 for one in home),
            shown.index(chance.choice(others)) + 1,
            tuple(spans),
            row.file,
        )

    def _span(self, file: str, sentence: str) -> Span:
        start = self._texts[file].index(sentence)
        return Span(start, start + len(sentence))

    def _home(self, file: str, spans: Sequence[Span]) -> list[Chunk]:
        """The passage that holds all of the evidence, else those that hold it together."""
        own = [one for one in self._chunks if one.source.file == file]
        whole = [one for one in own if all(_holds(one, span) for span in spans)]
        each = [next(one for one in own if _holds(one, span)) for span in spans]
        return whole[:1] or list(dict.fromkeys(each))

    def _others(self, row: Row, spans: Sequence[Span]) -> list[Chunk]:
        wanted = frozenset(terms(" ".join(row.evidence)))
        rest = [
            one
            for one in self._chunks
            if one.source.file != row.file or not any(_overlap(one.span, span) for span in spans)
        ]
        return sorted(rest, key=lambda one: -len(wanted & self._terms[one.id]))[:_OTHERS]


def _holds(one: Chunk, span: Span) -> bool:
    return one.span.start <= span.start and span.end <= one.span.end


class Adversary:
    """Writes answers from claims, and sees what the gate lets through."""

    def __init__(self, entailment: Entailment | None, mode: Mode = "strict") -> None:
        """`entailment` is the learned half of the gate; without it the rules judge alone."""
        self._replies: list[str] = []
        model = Model("scripted:adversary", lambda **_: _scripted(self._popped()))
        self._writer = Writer(model, Prompts.load(), Gate(entailment and Remembering(entailment)), mode)

    def told(self, row: Row, given: Given) -> Iterator[Told]:
        """The fate of every claim of a row: right and wrong ones mixed, then the right ones cited wrongly."""
        mixed = [(RIGHT, claim) for claim in row.right] + list(row.wrong)
        Random(repr(row)).shuffle(mixed)  # noqa: S311
        yield from self._answered(mixed, given.home, given)
        for kind, numbers in (("invented", (_UNKNOWN,)), ("uncited", ()), ("miscited", (given.other,))):
            yield from self._answered([(kind, claim) for claim in row.right], numbers, given)

    def _answered(
        self, claims: Sequence[tuple[str, str]], numbers: Sequence[int], given: Given
    ) -> Iterator[Told]:
        self._replies.append(" ".join(cited(claim, numbers) for _, claim in claims))
        asked = Asked("What happened?", TODAY)
        *_, last = self._writer.answer(asked, given.passages, _NOTHING, Patience())
        assert isinstance(last, Answer)  # noqa: S101  # a stream ends with one
        assert last.model or last.removed, last.notes  # noqa: S101  # else nothing was judged
        return (given.told(kind, claim, last) for kind, claim in claims)

    def _popped(self) -> Iterator[str]:
        while True:
            yield self._replies.pop(0)


_NOTHING = Answer("What happened?", False, ())


def cited(claim: str, numbers: Sequence[int]) -> str:
    """The claim with its citations where a model is told to put them, before the final mark."""
    body, mark = re.fullmatch(r"(.*?)([.!?]?)", claim, re.DOTALL).groups()  # type: ignore[union-attr]
    return f"{body}{''.join(f' [{number}]' for number in numbers)}{mark}"


def _scripted(replies: Iterator[str]) -> BaseChatModel:
    from langchain_core.language_models import GenericFakeChatModel

    return GenericFakeChatModel(messages=replies)
