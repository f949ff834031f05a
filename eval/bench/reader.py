"""Milliseconds in which the trained reader reads passages: `python -m eval.bench.reader`.

Questions of the set, each with the first 8, 10 (so many are read for an answer) and 12 passages that the
search finds for it. And how long the reader takes to load in a program that has loaded the embedding model.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from eval.bench.machine import described, machine
from eval.questions import load
from retrieval.chain import assemble
from retrieval.reader import SpanReader
from retrieval.types import Question

_COUNTS = (8, 10, 12)
_QUESTIONS = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("seeds"))
    given = parser.parse_args()
    questions = [case.question for case in load()][:: len(load()) // _QUESTIONS]
    with tempfile.TemporaryDirectory() as data:
        quoth = assemble(folder=given.folder, data=Path(data), reader=False, k=max(_COUNTS))
        asked = [(question, quoth.retrieve(Question(question))[1]) for question in questions]
    started = time.perf_counter()
    reader = SpanReader()
    reader.warm()
    loaded = time.perf_counter() - started
    print(f"{described(machine())}, {len(asked)} questions")
    print(f"loaded in {loaded:.2f} s")
    for count in _COUNTS:
        taken = []
        for question, passages in asked:
            started = time.perf_counter()
            reader.read(question, passages[:count])
            taken.append(1000 * (time.perf_counter() - started))
        print(f"{count} passages: median {statistics.median(taken):.0f} ms, longest {max(taken):.0f} ms")


if __name__ == "__main__":
    main()
