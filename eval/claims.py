"""Claims that were written by hand to measure the support gate: right ones, and wrong ones by their kind.

A file of JSON lines for each corpus of `eval/calibration`: `file`, `evidence` (whole sentences of that
article), `right` (claims that it supports) and `wrong` (pairs of a kind and a claim that it does not).
With `dev` rules and thresholds are chosen, `test` is only there to count.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from retrieval.errors import InputError

FOLDER = Path(__file__).parent / "claims"
SPLITS: dict[Split, tuple[str, ...]] = {
    "dev": ("bridge", "hospital", "launch"),
    "test": ("reservoir", "strait"),
}
KINDS = {
    "roles": "who did what to whom is exchanged",
    "name": "another name",
    "number": "another number",
    "date": "another day",
    "negation": "a not too many or too few",
    "certainty": "a plan or a guess as a fact, or the other way round",
    "speaker": "said by another",
    "relation": "another cause, condition or order",
    "scope": "all for some, first for last",
    "extra": "a detail that is made up",
    "other": "another fact than the cited one",
}

Split = Literal["dev", "test"]


@dataclass(frozen=True, slots=True)
class Row:
    """Sentences of an article, and what is claimed of them."""

    file: str
    evidence: tuple[str, ...]
    right: tuple[str, ...]
    wrong: tuple[tuple[str, str], ...]  # kind and claim


_ROW = TypeAdapter(Row)


def load(path: Path) -> list[Row]:
    """The rows of a file. Raises InputError naming the file and the line."""
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The claims {path} cannot be read ({error}): install Quoth again.") from error
    rows = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                rows.append(_ROW.validate_json(line))
            except ValidationError as error:
                why = error.errors()[0]["msg"].lower()
                raise InputError(
                    f"{path}, line {number}, is no row of claims ({why}): correct it."
                ) from error
    return rows
