"""A measurement in a process of its own, whose memory is nobody else's."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from typing import Any

from eval.bench.machine import peak
from retrieval.errors import QuothError


def run(name: str, **given: object) -> dict[str, Any]:
    """What `measure` of the module eval.bench.NAME gives for the arguments, and the `peak` of its memory.

    Raises QuothError with the child's own words where it fails.
    """
    command = [sys.executable, "-m", "eval.bench.child", name]
    task = json.dumps(given, default=str)  # too long for an argument where there are many articles
    done = subprocess.run(command, input=task, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise QuothError(f"The benchmark {name} ended with {done.returncode}: see what it said above.")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    measure = import_module(f"eval.bench.{sys.argv[1]}").measure
    try:
        found = measure(**json.load(sys.stdin))
    except QuothError as error:
        sys.exit(str(error))
    print(json.dumps(found | {"peak": peak()}), flush=True)


if __name__ == "__main__":
    main()
