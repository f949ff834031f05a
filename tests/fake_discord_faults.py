"""What can go wrong at Discord, on demand: answers of REST, and things that happen on the gateway."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from tests.fake_discord_gateway import DISPATCH, INVALID, RECONNECT, Connection

_PAGE = "<html><body><h1>{} from the edge</h1></body></html>"
_CODES = {403: 50013, 401: 0, 404: 10008, 400: 50035}


@dataclass
class Fault:
    """One fault of REST; `used` counts how often it struck."""

    method: str
    path: str
    status: int | None
    code: int | None
    retry_after: float
    everywhere: bool
    cloudflare: bool
    delay: float
    cut: str
    times: int
    used: int = field(default=0)

    def strikes(self, method: str, path: str) -> bool:
        return self.used < self.times and fnmatchcase(method, self.method) and fnmatchcase(path, self.path)

    @property
    def answer(self) -> tuple[int, dict[str, str], bytes, str] | None:
        """Status, headers, body and content type that replace the real answer; None leaves it."""
        if self.status is None:
            return None
        if self.cloudflare or self.status in (502, 504):
            return (
                self.status,
                {"Retry-After": str(self.retry_after)},
                _PAGE.format(self.status).encode(),
                "text/html",
            )
        code = self.code if self.code is not None else _CODES.get(self.status, 0)
        body: dict[str, Any] = {"message": f"{self.status}: a fault that the test asked for", "code": code}
        headers = {"Via": "1.1 google"}
        if self.status == 429:
            body = {
                "message": "You are being rate limited.",
                "retry_after": self.retry_after,
                "global": self.everywhere,
            }
            headers |= {
                "Retry-After": str(self.retry_after),
                "X-RateLimit-Scope": "global" if self.everywhere else "user",
            }
            headers |= {"X-RateLimit-Global": "true"} if self.everywhere else {}
        return self.status, headers, json.dumps(body).encode(), "application/json"


class Faults:
    """`discord.faults`: those of REST wait for their request, those of the gateway mostly happen at once."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.waiting: list[Fault] = []
        self.deaf = False  # heartbeats get no acknowledgement
        self._identify: list[int] = []
        self._resume = 0
        self._duplicates: Counter[str] = Counter()

    def add(self, method: str = "*", path: str = "*", *, status: int | None = None, code: int | None = None,
            retry_after: float = 0.05, everywhere: bool = False, cloudflare: bool = False, delay: float = 0.0,
            cut: str = "", times: int = 1) -> Fault:  # fmt: skip
        """The next `times` requests that match go wrong.

        `path` is a pattern below /api/v10 ("/channels/*/messages"). `status`: answer this and do nothing (429
        with `retry_after`, and `everywhere` for a global one; `cloudflare` for the plain page without a Via
        header). `delay`: do it, answer that many seconds later. `cut`: break the connection "before" or
        "after" doing it.
        """
        fault = Fault(method, path, status, code, retry_after, everywhere, cloudflare, delay, cut, times)
        self.waiting.append(fault)
        return fault

    def match(self, method: str, path: str) -> Fault | None:
        fault = next((one for one in self.waiting if one.strikes(method, path)), None)
        if fault:
            fault.used += 1
        return fault

    def reconnect(self) -> None:
        """Opcode 7: Discord asks to reconnect and resume."""
        self._each(lambda one: one.send({"op": RECONNECT, "d": None}))

    def invalidate(self, *, resumable: bool = False) -> None:
        """Opcode 9 now; the sessions are lost unless `resumable`."""
        self._each(lambda one: one.send({"op": INVALID, "d": resumable}))
        if not resumable:
            self.world.gateway_state.sessions.clear()

    def refuse_resume(self, times: int = 1) -> None:
        """The next tries to resume are answered with opcode 9, false."""
        self._resume += times

    def close(self, code: int = 4000) -> None:
        """Close every connection with this code now."""
        self._each(lambda one: one.close(code))

    def close_identify(self, code: int, times: int = 1) -> None:
        """Answer the next IDENTIFY with this close code."""
        self._identify += [code] * times

    def cut_gateway(self) -> None:
        """Break every connection of the gateway without closing it."""
        self._each(lambda one: one.cut())

    def garbage(self, text: str = '{"op": 0, "t": ') -> None:
        """Send something that is no JSON."""
        self._each(lambda one: one.send(text))

    def event(self, name: str, data: Any = None) -> None:
        """Send an event as it is: one that nobody knows, or a known one with parts missing."""
        for session in self.world.gateway_state.connected:
            session.event(name, {} if data is None else data)

    def duplicate(self, name: str, times: int = 1) -> None:
        """The next `times` events of this name are sent twice."""
        self._duplicates[name] += times

    def repeat(self) -> None:
        """Send the last event of each session again, with the same sequence number."""
        for session in self.world.gateway_state.connected:
            session.connection.send({**session.log[-1], "op": DISPATCH})

    def next_identify(self) -> int | None:
        return self._identify.pop(0) if self._identify else None

    def next_resume(self) -> bool:
        self._resume -= (struck := self._resume > 0)
        return struck

    def next_duplicate(self, name: str) -> int:
        if not self._duplicates[name]:
            return 0
        self._duplicates[name] -= 1
        return 1

    def _each(self, act: Any) -> None:
        for connection in list(self.world.gateway_state.connections):
            assert isinstance(connection, Connection)
            act(connection)
