"""What every system is put through: index the texts, then find passages for the questions."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

BEST = 10  # passages that are asked for


class System(Protocol):
    """An index in an empty folder. Whatever has to be loaded is loaded when it is made."""

    def index(self, texts: Sequence[str]) -> None:
        """Embed and store the texts."""

    def find(self, question: str) -> object:
        """The `BEST` passages for a question."""


def main(opened: Callable[[Mapping[str, Any]], System]) -> None:
    """Put a system through what the file named on the command line holds; prints JSON on the last line."""
    given = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    system = opened(given)
    started = time.perf_counter()
    system.index(given["texts"])
    indexed = time.perf_counter() - started
    system.find(given["questions"][0])
    taken = []
    for question in given["questions"]:
        started = time.perf_counter()
        system.find(question)
        taken.append(time.perf_counter() - started)
    print(json.dumps({"rate": len(given["texts"]) / indexed, "query": sorted(taken)[len(taken) // 2]}))
