"""The public texts that a corpus is made of: Reuters-21578 and SQuAD as they are, then recombined."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter

from eval.corpus import readable
from retrieval.errors import InputError
from retrieval.training import squad
from retrieval.training.rows import Fault, Id, existing, rows

_SEED = 21578
_LEAST = 9  # words of a paragraph: shorter lines that many files share would be taken for page furniture
_MOST = 16  # paragraphs of a recombined story
_BREAK = re.compile(r"\n\s*\n|\n {3,}")  # between two paragraphs of Reuters


class Story(NamedTuple):
    """An article to be: its paragraphs, each on one line, and what was asked about them."""

    title: str
    paragraphs: tuple[str, ...]
    questions: tuple[str, ...] = ()
    is_real: bool = True


@dataclass(frozen=True, slots=True)
class _Document:
    id: Id
    title: str
    text: str


_DOCUMENT = TypeAdapter(_Document)


def stories(reuters: Path, squad: Path) -> Iterator[Story]:
    """Every real story of both folders, mixed evenly, then recombined ones without end.

    The same stories in the same order every time. Raises InputError where a folder cannot be read.
    """
    news, pages = _reuters(reuters), _squad(squad)
    if not news or not pages:
        raise InputError(f"{squad if news else reuters} holds no text: name a folder that has some.")
    yield from _mixed(news, pages)
    yield from _recombined([*news, *pages])


def _reuters(folder: Path) -> list[Story]:
    try:
        documents = [row for _, row in rows(existing(folder, "documents.jsonl"), _DOCUMENT)]
    except Fault as fault:
        raise InputError(
            f"{folder} holds no Reuters-21578 that can be read: {fault.within(folder)}. Correct it."
        ) from None
    found = (Story(_line(one.title), _paragraphs(_BREAK.split(one.text))) for one in documents)
    return [story for story in found if story.paragraphs]


def _squad(folder: Path) -> list[Story]:
    read = squad.read(folder)
    asked: dict[str, list[str]] = defaultdict(list)
    for question in read.asked:
        asked[question.paragraph.title].append(_line(question.question))
    parts: dict[str, list[str]] = defaultdict(list)
    for paragraph in read.paragraphs:
        parts[paragraph.title].append(paragraph.text)
    found = (Story(_line(title), _paragraphs(texts), tuple(asked[title])) for title, texts in parts.items())
    return [story for story in found if story.paragraphs]


def _paragraphs(texts: Sequence[str]) -> tuple[str, ...]:
    lines = map(_line, texts)
    return tuple(line for line in lines if len(line.split()) >= _LEAST)


def _line(text: str) -> str:
    return " ".join(readable(text).split())


def _mixed(some: Sequence[Story], others: Sequence[Story]) -> Iterator[Story]:
    """Both in their order, so that they end together."""
    places = [(at / len(some), 0, at) for at in range(len(some))]
    places += [(at / len(others), 1, at) for at in range(len(others))]
    for _, which, at in sorted(places):
        yield (some, others)[which][at]


def _recombined(real: Sequence[Story]) -> Iterator[Story]:
    """Stories of real paragraphs that never stood together."""
    pool = [(story.title, paragraph) for story in real for paragraph in story.paragraphs]
    chance = random.Random(_SEED)  # noqa: S311  # the same every time is what is wanted
    while True:
        drawn = chance.choices(pool, k=chance.randint(1, _MOST))
        yield Story(drawn[0][0], tuple(paragraph for _, paragraph in drawn), is_real=False)
