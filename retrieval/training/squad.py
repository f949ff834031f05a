"""Read SQuAD: paragraphs of Wikipedia articles and the questions that were asked about them.

And compare answers as it does: Rajpurkar et al. 2016, section 6.1.
"""

from __future__ import annotations

import random
import re
import string
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import Field, TypeAdapter

from retrieval.errors import InputError
from retrieval.training.rows import Fault, Id, Told, existing, rows, whole
from retrieval.types import Span

KEPT = {"1": 20, "2": 4}  # articles of SQuAD 1.1 and 2.0 that no model is trained on
_SEED = 7


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text that is asked about, of the article `title`."""

    id: str
    title: str
    text: str
    story: str  # what it is about, together with others
    is_news: bool = False  # another text of its story may answer the same question otherwise


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a paragraph. `answers` stand in it word for word; none: it cannot be answered."""

    id: str
    question: str
    answers: tuple[str, ...]
    paragraph: Paragraph
    sentence: str = ""  # that answers, or comes nearest to it, where it is known
    places: tuple[Span, ...] = ()  # of the answers in the paragraph, where they are known


class Squad(NamedTuple):
    """All paragraphs, those too that nothing is asked about, and all questions."""

    paragraphs: Sequence[Paragraph]
    asked: Sequence[Asked]


def load(path: Path) -> list[Asked]:
    """The questions of a set as `read` reads it."""
    return list(read(path).asked)


def read(path: Path) -> Squad:
    """A file of the published form (`train-v1.1.json`), or a folder with `documents.jsonl` and
    `questions.jsonl`; gzipped or not. Raises InputError, naming the place, where it is neither."""
    try:
        return _folder(path) if path.is_dir() else _file(path)
    except Fault as fault:
        raise InputError(
            f"{path} holds no SQuAD that can be read: {fault.within(path)}. Correct it, or fetch it anew."
        ) from None


def kept(titles: Iterable[str], count: int) -> set[str]:
    """The `count` articles kept apart from training: chosen by chance, the same ones every time."""
    ordered = sorted(set(titles))
    random.Random(_SEED).shuffle(ordered)  # noqa: S311  # the same every time is what is wanted
    return set(ordered[:count])


def apart(asked: Iterable[Asked], count: int) -> tuple[list[Asked], list[Asked]]:
    """Those to train on, and those of the `count` articles that are kept apart."""
    asked = list(asked)
    titles = kept((one.paragraph.title for one in asked), count)
    return (
        [one for one in asked if one.paragraph.title not in titles],
        [one for one in asked if one.paragraph.title in titles],
    )


@dataclass(frozen=True, slots=True)
class _Document:
    id: Id
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class _Source:
    doc_id: Id


@dataclass(frozen=True, slots=True)
class _Row:
    id: Id
    question: Told
    answers: list[Told]
    answerable: bool
    evidence: Annotated[list[_Source], Field(min_length=1)]


_DOCUMENT, _ROW = TypeAdapter(_Document), TypeAdapter(_Row)


def _folder(path: Path) -> Squad:
    paragraphs: dict[str, Paragraph] = {}
    file = existing(path, "documents.jsonl")
    for line, row in rows(file, _DOCUMENT):
        if row.id in paragraphs:
            raise Fault(file, f"the id {row.id!r} stands twice", line)
        paragraphs[row.id] = Paragraph(row.id, _title(row.title), row.text, _title(row.title))
    return Squad(list(paragraphs.values()), list(_asked(existing(path, "questions.jsonl"), paragraphs)))


def _asked(file: Path, paragraphs: dict[str, Paragraph]) -> Iterator[Asked]:
    seen: set[str] = set()
    for line, row in rows(file, _ROW):
        paragraph = paragraphs.get(row.evidence[0].doc_id)
        if paragraph is None:
            raise Fault(file, f"there is no document {row.evidence[0].doc_id!r}", line)
        if why := _trouble(row.id, row.answers, row.answerable, paragraph.text, seen):
            raise Fault(file, why, line)
        answers = tuple(dict.fromkeys(row.answers)) if row.answerable else ()
        yield Asked(row.id, row.question, answers, paragraph)


def _trouble(id_: str, answers: Sequence[str], answerable: bool, text: str, seen: set[str]) -> str | None:
    """What is wrong with a question that is asked about `text`; its id becomes one of those seen."""
    if id_ in seen:
        return f"the id {id_!r} stands twice"
    seen.add(id_)
    if not answerable:
        return None
    if not answers:
        return "it has no answers, and does not say that it cannot be answered"
    missing = next((answer for answer in answers if answer not in text), None)
    return None if missing is None else f"the answer {missing[:60]!r} does not stand in its paragraph"


@dataclass(frozen=True, slots=True)
class _Answer:
    text: Told
    answer_start: int | None = None


@dataclass(frozen=True, slots=True)
class _Question:
    id: Id
    question: Told
    answers: list[_Answer]
    is_impossible: bool = False


@dataclass(frozen=True, slots=True)
class _Context:
    context: str
    qas: list[_Question]


@dataclass(frozen=True, slots=True)
class _Article:
    paragraphs: list[_Context]
    title: str = ""


@dataclass(frozen=True, slots=True)
class _Published:
    data: list[_Article]


_PUBLISHED = TypeAdapter(_Published)


def _file(path: Path) -> Squad:
    paragraphs: list[Paragraph] = []
    asked: list[Asked] = []
    seen: set[str] = set()
    numbers: Counter[str] = Counter()  # of paragraphs, by their story
    for at, part, title, row in _contexts(path):
        story = title or f"data[{at}]"
        paragraph = Paragraph(f"{story}/{numbers[story]}", title, row.context, story)
        numbers[story] += 1
        paragraphs.append(paragraph)
        for number, question in enumerate(row.qas):
            answers = [answer.text for answer in question.answers]
            if why := _trouble(question.id, answers, not question.is_impossible, row.context, seen):
                raise Fault(path, f"data[{at}].paragraphs[{part}].qas[{number}]: {why}")
            asked.append(_published(question, paragraph))
    return Squad(paragraphs, asked)


def _contexts(path: Path) -> Iterator[tuple[int, int, str, _Context]]:
    """The paragraphs, each after the number and title of its article and its own number in it."""
    for at, article in enumerate(whole(path, _PUBLISHED).data):
        for part, row in enumerate(article.paragraphs):
            yield at, part, _title(article.title), row


def _published(row: _Question, paragraph: Paragraph) -> Asked:
    if row.is_impossible:
        return Asked(row.id, row.question, (), paragraph)
    answers = tuple(dict.fromkeys(answer.text for answer in row.answers))
    places = [_place(answer, paragraph.text) for answer in row.answers]
    known = tuple(dict.fromkeys(place for place in places if place))
    return Asked(row.id, row.question, answers, paragraph, places=known)


def _place(answer: _Answer, text: str) -> Span | None:
    """Where the answer stands: at its start or, where sets counted otherwise, at the place next to it."""
    start, size = answer.answer_start, len(answer.text)
    if start is None:
        return None
    if start < 0 or text[start : start + size] != answer.text:
        found = (match.start() for match in re.finditer(f"(?={re.escape(answer.text)})", text))
        start = min(found, key=lambda at: abs(at - (answer.answer_start or 0)))
    return Span(start, start + size)


def _title(title: str) -> str:
    return title.replace("_", " ")


def words(text: str) -> list[str]:
    """As SQuAD compares: lower case, without punctuation and articles."""
    bare = text.lower().translate(str.maketrans("", "", string.punctuation))
    return re.sub(r"\b(?:a|an|the)\b", " ", bare).split()


def exact_match(said: str, answer: str) -> float:
    """1 where both have the same words, else 0."""
    return float(words(said) == words(answer))


def token_f1(said: str, answer: str) -> float:
    """The harmonic mean of the shares of words that either has in common with the other."""
    one, other = words(said), words(answer)
    same = (Counter(one) & Counter(other)).total()
    return 2 * same / (len(one) + len(other)) if same else 0.0
