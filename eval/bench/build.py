"""One index made anew, from an empty data folder to the last article, by the product's own code."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from eval.bench.vectors import Perturbed
from retrieval.index import Index
from retrieval.opening import open_index
from retrieval.settings import Settings

_WINDOW = 5_000  # chunks over which the rate along the way is taken
_NEWS = "A new ferry was named after the mayor of Eastmere on Tuesday, to his surprise.\n"


def measure(folder: str, data: str, vectors: str | None, counts: Sequence[int]) -> dict[str, Any]:
    """How the first sync went, and how long another one takes after one article came.

    With `vectors`, those are stored and nothing is embedded. `counts` are the chunks of each article, as it
    is known beforehand: they tell how many chunks a second there were along the way.
    """
    settings = Settings(folder=Path(folder), data=Path(data), llm=None)
    index = open_index(settings)
    index.embedder.read(["warm"])
    index.embedder.embed(["warm"])
    if vectors:
        index.embedder = Perturbed(index.embedder, Path(vectors))
    before = _size(settings.data)  # the models, made ready
    rates = Rates(counts)
    summary = index.sync(rates.progress)
    return {
        "articles": summary.added,
        "chunks": summary.chunks,
        "seconds": round(summary.seconds, 3),
        "rate": round(summary.chunks / summary.seconds, 1),
        "rates": rates.found,
        "disk": _size(settings.data) - before,
        "change": round(_changed(index, settings.folder), 3),
    }


class Rates:
    """Chunks a second along the way: `found` by the number of chunks at the end of each window."""

    def __init__(self, counts: Sequence[int], window: int = _WINDOW) -> None:
        self.found: dict[int, float] = {}
        self._before = [0, *accumulate(counts)]
        self._window = window
        self._start: tuple[int, float] | None = None  # chunks when the window began, and when that was

    def progress(self, done: int, _: int, __: str) -> None:
        """To be handed to a sync."""
        chunks, now = self._before[done], time.perf_counter()
        if self._start is None:
            self._start = chunks, now
        elif chunks - self._start[0] >= self._window:
            self.found[chunks] = round((chunks - self._start[0]) / (now - self._start[1]), 1)
            self._start = chunks, now


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _changed(index: Index, folder: Path) -> float:
    """Seconds of a sync in which one article is new; afterwards the folder is as before."""
    article = folder / "zzz-new.txt"
    article.write_text(_NEWS, "utf-8")
    try:
        return index.sync().seconds
    finally:
        article.unlink()
        index.sync()
