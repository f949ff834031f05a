"""An answer as the texts of a Discord message, within Discord's limits. Pure.

All that is untrusted in them is inert; the bold of the words that answer and the quote mark before the
question are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from bot.discord.cut import beginning, clipped, clipped_start, ending, packed, size
from bot.discord.markdown import bold, fold, folded_lines, inert_lines
from bot.plain import NEAREST, credit, dated, doubt, place, safe
from retrieval.extractive import REFUSAL
from retrieval.types import Answer, Citation, Said, Sentence, Source, Span

PAGE = 3500  # characters of an article's page; what stands around it needs some too


class Colour(IntEnum):
    """What an answer looks like from afar, as RGB."""

    ANSWERED = 0x2E8B57
    AGAINST = 0xB5453C
    DECLINED = 0xC9891A
    TALK = 0x5B6EE1


class _Room(NamedTuple):
    """Characters that there are."""

    body: int
    whole: int
    field: int  # for a title, a publisher, a file, the notes, the question, a doubt


_COMPONENTS = _Room(body=2800, whole=3900, field=300)
_CONTENT = _Room(body=1400, whole=2000, field=150)


@dataclass(frozen=True, slots=True)
class Message:
    """The texts of an answer; `sources` and `footer` are empty where there is nothing to tell.

    Body, sources and footer are for components, 3,900 characters together. `alike` tells the same in one
    text of 2,000 for a place without components, and does not hold the time that it took; it is empty where
    there is no such place.
    """

    body: str
    sources: str
    footer: str
    colour: Colour
    alike: str = ""


def told(answer: Answer, articles: int, folder: Path, question: str | None = None) -> Message:
    """The message that tells `answer`, found among `articles`; `question` is shown above it, if given.

    Of the folder only its name is shown. Sentences that do not fit are left out, and it says how many; of
    every citation number that is shown, the source is shown.
    """
    colour = _colour(answer)
    footer = "" if colour is Colour.TALK else footing(answer, articles)
    body, sources = _Telling(answer, folder, question, _COMPONENTS).within(size(footer))
    alike = _Telling(answer, folder, question, _CONTENT).within(2)
    return Message(body, sources, footer, colour, "\n\n".join(filter(None, alike)))


def _colour(answer: Answer) -> Colour:
    if answer.answered:
        return Colour.ANSWERED
    is_refusal = answer.nearest or not answer.sentences or answer.sentences[-1].text == REFUSAL
    return Colour.DECLINED if is_refusal else Colour.TALK


def growing(said: Sequence[Said], folder: Path, question: str | None = None) -> Message:
    """As `told`, of as much of an answer as may be shown before the whole of it is there."""
    sentences = tuple(one.sentence for one in said)
    citations = tuple(citation for one in said for citation in one.citations)
    telling = _Telling(Answer("", True, sentences, citations), folder, question, _COMPONENTS, elsewhere=".")
    return Message(*telling.within(size(_GOES_ON)), _GOES_ON, Colour.ANSWERED)


_GOES_ON = "still writing …"


def footing(answer: Answer, articles: int) -> str:
    """The small line about the work: what was searched, how long, and the language model that wrote."""
    model = clipped(answer.model or "", _MODEL)
    searched = f"{articles:,} {_plural('article', articles)} searched · {answer.seconds:.1f} s"
    return f"{searched} · written by {model}" if model else searched


_MODEL = 80  # characters of its name


def _plural(noun: str, count: int) -> str:
    return noun + "s" * (count != 1)


@dataclass(frozen=True, slots=True)
class _Telling:
    """An answer, and the room to tell it in."""

    answer: Answer
    folder: Path
    question: str | None
    room: _Room
    elsewhere: str = ": press Sources."  # where to find what there is no room for

    def within(self, reserved: int) -> tuple[str, str]:
        """Body and sources that leave `reserved` characters: all sentences, else as many as fit."""
        everything = len(self.answer.sentences)
        if everything and (whole := self.first(everything, reserved)):
            return whole
        parts = (self.first(count, reserved) for count in range(1, everything))
        fitting = [part for part in takewhile(bool, parts) if part]
        return fitting[-1] if fitting else self.shortest()

    def first(self, count: int, reserved: int) -> tuple[str, str] | None:
        """Body and sources of so many sentences; None where they do not fit."""
        shown = self.answer.sentences[:count]
        body = self.framed(self.row(shown), self.left_out(len(self.answer.sentences) - count, 0))
        if size(body) > self.room.body:
            return None
        sources = self.sources(self.numbers(shown))
        fits = size(body) + size(sources) + reserved <= self.room.whole
        return (body, sources) if fits else None

    def shortest(self) -> tuple[str, str]:
        """The first sentence as far as it fits, with its first citation."""
        first, *others = self.answer.sentences or [Sentence(REFUSAL)]
        numbers = self.numbers([first])
        tail = self.left_out(len(others), len(numbers[1:]))
        room = self.room.body - size(self.framed(self.lead + "\n", tail))
        row = self.row([replace(first, citations=tuple(numbers[:1]))], room)
        return self.framed(row, tail), self.sources(numbers[:1])

    def framed(self, row: str, left_out: str) -> str:
        """The body: the question, what is said, what is not, the notes, and the nearest article."""
        asked = clipped(self.question or "", self.room.field)
        nearest = self.nearest if not self.answer.answered else ""
        parts = [f"> {asked}" if asked else "", row or REFUSAL, left_out, self.notes, nearest]
        return "\n".join(filter(None, parts))

    @property
    def lead(self) -> str:
        """Those notes that the sentences follow on: "About Voss:"."""
        leading = (note for note in self.answer.notes if note.endswith(":"))
        return clipped(" ".join(leading), self.room.field)

    @property
    def notes(self) -> str:
        """The other notes, in small print."""
        others = (note for note in self.answer.notes if not note.endswith(":"))
        return small(" ".join(others), 2 * self.room.field)

    def left_out(self, sentences: int, sources: int) -> str:
        counts = [(sentences, "sentence"), (sources, "source")]
        told = [f"{count} more {_plural(noun, count)}" for count, noun in counts if count]
        return f"… {' and '.join(told)}{self.elsewhere}" if told else ""

    def row(self, sentences: Sequence[Sentence], room: int | None = None) -> str:
        """The lead and the sentences, each that is cited on a line of its own."""
        row, ended = self.lead, False
        for at, sentence in enumerate(sentences):
            gap = "\n" if ended or sentence.lead or (at and sentence.citations) else " "
            row = (row + gap + self.sentence(sentence, room)).strip()
            ended = bool(sentence.doubt)
        return row

    def sentence(self, sentence: Sentence, room: int | None) -> str:
        """A sentence with its citation numbers and what is doubted; with `room`, as many words as fit."""
        words, marked = fold(str(replace(sentence, citations=())), sentence.marked)
        numbers = "".join(f"\\[{number}]" for number in self.numbers([sentence]))
        doubtful = small(doubt(sentence), self.room.field)
        kept = words if room is None else beginning(words, room - size(numbers + doubtful) - _MARKS)
        said = " ".join(filter(None, [bold(kept, marked), "…" if kept != words else "", numbers]))
        return "\n".join(filter(None, [said, doubtful]))

    @property
    def nearest(self) -> str:
        source, room = self.answer.nearest, self.room.field
        if source is None:
            return ""
        about = clipped(credit(source), room)
        file = clipped_start(str(Path(self.folder.name) / source.file), room)
        return f"{NEAREST}{_strong(source.title, room)}{f' ({about})' if about else ''} {file}"

    def numbers(self, sentences: Sequence[Sentence]) -> list[int]:
        """The numbers of their citations, in order, those that there are."""
        known = {citation.number for citation in self.answer.citations}
        cited = dict.fromkeys(number for sentence in sentences for number in sentence.citations)
        return [number for number in cited if number in known]

    def sources(self, numbers: Sequence[int]) -> str:
        """A line for each of these citations, one at least where there are any."""
        citations = {citation.number: citation for citation in reversed(self.answer.citations)}
        shown = numbers or list(citations)[-1:]
        return "\n".join(source(citations[number], self.folder, self.room.field) for number in shown)


_MARKS = (
    10  # characters around the words of a sentence: "**" twice, "…", blanks, a backslash at the bold's edges
)


def source(citation: Citation, folder: Path, room: int) -> str:
    """`**1** Title — publisher, date · file:line`, each of them in `room` characters."""
    about = [clipped(citation.source.publisher or "", room), dated(citation.source)]
    where = clipped_start(place(citation, Path(folder.name)), room)
    title = " — ".join(filter(None, [clipped(citation.source.title, room), ", ".join(filter(None, about))]))
    return f"**{citation.number}** {' · '.join(filter(None, [title, where]))}"


def small(text: str, room: int) -> str:
    """`text` in small print, on a line of its own; nothing for none."""
    shown = clipped(text, room)
    return f"-# {shown}" if shown else ""


def _strong(text: str, room: int) -> str:
    shown = clipped(text, room)
    return f"**{shown}**" if shown else ""


def heading(source: Source, where: str) -> str:
    """Title, date, publisher and place of an article, above its text: at most 960 characters."""
    room = _COMPONENTS.field
    about = [dated(source), clipped(source.publisher or "", room), clipped_start(where, room)]
    return "\n".join(filter(None, [_strong(source.title, room), " · ".join(filter(None, about))]))


def lines(citation: Citation, folder: Path, before: str, quote: str, after: str) -> str:
    """The page of a citation: its heading, and the quote in bold within the text around it.

    At most 3,500 characters; what is left out is cut at words with "…", of the surrounding text first.
    """
    head = heading(citation.source, place(citation, Path(folder.name)))
    room = PAGE - size(head) - _AROUND
    words = safe(quote)
    kept = beginning(words, room)
    shown = bold(kept, Span(0, len(kept))) + " …" * (kept != words)
    room -= size(shown)
    behind = _edge(after, max(room // 2, room - size(inert_lines(before))))
    ahead = _edge(before, room - size(behind), at_end=True)
    ahead += (_gap(before, quote) if shown else " ") if ahead else ""
    behind = _gap(quote, after) + behind if behind else ""
    return f"{head}\n\n{ahead}{shown}{behind}"


_AROUND = 20  # characters: "**", "…", blanks and line ends


def _edge(text: str, room: int, at_end: bool = False) -> str:
    """As much of the text beside a quote as fits, inert."""
    text = folded_lines(text)
    kept = ending(text, room) if at_end else beginning(text, room)
    if kept == text:
        return inert_lines(text)
    return f"… {inert_lines(kept)}".strip() if at_end else f"{inert_lines(kept)} …".strip()


def _gap(before: str, after: str) -> str:
    """What stands between two texts: a blank line, a line's end, a blank, or nothing."""
    blanks = before[len(before.rstrip()) :] + after[: len(after) - len(after.lstrip())]
    ends = min(blanks.count("\n"), 2)
    return "\n" * ends or " " * bool(blanks)


def page(text: str, limit: int = PAGE) -> tuple[str, ...]:
    """An article's text, inert, in pages of at most `limit` characters that together are the whole of it."""
    return tuple(packed(folded_lines(text), limit))


def split(text: str, limit: int) -> tuple[str, ...]:
    """A text of our own, its Markdown as it is, in parts of at most `limit` characters, cut at lines."""
    return tuple(packed(text, limit, str))
