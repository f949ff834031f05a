"""Quoth and other systems side by side, on the same texts and model, in one run.

Each has a virtual environment of its own, made here; each round puts all of them through the same, in turn.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.bench.corpus import Corpus, chunk_texts
from eval.bench.times import median
from retrieval.embedding import wheel_folder
from retrieval.errors import QuothError

_ROOT = Path(__file__).resolve().parents[2]
_TORCH = "torch==2.13.0"  # as Quoth has it
PACKAGES: Mapping[str, Sequence[str]] = {
    "quoth": (),  # runs where this runs
    "langchain": (_TORCH, "langchain-chroma", "langchain-huggingface", "sentence-transformers"),
    "llama_index": (
        _TORCH,
        "llama-index-core",
        "llama-index-embeddings-huggingface",
        "llama-index-vector-stores-chroma",
    ),
    "haystack": (_TORCH, "haystack-ai", "sentence-transformers-haystack", "chroma-haystack"),
}


def measure(
    corpus: Corpus, environments: Path, rounds: int, questions: int, systems: Sequence[str] = tuple(PACKAGES)
) -> dict[str, Any]:
    """Chunks indexed a second and seconds a query takes, medians of the rounds, and both against Quoth's.

    Raises QuothError where an environment cannot be made, or a system fails.
    """
    pythons = {name: _python(name, environments) for name in systems}
    given = {
        "texts": chunk_texts(corpus, corpus.size),
        "folder": str(corpus.folder),
        "questions": corpus.questions[:questions],
        "model": str(wheel_folder()),
    }
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in systems}
    for number in range(rounds):
        for name in [*systems[number % len(systems) :], *systems[: number % len(systems)]]:
            taken[name].append(_one(name, pythons[name], given))
    return {
        "chunks": corpus.size,
        "questions": len(given["questions"]),
        "rounds": rounds,
        "systems": _against_quoth(
            {
                name: {part: median([one[part] for one in rows]) for part in ("rate", "query")}
                for name, rows in taken.items()
            }
        ),
        "versions": {name: _versions(pythons[name], PACKAGES[name]) for name in systems if PACKAGES[name]},
    }


def _against_quoth(found: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """With how many times as fast Quoth is."""
    own = found["quoth"]
    return {
        name: {
            **one,
            "index_ratio": round(own["rate"] / one["rate"], 3),
            "query_ratio": round(one["query"] / own["query"], 3),
        }
        for name, one in found.items()
    }


def _one(name: str, python: Path, given: Mapping[str, Any]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as data:
        task = Path(data) / "task.json"
        task.write_text(json.dumps({**given, "data": str(Path(data) / "index")}), "utf-8")
        environment = os.environ | {"PYTHONPATH": str(_ROOT), "ANONYMIZED_TELEMETRY": "false"}
        environment |= {"HF_HUB_OFFLINE": "1", "HAYSTACK_TELEMETRY_ENABLED": "false"}
        said = _run([str(python), "-m", f"eval.bench.others.{name}", str(task)], environment)
    found: dict[str, float] = json.loads(said.splitlines()[-1])
    return found


def _python(name: str, environments: Path) -> Path:
    """The interpreter that has the system's packages: its environment is made where it is not there."""
    if not PACKAGES[name]:
        return Path(sys.executable)
    folder = environments / name
    made_of = folder / "made-of.json"
    wanted = json.dumps(PACKAGES[name])
    if not made_of.is_file() or made_of.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        _run([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *PACKAGES[name]], os.environ)
        made_of.write_text(wanted)
    return folder / "bin" / "python"


def _versions(python: Path, packages: Sequence[str]) -> dict[str, str]:
    said = _run([str(python), "-m", "pip", "list", "--format", "json"], os.environ)
    installed = {one["name"].lower(): one["version"] for one in json.loads(said)}
    names = [package.partition("==")[0] for package in packages]
    return {name: installed[name] for name in names}


def _run(command: Sequence[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise QuothError(f"{' '.join(command[:5])} ended with {done.returncode}:\n{done.stderr.strip()}")
    return done.stdout
