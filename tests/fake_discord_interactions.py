"""Interactions: three seconds for one first response, fifteen minutes for the rest, and who may see it."""

from __future__ import annotations

import secrets
from typing import Any

from tests.fake_discord_messages import defer, delete, edit, write
from tests.fake_discord_rules import EPHEMERAL, V2, Refused, check_choices, check_modal
from tests.fake_discord_state import Channel, Message, User

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
NAMES = {4: "message", 5: "deferred", 6: "deferred update", 7: "update", 8: "choices", 9: "modal"}
FIRST, LIFE = 3.0, 900.0  # seconds for the first response, and of the token
_FITS = {
    COMMAND: (MESSAGE, DEFERRED, MODAL),
    COMPONENT: (MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, MODAL),
    AUTOCOMPLETE: (CHOICES,),
    MODAL_SUBMIT: (MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE),
}
_KINDS = {1: 20, 2: 23, 3: 23}  # the type of the message that answers each type of command


class Interaction:
    """One thing that a person did with the app, and what the app answered.

    `response`: the name of the first response (None: none yet), `seconds`: what it took; `failed`: none came.
    """

    def __init__(self, world: Any, kind: int, user: User, channel: Channel, data: dict[str, Any],
                 source: Message | None = None, previous: Interaction | None = None) -> None:  # fmt: skip
        self.world, self.kind, self.user, self.channel, self.data = world, kind, user, channel, data
        self.source, self.previous = source, previous
        self.id: int = world.new_id()
        self.token = secrets.token_urlsafe(48)
        self.created: float = world.now()
        self.response: str | None = None
        self.seconds: float | None = None
        self.failed = False
        self.delivered = True  # the bot was there to hear of it
        self.original: Message | None = None
        self.followups: list[Message] = []
        self.choices: list[dict[str, Any]] | None = None
        self.modal: dict[str, Any] | None = None

    @property
    def guild(self) -> Any:
        return self.channel.guild

    @property
    def by_user(self) -> bool:
        """Only the person installed the app here, not the server."""
        here = self.guild.has_bot if self.guild else self.world.bot in self.channel.recipients
        return not here

    @property
    def context(self) -> int:
        """0 in a server, 1 in a direct message with the bot, 2 in any other private channel."""
        return 0 if self.guild else 1 if self.world.bot in self.channel.recipients else 2

    def owners(self) -> dict[str, str]:
        found = {} if self.by_user else {"0": str(self.guild.id) if self.guild else "0"}
        return found | ({"1": str(self.user.id)} if self.user.installed else {})

    def metadata(self) -> dict[str, Any]:
        kind = {COMMAND: 2, COMPONENT: 3, MODAL_SUBMIT: 5}.get(self.kind, 2)
        found = {"id": str(self.id), "type": kind, "user": self.user.payload()}
        found |= {"authorizing_integration_owners": self.owners()}
        if self.kind == COMPONENT and self.source:
            found["interacted_message_id"] = str(self.source.id)
        if self.kind == MODAL_SUBMIT:
            found["triggering_interaction_metadata"] = self.previous.metadata() if self.previous else found
        return found

    def payload(self) -> dict[str, Any]:
        """As INTERACTION_CREATE carries it."""
        world, channel, guild = self.world, self.channel, self.guild
        own = {"permissions": str(channel.permissions(self.user))}
        found = {
            "id": str(self.id), "application_id": str(world.application_id), "type": self.kind,
            "data": self.data, "token": self.token, "version": 1, "channel_id": str(channel.id),
            "channel": channel.payload() | own,
            "locale": "en-US", "entitlements": [], "authorizing_integration_owners": self.owners(),
            "context": self.context, "attachment_size_limit": 10 * 1024 * 1024, "entitlement_sku_ids": [],
            "app_permissions": str(channel.permissions(world.bot)),
        }  # fmt: skip
        if guild:
            found |= {"guild_id": str(guild.id), "guild": guild.partial(), "guild_locale": "en-US"}
            found["member"] = guild.member(self.user) | own
        else:
            found["user"] = self.user.payload()
        return found | ({"message": self.source.payload()} if self.source else {})

    def expire(self) -> None:
        """The three seconds are over."""
        if self.response is None and not self.failed and self.world.now() - self.created >= FIRST:
            self.failed = True
            if self.delivered:
                self.world.violated("3 seconds", f"{self} got no first response")

    def _expected(self, body: dict[str, Any]) -> int:
        self.expire()
        if self.failed:
            raise Refused(404, 10062, "Unknown interaction")
        if self.response is not None:
            raise Refused(400, 40060, "Interaction has already been acknowledged.")
        kind = body.get("type")
        fits = _FITS[self.kind]
        if kind not in fits or (
            self.kind == MODAL_SUBMIT and kind in (DEFERRED_UPDATE, UPDATE) and not self.source
        ):
            wrong = {
                "type": {
                    "_errors": [{"code": "BASE_TYPE_CHOICES", "message": f"Value must be one of {fits}."}]
                }
            }
            raise Refused(400, 50035, "Invalid Form Body", wrong)
        return int(kind)

    def respond(self, body: dict[str, Any], files: dict[str, bytes]) -> dict[str, Any]:
        """The first response; the answer that `with_response` asks for."""
        kind, data = self._expected(body), body.get("data") or {}
        viewer = self._viewer(data)
        if kind == MESSAGE:
            self.original = self._write(data, files, viewer)
        elif kind == DEFERRED:
            self.original = defer(self.world, self.channel, self, viewer=viewer, kind=self._message_kind())
        elif kind == UPDATE:
            self.original = edit(self.world, self._shown(), data, files)
        elif kind == DEFERRED_UPDATE:
            self.original = self.source
        elif kind == CHOICES:
            self.choices = check_choices(data)
        elif kind == MODAL:
            check_modal(data)
            self.modal = data
        self.response, self.seconds = NAMES[kind], self.world.now() - self.created
        return self._answer(kind)

    def _answer(self, kind: int) -> dict[str, Any]:
        inner: dict[str, Any] = {"id": str(self.id), "type": self.kind}
        found: dict[str, Any] = {"interaction": inner}
        if self.original:
            inner |= {
                "response_message_id": str(self.original.id),
                "response_message_loading": self.original.loading,
            }
            inner |= {"response_message_ephemeral": self.original.ephemeral}
            if kind in (MESSAGE, UPDATE):
                found["resource"] = {"type": kind, "message": self.original.payload()}
        return found

    def _shown(self) -> Message:
        if self.source is None:
            raise Refused(404, 10008, "Unknown Message")
        return self.source

    def _message_kind(self) -> int:
        return _KINDS.get(self.data.get("type", 1), 20) if self.kind == COMMAND else 0

    def _viewer(self, data: dict[str, Any]) -> User | None:
        hidden = self.by_user and self.guild and not self.channel.allows(self.user, "use_external_apps")
        return self.user if hidden or (data.get("flags") or 0) & EPHEMERAL else None

    def _write(self, data: dict[str, Any], files: dict[str, bytes], viewer: User | None,
               reference: Message | None = None) -> Message:  # fmt: skip
        source = self.source if self.kind == COMPONENT and self.source and not self.source.ephemeral else None
        reference = reference or source
        kind = self._message_kind() if reference is None else 0
        return write(self.world, self.channel, self.world.bot, data, files=files, interaction=self,
                     reference=reference, kind=kind, viewer=viewer)  # fmt: skip

    def _open(self) -> None:
        if self.world.now() - self.created > LIFE:
            raise Refused(401, 50027, "Invalid Webhook Token")
        if self.response in (None, "choices", "modal"):
            raise Refused(404, 10015, "Unknown Webhook")

    def follow(self, body: dict[str, Any], files: dict[str, bytes]) -> Message:
        """A follow-up message; the first one after a deferral takes the place of "is thinking…"."""
        self._open()
        if self.original and self.original.loading:
            return edit(self.world, self.original, _without_ephemeral(body), files)
        if self.by_user and len(self.followups) >= 5:
            raise Refused(
                400, 40094, "This interaction has reached its maximum number of follow up messages."
            )
        reference = self.original if self.original and not self.original.deleted else None
        made = self._write(body, files, self._viewer(body), reference)
        self.followups.append(made)
        return made

    def find(self, key: str) -> Message:
        """The message "@original" or one of the follow-ups."""
        self._open()
        held = [one for one in (self.original, *self.followups) if one]
        hits = [self.original] if key == "@original" else [one for one in held if str(one.id) == key]
        if not hits or hits[0] is None or hits[0].deleted:
            raise Refused(404, 10008, "Unknown Message")
        return hits[0]

    def change(self, key: str, body: dict[str, Any], files: dict[str, bytes]) -> Message:
        return edit(self.world, self.find(key), body, files)

    def remove(self, key: str) -> None:
        delete(self.world, self.find(key))

    def __repr__(self) -> str:
        what = {COMMAND: "command", COMPONENT: "click", AUTOCOMPLETE: "autocompletion", MODAL_SUBMIT: "form"}
        name = self.data.get("name") or self.data.get("custom_id")
        return f"the {what[self.kind]} {name!r} by {self.user} in {self.channel}"


def _without_ephemeral(body: dict[str, Any]) -> dict[str, Any]:
    return body | {"flags": (body.get("flags") or 0) & V2}
