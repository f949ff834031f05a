"""A set of questions with the articles that they are about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from random import Random

from eval.questions import Case, faults, load, read_articles
from retrieval.errors import InputError


@dataclass(frozen=True, slots=True)
class Dataset:
    """Questions and the folder of their articles."""

    cases: tuple[Case, ...]
    folder: Path
    has_answers: bool = True  # else the retrieval alone can be judged

    @classmethod
    def of(cls, questions: Path, folder: Path, split: str | None = None) -> Dataset:
        """A set in Quoth's own format. Raises InputError, naming the line, where it does not fit."""
        texts = {file: article.text for file, article in read_articles(folder).items()}
        if wrong := next(faults(load(questions), texts), None):
            raise InputError(
                f"{questions} does not fit {folder}: {wrong} Run quoth eval check for all of it."
            )
        return cls(tuple(load(questions, split)), folder)

    def limited(self, limit: int | None, seed: int | None) -> Dataset:
        """At most `limit` of the questions, drawn by chance with a seed, else the first.

        In the order of the set. The turns of a conversation stay together and count as many as they are.
        """
        groups = [list(group) for _, group in groupby(enumerate(self.cases), key=_conversation)]
        if seed is not None:
            Random(seed).shuffle(groups)  # noqa: S311  # the same every time is what is wanted
        taken: list[list[tuple[int, Case]]] = []
        for group in groups:
            if limit is None or sum(map(len, taken)) + len(group) <= limit:
                taken.append(group)
        ordered = sorted((row for group in taken for row in group), key=lambda row: row[0])
        return replace(self, cases=tuple(case for _, case in ordered))


def _conversation(row: tuple[int, Case]) -> tuple[str, str | int]:
    number, case = row
    return ("turns of", case.conversation) if case.conversation else ("alone", number)
