"""What a question means: spelling mended, what it lacks carried over, its time and publisher told apart."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from retrieval.attribution import attribution
from retrieval.clues import clues
from retrieval.conversation import StandAlone, stand_alone
from retrieval.days import NO_DAYS, Days
from retrieval.embedding import Embedder
from retrieval.extractive import Leaning
from retrieval.index import Index
from retrieval.lexical import LexicalIndex
from retrieval.spelling import mend
from retrieval.timeframe import timeframe
from retrieval.types import Answer, Filters, Question, Span


@dataclass(frozen=True, slots=True)
class Understood:
    """A question as it is searched."""

    text: str  # standing alone
    topic: str  # the same without the words of its time and its publisher: what a sentence must answer
    given: Filters  # the caller's
    filters: Filters  # which articles it is about: the caller's, and what it names itself
    leaning: Leaning
    about: str = ""  # what was carried into it from the conversation
    dropped: bool = False  # the days that it names: no article is of them
    beyond: Understood | None = None  # the same without the days that it names

    def notes(self, answer: Answer) -> tuple[str, ...]:
        """What a reader of the answer must know of how the question was understood."""
        notes = []
        stated = any(self.leaning.frame.is_stated(citation.quote) for citation in answer.citations)
        if self.dropped and not stated:
            notes.append(self._without_days)
        elif self.filters != self.given and not answer.answered:
            notes.append(f"Only articles {self._scope} were searched.")
        if self.about:
            notes.append(f"About {self.about}:")
        return tuple(notes)

    @property
    def _scope(self) -> str:
        dated = f"dated {self.leaning.frame.dated}" if self.beyond else ""
        return " ".join(part for part in (self._by, dated) if part)

    @property
    def _without_days(self) -> str:
        by = f"{self._by} " if self._by else ""
        within = "" if self.given == Filters() else "within your filters "
        return f"No article {by}{within}is dated {self.leaning.frame.dated}, so all {by}were searched."

    @property
    def _by(self) -> str:
        return f"by {self.filters.publisher}" if self.filters.publisher != self.given.publisher else ""


def understand(asked: Question, index: Index, today: dt.date) -> Understood:
    """What `asked` means on the day `today`."""
    words = index.fresh().lexical
    text = mend(asked.text, words, index.embedder.knows)
    alone = stand_alone(text, asked.history, lambda new, texts: _most_alike(new, texts, index.embedder))
    frame = timeframe(alone.text, today)
    by = attribution(alone.text, words.publishers()) if asked.filters.publisher is None else None
    attributed = [by[1]] if by else []
    found = Understood(
        text=alone.text,
        topic=_without(alone.text, [*frame.words, *attributed]),
        given=asked.filters,
        filters=_narrowed(asked.filters, frame.days, by[0] if by else None),
        leaning=Leaning(
            frame=frame,
            follows=bool(alone.about),
            context=asked.history[-1].text if asked.history and _is_continued(alone) else "",
            more=alone.more,
            newest=words.newest(),
        ),
        about=alone.about,
    )
    undated = replace(
        found,
        topic=_without(alone.text, attributed),
        filters=_narrowed(asked.filters, NO_DAYS, found.filters.publisher),
    )
    return _met(found, undated, words)


def _met(found: Understood, undated: Understood, words: LexicalIndex) -> Understood:
    """`found` with filters that some article meets: the days that it names are dropped where none does."""
    if undated.filters == found.filters:
        return found
    if words.count(found.filters):
        return replace(found, beyond=undated)
    return replace(undated, dropped=True)


def _is_continued(alone: StandAlone) -> bool:
    """Whether a question goes on with what was spoken of: something was carried, or it names nothing."""
    if alone.again:
        return False
    return bool(alone.about) or not any(term.is_name for term in clues(alone.text).terms)


def _most_alike(new: str, texts: Sequence[str], embedder: Embedder) -> int:
    given, *others = embedder.read([new, *texts])
    return max(range(len(others)), key=lambda at: float(others[at].vector @ given.vector))


def _without(question: str, spans: Sequence[Span]) -> str:
    """The question without the words at `spans`; all of it where nothing would be left."""
    left = "".join(
        character for at, character in enumerate(question) if not any(s.start <= at < s.end for s in spans)
    )
    tidy = re.sub(r"\s+(?=[,?.!)])", "", " ".join(left.split())).lstrip(" ,;")
    return tidy if clues(tidy).terms else question


_AFTERWARDS = dt.timedelta(7)  # within which the articles follow what happened on a day


def _narrowed(given: Filters, days: Days, publisher: str | None) -> Filters:
    """The caller's filters, and within them what the question names."""
    last = days.last
    if last is not None and days.first == last:
        last += _AFTERWARDS
    firsts = [day for day in (given.since, days.first) if day]
    lasts = [day for day in (given.until, last) if day]
    return Filters(given.publisher or publisher, max(firsts, default=None), min(lasts, default=None))
