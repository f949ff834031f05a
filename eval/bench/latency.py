"""Seconds a warm question takes, end to end: `python -m eval.bench.latency`.

Every question of the set is asked once in an order that is the same each time. Sentences met before are
remembered between questions, as in a running program; `--cold` forgets them before each question.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from eval.bench.machine import described, machine
from eval.questions import load
from retrieval.articles import Limits
from retrieval.chain import Quoth
from retrieval.embedding import Remembering, Transformer
from retrieval.index import Index
from retrieval.intent import intent
from retrieval.reader import SpanReader
from retrieval.settings import Settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("seeds"))
    parser.add_argument("--cold", action="store_true", help="forget the sentences read before each question")
    given = parser.parse_args()
    questions = [case.question for case in load()]
    with tempfile.TemporaryDirectory() as data:
        seconds = sorted(_ask(given.folder, Path(data), questions, given.cold))
    print(described(machine()))
    kept = "forgotten" if given.cold else "remembered"
    print(f"{len(questions)} questions on {given.folder}, sentences {kept}: ", end="")
    print(f"median {_ms(statistics.median(seconds))}, p95 {_ms(seconds[int(0.95 * len(seconds))])}, ", end="")
    print(f"longest {_ms(seconds[-1])}")


def _ask(folder: Path, data: Path, questions: list[str], cold: bool) -> list[float]:
    model = Transformer(data=data)
    index = Index(folder, data, Remembering(model), Limits())
    index.sync()
    quoth = Quoth(index, Settings(folder=folder, data=data), SpanReader(data=data))
    quoth.warm()
    quoth.invoke(questions[0])
    taken = []
    for question in questions:
        if cold:
            index.embedder = Remembering(model)
            intent(questions[0], index.embedder)  # its own examples stay known, whatever is asked
        taken.append(quoth.invoke(question).seconds)
    return taken


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"


if __name__ == "__main__":
    main()
