"""A local Discord: REST v10 and the gateway on 127.0.0.1, as far as a bot sees it, and people to use the bot.

    async with FakeDiscord() as discord:
        guild = discord.guild("Newsroom")
        channel, ana = guild.channel("general"), discord.user("Ana", guild)
        with discord.patched():  # discord.py's two addresses, nothing else
            ...start the bot with discord.token, await discord.ready()...
            handle = await ana.slash("ask", channel=channel, question="What happened?")
            reply = await handle.reply()
        assert not discord.violations

It refuses what Discord refuses (see `fake_discord_rules`, `_rest`, `_interactions`, `_gateway`), keeps a
record (`requests`, `violations`), and lets things go wrong on demand (`faults`).
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import yarl
from aiohttp import web
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.fake_discord_faults import Faults
from tests.fake_discord_gateway import PRIVILEGED, Gateway
from tests.fake_discord_interactions import FIRST, Interaction
from tests.fake_discord_people import PATIENCE, Handle, Person
from tests.fake_discord_rest import REAL_LIMITS, Request, Rest
from tests.fake_discord_rules import Refused
from tests.fake_discord_schema import schema
from tests.fake_discord_state import (
    DISCORD_EPOCH,
    DM,
    Channel,
    Guild,
    Message,
    Pings,
    Role,
    User,
    bits,
    stamp,
)

__all__ = [
    "REAL_LIMITS", "Channel", "FakeDiscord", "Guild", "Handle", "Interaction", "Message", "Person", "Pings",
    "Refused", "Request", "Role", "User", "Violation", "awaited", "bits",
]  # fmt: skip
_FLAGS = {
    "presences": 12,
    "members": 14,
    "message_content": 18,
}  # an application's flag for each privileged intent
_TICK = 0.003  # seconds between two looks at what tests wait for
_HAS_THREAD, _THREAD_STARTER = 1 << 5, 21


@dataclass(frozen=True)
class Violation:
    """A rule of Discord that the bot broke: 400 50035, 404 10062, "3 seconds", "heartbeat", "schema", …"""

    rule: str
    detail: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.detail}"


class Clock:
    """The real time, and what a test adds to it."""

    def __init__(self, moved: Callable[[], None]) -> None:
        self.ahead = 0.0
        self._moved = moved

    def now(self) -> float:
        return time.time() + self.ahead

    def advance(self, seconds: float) -> None:
        self.ahead += seconds
        self._moved()


class FakeDiscord:
    """The server. `intents_allowed`: the privileged intents switched on for the application.

    `violations` are broken rules, `requests` all REST traffic; `heartbeat_interval` (seconds) can be set
    before the bot connects, `rest.limits` to `REAL_LIMITS` for the rate limits that Discord has.
    """

    def __init__(
        self, *, intents_allowed: tuple[str, ...] = (), shards: int = 1, heartbeat_interval: float = 41.25
    ) -> None:
        self.token = "token.of.the-bot"
        self.intents_allowed, self.shards = set(intents_allowed), shards
        assert self.intents_allowed <= set(PRIVILEGED), f"Privileged intents are {PRIVILEGED}."
        self.heartbeat_interval = heartbeat_interval
        self.clock = Clock(self._expire)
        self.started = self.now()
        self._last = int(self.started * 1000 - DISCORD_EPOCH) << 22
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.commands: dict[int | None, dict[int, dict[str, Any]]] = {}
        self.interactions: dict[str, Interaction] = {}
        self.broken: list[Violation] = []
        self.presence: Any = None
        self.gateway_state, self.rest, self.faults = Gateway(self), Rest(self), Faults(self)
        self.bot = self._known(User(self, "Quoth", bot=True))
        self.application_id = self.bot.id
        self.owner = self.user("Olga the owner")
        self.team: list[User] = []  # when it has members, the application belongs to a team
        self.address = self.api = self.gateway = ""
        self._checked = 0
        self._timers: list[asyncio.TimerHandle] = []
        self._waiting: dict[asyncio.Future[Any], Callable[[], Any]] = {}

    async def __aenter__(self) -> FakeDiscord:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.add_routes([*self.rest.routes(), web.get("/gateway", self.gateway_state.serve)])
        app.add_routes(
            [
                web.get("/gateway/resume", self.gateway_state.serve),
                web.get("/attachments/{id}/{name}", self._file),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.address = f"http://127.0.0.1:{port}"
        self.api, self.gateway = f"{self.address}/api/v10", f"ws://127.0.0.1:{port}/gateway"
        return self

    async def __aexit__(self, *_: object) -> None:
        for timer in self._timers:
            timer.cancel()
        await self.gateway_state.shut()
        await self._runner.cleanup()

    @contextmanager
    def patched(self) -> Iterator[None]:
        """discord.py talks to this server, for the time of the block."""
        before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = self.api, yarl.URL(self.gateway)
        try:
            yield
        finally:
            Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before

    # what there is

    def guild(self, name: str = "Newsroom", *, owner: User | None = None, bot: bool = True) -> Guild:
        """A new server; the bot joins it unless `bot` is False."""
        made = Guild(self, name, owner or self.user(f"Owner of {name}"), bot=bot)
        self.guilds[made.id] = made
        self.tell(
            "GUILD_CREATE",
            lambda session: made.gateway_payload(session.has("members")),
            guild=made,
            intent="guilds",
        )
        return made

    def user(
        self,
        name: str,
        guild: Guild | None = None,
        *,
        permissions: Any = 0,
        roles: tuple[Role, ...] = (),
        installed: bool = False,
    ) -> Person:
        """A person; with a guild its member, with these roles and a role of their own for `permissions`."""
        made = self._known(Person(self, name, installed=installed))
        if guild:
            own = (guild.role(f"{name}'s", permissions),) if permissions else ()
            guild.join(made, *roles, *own)
        return made

    def dm(self, user: User) -> Channel:
        """The direct messages of the bot with someone."""
        return self.private(user, self.bot)

    def private(self, *people: User) -> Channel:
        """The direct messages of two; without the bot only a person who installed the app uses it there."""
        found = next(
            (one for one in self.channels.values() if one.kind == DM and set(one.recipients) == set(people)),
            None,
        )
        made = found or Channel(self, DM, recipients=people)
        self.channels[made.id] = made
        return made

    def thread(
        self, channel: Channel, name: str, kind: int, *, owner: User, starter: Message | None = None
    ) -> Channel:
        """Open a thread, as Discord tells it to the bot."""
        key = starter.id if starter else None
        made = Channel(self, kind, name, guild=channel.guild, parent=channel, owner=owner, key=key)
        channel.threads.append(made)
        self.channels[made.id] = made
        data = made.payload() | {"newly_created": True, "member": _thread_member(made, self)}
        self.tell("THREAD_CREATE", data, guild=channel.guild, channel=channel, intent="guilds")
        if starter:
            starter.thread, made.starter = made, starter
            starter.flags |= _HAS_THREAD
            Message(self, made, owner, kind=_THREAD_STARTER, reference=starter)
            self.gateway_state.tell_message("MESSAGE_UPDATE", starter)
        return made

    def drop(self, channel: Channel) -> None:
        """Delete a channel or thread."""
        held = channel.parent.threads if channel.parent else channel.guild.channels if channel.guild else []
        held.remove(channel)
        for gone in (channel, *channel.threads):
            self.channels.pop(gone.id, None)
        event = "THREAD_DELETE" if channel.is_thread else "CHANNEL_DELETE"
        self.tell(event, channel.payload(), guild=channel.guild, intent="guilds")

    def reaches(self, user: User) -> bool:
        """Whether the bot may write to someone: a common server, the app installed, or they wrote first."""
        common = any(guild.has_bot and user.id in guild.members for guild in self.guilds.values())
        return common or user.installed or any(one.author is user for one in self.dm(user).messages)

    # what happened

    @property
    def requests(self) -> list[Request]:
        """Every REST request so far, in the order of the answers."""
        return self.rest.requests

    @property
    def violations(self) -> list[Violation]:
        """Every rule that the bot broke so far."""
        self._check_schema()
        return self.broken

    @property
    def heartbeats(self) -> list[float]:
        """The seconds between two heartbeats of a connection, as they came."""
        return self.gateway_state.heartbeats

    @property
    def application_flags(self) -> int:
        return sum(1 << bit for name, bit in _FLAGS.items() if name in self.intents_allowed)

    def asked(self, method: str, route: str) -> list[Request]:
        """The requests of one route ("POST", "/channels/{channel_id}/messages")."""
        return [one for one in self.requests if (one.method, one.route) == (method, route)]

    async def ready(self, timeout: float = PATIENCE) -> None:
        """Wait until the bot is connected with all its shards."""
        state = self.gateway_state
        await self.until(
            lambda: len(state.connected) >= self.shards, lambda: "the bot on the gateway", timeout
        )

    async def until(
        self, found: Callable[[], Any], awaited: Callable[[], str], timeout: float = PATIENCE
    ) -> Any:
        """The first true value of `found`, which is asked all the time."""
        if value := found():
            return value
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[future] = found
        if len(self._waiting) == 1:
            self._look()
        try:
            return await asyncio.wait_for(future, timeout)
        except TimeoutError:
            raise AssertionError(f"Waited {timeout:g} s in vain for {awaited()}") from None
        finally:
            self._waiting.pop(future, None)

    def _look(self) -> None:
        """One look for all who wait, every few milliseconds: two hundred of them cost the bot no time."""
        for future, found in self._waiting.items():
            if not future.done() and (value := found()):
                future.set_result(value)
        if self._waiting:
            asyncio.get_running_loop().call_later(_TICK, self._look)

    # what the other files need

    def now(self) -> float:
        return self.clock.now()

    def new_id(self, step: int = 1) -> int:
        """A snowflake of now, larger than all before."""
        self._last = max(self._last + step, int(self.now() * 1000 - DISCORD_EPOCH) << 22)
        return self._last

    def tell(
        self, event: str, data: Any, *, guild: Any = None, channel: Any = None, intent: str = ""
    ) -> None:
        self.gateway_state.tell(event, data, guild=guild, channel=channel, intent=intent)

    def violated(self, rule: str, detail: str) -> None:
        self.broken.append(Violation(rule, detail))

    def begin(self, interaction: Interaction) -> None:
        """Send an interaction to the bot, and watch its three seconds."""
        self.interactions[interaction.token] = interaction
        interaction.delivered = bool(self.gateway_state.connected)
        self.tell("INTERACTION_CREATE", interaction.payload(), guild=interaction.guild)
        self._timers.append(asyncio.get_running_loop().call_later(FIRST + 0.01, self._expire))

    def _expire(self) -> None:
        for interaction in self.interactions.values():
            interaction.expire()

    def _known(self, user: Any) -> Any:
        self.users[user.id] = user
        return user

    def _check_schema(self) -> None:
        """Late and only when asked, so that checking takes no time from the bot."""
        found, new = schema(), self.requests[self._checked :]
        self._checked = len(self.requests)
        for one in new if found else ():
            if one.body is not None and one.status < 400:
                for problem in found.request(one.method, one.route, one.body):
                    self.violated("schema", f"{one}: {problem}")

    async def _file(self, request: web.Request) -> web.Response:
        key, name = request.match_info["id"], request.match_info["name"]
        for message in (one for channel in self.channels.values() for one in channel.every.values()):
            if any(one["id"] == key for one in message.attachments):
                return web.Response(body=message.files[name])
        raise web.HTTPNotFound


def _thread_member(thread: Channel, world: FakeDiscord) -> dict[str, Any]:
    own = {"id": str(thread.id), "user_id": str(world.bot.id)}
    return own | {"flags": 0, "join_timestamp": stamp(world.now())}


def awaited(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Lets pytest run an async test, in a loop of its own, for a minute at most."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **kwargs), 60))

    return run
