"""May somebody ask here, and so soon? What a server's managers set decides. Pure."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.discord.records import ServerSettings

_SHOWN = 5  # channels or roles that are named
_REMEMBERED = 10_000  # people whose last question is


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody may not ask, as a sentence for them."""

    sentence: str

    def __str__(self) -> str:
        return self.sentence


def verdict(
    settings: ServerSettings, channel: int, parents: Iterable[int], roles: Iterable[int], is_dm: bool
) -> Refusal | None:
    """Why a person with `roles` may not ask in `channel`; None where they may.

    `parents` are the channel that a thread belongs to and, if categories are to count, its category.
    """
    if is_dm:
        return None
    if settings.channels and settings.channels.isdisjoint({channel, *parents}):
        return Refusal(f"Here I may not answer: please ask in {_named('#', settings.channels)}.")
    if settings.roles and settings.roles.isdisjoint(roles):
        return Refusal(f"On this server only {_named('@&', settings.roles)} may ask me.")
    return None


def _named(sign: str, ids: Iterable[int]) -> str:
    """As Discord shows them: <#1>, <#2> or <#3>."""
    every = sorted(ids)
    named = [f"<{sign}{one}>" for one in every[:_SHOWN]]
    if len(every) > _SHOWN:
        named.append(f"{len(every) - _SHOWN} more")
    return " or ".join(filter(None, (", ".join(named[:-1]), named[-1])))


def _seconds(count: int) -> str:
    return f"{count} second" if count == 1 else f"{count} seconds"


class Cooldowns:
    """When each person last asked in each server, or in direct messages; the longest ago are dropped."""

    def __init__(self, clock: Callable[[], float], limit: int = _REMEMBERED) -> None:
        """`clock` counts seconds and never goes back."""
        self._clock = clock
        self._limit = limit
        self._asked: OrderedDict[tuple[int, int | None], float] = OrderedDict()

    def ask(self, user: int, guild: int | None, seconds: float) -> Refusal | None:
        """Why a person may not ask yet, `seconds` after the last time; None where they may: they just did."""
        key, now = (user, guild), self._clock()
        left = self._asked[key] + seconds - now if key in self._asked else 0.0
        if left > 0:
            return Refusal(f"Please ask again in {_seconds(math.ceil(left))}.")
        self._asked[key] = now
        self._asked.move_to_end(key)
        if len(self._asked) > self._limit:
            self._asked.popitem(last=False)
        return None
