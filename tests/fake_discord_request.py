"""A request to REST: what its handler gets of it, and what is kept of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.fake_discord_rules import Refused

MISSING_ACCESS = (403, 50001, "Missing Access")


@dataclass(frozen=True)
class Request:
    """One request as it was answered; `code` is Discord's error code, `at` the clock when it came."""

    method: str
    route: str
    path: str
    status: int
    seconds: float
    at: float
    body: Any
    code: int | None
    answer: Any
    fault: bool

    def __str__(self) -> str:
        short = re.sub(r"[\w-]{40,}", "…", self.path)  # an interaction's token tells nothing
        return f"{self.method} {short} {self.status}{f' ({self.code})' if self.code else ''}"


class Call:
    """What a handler gets of a request."""

    def __init__(
        self, match: dict[str, str], query: dict[str, str], body: Any, files: dict[str, bytes]
    ) -> None:
        self.match, self.query, self.files = match, query, files
        self.raw = body
        self.body: dict[str, Any] = body if isinstance(body, dict) else {}

    def id(self, name: str) -> int:
        value = self.match[name]
        if not value.isdecimal():
            wrong = {
                name: {
                    "_errors": [
                        {"code": "NUMBER_TYPE_COERCE", "message": f'Value "{value}" is not snowflake.'}
                    ]
                }
            }
            raise Refused(400, 50035, "Invalid Form Body", wrong)
        return int(value)


Answer = tuple[int, Any]
Handler = Callable[[Call], Answer]


def known(held: Any, key: int, code: int, message: str) -> Any:
    """What `held` has under an id; refused as unknown if there is none."""
    if key not in held:
        raise Refused(404, code, message)
    return held[key]


def hang_up(request: web.Request) -> web.StreamResponse:
    """The connection is gone: nothing of the answer arrives."""
    if request.transport:
        request.transport.abort()
    return web.Response()


async def read(request: web.Request) -> Call:
    """The body: JSON, or a form with `payload_json` and files."""
    match, query = dict(request.match_info), dict(request.query)
    if request.content_type.startswith("multipart/"):
        fields = dict(await request.post())
        files = {one.filename: one.file.read() for one in fields.values() if isinstance(one, web.FileField)}
        return Call(match, query, json.loads(str(fields.get("payload_json") or "{}")), files)
    text = await request.read()
    try:
        return Call(match, query, json.loads(text) if text else None, {})
    except ValueError:
        raise Refused(400, 50109, "The request body contains invalid JSON.") from None
