"""ExpertQA: claims of systems that answer questions, and whether experts found them supported.

Malaviya et al. 2024. Rows of `pairs.jsonl`: `document`, `claim`, `label`, `question`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from pydantic import TypeAdapter

from retrieval.errors import InputError
from retrieval.training.examples import cut, terms
from retrieval.training.pairs import Label, Pair, plain
from retrieval.training.rows import Fault, existing, rows
from retrieval.types import Span

_HEAD = re.compile(r"^\s*(?:\[\d+\])?\s*(?:https?://\S+)?\s*")
_MARKS = re.compile(r"\s*\[\d+(?:, ?\d+)*\]|https?://\S+")
_BUDGETS = (30, 60, 100, 150)  # words of a document that are shown
_SHOWN = 150


@dataclass(frozen=True, slots=True)
class _Row:
    id: str
    document: str
    claim: str
    label: str
    question: str


_ROW = TypeAdapter(_Row)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What experts say of a claim and a document."""

    id: str
    claim: str
    document: str
    label: Label
    question: str

    def pair(self, chance: Random) -> Pair:
        return self.shown(chance.choice(_BUDGETS))

    def shown(self, words: int = _SHOWN) -> Pair:
        """With the part of the document that shares most words with the claim."""
        return Pair(self.claim, nearest(self.claim, self.document, words), self.label, "expert")

    @property
    def is_apart(self) -> bool:
        """Whether it belongs to the third of the questions that no model is trained on."""
        return int(hashlib.sha256(self.question.encode()).hexdigest(), 16) % 3 == 0


def nearest(claim: str, text: str, words: int) -> str:
    """Sentences of the text, in order, about `words` words: first those that share most with the claim."""
    wanted = terms(claim)
    spans = sorted(cut(text), key=lambda span: -len(wanted & terms(span.of(text))))
    taken: list[Span] = []
    used = 0
    for span in spans:
        used += len(span.of(text).split())
        if taken and used > words:
            break
        taken.append(span)
    return plain(" ".join(span.of(text) for span in sorted(taken)))


def load(folder: Path) -> list[Judgement]:
    """The judgements of a folder with `pairs.jsonl`, gzipped or not. Raises InputError."""
    try:
        return list(_read(folder))
    except Fault as fault:
        why = fault.within(folder)
        raise InputError(
            f"{folder} holds no ExpertQA that can be read: {why}. Correct it, or fetch it anew."
        ) from None


def _read(folder: Path) -> Iterator[Judgement]:
    for _, row in rows(existing(folder, "pairs.jsonl"), _ROW):
        document = plain(_HEAD.sub("", row.document))
        claim = plain(_MARKS.sub("", row.claim))
        label = Label.SUPPORTS if row.label == "supported" else Label.SILENT
        if document and claim:
            yield Judgement(row.id, claim, document, label, row.question)


def apart(judgements: Iterable[Judgement]) -> tuple[list[Judgement], list[Judgement]]:
    """Those to train on, and those of the questions kept apart."""
    judgements = list(judgements)
    return [one for one in judgements if not one.is_apart], [one for one in judgements if one.is_apart]
