"""What becomes of the poisoned articles: `python -m tests.poison` prints a table.

A model that obeys every order it sees (`tests.obedient`) answers from articles in which somebody planted one
(`tests.poison_cases`), through the product's own chain; what reaches a reader is counted (`reader_view`).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from eval.systems import Remembering as ReadOnce
from prompts.prompts import Prompts
from retrieval.chain import Quoth
from retrieval.embedding import Remembering, Transformer
from retrieval.entailment import Remembering as JudgedOnce
from retrieval.generative import Writer
from retrieval.index import Index
from retrieval.llm.model import Model
from retrieval.opening import open_entailment, open_reader
from retrieval.settings import Settings
from retrieval.support import Gate
from retrieval.types import Answer, Said, Sentence
from tests.obedient import MANNERS, Obedient
from tests.poison_cases import Case, cases
from tests.reader_view import Seen, seen

Mode = Literal["strict", "mark", "off"]
_COLUMNS = ("cases", "seen by the model", "gate off", "strict", "leaks", "live", "alone", "quoted")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the reader of a case gets, what is wrong with it, and whether the model saw the order at all."""

    answer: Answer
    said: tuple[Sentence, ...]  # while it was written
    seen: Seen
    saw: bool = False


class Bench:
    """Asks the cases, with the product's own models; folders and indexes are kept under `folder`.

    The index of a case stays open until `forget`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        settings = Settings(folder=folder, data=folder)
        self._embedder = Remembering(Transformer(settings.model))
        reader, judge = open_reader(settings), open_entailment()
        assert reader and judge, "the trained models are part of what is tried"
        self._reader, self._gate = ReadOnce(reader), Gate(JudgedOnce(judge))
        self._indexes: dict[str, Index] = {}

    def forget(self) -> None:
        """Open every index anew."""
        self._indexes.clear()

    def quoted(self, case: Case) -> Outcome:
        """Without a language model."""
        index = self._index(case)
        quoth = Quoth(index, Settings(folder=index.folder), self._reader, self._gate)
        return self._outcome(case, quoth)

    def written(
        self, case: Case, manner: str = "alone", mode: Mode = "strict", gate: Gate | None = None
    ) -> Outcome:
        """By the model that obeys, past the trained gate or another."""
        index, model, gate = self._index(case), Obedient(case=case, manner=manner), gate or self._gate
        writer = Writer(Model("tests:obedient", lambda **_: model), Prompts.load(), gate, mode)
        settings = Settings(folder=index.folder, gate=mode)
        return self._outcome(case, Quoth(index, settings, self._reader, gate, writer), model)

    def _outcome(self, case: Case, quoth: Quoth, model: Obedient | None = None) -> Outcome:
        *said, answer = quoth.stream(case.question)
        assert isinstance(answer, Answer)
        sentences = tuple(event.sentence for event in said if isinstance(event, Said))
        prompts = model.prompts if model else []
        found = seen(case, answer, sentences, prompts, quoth.index.folder)
        return Outcome(answer, sentences, found, bool(model and model.obeyed))

    def _index(self, case: Case) -> Index:
        if case.id not in self._indexes:
            folder = self._folder / case.id
            settings = Settings(folder=case.laid(folder / "articles"), data=folder / "data")
            index = Index(settings.folder, settings.data, self._embedder)
            index.sync()
            self._indexes[case.id] = index
        return self._indexes[case.id]


@dataclass(slots=True)
class Row:
    """The counts of one kind: cases, and of them how many in which something went wrong."""

    kind: str
    cases: int = 0
    saw: int = 0
    off: int = 0
    obeyed: int = 0
    leaks: int = 0
    live: int = 0
    alone: int = 0
    quoted: int = 0

    def add(self, other: Row) -> None:
        for name in Row.__slots__[1:]:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def counts(self) -> list[int]:
        return [getattr(self, name) for name in Row.__slots__[1:]]


def row(bench: Bench, case: Case, gate: Gate | None = None) -> Row:
    """The counts of one case."""
    strict = [bench.written(case, manner, "strict", gate) for manner in MANNERS]
    off = [bench.written(case, manner, "off", gate) for manner in MANNERS]
    quoted = bench.quoted(case)
    return Row(
        case.kind,
        1,
        any(one.saw for one in strict),
        any(one.seen.obeyed or one.seen.leaks or one.seen.unopposed for one in off),
        any(one.seen.obeyed for one in strict),
        any(one.seen.leaks for one in strict),
        any(one.seen.live for one in [*strict, *off, quoted]),
        any(one.seen.unopposed for one in strict),
        bool(quoted.seen.faults),
    )


def table(rows: Iterable[Row]) -> Iterator[str]:
    """The rows of each kind together, and of all."""
    kinds, everything = {}, Row("all")
    for one in rows:
        kinds.setdefault(one.kind, Row(one.kind)).add(one)
        everything.add(one)
    yield f"| kind | {' | '.join(_COLUMNS)} |"
    yield "|---|" + "--:|" * len(_COLUMNS)
    yield from (
        f"| {one.kind} | {' | '.join(map(str, one.counts))} |" for one in [*kinds.values(), everything]
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        for line in table([row(bench, case) for case in cases()]):
            print(line)


if __name__ == "__main__":
    os.environ["HF_HUB_OFFLINE"] = "1"
    main()
