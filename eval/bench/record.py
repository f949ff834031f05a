"""The results of one benchmark at one size, as a small file of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eval.bench.machine import described, machine
from retrieval.errors import InputError

FOLDER = Path("eval/results/bench")

Record = Mapping[str, Any]


def keep(benchmark: str, size: str, found: Record, folder: Path = FOLDER) -> Record:
    """Keep what was found, with the machine, and print it."""
    record = {"benchmark": benchmark, "size": size, "made": machine(), **found}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{benchmark}-{size}.json").write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    print(f"{benchmark}, {size}, on {described(record['made'])}")
    for name, value in found.items():
        print(f"  {name}: {_shown(value)}")
    return record


def load(folder: Path = FOLDER) -> list[Record]:
    """Every record that is kept. Raises InputError where one cannot be read."""
    found = []
    for file in sorted(folder.glob("*.json")):
        try:
            found.append(json.loads(file.read_bytes()))
        except ValueError as error:
            raise InputError(f"{file} holds no result of a benchmark ({error}): make it anew.") from error
    return found


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_shown(part)}" for name, part in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)
