"""REST v10 of the local Discord: routes, permissions, rate limits, and a record of every request."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
from collections import defaultdict
from typing import Any

from aiohttp import web

from tests.fake_discord_commands import Commands
from tests.fake_discord_messages import delete, edit, write
from tests.fake_discord_request import MISSING_ACCESS, Answer, Call, Handler, Request, hang_up, known, read
from tests.fake_discord_rules import Form, Refused, check_thread, check_thread_times
from tests.fake_discord_state import PUBLIC_THREAD, TEXT_CHANNEL, THREADS, Channel, Guild, Message

MISSING_PERMISSIONS = (403, 50013, "Missing Permissions")
_OPEN = ("/interactions/", "/webhooks/")  # the token is in the path
_RULE_CODES = (0, 10062, 30032, 40060, 40094, 50006, 50027, 50035, 50109)  # a correct bot never meets these
_PER_CHANNEL = (5, 5.0)
REAL_LIMITS = {  # requests and seconds of each route, as far as they are known
    "POST /channels/{channel_id}/messages": _PER_CHANNEL,
    "PATCH /channels/{channel_id}/messages/{message_id}": _PER_CHANNEL,
    "POST /webhooks/{webhook_id}/{webhook_token}": _PER_CHANNEL,
    "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}": _PER_CHANNEL,
    "POST /channels/{channel_id}/typing": _PER_CHANNEL,
}


class Rest:
    """All routes; `requests` is everything that was asked, in the order of the answers."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.requests: list[Request] = []
        self.commands = Commands(world)
        self.limits: dict[str, tuple[int, float]] = {}
        self._times: dict[tuple[str, str], list[float]] = defaultdict(list)

    def routes(self) -> list[web.RouteDef]:
        message, hook = (
            "/channels/{channel_id}/messages/{message_id}",
            "/webhooks/{webhook_id}/{webhook_token}",
        )
        app = "/applications/{application_id}"
        table: dict[str, Handler] = {
            "GET /users/@me": lambda _: (200, self._me()),
            "GET /oauth2/applications/@me": lambda _: (200, self._application()),
            "GET /applications/@me": lambda _: (200, self._application()),
            "GET /gateway": lambda _: (200, {"url": self.world.gateway}),
            "GET /gateway/bot": lambda _: (200, self._gateway()),
            "GET /users/@me/guilds": lambda _: (200, [self._own_guild(one) for one in self._own_guilds()]),
            "POST /users/@me/channels": self._open_dm,
            "GET /users/{user_id}": lambda call: (200, self._user(call).payload()),
            "GET /guilds/{guild_id}": lambda call: (200, self._guild(call).payload()),
            "GET /guilds/{guild_id}/channels": lambda call: (
                200,
                [c.payload() for c in self._guild(call).channels],
            ),
            "GET /guilds/{guild_id}/roles": lambda call: (
                200,
                [r.payload() for r in self._guild(call).roles.values()],
            ),
            "GET /guilds/{guild_id}/members/{user_id}": self._member,
            "GET /guilds/{guild_id}/threads/active": self._active,
            "DELETE /users/@me/guilds/{guild_id}": self._leave,
            "GET /channels/{channel_id}": lambda call: (200, self._channel(call).payload()),
            "PATCH /channels/{channel_id}": self._change_channel,
            "DELETE /channels/{channel_id}": self._delete_channel,
            "GET /channels/{channel_id}/messages": self._history,
            "POST /channels/{channel_id}/messages": self._send,
            "POST /channels/{channel_id}/typing": self._typing,
            "POST /channels/{channel_id}/threads": self._thread,
            "PUT /channels/{channel_id}/thread-members/@me": lambda call: self._join(call, self.world.bot.id),
            "PUT /channels/{channel_id}/thread-members/{user_id}": lambda call: self._join(
                call, call.id("user_id")
            ),
            f"GET {message}": lambda call: (200, self._shown(self._message(call))),
            f"PATCH {message}": self._edit,
            f"DELETE {message}": self._delete,
            f"POST {message}/threads": self._thread_of,
            f"PUT {message}/reactions/{{emoji}}/@me": self._react,
            f"DELETE {message}/reactions/{{emoji}}/@me": self._react,
            "POST /interactions/{interaction_id}/{interaction_token}/callback": self._callback,
            f"POST {hook}": self._follow,
            f"GET {hook}/messages/{{message_id}}": self._followed,
            f"PATCH {hook}/messages/{{message_id}}": self._change_followed,
            f"DELETE {hook}/messages/{{message_id}}": self._delete_followed,
        }
        table |= self.commands.routes(app)
        return [
            *(self._route(key, handler) for key, handler in table.items()),
            self._route("* /{tail:.*}", _unknown),
        ]

    def _route(self, key: str, handler: Handler) -> web.RouteDef:
        method, route = key.split(" ")

        async def serve(request: web.Request) -> web.StreamResponse:
            return await self._serve(request, key, handler)

        return web.route(method, f"/api/v10{route}", serve)

    async def _serve(self, request: web.Request, key: str, handler: Handler) -> web.StreamResponse:
        path, started, at = (
            request.path.removeprefix("/api/v10"),
            asyncio.get_running_loop().time(),
            self.world.now(),
        )
        call: Call | None = None
        fault = self.world.faults.match(request.method, path)
        if fault and fault.cut == "before":
            return hang_up(request)
        headers = {"Via": "1.1 google"}
        try:
            call = await read(request)
            if fault and fault.answer:
                status, headers, body, kind = fault.answer
                answer = json.loads(body) if kind == "application/json" else body.decode()
            else:
                kind = "application/json"
                status, answer = self._answer(request, path, key, handler, call, headers)
        except Refused as refused:
            status, answer, kind = refused.status, refused.body(), "application/json"
            self._judge(request, path, refused)
        if fault and fault.delay:
            await asyncio.sleep(fault.delay)
        code = answer.get("code") if isinstance(answer, dict) and status >= 400 else None
        seconds = asyncio.get_running_loop().time() - started
        asked = (request.method, key.split(" ")[1], path, status, seconds, at)
        self.requests.append(Request(*asked, call.raw if call else None, code, answer, fault is not None))
        if fault and fault.cut == "after":
            return hang_up(request)
        body = (
            answer.encode() if kind == "text/html" else b"" if status == 204 else json.dumps(answer).encode()
        )
        return web.Response(
            status=status, body=body, headers=headers, content_type=kind if status != 204 else None
        )

    def _answer(self, request: web.Request, path: str, key: str, handler: Handler, call: Call,
                headers: dict[str, str]) -> Answer:  # fmt: skip
        if not path.startswith(_OPEN) and request.headers.get("Authorization") != f"Bot {self.world.token}":
            raise Refused(401, 0, "401: Unauthorized")
        wait = self._limit(key, call, headers)
        if wait:
            headers |= {"Retry-After": str(math.ceil(wait)), "X-RateLimit-Scope": "user"}
            return 429, {"message": "You are being rate limited.", "retry_after": wait, "global": False}
        return handler(call)

    def _limit(self, key: str, call: Call, headers: dict[str, str]) -> float:
        """Writes the rate limit's headers; the seconds to wait if the limit is used up."""
        most, window = self.limits.get(key, (1000, 1.0))
        now = self.world.now()
        major = [
            call.match.get(name, "") for name in ("channel_id", "guild_id", "webhook_id", "webhook_token")
        ]
        held = self._times[key, "+".join(major)]
        held[:] = [at for at in held if at > now - window]
        wait = held[0] + window - now if len(held) >= most else 0.0
        if not wait:
            held.append(now)
        left = held[0] + window - now
        headers |= {
            "X-RateLimit-Limit": str(most), "X-RateLimit-Remaining": str(max(most - len(held), 0)),
            "X-RateLimit-Reset": f"{now + left:.3f}", "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(key.encode()).hexdigest()[:32],
        }  # fmt: skip
        return round(wait, 3)

    def _judge(self, request: web.Request, path: str, refused: Refused) -> None:
        if refused.code in _RULE_CODES:
            self.world.violated(f"{refused.status} {refused.code}", f"{request.method} {path}: {refused}")

    # the application, people and servers

    def _me(self) -> dict[str, Any]:
        return self.world.bot.payload() | {
            "mfa_enabled": True,
            "locale": "en-US",
            "verified": True,
            "email": None,
        }

    def _application(self) -> dict[str, Any]:
        world = self.world
        empty = dict.fromkeys(
            ("icon", "interactions_endpoint_url", "role_connections_verification_url", "type")
        )
        numbers = {"approximate_guild_count": len(world.guilds), "approximate_user_install_count": 0}
        return empty | numbers | {
            "id": str(world.application_id), "name": world.bot.name, "description": "",
            "verify_key": "0" * 64,
            "flags": world.application_flags, "flags_new": str(world.application_flags), "redirect_uris": [],
            "approximate_user_authorization_count": 0, "explicit_content_filter": 0, "summary": "",
            "owner": world.owner.payload(), "team": self._team(), "eligible_oauth2_scopes": [],
            "bot_public": True, "bot_require_code_grant": False, "bot": world.bot.payload(),
            "integration_types_config": {"0": {}, "1": {}},
        }  # fmt: skip

    def _team(self) -> dict[str, Any] | None:
        if not self.world.team:
            return None
        key = str(self.world.application_id + 1)
        members = [
            {
                "user": one.payload(),
                "team_id": key,
                "membership_state": 2,
                "permissions": ["*"],
                "role": "admin",
            }
            for one in self.world.team
        ]
        return {
            "id": key,
            "name": "Team",
            "icon": None,
            "members": members,
            "owner_user_id": str(self.world.team[0].id),
        }

    def _gateway(self) -> dict[str, Any]:
        limit = {"total": 1000, "remaining": 1000, "reset_after": 86_400_000, "max_concurrency": 1}
        return {"url": self.world.gateway, "shards": self.world.shards, "session_start_limit": limit}

    def _own_guilds(self) -> list[Guild]:
        return [one for one in self.world.guilds.values() if one.has_bot]

    def _own_guild(self, guild: Guild) -> dict[str, Any]:
        empty = {"icon": None, "banner": None, "owner": False, "features": []}
        permissions = str(guild.permissions(self.world.bot))
        return empty | {"id": str(guild.id), "name": guild.name, "permissions": permissions}

    def _user(self, call: Call) -> Any:
        return known(self.world.users, call.id("user_id"), 10013, "Unknown User")

    def _guild(self, call: Call) -> Guild:
        guild: Guild = known(self.world.guilds, call.id("guild_id"), 10004, "Unknown Guild")
        if not guild.has_bot:
            raise Refused(*MISSING_ACCESS)
        return guild

    def _member(self, call: Call) -> Answer:
        guild, user = self._guild(call), self._user(call)
        if user.id not in guild.members:
            raise Refused(404, 10007, "Unknown Member")
        return 200, guild.member(user)

    def _leave(self, call: Call) -> Answer:
        self._guild(call).leave(self.world.bot)
        return 204, None

    def _active(self, call: Call) -> Answer:
        threads = [
            one for channel in self._guild(call).channels for one in channel.threads if not one.archived
        ]
        return 200, {"threads": [one.payload() for one in threads], "members": [], "has_more": False}

    def _open_dm(self, call: Call) -> Answer:
        user = known(self.world.users, int(call.body.get("recipient_id") or 0), 10013, "Unknown User")
        return 200, self.world.dm(user).payload()

    # channels and threads

    def _channel(self, call: Call) -> Channel:
        channel: Channel = known(self.world.channels, call.id("channel_id"), 10003, "Unknown Channel")
        hidden = channel.guild and not (
            channel.guild.has_bot and channel.allows(self.world.bot, "view_channel")
        )
        if hidden or (channel.guild is None and self.world.bot not in channel.recipients):
            raise Refused(*MISSING_ACCESS)
        return channel

    def _need(self, channel: Channel, permissions: str) -> None:
        if not channel.allows(self.world.bot, permissions):
            raise Refused(*MISSING_PERMISSIONS)

    def _speak(self, call: Call) -> Channel:
        channel = self._channel(call)
        person = next((one for one in channel.recipients if not one.bot), None)
        if channel.guild is None and person and (person.closed_dms or not self.world.reaches(person)):
            raise Refused(403, 50007, "Cannot send messages to this user")
        if channel.guild and not channel.may_speak(self.world.bot):
            raise Refused(*MISSING_PERMISSIONS)
        return channel

    def _typing(self, call: Call) -> Answer:
        channel = self._speak(call)
        channel.typing.append((self.world.now(), self.world.bot))
        return 204, None

    def _change_channel(self, call: Call) -> Answer:
        thread = self._channel(call)
        if not thread.is_thread or thread.owner is not self.world.bot:
            self._need(thread, "manage_threads" if thread.is_thread else "manage_channels")
        form = Form()
        thread.name = form.text(call.body, "name", "", 100, 1) or thread.name
        check_thread_times(form, call.body)
        form.close()
        thread.archived, thread.locked = (
            bool(call.body.get(key, getattr(thread, key))) for key in ("archived", "locked")
        )
        thread.archive_after = call.body.get("auto_archive_duration") or thread.archive_after
        event = "THREAD_UPDATE" if thread.is_thread else "CHANNEL_UPDATE"
        self.world.tell(event, thread.payload(), guild=thread.guild, channel=thread, intent="guilds")
        return 200, thread.payload()

    def _delete_channel(self, call: Call) -> Answer:
        channel = self._channel(call)
        if channel.guild:
            self._need(channel, "manage_threads" if channel.is_thread else "manage_channels")
            self.world.drop(channel)
        return 200, channel.payload()

    def _join(self, call: Call, key: int) -> Answer:
        thread, user = self._channel(call), known(self.world.users, key, 10013, "Unknown User")
        if not thread.is_thread:
            raise Refused(400, 50024, "Cannot execute action on this channel type")
        if thread.archived:
            raise Refused(400, 50083, "Thread is archived")
        thread.joined += [] if user in thread.joined else [user]
        return 204, None

    def _thread_of(self, call: Call) -> Answer:
        return self._open_thread(call, self._message(call))

    def _thread(self, call: Call) -> Answer:
        return self._open_thread(call, None)

    def _open_thread(self, call: Call, starter: Message | None) -> Answer:
        channel = self._channel(call)
        if channel.kind != TEXT_CHANNEL:
            raise Refused(400, 50024, "Cannot execute action on this channel type")
        kind = PUBLIC_THREAD if starter else call.body.get("type", 12)
        self._need(channel, "create_public_threads" if kind == PUBLIC_THREAD else "create_private_threads")
        if starter and starter.thread:
            raise Refused(400, 160004, "A thread has already been created for this message")
        check_thread(call.body)
        if kind not in THREADS:
            raise Refused(400, 50035, "Invalid Form Body")
        thread = self.world.thread(channel, call.body["name"], kind, owner=self.world.bot, starter=starter)
        thread.archive_after = call.body.get("auto_archive_duration") or thread.archive_after
        return 201, thread.payload()

    # messages

    def _message(self, call: Call) -> Message:
        """The message, as far as the bot can see it by its channel: ephemeral ones it cannot."""
        channel = self._channel(call)
        message = channel.every.get(call.id("message_id"))
        if message is None or message.deleted or message.ephemeral:
            raise Refused(404, 10008, "Unknown Message")
        if message.author is not self.world.bot or call.match.get("emoji"):
            self._need(channel, "read_message_history")
        return message

    def _shown(self, message: Message) -> dict[str, Any]:
        """For REST the application's switch for message content decides, not the session's intents."""
        world = self.world
        own = message.author is world.bot or message.channel.guild is None or world.bot in message.pings.users
        return message.payload(content=own or "message_content" in world.intents_allowed)

    def _history(self, call: Call) -> Answer:
        channel = self._channel(call)
        if not channel.allows(self.world.bot, "read_message_history"):
            return 200, []
        before, after = (
            int(call.query.get(key, default)) for key, default in (("before", 1 << 63), ("after", 0))
        )
        found = [one for one in channel.messages if after < one.id < before]
        limit = int(call.query.get("limit", 50))
        chosen = found[:limit] if after else found[-limit:]
        return 200, [self._shown(one) for one in reversed(chosen)]

    def _send(self, call: Call) -> Answer:
        channel, body = self._speak(call), call.body
        if channel.archived and channel.locked:
            raise Refused(400, 50083, "Thread is archived")
        twin = self._twin(channel, body)
        if twin:
            return 200, twin.payload()
        reference = self._reference(channel, body)
        made = write(self.world, channel, self.world.bot, self._embeddable(channel, body, new=True),
                     files=call.files, reference=reference)  # fmt: skip
        return 200, made.payload()

    def _twin(self, channel: Channel, body: dict[str, Any]) -> Message | None:
        """With `enforce_nonce` the same nonce gives the message that was sent with it."""
        if not body.get("enforce_nonce") or body.get("nonce") is None:
            return None
        return next(
            (one for one in channel.messages if one.nonce == body["nonce"] and one.author is self.world.bot),
            None,
        )

    def _reference(self, channel: Channel, body: dict[str, Any]) -> Message | None:
        pointer = body.get("message_reference")
        if not pointer:
            return None
        if not channel.allows(self.world.bot, "read_message_history"):
            raise Refused(403, 160002, "Cannot reply without permission to read message history")
        found = channel.every.get(int(pointer.get("message_id") or 0))
        if found and not found.deleted and not found.ephemeral:
            return found
        if not pointer.get("fail_if_not_exists", True):
            return None
        wrong = [{"code": "REPLIES_UNKNOWN_MESSAGE", "message": "Unknown message"}]
        raise Refused(400, 50035, "Invalid Form Body", {"message_reference": {"_errors": wrong}})

    def _embeddable(self, channel: Channel, body: dict[str, Any], *, new: bool = False) -> dict[str, Any]:
        """Without Embed Links embeds are dropped; a new message of embeds alone is refused."""
        if not body.get("embeds") or channel.allows(self.world.bot, "embed_links"):
            return body
        if new and not body.get("content"):
            raise Refused(*MISSING_PERMISSIONS)
        return {key: value for key, value in body.items() if key != "embeds"}

    def _edit(self, call: Call) -> Answer:
        message = self._message(call)
        if message.author is not self.world.bot:
            raise Refused(403, 50005, "Cannot edit a message authored by another user")
        if message.channel.archived:
            raise Refused(400, 50083, "Thread is archived")
        return 200, edit(
            self.world, message, self._embeddable(message.channel, call.body), call.files
        ).payload()

    def _delete(self, call: Call) -> Answer:
        message = self._message(call)
        if message.author is not self.world.bot:
            self._need(message.channel, "manage_messages")
        delete(self.world, message)
        return 204, None

    def _react(self, call: Call) -> Answer:
        message, emoji = self._message(call), call.match["emoji"]
        self._need(message.channel, "add_reactions")
        message.reactions += [] if emoji in message.reactions else [emoji]
        return 204, None

    # interactions

    def _callback(self, call: Call) -> Answer:
        interaction = self.world.interactions.get(call.match["interaction_token"])
        if interaction is None or str(interaction.id) != call.match["interaction_id"]:
            raise Refused(404, 10062, "Unknown interaction")
        answer = interaction.respond(call.body, call.files)
        return (200, answer) if call.query.get("with_response") in ("1", "true") else (204, None)

    def _hook(self, call: Call) -> Any:
        interaction = self.world.interactions.get(call.match["webhook_token"])
        if interaction is None or call.id("webhook_id") != self.world.application_id:
            raise Refused(404, 10015, "Unknown Webhook")
        return interaction

    def _follow(self, call: Call) -> Answer:
        return 200, self._hook(call).follow(call.body, call.files).payload()

    def _followed(self, call: Call) -> Answer:
        return 200, self._hook(call).find(call.match["message_id"]).payload()

    def _change_followed(self, call: Call) -> Answer:
        return 200, self._hook(call).change(call.match["message_id"], call.body, call.files).payload()

    def _delete_followed(self, call: Call) -> Answer:
        self._hook(call).remove(call.match["message_id"])
        return 204, None


def _unknown(call: Call) -> Answer:
    raise Refused(404, 0, "404: Not Found")
