"""Kill a real indexing process at random moments, again and again, and see what the next one finds.

`python -m tests.kills 50` prints what happened and keeps it in `tests/kills.json`.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from importlib import metadata
from pathlib import Path

from retrieval.index import Index
from retrieval.types import Filters
from tests.fakes import WordEmbedder

ARTICLES = 2_000
KEPT = Path(__file__).with_suffix(".json")
_ROOT = Path(__file__).parent.parent
_NOUNS = "minister harbour balloon treaty river general factory court market island".split()


def text(number: int, version: int) -> str:
    """An article of about three chunks; some have a paragraph in common."""
    draw = random.Random(f"{number} {version}")  # noqa: S311
    said = [
        f"The {draw.choice(_NOUNS)} {draw.randrange(900)} met the {draw.choice(_NOUNS)} on day {day} of it."
        for day in range(28)
    ]
    return (
        f"Story {number} of version {version}\n\n{' '.join(said)}\n\nThe end of part {number % 50} is near.\n"
    )


def fill(folder: Path, articles: int) -> None:
    for number in range(articles):
        place = folder / f"part{number % 7}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:05}.txt").write_text(text(number, 0))


def change(folder: Path, seed: int) -> None:
    """Edit, rename, delete, copy and revert some articles."""
    draw = random.Random(seed)  # noqa: S311
    files = sorted(folder.rglob("*.txt"))
    for file in draw.sample(files, len(files) // 8):
        match draw.randrange(5):
            case 0 | 1:
                file.write_text(text(int(file.stem[:5]), seed))
            case 2:
                file.rename(file.with_name(f"{file.stem[:5]}-{seed}.txt"))
            case 3:
                shutil.copy(file, file.with_name(f"{file.stem[:5]}-copy{seed}.txt"))
            case 4:
                file.unlink()
                (folder / "part0" / f"{seed:05}.txt").write_text(text(seed, seed))


def index(folder: Path, data: Path) -> Index:
    return Index(folder, data, WordEmbedder())


def started(folder: Path, data: Path) -> subprocess.Popen[bytes]:
    """A process that indexes; it says when it begins."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.kills", "--child", folder, data], cwd=_ROOT, stdout=subprocess.PIPE
    )
    assert child.stdout and child.stdout.readline() == b"begun\n"
    return child


def seconds(folder: Path, data: Path) -> float:
    """How long a whole sync takes."""
    begun = time.perf_counter()
    with started(folder, data) as child:
        assert child.wait() == 0
    return time.perf_counter() - begun


def kill(folder: Path, data: Path, after: float) -> str:
    """Kill a sync after so many seconds; what the next program finds, and that it completes the work."""
    with started(folder, data) as child:
        time.sleep(after)
        child.kill()
        had_ended = child.wait() == 0
    found = index(folder, data)
    if found.damage is None:
        found.read(lambda at: at.lexical.search("minister", 5, Filters()))  # it can be asked
        assert len(found.dense) == sum(record.chunks for record in found.records().values())
    damaged = found.damage
    found.sync()
    verified = index(folder, data).verify()
    assert verified.faults == (), verified.faults
    assert verified.articles == len(list(folder.rglob("*.txt")))
    return "too late" if had_ended else "made anew" if damaged else "completed"


def series(kills: int, articles: int = ARTICLES, seed: int = 0) -> Counter[str]:
    """What became of so many kills, of a first indexing and of syncs after changes in turn.

    A process that ended before it was killed is not counted, and the next one is killed sooner.
    """
    draw = random.Random(seed)  # noqa: S311
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as place:
        folder, data = Path(place, "news"), Path(place, "data")
        fill(folder, articles)
        whole = seconds(folder, data)
        longest = {"first": whole, "change": whole / 4}
        while (number := outcomes.total() + 1) <= kills:
            kind = "first" if number % 5 == 1 else "change"
            if kind == "first":
                shutil.rmtree(data)
            else:
                change(folder, draw.randrange(10**6))
            outcome = kill(folder, data, draw.uniform(0, longest[kind]))
            if outcome == "too late":
                longest[kind] *= 0.8
                continue
            outcomes[outcome] += 1
            print(f"{number}: {outcome}", flush=True)
    return outcomes


def main(arguments: list[str]) -> None:
    if arguments[0] == "--child":
        made = index(Path(arguments[1]), Path(arguments[2]))
        print("begun", flush=True)
        made.sync()
        return
    kills = int(arguments[0])
    outcomes = series(kills)
    versions = {name: metadata.version(name) for name in ("chromadb", "tantivy")}
    kept = {"kills": kills, "articles": ARTICLES, **outcomes, "wrong afterwards": 0, "versions": versions}
    KEPT.write_text(json.dumps(kept, indent=2) + "\n")
    print(KEPT.read_text())


if __name__ == "__main__":
    main(sys.argv[1:])
