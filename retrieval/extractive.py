"""The answer without a language model: the sentences of the articles that answer, or none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from retrieval.accounts import was_before
from retrieval.clues import Clues, Wanted, clues
from retrieval.embedding import Embedder
from retrieval.lexical import LexicalIndex
from retrieval.ranking import Ranked, confidence, rank, weights_of
from retrieval.reader import Reader
from retrieval.telling import arranged, chosen, cite, with_holder
from retrieval.timeframe import Timeframe
from retrieval.types import Answer, Passage, Sentence

REFUSAL = "The articles don't say."

_PREFERENCE = 3.0  # in score: what the time that the question prefers is worth
_NEAR = 0.5  # the same for an article that the last answer quoted
_HEARD = 2.0  # the same, against a sentence that it quoted
_FORMER = 2.0  # the same, against one of who it was before, where it is asked who it is


@dataclass(frozen=True, slots=True)
class Leaning:
    """What a question leans to, beside what its words say."""

    frame: Timeframe = field(default_factory=Timeframe)  # the articles of this time are preferred
    follows: bool = False  # it goes on with a conversation
    context: str = ""  # the answer before: its articles are preferred, its sentences are not wanted first
    more: bool = False  # and not at all
    newest: dt.date | None = None  # the day of the newest article that there is


def answer(
    question: str,
    passages: Sequence[Passage],
    words: LexicalIndex,
    embedder: Embedder,
    threshold: float | None = None,
    leaning: Leaning | None = None,
    reader: Reader | None = None,
) -> Answer:
    """The one to three sentences that answer, each cited; a refusal where `threshold` is not reached.

    Without a threshold it is the one that was fitted, with the reader or without it. A refusal names the
    nearest article, if there is any.
    """
    leaning = leaning or Leaning()
    weights = weights_of(reader)
    ranked = rank(question, passages, words, embedder, reader)
    taken = clues(question, [passage.chunk.text for passage in passages])
    sure = confidence(ranked, weights, leaning.follows) if taken.terms else 0.0  # "who?" asks for nothing
    threshold = weights.threshold if threshold is None else threshold
    standing = _standing([with_holder(one, taken) for one in ranked], leaning, taken)
    if sure < threshold or not standing:
        nearest = passages[0].chunk.source if passages else None
        return Answer(question, False, (Sentence(REFUSAL),), nearest=nearest, confidence=sure)
    groups, notes = arranged(
        chosen(standing, passages, taken, leaning.frame), taken, leaning.frame, leaning.newest
    )
    sentences, citations = cite(groups)
    short = sentences[0].answer
    return Answer(
        question,
        True,
        sentences,
        citations,
        notes,
        short_answer=short.of(sentences[0].text) if short else None,
        confidence=sure,
    )


def _standing(ranked: Sequence[Ranked], leaning: Leaning, taken: Clues) -> list[Ranked]:
    """The sentences that are wanted, best first, with what the question leans to counted in."""
    frame, context = leaning.frame, leaning.context
    newest = max((one.candidate.source.date for one in ranked if one.candidate.source.date), default=None)
    quoted = {one.candidate.source.file for one in ranked if one.candidate.words in context}
    liked = []
    for one in ranked:
        day, near, heard = (
            one.candidate.source.date,
            one.candidate.source.file in quoted,
            one.candidate.words in context,
        )
        time = _PREFERENCE * frame.preference(day, newest) if newest and frame.prefers else 0.0
        if not (leaning.more and heard):
            former = _is_former(one, taken, frame)
            liked.append(replace(one, preferred=time + _NEAR * near - _HEARD * heard - _FORMER * former))
    return sorted(liked, key=lambda one: -one.standing)


def _is_former(one: Ranked, taken: Clues, frame: Timeframe) -> bool:
    is_asked = taken.wanted is Wanted.PERSON and (frame.present or frame.newest)
    return bool(is_asked and one.answer and was_before(one.candidate.text, one.answer, taken))
