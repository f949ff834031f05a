"""Checks bodies against Discord's own description of its REST API, where that file is there.

../shared/discord/openapi.json relative to the repository, or what QUOTH_DISCORD_OPENAPI names. Known
deviations are allowed: discord.py sends some ids as integers where the file wants strings.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

_PLACE = Path(__file__).parent.parent.parent / "shared" / "discord" / "openapi.json"
_SMALLEST_ID = 10**14  # a larger integer is an id


def description() -> Path | None:
    """Where the description is, or None."""
    place = Path(os.environ.get("QUOTH_DISCORD_OPENAPI") or _PLACE)
    return place if place.is_file() else None


class Schema:
    """The description, read once; `problems` says what of a body does not fit."""

    def __init__(self, place: Path) -> None:
        import referencing
        import referencing.jsonschema

        self.spec = json.loads(place.read_text())
        resource = referencing.Resource(self.spec, referencing.jsonschema.DRAFT202012)
        self.registry = referencing.Registry().with_resource("urn:discord", resource)
        self._paths = {_bare(path): path for path in self.spec["paths"]}
        self._done: dict[tuple[str, str], list[str]] = {}

    def request(self, method: str, route: str, body: Any) -> list[str]:
        """What is wrong with a request's body."""
        return self._problems(method, route, ("requestBody",), body)

    def answer(self, method: str, route: str, status: int, body: Any) -> list[str]:
        """What is wrong with the body of an answer."""
        return self._problems(method, route, ("responses", str(status)), body)

    def _problems(self, method: str, route: str, place: tuple[str, ...], body: Any) -> list[str]:
        path = self._paths.get(_bare(route))
        operation = self.spec["paths"].get(path, {}).get(method.lower())
        if operation is None:
            return [f"{method} {route} is not in the description"]
        for part in place:
            operation = operation.get(part) or {}
        if "application/json" not in operation.get("content", {}):
            return [] if body is None else [f"{method} {route} has no body there"]
        pointer = ("paths", str(path), method.lower(), *place, "content", "application/json", "schema")
        reference = "urn:discord#/" + "/".join(
            quote(part.replace("~", "~0").replace("/", "~1")) for part in pointer
        )
        return self._check(reference, body)

    def _check(self, reference: str, body: Any) -> list[str]:
        from jsonschema import Draft202012Validator

        body = _with_text_ids(body)
        key = (reference, json.dumps(body, sort_keys=True))
        if key not in self._done:
            found = Draft202012Validator({"$ref": reference}, registry=self.registry).iter_errors(body)
            self._done[key] = [text for one in found for text in _deepest(one)]
        return self._done[key]


@cache
def schema() -> Schema | None:
    """The description if it is there."""
    place = description()
    return Schema(place) if place else None


def _bare(path: str) -> str:
    """A path with its names left out, so that ours and theirs compare."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def _with_text_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_text_ids(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_with_text_ids(one) for one in value]
    return str(value) if isinstance(value, int) and value > _SMALLEST_ID else value


def _deepest(error: Any) -> Iterator[str]:
    """The errors that tell most: of alternatives, those of the one that fits best."""
    if not error.context:
        where = ".".join(map(str, error.absolute_path)) or "the body"
        yield f"{where}: {error.message[:300]}"
        return
    groups: dict[Any, list[Any]] = {}
    for one in error.context:
        groups.setdefault(one.schema_path[0], []).append(one)
    best = max(groups.values(), key=lambda group: (max(len(one.absolute_path) for one in group), -len(group)))
    for one in best:
        yield from _deepest(one)
