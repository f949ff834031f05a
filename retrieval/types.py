"""The vocabulary: what the rest of Quoth speaks of.

Offsets are code points over `Article.text`, counted from 0, end exclusive, so that
`article.text[start:end]` is always the thing meant. Lines and pages count from 1.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import NamedTuple


class Span(NamedTuple):
    """The characters `text[start:end]` of an article."""

    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]


def shown(day: dt.date | None) -> str:
    """A day as a reader is shown it, "3 Jul 2023"; nothing for none."""
    return f"{day.day} {day:%b %Y}" if day else ""


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of an article beside its text; every field but the file may be missing."""

    file: str  # relative to the folder, with forward slashes
    title: str
    publisher: str | None = None
    author: str | None = None
    date: dt.date | None = None
    inferred: str | None = None  # why the date is believed, where no text states it

    @property
    def iso_date(self) -> str | None:
        return self.date.isoformat() if self.date else None

    @property
    def by(self) -> str:
        """By whom and when, "The Post, 3 Jul 2023"; the title stands for a publisher that is not known."""
        return ", ".join(part for part in (self.publisher or self.title, self.day) if part)

    @property
    def day_number(self) -> int:
        """For sorting by date: later is more; 0 where there is none."""
        return self.date.toordinal() if self.date else 0

    @property
    def day(self) -> str:
        """The date as a reader is shown it; empty where there is none."""
        return shown(self.date)


@dataclass(frozen=True, slots=True)
class Article:
    """A file as read: its source and its text, unchanged."""

    source: Source
    text: str
    furniture: tuple[Span, ...] = ()  # page furniture: never indexed, never quoted
    pages: tuple[int, ...] = ()  # where each page starts; empty where there are no pages

    def line(self, offset: int) -> int:
        """The line, from 1, that holds the character at `offset`."""
        return self.text.count("\n", 0, offset) + 1

    def page(self, offset: int) -> int | None:
        """The page, from 1, that holds the character at `offset`; None for unpaged files."""
        return sum(start <= offset for start in self.pages) or None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of whole sentences of one article: the unit that is embedded and searched."""

    id: str
    source: Source
    span: Span
    text: str
    line: int
    page: int | None
    sentences: tuple[Span, ...]  # offsets into the article, not into the chunk

    def quote(self, span: Span) -> str:
        """The article's text at `span`, which must lie inside this chunk."""
        return self.text[span.start - self.span.start : span.end - self.span.start]

    def cite(self, number: int, span: Span, answer: Span | None = None) -> Citation:
        """A citation of the article's text at `span`, which must lie inside this chunk."""
        line = self.line + self.text.count("\n", 0, span.start - self.span.start)
        return Citation(number, self.source, span, self.quote(span), line, self.page, answer)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles a search may look at; days are inclusive, None sets no bound."""

    publisher: str | None = None
    since: dt.date | None = None
    until: dt.date | None = None

    def admits(self, source: Source) -> bool:
        """Whether a search may look at `source`; an undated one passes no bound."""
        by_whom = self.publisher is None or self.publisher.casefold() == (source.publisher or "").casefold()
        day = source.date
        bounded = self.since is not None or self.until is not None
        return by_whom and (
            not bounded or (day is not None and (self.since or day) <= day <= (self.until or day))
        )


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that a search found, and why: its rank and score on each side."""

    chunk: Chunk
    score: float  # reciprocal rank fusion; higher is better
    similarity: float  # cosine of question and chunk
    dense_rank: int | None = None  # from 1; None where that side did not find it
    lexical_rank: int | None = None
    bm25: float | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """Proof of a sentence: `article.text[span.start:span.end] == quote`."""

    number: int  # from 1, in order of appearance
    source: Source
    span: Span
    quote: str
    line: int
    page: int | None = None
    answer: Span | None = None  # in the article: the words of the quote that answer, as the reader marks them


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer and the numbers of the citations that prove it.

    Quoth's own words ("The articles don't say.") carry no citation.
    """

    text: str
    citations: tuple[int, ...] = ()
    lead: str = ""  # Quoth's own words before it: "Earlier, 3 Jul 2023:"
    answer: Span | None = None  # in `text`: the words that answer, as the reader marks them
    doubt: str = ""  # why the support gate would have struck it, where it only marks

    @property
    def marked(self) -> Span | None:
        """Where in `str(self)` the words stand that answer."""
        shift = len(self.lead) + 1 if self.lead else 0
        return self.answer and Span(self.answer.start + shift, self.answer.end + shift)

    def __str__(self) -> str:
        """As it is read: `Earlier, 3 Jul 2023: Quote. [1][2]`."""
        numbers = "".join(f"[{number}]" for number in self.citations)
        return " ".join(part for part in (self.lead, self.text, numbers) if part)


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier exchange of a conversation: what was asked, and the text of the answer."""

    question: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, what was said before, and where to look."""

    text: str
    history: tuple[Turn, ...] = ()
    filters: Filters = field(default_factory=Filters)
    today: dt.date | None = None  # the day of asking; None leaves it to the settings
    deadline: float | None = None  # of time.monotonic(): past it the work is given up


@dataclass(frozen=True, slots=True)
class Usage:
    """What a language model was asked for an answer."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.calls + other.calls,
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            self.seconds + other.seconds,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """The reply to a question: sentences, their proofs, and how sure Quoth is."""

    question: str
    answered: bool
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...] = ()
    notes: tuple[str, ...] = ()  # what Quoth made of the question, said before the sentences
    understood: str | None = None  # the question as it was searched, where that is not what was typed
    short_answer: str | None = None  # the marked words of the first sentence
    nearest: Source | None = None  # the nearest article, where the articles do not say
    confidence: float = 0.0  # 0 to 1: that the first citation answers the question
    seconds: float = 0.0
    model: str | None = None  # the language model that wrote it; None where it is quoted
    removed: int = 0  # sentences of the model that the support gate struck
    usage: Usage | None = None  # None where no model was asked

    @property
    def text(self) -> str:
        """The notes and the sentences in a row, each as it is read: `About Li Shangfu: Quote. [1][2]`."""
        return " ".join([*self.notes, *map(str, self.sentences)])


class Said(NamedTuple):
    """A sentence of an answer under way that may be shown already, and the citations that are new with it."""

    sentence: Sentence
    citations: tuple[Citation, ...]


Event = Said | Answer  # of a streamed answer: what is said, then the whole answer once, which counts
