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


def measure(
    folder: str, data: str, vectors: str | None, counts: Sequence[int], server: str | None = None
) -> dict[str, Any]:
    """How the first sync went, and how long another one takes after one article came.

    With `vectors`, those are stored and nothing is embedded but the last 5,000 chunks, whose rate is `late`.
    `counts` are the chunks of each article, as it is known beforehand: they tell how many chunks a second
    there were along the way. With the address of a `server`, the vectors go there.
    """
    settings = Settings(folder=Path(folder), data=Path(data), llm=None, chroma_url=server)
    index = open_index(settings, indexing=True)
    index.embedder.read(["warm"])
    index.embedder.embed(["warm"])
    before = size(settings.data)  # the models, made ready
    kept = sum(counts) - _WINDOW if vectors and sum(counts) > _WINDOW else sum(counts)
    perturbed = Perturbed(index.embedder, Path(vectors)) if vectors else None
    index.embedder = perturbed or index.embedder
    rates = Rates(counts, kept)

    def progress(done: int, of: int, file: str) -> None:
        rates.progress(done, of, file)
        if perturbed and rates.chunks(done) >= kept:
            perturbed.is_real = True

    began = time.perf_counter()
    summary = index.sync(progress)
    ended = time.perf_counter()
    began_late = perturbed.began if perturbed else None
    late = {"late": round(perturbed.embedded / (ended - began_late), 1)} if perturbed and began_late else {}
    return {
        "articles": summary.added,
        "chunks": summary.chunks,
        "seconds": round(summary.seconds, 3),
        "rate": round(kept / ((began_late or ended) - began), 1),
        "rates": rates.found,
        **late,
        "disk": size(settings.data) - before,
        "change": round(_changed(index, settings.folder), 3),
    }


class Rates:
    """Chunks a second along the way: `found` by the number of chunks at the end of each window."""

    def __init__(self, counts: Sequence[int], until: int, window: int = _WINDOW) -> None:
        """No window goes beyond `until` chunks."""
        self.found: dict[int, float] = {}
        self._before = [0, *accumulate(counts)]
        self._until = until
        self._window = window
        self._start: tuple[int, float] | None = None  # chunks when the window began, and when that was

    def chunks(self, done: int) -> int:
        """How many so many articles have."""
        return self._before[done]

    def progress(self, done: int, _: int, __: str) -> None:
        """To be handed to a sync."""
        chunks, now = self.chunks(done), time.perf_counter()
        if self._start is None:
            self._start = chunks, now
        elif chunks - self._start[0] >= self._window and chunks <= self._until:
            self.found[chunks] = round((chunks - self._start[0]) / (now - self._start[1]), 1)
            self._start = chunks, now


def size(folder: Path) -> int:
    """Bytes of all files in it."""
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
