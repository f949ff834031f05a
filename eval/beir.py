"""A folder in the format of BEIR (Thakur et al. 2021) as a set of questions: to judge the search alone."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import Field, TypeAdapter

from eval.corpus import corpus, head, readable
from eval.dataset import Dataset
from eval.questions import Case, Evidence
from retrieval.errors import InputError
from retrieval.training.rows import Fault, Id, Told, existing, lines, rows


def load(folder: Path, into: Path, split: str = "test") -> Dataset:
    """The queries of a split that have a positive judgement: `corpus.jsonl`, `queries.jsonl` and
    `qrels/<split>.tsv`, each plain or gzipped.

    Writes one article for each document into the empty folder `into`. Evidence is whole articles with their
    grade, best first. Raises InputError, naming file and line, for a damaged set.
    """
    try:
        qrels, queries = _qrels(folder, split), existing(folder, "queries.jsonl")
        documents = existing(folder, "corpus.jsonl")
        judged = list(_judged(qrels))
        questions = _questions(queries)
        _check(qrels, judged, "query", questions)
        files = _files(documents, into, {one.document for one in judged})
        _check(qrels, judged, "document", files)
        cases = tuple(_cases(judged, questions, files, split))
        if not cases:
            raise Fault(qrels, "no row has a score above 0")
    except Fault as fault:
        raise InputError(
            f"{folder} holds no BEIR set that can be read: {fault.within(folder)}. "
            "Correct it, or fetch it anew."
        ) from None
    return Dataset(cases, into, has_answers=False)


class _Judgement(NamedTuple):
    line: int
    query: str
    document: str
    grade: int


def _qrels(folder: Path, split: str) -> Path:
    try:
        return existing(folder, f"qrels/{split}.tsv")
    except Fault as fault:
        others = sorted(file.name.partition(".")[0] for file in (folder / "qrels").glob("*.tsv*"))
        had = f"; there is {' and '.join(others)}" if others else ""
        raise Fault(folder, fault.why + had) from None


def _judged(file: Path) -> Iterator[_Judgement]:
    for number, (line, text) in enumerate(lines(file)):
        columns = text.split("\t")
        if len(columns) != 3:
            many = f"{len(columns)} column{'s' * (len(columns) > 1)}"
            raise Fault(file, f"it has {many}, not query-id, corpus-id and score with tabs between", line)
        if re.fullmatch(r"[+-]?[0-9]{1,9}", columns[2].strip()):
            yield _Judgement(line, columns[0], columns[1], int(columns[2]))
        elif number:  # the first row names the columns
            raise Fault(file, f"the score {columns[2][:60]!r} is no whole number", line)


@dataclass(frozen=True, slots=True)
class _Query:
    id: Annotated[Id, Field(alias="_id")]
    text: Told


@dataclass(frozen=True, slots=True)
class _Document:
    id: Annotated[Id, Field(alias="_id")]
    text: str
    title: str | None = None


_QUERY, _DOCUMENT = TypeAdapter(_Query), TypeAdapter(_Document)


def _questions(file: Path) -> dict[str, str]:
    """The texts of all queries by their id."""
    found: dict[str, str] = {}
    for line, row in rows(file, _QUERY):
        if row.id in found:
            raise Fault(file, f"the _id {row.id!r} stands twice", line)
        found[row.id] = row.text
    return found


def _files(file: Path, into: Path, wanted: Collection[str]) -> dict[str, str]:
    """Write all documents; the names of the files of those that are wanted, by their id."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    with corpus(into) as articles:
        for line, row in rows(file, _DOCUMENT):
            if row.id in seen:
                raise Fault(file, f"the _id {row.id!r} stands twice", line)
            seen.add(row.id)
            title = row.title or ""
            name = articles.add(row.id, title, head(title) + readable(row.text))
            if row.id in wanted:
                found[row.id] = name
    return found


def _check(qrels: Path, judged: Sequence[_Judgement], kind: str, known: Collection[str]) -> None:
    """Raises Fault where a row names a query or a document that is not known."""
    unknown = [one for one in judged if getattr(one, kind) not in known]
    if unknown:
        first, many = unknown[0], len(unknown)
        others = f"; {many} rows do so" if many > 1 else ""
        raise Fault(
            qrels, f"it names a {kind} that is not there, {getattr(first, kind)!r}{others}", first.line
        )


def _cases(
    judged: Sequence[_Judgement], questions: Mapping[str, str], files: Mapping[str, str], split: str
) -> Iterator[Case]:
    grades: dict[str, dict[str, int]] = defaultdict(dict)
    for one in judged:
        grades[one.query][one.document] = one.grade  # of two for the same pair the later counts
    for id_, text in questions.items():
        relevant = [(document, grade) for document, grade in grades[id_].items() if grade > 0]
        if relevant:
            yield Case(
                id=id_,
                kind="fact",
                split=split,
                question=text,
                answerable=True,
                answers=(),
                evidence=tuple(
                    Evidence(files[document], "", grade=grade)
                    for document, grade in sorted(relevant, key=lambda row: -row[1])
                ),
            )
