"""A claim, evidence, and what the one says of the other: what the judge is trained on."""

from __future__ import annotations

from enum import IntEnum
from random import Random
from typing import NamedTuple, Protocol

from retrieval.training.examples import window
from retrieval.training.squad import Paragraph
from retrieval.types import Span


class Label(IntEnum):
    """In the order of the judge's logits, and of `retrieval.entailment.Judged`."""

    SUPPORTS = 0
    AGAINST = 1
    SILENT = 2


class Pair(NamedTuple):
    """One example."""

    claim: str
    evidence: str
    label: Label
    kind: str  # in what a claim that is not supported goes wrong


class Origin(Protocol):
    """Something of which an example can be made, another one each time."""

    @property
    def id(self) -> str: ...

    def pair(self, chance: Random) -> Pair | None:
        """None where what chance chose cannot be made of it."""


_ALONE = 0.5  # of the evidence is a sentence without its neighbours
_TITLED = 0.6  # begins with the title of its article
_BUDGETS = (40, 60, 90)  # words of evidence that is not alone


def evidence(paragraph: Paragraph, span: Span, said: str, chance: Random) -> str:
    """A part of a paragraph, in the words `said`; alone or among its neighbours, with or without title."""
    text = paragraph.text
    around = span if chance.random() < _ALONE else window(text, span, chance.choice(_BUDGETS), chance)
    shown = f"{text[around.start : span.start]}{said}{text[span.end : around.end]}"
    return titled(paragraph.title, shown, chance)


def titled(title: str, text: str, chance: Random) -> str:
    """The text, sometimes after the title of its article."""
    head = f"{title}. " if title and chance.random() < _TITLED else ""
    return plain(head + text)


def plain(text: str) -> str:
    """The text on one line."""
    return " ".join(text.split())
