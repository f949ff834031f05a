"""The question sets: one JSON object a line.

`id`, `kind`, `split` (`dev` to choose weights and thresholds, `test` only to report), `question`,
`answerable`, `answers` (accepted short answers) and `evidence`: every sentence of the articles that answers
by itself, best first, as `{"file": …, "quote": verbatim text that stands once in that file}`. Where sources
disagree, each piece of evidence names its `side`, and an answer has to show every side. The turns of a
conversation follow each other and name it in `conversation`. `today` is the day of asking, where it matters.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from retrieval import articles, metadata
from retrieval.articles import File, Limits, Unreadable
from retrieval.errors import InputError
from retrieval.types import Article

SET = Path(__file__).parent / "questions.jsonl"
TODAY = dt.date(2024, 11, 1)  # the day of asking, where a question has none of its own
CALIBRATION = Path(__file__).parent / "calibration"

ANSWERABLE = frozenset(
    "fact paraphrase date number place several newest yesno chat keyword time disagreement turn".split()
)
UNANSWERABLE = frozenset("nearmiss presupposition offtopic furniture smalltalk turn".split())


@dataclass(frozen=True, slots=True)
class Evidence:
    file: str
    quote: str  # empty where the whole article was judged
    side: str | None = None  # of a disagreement
    grade: int = 1  # how relevant it was judged


@dataclass(frozen=True, slots=True)
class Case:
    """A question and what is known of its answer."""

    id: str
    kind: str
    split: str
    question: str
    answerable: bool
    answers: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    conversation: str | None = None
    today: dt.date | None = None
    todo: tuple[str, ...] = ()  # what has still to be done to it by hand
    line: int = field(default=0, compare=False, repr=False)  # of the set's file, from 1

    @property
    def sides(self) -> frozenset[str]:
        return frozenset(item.side for item in self.evidence if item.side)

    @property
    def judges_articles(self) -> bool:
        """Whether whole articles were judged, and not passages of them."""
        return any(not item.quote for item in self.evidence)


def load(path: Path = SET, split: str | None = None) -> list[Case]:
    """The cases of a set, or of one split of it. Raises InputError naming the file and the line."""
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"The question set {path} cannot be read ({error}): name a JSON lines file."
        ) from error
    cases = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                cases.append(replace(_CASE.validate_json(line, strict=True), line=number))
            except ValidationError as error:
                wrong = error.errors()[0]
                why = ": ".join(filter(None, (".".join(map(str, wrong["loc"])), wrong["msg"].lower())))
                raise InputError(f"{path}, line {number}, is no question ({why}): correct it.") from error
    return [case for case in cases if split in (None, case.split)]


_CASE = TypeAdapter(Case)


def read_articles(folder: Path, limits: Limits | None = None) -> dict[str, Article]:
    """Every article of a folder that is readable within the limits, by file name."""
    stated, _ = metadata.load(folder)
    limits = limits or Limits()
    found = {}
    for file in articles.files(folder, limits):
        if isinstance(file, File):
            with suppress(Unreadable):
                found[file.name] = articles.read(file, articles.content(file, limits), stated, limits=limits)
    return found


def faults(cases: Sequence[Case], texts: Mapping[str, str]) -> Iterator[str]:
    """A sentence for everything that is wrong with a set over the articles `texts`, and on which line."""
    seen: set[str] = set()
    talks: list[str | None] = []
    for case in cases:
        for fault in (*_own_faults(case), *_quote_faults(case, texts)):
            yield f"line {case.line}, {case.id}: {fault}"
        if case.id in seen:
            yield f"line {case.line}, {case.id}: the id stands twice."
        seen.add(case.id)
        if case.conversation and case.conversation in talks[:-1] and case.conversation != talks[-1]:
            yield f"line {case.line}, {case.id}: the turns of {case.conversation!r} do not follow each other."
        talks.append(case.conversation)


def _own_faults(case: Case) -> Iterator[str]:
    for todo in case.todo[:1]:
        yield f"it is not complete yet: {todo}."
    if case.kind not in (ANSWERABLE if case.answerable else UNANSWERABLE):
        yield f"the kind {case.kind!r} is unknown, or does not fit `answerable`."
    if case.split not in ("dev", "test"):
        yield f"the split {case.split!r} is neither dev nor test."
    if not case.question.strip():
        yield "the question is empty."
    if case.answerable != bool(case.evidence):
        yield "answerable questions, and only they, need evidence."


def _quote_faults(case: Case, texts: Mapping[str, str]) -> Iterator[str]:
    for item in case.evidence:
        if item.file not in texts:
            yield f"there is no article {item.file!r}."
        elif not item.quote or (count := texts[item.file].count(item.quote)) != 1:
            times = f"stands {count} times" if item.quote else "is empty"
            yield f"the quote {item.quote[:60]!r} {times} in {item.file}: it must stand there once."
