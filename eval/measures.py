"""Measures of a system's answers against a question set. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval.questions import Case, Evidence
from retrieval.clues import Wanted, clues
from retrieval.types import Answer, Citation


@dataclass(frozen=True, slots=True)
class Scores:
    """Shares, 0 to 1, over a question set."""

    answerable: int  # questions
    unanswerable: int  # questions
    first: float  # answerable ones whose first citation is right
    cited: float  # answerable ones with a right citation among all
    short: float  # answerable ones that ask who, when, where, how many or how old: short answer right
    declined_right: float  # unanswerable ones that were declined
    declined_wrong: float  # answerable ones that were declined
    turns: (
        float  # turns of conversations whose answer is right: a right citation, or declined where it must be
    )
    dated: float  # questions of time whose first citation is of a right article
    sides: float  # disagreements of which every side is cited
    exact: float  # citations whose quote is the article's text at their span, and whose line is right


def score(cases: Sequence[Case], answers: Sequence[Answer], texts: Mapping[str, str]) -> Scores:
    """The scores of `answers`, given in the order of `cases`, over the articles `texts`."""
    pairs = list(zip(cases, answers, strict=True))
    asked = [(case, answer) for case, answer in pairs if case.answerable]
    others = [answer for case, answer in pairs if not case.answerable]
    cited = [citation for answer in answers for citation in answer.citations]
    return Scores(
        answerable=len(asked),
        unanswerable=len(others),
        first=_share([is_right_first(case, answer) for case, answer in asked]),
        cited=_share([any(is_right(case, c) for c in answer.citations) for case, answer in asked]),
        short=_share([is_short_right(case, answer) for case, answer in asked if has_short_answer(case)]),
        declined_right=_share([not answer.answered for answer in others]),
        declined_wrong=_share([not answer.answered for _, answer in asked]),
        turns=_share([_is_answered(case, answer) for case, answer in pairs if case.conversation]),
        dated=_share([_is_from_right_article(case, answer) for case, answer in asked if case.kind == "time"]),
        sides=_share([shows_all(case, answer) for case, answer in asked if case.sides]),
        exact=_share([is_exact(citation, texts[citation.source.file]) for citation in cited]),
    )


def is_right(case: Case, citation: Citation) -> bool:
    """Whether a citation's quote holds a piece of evidence, or is part of one."""
    return any(_proves(item, citation) for item in case.evidence)


def _proves(item: Evidence, citation: Citation) -> bool:
    return item.file == citation.source.file and is_within(item.quote, citation.quote)


def is_right_first(case: Case, answer: Answer) -> bool:
    """Whether the first citation is right."""
    return any(is_right(case, citation) for citation in answer.citations[:1])


_SHORT = frozenset(Wanted) - {Wanted.ANYTHING, Wanted.WHETHER, Wanted.REASON}


def has_short_answer(case: Case) -> bool:
    """Whether a name, a time, a place or a number answers it, by its first words."""
    return bool(case.answers) and clues(case.question).wanted in _SHORT


def is_short_right(case: Case, answer: Answer) -> bool:
    """Whether the short answer holds an accepted one, or is a part of one, word by word."""
    said = _words(answer.short_answer or "")
    return bool(said) and any(_holds(said, _words(one)) or _holds(_words(one), said) for one in case.answers)


def _words(text: str) -> list[str]:
    """Its words as SQuAD compares them: lower case, without articles, here without possessives too."""
    found = re.findall(r"[^\W_]+(?:[.,'’]\d+)*", re.sub(r"['’]s\b", "", text.lower()))
    return [word for word in found if word not in ("a", "an", "the")]


def _holds(words: Sequence[str], part: Sequence[str]) -> bool:
    return any(words[at : at + len(part)] == part for at in range(len(words) - len(part) + 1))


def shows_all(case: Case, answer: Answer) -> bool:
    """Whether every side of a disagreement is cited."""
    shown = {item.side for item in case.evidence for citation in answer.citations if _proves(item, citation)}
    return case.sides <= shown


def _is_answered(case: Case, answer: Answer) -> bool:
    if not case.answerable:
        return not answer.answered
    return any(is_right(case, citation) for citation in answer.citations)


def _is_from_right_article(case: Case, answer: Answer) -> bool:
    files = {item.file for item in case.evidence}
    return any(citation.source.file in files for citation in answer.citations[:1])


def is_within(one: str, other: str) -> bool:
    """Whether either text holds the other, white space folded."""
    one, other = " ".join(one.split()), " ".join(other.split())
    return one in other or other in one


def is_exact(citation: Citation, text: str) -> bool:
    """Whether the quote is the article's text at the span, and the line is the line of its start."""
    start, end = citation.span
    return text[start:end] == citation.quote and text.count("\n", 0, start) + 1 == citation.line


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits) if hits else 0.0
