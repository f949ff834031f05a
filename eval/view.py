"""A question as a report shows it: its answers, their citations in context, missed evidence. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from eval.excerpt import AROUND, Piece, Stretch, excerpt, shortened
from eval.marks import is_within
from eval.outcome import Cited, Outcome, Place
from eval.results import Results

STATES = {
    "right": "right",
    "wrong": "wrong",
    "declined-right": "declined rightly",
    "declined-wrong": "declined wrongly",
    "found": "evidence found",
    "missed": "evidence missed",
}
GOOD = frozenset(("right", "declined-right", "found"))


class Shown(NamedTuple):
    """A citation, or a piece of evidence, where it stands in its article."""

    where: str
    number: int | None  # of a citation
    notes: tuple[str, ...]
    pieces: tuple[Piece, ...]  # empty where the results do not hold the article
    said: str | None  # the quote as it was given, where it does not stand in the pieces


class Sentence(NamedTuple):
    """A sentence of an answer with the numbers of its citations; of a long one the beginning."""

    pieces: list[Piece]
    citations: tuple[int, ...]


class Given(NamedTuple):
    """What one system made of a question."""

    name: str
    outcome: Outcome
    state: str
    asked: bool  # else the retrieval alone was judged
    sentences: tuple[Sentence, ...]
    citations: tuple[Shown, ...]
    heading: str  # of the evidence
    missed: tuple[Shown, ...]


class Question(NamedTuple):
    """A question with the answers of one system or of two."""

    id: str
    kind: str
    text: str
    answerable: bool
    expected: tuple[str, ...]
    state: str  # of the first system
    flip: str  # "won" or "lost" by the first system where one of them alone is right, else empty
    before: tuple[Outcome, ...]  # the turns before it in its conversation
    answers: tuple[Given, ...]


def state(one: Outcome) -> str:
    """What became of it, as one of `STATES`."""
    if not is_asked(one):
        return "found" if one.marks.get("mrr@10") else "missed"
    if one.answered:
        return "right" if one.is_right else "wrong"
    return "declined-wrong" if one.answerable else "declined-right"


def is_asked(one: Outcome) -> bool:
    """Whether its answer was judged, and not the retrieval alone."""
    return "truth" in one.marks


def questions(runs: Mapping[str, Results], outcomes: Sequence[Sequence[Outcome]]) -> Iterator[Question]:
    """One for each outcome; `outcomes` has as many for every run, by its name, about the same questions."""
    before: dict[str, tuple[Outcome, ...]] = {}
    for row in zip(*outcomes, strict=True):
        one = row[0]
        turns = before.get(one.conversation or "", ())
        if one.conversation:
            before[one.conversation] = (*turns, one)
        yield Question(
            id=one.id,
            kind=one.kind,
            text=one.question,
            answerable=one.answerable,
            expected=one.expected,
            state=state(one),
            flip=_flip(*row),
            before=turns,
            answers=tuple(
                _given(name, each, run.texts) for (name, run), each in zip(runs.items(), row, strict=True)
            ),
        )


def _flip(one: Outcome, other: Outcome | None = None) -> str:
    if other is None or (good := state(one) in GOOD) == (state(other) in GOOD):
        return ""
    return "won" if good else "lost"


def _given(name: str, one: Outcome, texts: Mapping[str, str]) -> Given:
    return Given(
        name=name,
        outcome=one,
        state=state(one),
        asked=is_asked(one),
        sentences=tuple(Sentence(shortened(said.text), said.citations) for said in one.sentences),
        citations=tuple(_citation(cited, one.evidence, texts) for cited in one.citations),
        heading=_heading(one),
        missed=tuple(_missed(one, texts)),
    )


def _heading(one: Outcome) -> str:
    if not is_asked(one):
        return "Evidence"
    return "Other evidence, which it did not cite" if one.is_right else "Evidence that it missed"


def _missed(one: Outcome, texts: Mapping[str, str]) -> Iterator[Shown]:
    """The evidence that was not cited, but for what can be seen around what stands on the page already."""
    seen = [cited.place for cited in one.citations] if one.is_right else []
    missed = [place for place in one.evidence if not _is_cited(place, one, texts)]
    for place in missed:
        if not any(_is_around(place, other) for other in seen):
            seen.append(place)
            yield _evidence(place, missed, texts)


def _is_around(place: Place, other: Place) -> bool:
    reaches = other.start - AROUND <= place.start and place.end <= other.end + AROUND
    return place.file == other.file and reaches


def _is_cited(place: Place, one: Outcome, texts: Mapping[str, str]) -> bool:
    quote = texts.get(place.file, "")[place.start : place.end]
    return any(
        cited.place.file == place.file and cited.quote and is_within(quote, cited.quote)
        for cited in one.citations
    )


def _citation(cited: Cited, evidence: Sequence[Place], texts: Mapping[str, str]) -> Shown:
    place, text = cited.place, texts.get(cited.place.file)
    notes = ["evidence" if cited.right else "not the evidence"] if evidence else []
    notes += [] if cited.exact else ["not exact: its quote or its line is not what stands at its place"]
    pieces = () if text is None else _pieces(place, evidence, text, is_quoted=True)
    stands = text is not None and text[place.start : place.end] == cited.quote
    where = f"{place.file}:{cited.line}"
    return Shown(where, cited.number, tuple(notes), pieces, None if stands else cited.quote)


def _evidence(place: Place, missed: Sequence[Place], texts: Mapping[str, str]) -> Shown:
    text = texts.get(place.file)
    whole = ("the whole article",) if place.start == place.end else ()
    if text is None:
        return Shown(place.file, None, whole, (), None)
    line = text.count("\n", 0, place.start) + 1
    return Shown(f"{place.file}:{line}", None, whole, _pieces(place, missed, text, is_quoted=False), None)


def _pieces(place: Place, evidence: Sequence[Place], text: str, is_quoted: bool) -> tuple[Piece, ...]:
    marked = [_stretch(item, text) for item in evidence if item.file == place.file]
    shown = _stretch(place, text)
    return tuple(excerpt(text, shown if is_quoted else None, marked, shown))


def _stretch(place: Place, text: str) -> Stretch:
    """Its characters as far as the text has them."""
    start = min(max(place.start, 0), len(text))
    return start, min(max(place.end, start), len(text))
