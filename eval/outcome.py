"""What became of one question: the answer as it was given, and the marks that it earned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """The characters `text[start:end]` of an article, code points from 0."""

    file: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation as it was given, and what it was worth."""

    number: int  # as the sentences name it
    place: Place
    line: int
    quote: str  # as it was given; equal to the text at the place where the citation is exact
    exact: bool
    right: bool  # it holds the evidence, or is part of it


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of the answer, with Quoth's own words before it, and the numbers of its citations."""

    text: str
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A question, what was expected, what was said, and the marks by the name of their measure.

    A measure that does not apply to the question, as a refusal's to one that can be answered, has no mark.
    """

    id: str
    kind: str
    split: str
    conversation: str | None
    question: str
    understood: str | None  # the question as it was searched, where that is not what was asked
    answerable: bool
    expected: tuple[str, ...]  # accepted short answers
    evidence: tuple[Place, ...]
    answered: bool
    notes: tuple[str, ...]
    sentences: tuple[Said, ...]
    citations: tuple[Cited, ...]
    short: str | None
    confidence: float
    seconds: float
    marks: Mapping[str, float]

    @property
    def is_right(self) -> bool:
        """Whether its answer is right: the first citation proves it or, where there is none, it declined."""
        return bool(self.marks.get("first")) if self.answerable else not self.answered
