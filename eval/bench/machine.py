"""On what a benchmark ran: the processor, the memory, the versions."""

from __future__ import annotations

import datetime as dt
import os
import platform
import resource
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("chromadb", "tantivy", "onnxruntime", "tokenizers", "torch", "sentence-transformers")


def machine() -> dict[str, object]:
    """What the figures of a run depend on besides the program."""
    return {
        "processor": _field(Path("/proc/cpuinfo"), "model name")
        or platform.processor()
        or platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
        "day": dt.date.today().isoformat(),
    }


def described(made: dict[str, object]) -> str:
    """The same in a line."""
    packages = made["packages"]
    assert isinstance(packages, dict)  # noqa: S101  # as `machine` makes it
    shown = ", ".join(f"{name} {found}" for name, found in packages.items())
    return (
        f"{made['processor']}, {made['cores']} cores, {made['memory_gb']} GB, {made['system']}, "
        f"Python {made['python']}, {shown}"
    )


def peak(process: int | None = None) -> int:
    """The most memory that this process, or a child of it, has held, in bytes."""
    # The kernel's own number of the process: that of getrusage starts from its parent's.
    if held := _field(Path(f"/proc/{process or 'self'}/status"), "VmHWM"):
        return int(held.split()[0]) * 1024
    unit = 1 if platform.system() == "Darwin" else 1024
    who = resource.RUSAGE_CHILDREN if process else resource.RUSAGE_SELF
    return resource.getrusage(who).ru_maxrss * unit


def _field(file: Path, name: str) -> str | None:
    if not file.is_file():
        return None
    found = (line.partition(":") for line in file.read_text().splitlines() if line.startswith(name))
    return next((value.strip() for _, _, value in found), None)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
