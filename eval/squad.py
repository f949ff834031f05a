"""SQuAD 1.1 and 2.0 as a set of questions: Rajpurkar et al. 2016; Rajpurkar, Jia and Liang 2018."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eval.corpus import Corpus, corpus, head, readable
from eval.dataset import Dataset
from eval.questions import Case, Evidence
from retrieval.errors import InputError
from retrieval.sentences import sentences
from retrieval.training import squad
from retrieval.training.examples import place
from retrieval.training.squad import Asked, Paragraph
from retrieval.types import Span


def load(file: Path, into: Path) -> Dataset:
    """The questions of a published file, or of a folder of rows (see `retrieval.training.squad.read`).

    Writes one article for each title into the empty folder `into`. Evidence is the sentence, or the run of
    sentences, in which somebody marked an answer; where the set does not say where, the sentence of the
    paragraph that holds the answer and shares most words with the question. A sentence that stands twice in
    an article proves the answer at both places. Raises InputError, naming the place, for a damaged set.
    """
    found = squad.read(file)
    if not found.asked:
        raise InputError(f"{file} holds no question: name a set that has some.")
    with corpus(into) as articles:
        written = dict(_written(found.paragraphs, articles))
    return Dataset(tuple(_case(one, written[one.paragraph.id]) for one in found.asked), into)


@dataclass(frozen=True, slots=True)
class _Written:
    """A paragraph in the file of its article."""

    file: str
    text: str  # of the article
    start: int
    sentences: Sequence[Span]  # of the paragraph, in the article

    def quote(self, place: Span) -> str:
        """The smallest run of sentences that holds a place of the paragraph."""
        start, end = place.start + self.start, place.end + self.start
        around = [one for one in self.sentences if one.start < end and start < one.end]
        return self.text[
            min([start, *(one.start for one in around)]) : max([end, *(one.end for one in around)])
        ]


def _written(paragraphs: Sequence[Paragraph], articles: Corpus) -> Iterator[tuple[str, _Written]]:
    """Every paragraph by its id, when its article is written."""
    stories: dict[str, list[Paragraph]] = defaultdict(list)
    for paragraph in paragraphs:
        stories[paragraph.story].append(paragraph)
    for parts in stories.values():
        title = parts[0].title
        text, starts = head(title), []
        for part in parts:
            starts.append(len(text))
            text += f"{readable(part.text)}\n\n"
        file = articles.add(title, title, text)
        for part, start in zip(parts, starts, strict=True):
            found = sentences(text, Span(start, start + len(part.text)))
            yield part.id, _Written(file, text, start, found)


def _case(asked: Asked, written: _Written) -> Case:
    quotes = dict.fromkeys(written.quote(place) for place in _places(asked))
    return Case(
        id=asked.id,
        kind="fact" if asked.answers else "nearmiss",
        split="test",
        question=asked.question,
        answerable=bool(asked.answers),
        answers=asked.answers,
        evidence=tuple(Evidence(written.file, quote) for quote in quotes),
    )


def _places(asked: Asked) -> list[Span]:
    """Where the answers stand in the paragraph, as the set says or, where it does not, as it seems."""
    if asked.places:
        return list(asked.places)
    found = (place(replace(asked, answers=(answer,))) for answer in asked.answers)
    return list(filter(None, found))
