"""The results of a run, as a file: what was asked and answered, its metrics, and what made it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from eval.outcome import Cited, Outcome
from retrieval.errors import InputError

FOLDER = Path("eval/results")
FORMAT = 1  # of the file; another one is refused


@dataclass(frozen=True, slots=True)
class Results:
    """One system on one set of questions."""

    name: str
    system: str
    made: Mapping[str, object]  # what made it: settings, checksums, versions, the corpus, the commit
    metrics: Mapping[str, float | None]  # None where the set has no question for it
    latency: Mapping[str, float]  # seconds: p50, p95, p99
    outcomes: tuple[Outcome, ...]
    texts: Mapping[str, str]  # of the articles that are cited or hold evidence, by file
    format: int = FORMAT


_ADAPTER = TypeAdapter(Results)
_OUTCOMES = TypeAdapter(tuple[Outcome, ...])


def _dumped(results: Results) -> str:
    """As JSON, an outcome a line, without the quotes that the texts hold at their place."""
    slim = _quoted(results, lambda one: "" if one.exact else one.quote)
    held: dict[str, object] = _ADAPTER.dump_python(replace(slim, outcomes=()))
    del held["outcomes"]
    outcomes = ",\n".join(json.dumps(one) for one in _OUTCOMES.dump_python(slim.outcomes))
    return f'{json.dumps(held, indent=1)[:-2]},\n "outcomes": [\n{outcomes}\n]}}\n'


def _whole(results: Results) -> Results:
    def quote(one: Cited) -> str:
        start, end = one.place.start, one.place.end
        return results.texts[one.place.file][start:end] if one.exact else one.quote

    return _quoted(results, quote)


def _quoted(results: Results, quote: Callable[[Cited], str]) -> Results:
    outcomes = (
        replace(outcome, citations=tuple(replace(one, quote=quote(one)) for one in outcome.citations))
        for outcome in results.outcomes
    )
    return replace(results, outcomes=tuple(outcomes))


def _why(error: ValidationError) -> str:
    first = error.errors()[0]
    return ": ".join(filter(None, (".".join(map(str, first["loc"])), first["msg"].lower())))


def path(name: str, folder: Path = FOLDER) -> Path:
    """The file of a run's results: `name` as it is where it ends in `.json`, else one of `folder`."""
    return Path(name) if name.endswith(".json") else folder / f"{name}.json"


def save(results: Results, file: Path) -> None:
    """Write them whole or not at all. Raises InputError where the file cannot be written."""
    part = file.with_name(file.name + ".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(_dumped(results).encode())
        part.replace(file)
    except OSError as error:
        raise InputError(
            f"The results cannot be written to {file} ({error.strerror}): name another."
        ) from error


def load(file: Path) -> Results:
    """Raises InputError where the file is missing, or holds no results."""
    try:
        results = _whole(_ADAPTER.validate_python(json.loads(file.read_bytes())))
    except OSError as error:
        raise InputError(
            f"The results {file} cannot be read ({error.strerror}): make them with quoth eval run."
        ) from error
    except (ValueError, KeyError) as error:
        why = _why(error) if isinstance(error, ValidationError) else str(error)
        raise InputError(f"{file} holds no results of quoth eval run ({why}): make them anew.") from error
    if results.format != FORMAT:
        raise InputError(f"{file} has format {results.format}, this Quoth reads {FORMAT}: make it anew.")
    return results
