"""The prompts filled: passages numbered, dated, and fenced off by a word that none of them can hold."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

from prompts.cleaning import clean
from prompts.template import Template, load
from retrieval.claims.orders import without_orders
from retrieval.types import Passage, Turn

_ANSWER = ("refusal", "fence", "today", "newest", "passages", "told", "question")
_QUESTION = ("fence", "conversation", "question")
_UNKNOWN = "not known"


class Prompt(NamedTuple):
    """What a model is told, and what it is asked."""

    system: str
    user: str


class Asked(NamedTuple):
    """What an answer is to be written to."""

    question: str
    today: dt.date
    newest: dt.date | None = None  # the day of the newest article that there is
    told: str = ""  # what the reader was told already and does not want again


def _drawn() -> str:
    return f"passage-{secrets.token_hex(8)}"


@dataclass(frozen=True, slots=True)
class Prompts:
    """Quoth's prompts, ready to be filled."""

    answering: Template
    asking: Template
    draw: Callable[[], str] = _drawn  # a word that nobody can foresee

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """From `folder` what it has, else Quoth's own. Raises InputError naming what is wrong with a file."""
        return cls(load("answer.md", _ANSWER, folder), load("question.md", _QUESTION, folder))

    def answer(self, asked: Asked, passages: Sequence[Passage], refusal: str) -> Prompt:
        """To answer from `passages`, which are numbered from 1, or to write `refusal`."""
        shown = [_fields(passage) for passage in passages]
        question, told = clean(asked.question), _unmarked(asked.told)
        fence = self._fence(question, told, *(value for fields in shown for _, value in fields))
        return Prompt(
            *self.answering.fill(
                {
                    "refusal": refusal,
                    "fence": fence,
                    "today": _day(asked.today),
                    "newest": _day(asked.newest),
                    "passages": "\n\n".join(_fenced(n, fields, fence) for n, fields in enumerate(shown, 1)),
                    "told": told and _told(told, fence),
                    "question": question,
                }
            )
        )

    def question(self, question: str, history: Sequence[Turn]) -> Prompt:
        """To rewrite `question` so that it stands alone."""
        lines = [
            line
            for turn in history
            for line in (f"Asked: {clean(turn.question)}", f"Told: {_unmarked(turn.text)}")
        ]
        fence = self._fence(clean(question), *lines)
        conversation = "\n".join([f"<{fence}>", *lines, f"</{fence}>"])
        return Prompt(
            *self.asking.fill({"fence": fence, "conversation": conversation, "question": clean(question)})
        )

    def _fence(self, *texts: str) -> str:
        """A word that none of `texts` holds."""
        while True:
            word = self.draw()
            if not any(word.casefold() in text.casefold() for text in texts):
                return word


def _fields(passage: Passage) -> list[tuple[str, str]]:
    source = passage.chunk.source
    return [
        ("Title", clean(without_orders(source.title))),
        ("Date", _day(source.date)),
        ("Publisher", clean(without_orders(source.publisher or _UNKNOWN))),
        ("Text", clean(without_orders(clean(passage.chunk.text)))),
    ]


def _fenced(number: int, fields: Sequence[tuple[str, str]], fence: str) -> str:
    lines = [f"{name}: {value}" for name, value in fields]
    return "\n".join([f"<{fence} number={number}>", *lines, f"</{fence}>"])


def _told(text: str, fence: str) -> str:
    known = "The reader was told this already, and wants to know what else the passages say:"
    return f"{known}\n<{fence} told>\n{text}\n</{fence}>\n\n"


def _unmarked(text: str) -> str:
    """An answer before, without the numbers of its citations: other passages have them now."""
    return clean(re.sub(r"(?:\s*\[\d{1,3}\])+", "", text))


def _day(day: dt.date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else _UNKNOWN
