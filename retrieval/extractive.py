"""The answer without a language model: the sentences of the articles that answer, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from retrieval.clues import clues
from retrieval.embedding import Embedder
from retrieval.lexical import LexicalIndex
from retrieval.ranking import Ranked, confidence, rank
from retrieval.telling import arranged, chosen, cite
from retrieval.timeframe import Timeframe
from retrieval.types import Answer, Passage, Sentence

REFUSAL = "The articles don't say."

_PREFERENCE = 3.0  # in score: what the time that the question prefers is worth
_NEAR = 0.5  # the same for an article that the last answer quoted
_HEARD = 2.0  # the same, against a sentence that it quoted


def answer(
    question: str,
    passages: Sequence[Passage],
    words: LexicalIndex,
    embedder: Embedder,
    threshold: float,
    frame: Timeframe | None = None,
    context: str = "",
    more: bool = False,
) -> Answer:
    """The one to three sentences that answer, each cited; a refusal where `threshold` is not reached.

    `frame` says which articles' sentences are preferred. `context` is an earlier answer: the articles that
    it quotes are preferred, its sentences are not wanted first, and with `more` not at all. A refusal names
    the nearest article, if there is any.
    """
    frame = frame or Timeframe()
    ranked = rank(question, passages, words, embedder)
    taken = clues(question)
    sure = confidence(ranked) if taken.terms else 0.0  # "who?" asks for nothing
    standing = [
        one for one in _standing(ranked, frame, context) if not (more and one.candidate.words in context)
    ]
    if sure < threshold or not standing:
        nearest = passages[0].chunk.source if passages else None
        return Answer(question, False, (Sentence(REFUSAL),), nearest=nearest, confidence=sure)
    groups, notes = arranged(chosen(standing, taken, frame), taken, frame)
    sentences, citations = cite(groups)
    return Answer(question, True, sentences, citations, notes, confidence=sure)


def _standing(ranked: Sequence[Ranked], frame: Timeframe, context: str) -> list[Ranked]:
    """The sentences, best first, with what is preferred counted in."""
    newest = max((one.candidate.source.date for one in ranked if one.candidate.source.date), default=None)
    quoted = {one.candidate.source.file for one in ranked if one.candidate.words in context}
    liked = []
    for one in ranked:
        day, near = one.candidate.source.date, one.candidate.source.file in quoted
        time = _PREFERENCE * frame.preference(day, newest) if newest and frame.prefers else 0.0
        heard = _HEARD if one.candidate.words in context else 0.0
        liked.append(replace(one, preferred=time + _NEAR * near - heard))
    return sorted(liked, key=lambda one: -one.standing)
