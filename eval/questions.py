"""The question sets: one JSON object a line.

`id`, `kind`, `split` (`dev` to choose weights and thresholds, `test` only to report), `question`,
`answerable`, `answers` (accepted short answers) and `evidence`: every sentence of the articles that answers
by itself, best first, as `{"file": …, "quote": verbatim text that stands once in that file}`. Where sources
disagree, each piece of evidence names its `side`, and an answer has to show every side. The turns of a
conversation follow each other and name it in `conversation`. `today` is the day of asking, where it matters.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval import articles, metadata
from retrieval.articles import File
from retrieval.errors import InputError
from retrieval.types import Article

SET = Path(__file__).parent / "questions.jsonl"
TODAY = dt.date(2024, 11, 1)  # the day of asking, where a question has none of its own
CALIBRATION = Path(__file__).parent / "calibration"

ANSWERABLE = frozenset(
    "fact paraphrase date number place several newest yesno chat keyword time disagreement turn".split()
)
UNANSWERABLE = frozenset("nearmiss presupposition offtopic furniture turn".split())


@dataclass(frozen=True, slots=True)
class Evidence:
    file: str
    quote: str
    side: str | None = None  # of a disagreement


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

    @property
    def sides(self) -> frozenset[str]:
        return frozenset(item.side for item in self.evidence if item.side)


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
                cases.append(_case(json.loads(line)))
            except (ValueError, KeyError, TypeError) as error:
                raise InputError(f"{path}, line {number}, is no question ({error!r}): correct it.") from error
    return [case for case in cases if split in (None, case.split)]


def _case(row: Mapping[str, Any]) -> Case:
    evidence = tuple(Evidence(item["file"], item["quote"], item.get("side")) for item in row["evidence"])
    return Case(
        id=row["id"],
        kind=row["kind"],
        split=row["split"],
        question=row["question"],
        answerable=row["answerable"],
        answers=tuple(row["answers"]),
        evidence=evidence,
        conversation=row.get("conversation"),
        today=dt.date.fromisoformat(row["today"]) if "today" in row else None,
    )


def read_articles(folder: Path) -> dict[str, Article]:
    """Every readable article of a folder, by file name."""
    stated, _ = metadata.load(folder)
    found = (file for file in articles.files(folder) if isinstance(file, File))
    return {file.name: articles.read(file, articles.content(file), stated) for file in found}


def faults(cases: Sequence[Case], texts: Mapping[str, str]) -> Iterator[str]:
    """A sentence for everything that is wrong with a set over the articles `texts`."""
    seen: set[str] = set()
    for case in cases:
        if case.id in seen:
            yield f"{case.id}: the id stands twice."
        seen.add(case.id)
        if case.kind not in (ANSWERABLE if case.answerable else UNANSWERABLE):
            yield f"{case.id}: the kind {case.kind!r} is unknown, or does not fit `answerable`."
        if case.split not in ("dev", "test"):
            yield f"{case.id}: the split {case.split!r} is neither dev nor test."
        if case.answerable != bool(case.evidence):
            yield f"{case.id}: answerable questions, and only they, need evidence."
        for item in case.evidence:
            if (count := texts.get(item.file, "").count(item.quote)) != 1:
                yield f"{case.id}: the quote {item.quote[:60]!r} stands {count} times in {item.file}."
