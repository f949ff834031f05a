"""The gateway of the local Discord: sessions, intents, heartbeats, resuming, and its faults.

One `Session` outlives its connections, as at Discord: what happens meanwhile waits for RESUME.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import secrets
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web

from tests.fake_discord_state import Message

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME, RECONNECT, MEMBERS, INVALID, HELLO, ACK = (
    0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11,
)  # fmt: skip
INTENTS = {
    "guilds": 0, "members": 1, "moderation": 2, "expressions": 3, "integrations": 4, "webhooks": 5,
    "invites": 6, "voice_states": 7, "presences": 8, "guild_messages": 9, "guild_reactions": 10,
    "guild_typing": 11, "dm_messages": 12, "dm_reactions": 13, "dm_typing": 14, "message_content": 15,
    "scheduled_events": 16, "automod_configuration": 20, "automod_execution": 21, "guild_polls": 24,
    "dm_polls": 25,
}  # fmt: skip
PRIVILEGED = ("members", "presences", "message_content")
_KNOWN = sum(1 << bit for bit in INTENTS.values())
_REASONS = {
    4001: "Unknown opcode.", 4002: "Error while decoding payload.", 4003: "Not authenticated.",
    4004: "Authentication failed.", 4005: "Already authenticated.", 4007: "Invalid seq.",
    4008: "You are being rate limited.", 4009: "Session timed out.", 4010: "Invalid shard.",
    4012: "Invalid API version.", 4013: "Invalid intent(s).", 4014: "Disallowed intent(s).",
}  # fmt: skip


class Session:
    """What the bot identified as; `log` has every event since, for RESUME."""

    def __init__(self, world: Any, intents: int, shard: tuple[int, int]) -> None:
        self.world, self.intents, self.shard = world, intents, shard
        self.id = secrets.token_hex(16)
        self.log: list[dict[str, Any]] = []
        self.connection: Connection | None = None

    def has(self, intent: str) -> bool:
        return not intent or bool(self.intents >> INTENTS[intent] & 1)

    def event(self, name: str, data: Any) -> None:
        self.log.append({"op": DISPATCH, "t": name, "s": len(self.log) + 1, "d": data})
        if self.connection:
            self.connection.send(self.log[-1])

    def sees(self, guild: Any) -> bool:
        """Whether this shard is the one that hears of `guild` (None: direct messages)."""
        number, count = self.shard
        return (guild.id >> 22) % count == number if guild else number == 0

    def shown(self, message: Message) -> bool:
        """Whether the content of `message` may be told: the intent, or one of Discord's exceptions."""
        bot = self.world.bot
        own = message.author is bot or message.channel.guild is None or bot in message.pings.users
        return own or self.has("message_content")


class Connection:
    """One websocket."""

    def __init__(self, world: Any, ws: web.WebSocketResponse, request: web.Request) -> None:
        self.world, self.ws, self._transport = world, ws, request.transport
        self.session: Session | None = None
        self._pack = _packer(request.query.get("compress", ""))
        self._out: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self._beat = asyncio.get_running_loop().time()
        self._times: list[float] = []

    def send(self, payload: dict[str, Any] | str) -> None:
        """Queue a payload; a text goes out as it is, so that it can be no JSON at all."""
        self._out.put_nowait(("send", payload if isinstance(payload, str) else json.dumps(payload)))

    def close(self, code: int) -> None:
        """Queue the closing with Discord's close code."""
        self._out.put_nowait(("close", code))

    def cut(self) -> None:
        """The network goes away without a word."""
        self._detach()
        if self._transport:
            self._transport.abort()

    async def run(self) -> None:
        writer = asyncio.create_task(self._write())
        try:
            self.send({"op": HELLO, "d": {"heartbeat_interval": int(self.world.heartbeat_interval * 1000)}})
            await self._read()
        finally:
            self._detach()
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer

    async def _write(self) -> None:
        while True:
            what, value = await self._out.get()
            with suppress(ConnectionError):
                if what == "close":
                    self._detach()
                    await self.ws.close(code=value, message=_REASONS.get(value, "").encode())
                elif self._pack:
                    await self.ws.send_bytes(self._pack(value.encode()))
                else:
                    await self.ws.send_str(value)

    async def _read(self) -> None:
        loop, patience = asyncio.get_running_loop(), self.world.heartbeat_interval * 1.5 + 0.5
        while not self.ws.closed:
            try:
                message = await asyncio.wait_for(self.ws.receive(), self._beat + patience - loop.time())
            except TimeoutError:
                self.world.violated("heartbeat", f"none for {patience:.1f} s; the connection is dropped")
                self._detach()
                await self.ws.close(code=4009, message=_REASONS[4009].encode())
                return
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                if message.type is WSMsgType.CLOSE and message.data in (1000, 1001) and self.session:
                    self.world.gateway_state.forget(self.session)  # the bot says that it will not come back
                return
            self._received(message.data)

    def _detach(self) -> None:
        if self.session and self.session.connection is self:
            self.session.connection = None
        self.world.gateway_state.connections.discard(self)

    def _refuse(self, code: int, detail: str = "") -> None:
        self.world.violated(f"gateway {code}", detail or _REASONS[code])
        self.close(code)

    def _received(self, text: str | bytes) -> None:
        now = asyncio.get_running_loop().time()
        self._times = [*(at for at in self._times if at > now - 60), now]
        if len(self._times) > 120:
            return self._refuse(4008, f"{len(self._times)} payloads within 60 s, 120 are allowed")
        try:
            payload = json.loads(text)
            op, data = payload["op"], payload.get("d")
        except (ValueError, KeyError, TypeError):
            return self._refuse(4002)
        if len(text) > 4096:
            return self._refuse(4002, f"a payload of {len(text)} bytes, 4,096 are allowed")
        return self._obey(op, data)

    def _obey(self, op: int, data: Any) -> None:
        does: dict[int, Callable[[Any], None]] = {
            HEARTBEAT: self._heartbeat, IDENTIFY: self._identify, RESUME: self._resume,
            PRESENCE: self._presence, VOICE: lambda _: None, MEMBERS: self._members,
        }  # fmt: skip
        if op not in does:
            return self._refuse(4001, f"opcode {op!r}")
        if op not in (HEARTBEAT, IDENTIFY, RESUME) and not self.session:
            return self._refuse(4003)
        return does[op](data)

    def _heartbeat(self, _: Any) -> None:
        now = asyncio.get_running_loop().time()
        self.world.gateway_state.heartbeats.append(now - self._beat)
        self._beat = now
        if not self.world.faults.deaf:
            self.send({"op": ACK})

    def _identify(self, data: Any) -> None:
        world = self.world
        if fault := world.faults.next_identify():
            return self.close(fault)
        if self.session:
            return self._refuse(4005)
        if not isinstance(data, dict) or data.get("token") != world.token:
            return self._refuse(4004)
        intents, shard = data.get("intents", 0), tuple(data.get("shard") or (0, 1))
        if not 0 <= shard[0] < shard[1]:
            return self._refuse(4010, f"shard {shard}")
        if intents & ~_KNOWN:
            return self._refuse(4013, f"intents {intents}")
        for name in PRIVILEGED:
            if intents >> INTENTS[name] & 1 and name not in world.intents_allowed:
                return self._refuse(4014, f"the intent {name} is not switched on for this application")
        return self._ready(Session(world, intents, shard))

    def _ready(self, session: Session) -> None:
        world = self.world
        self.session, session.connection = session, self
        world.gateway_state.sessions[session.id] = session
        guilds = [one for one in world.guilds.values() if one.has_bot and session.sees(one)]
        session.event("READY", {
            "v": 10, "user": world.bot.payload() | {"verified": True, "mfa_enabled": True, "email": None},
            "guilds": [{"id": str(one.id), "unavailable": True} for one in guilds],
            "shard": list(session.shard), "session_id": session.id, "session_type": "normal",
            "resume_gateway_url": f"{world.gateway}/resume",
            "application": {"id": str(world.application_id), "flags": world.application_flags},
            "private_channels": [], "presences": [], "relationships": [], "user_settings": {},
        })  # fmt: skip
        if session.has("guilds"):
            for one in guilds:
                session.event("GUILD_CREATE", one.gateway_payload(session.has("members")))

    def _resume(self, data: Any) -> None:
        world = self.world
        if data.get("token") != world.token:
            return self._refuse(4004)
        session = world.gateway_state.sessions.get(data.get("session_id"))
        if session is None or world.faults.next_resume():
            world.gateway_state.sessions.pop(data.get("session_id"), None)
            return self.send({"op": INVALID, "d": False})
        if data.get("seq") is None or data["seq"] > len(session.log):
            return self._refuse(4007, f"sequence {data.get('seq')}, the last sent was {len(session.log)}")
        if session.connection:
            session.connection.close(4000)
        self.session, session.connection = session, self
        for missed in session.log[data["seq"] :]:
            self.send(missed)
        world.gateway_state.resumed += 1
        return session.event("RESUMED", {})

    def _presence(self, data: Any) -> None:
        self.world.presence = data

    def _members(self, data: dict[str, Any]) -> None:
        guild = self.world.guilds.get(int(data["guild_id"]))
        if guild is None or self.session is None:
            return None
        wanted = {int(one) for one in _many(data.get("user_ids"))}
        query = (data.get("query") or "").lower()
        if not wanted and not query and not self.session.has("members"):
            return self._refuse(4014, "all members were asked for without the intent members")
        people = [self.world.users[one] for one in guild.members]
        hits = [one for one in people if (one.id in wanted if wanted else one.name.lower().startswith(query))]
        chunk = {"guild_id": str(guild.id), "members": [guild.member(one) for one in hits], "chunk_index": 0}
        return self.session.event(
            "GUILD_MEMBERS_CHUNK", chunk | {"chunk_count": 1, "nonce": data.get("nonce")}
        )


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _packer(compress: str) -> Callable[[bytes], bytes] | None:
    """One stream for the whole connection, flushed after each payload, as Discord compresses."""
    if compress == "zlib-stream":
        zlib_stream = zlib.compressobj()
        return lambda data: zlib_stream.compress(data) + zlib_stream.flush(zlib.Z_SYNC_FLUSH)
    if compress == "zstd-stream":
        zstandard = importlib.import_module("zstandard")  # discord.py asks for it only where it is installed
        zstd_stream = zstandard.ZstdCompressor().compressobj()
        return lambda data: zstd_stream.compress(data) + zstd_stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    return None


class Gateway:
    """All sessions and connections; `tell` is how anything that happens reaches the bot."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.sessions: dict[str, Session] = {}
        self.connections: set[Connection] = set()
        self.identified = self.resumed = 0
        self.heartbeats: list[float] = []
        self.paths: list[str] = []  # the path of each connection, in order

    @property
    def connected(self) -> list[Session]:
        return [one for one in self.sessions.values() if one.connection]

    def forget(self, session: Session) -> None:
        self.sessions.pop(session.id, None)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(compress=False, timeout=0.2)
        await ws.prepare(request)
        connection = Connection(self.world, ws, request)
        self.connections.add(connection)
        self.paths.append(request.path)
        if request.query.get("v") != "10" or request.query.get("encoding") != "json":
            connection._refuse(4012, f"asked for {request.query_string}")
        await connection.run()
        return ws

    def tell(
        self, event: str, data: Any, *, guild: Any = None, channel: Any = None, intent: str = ""
    ) -> None:
        """Send an event to the sessions that hear it. `data`: the payload, or a function of the session."""
        bot = self.world.bot
        if guild is not None and not guild.has_bot and event != "INTERACTION_CREATE":
            return
        if channel is not None and not _hears(channel, bot):
            return
        for session in self.sessions.values():
            if session.sees(guild) and session.has(intent):
                for _ in range(1 + self.world.faults.next_duplicate(event)):
                    session.event(event, data(session) if callable(data) else data)

    def tell_message(self, event: str, message: Message) -> None:
        guild = message.channel.guild
        if message.ephemeral:
            return

        def payload(session: Session) -> dict[str, Any]:
            found = message.payload(content=session.shown(message))
            if guild is None:
                return found
            member = {key: value for key, value in guild.member(message.author).items() if key != "user"}
            return (
                found
                | {"guild_id": str(guild.id)}
                | ({"member": member} if message.author.id in guild.members else {})
            )

        intent = "guild_messages" if guild else "dm_messages"
        self.tell(event, payload, guild=guild, channel=message.channel, intent=intent)

    async def shut(self) -> None:
        for connection in list(self.connections):
            await connection.ws.close(code=1001)


def _hears(channel: Any, bot: Any) -> bool:
    if channel.guild is None:
        return bot in channel.recipients
    return channel.allows(bot, "view_channel")
