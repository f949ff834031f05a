"""Writing and changing messages by Discord's rules; REST, interactions and people all come through here."""

from __future__ import annotations

from typing import Any

from tests.fake_discord_rules import (
    EPHEMERAL,
    LOADING,
    TEXT,
    V2,
    Refused,
    check_mentions,
    check_message,
    mentioned,
    walk,
)
from tests.fake_discord_state import Channel, Guild, Message, Pings, User, numbered

_OWN_FLAGS = 4 | 4096 | V2  # what a bot may set on a message: no link previews, silent, Components V2
_REPLY = 19


def write(
    world: Any,
    channel: Channel,
    author: User,
    body: dict[str, Any],
    *,
    files: dict[str, bytes] | None = None,
    interaction: Any = None,
    reference: Message | None = None,
    kind: int = 0,
    viewer: User | None = None,
) -> Message:
    """A new message from the body of a request; raises `Refused` for what Discord refuses."""
    check_mentions(body.get("allowed_mentions"))
    flags = (body.get("flags") or 0) & _OWN_FLAGS | (EPHEMERAL if viewer else 0)
    parts = _parts(body) | {"flags": flags, "nonce": body.get("nonce")}
    parts["attachments"] = _attachments(world, body, files or {})
    check_message(parts)
    parts |= {"content": parts["content"].strip(), "components": numbered(parts["components"])}
    message = Message(
        world, channel, author, **parts, kind=_REPLY if reference and not kind else kind, reference=reference,
        interaction=interaction, viewer=viewer, files=files or {},
    )  # fmt: skip
    message.pings = pings(message, body.get("allowed_mentions"))
    _wake(world, channel)
    world.gateway_state.tell_message("MESSAGE_CREATE", message)
    return message


def defer(world: Any, channel: Channel, interaction: Any, *, viewer: User | None, kind: int) -> Message:
    """The "is thinking…" of a deferred answer."""
    flags = LOADING | (EPHEMERAL if viewer else 0)
    message = Message(
        world, channel, world.bot, flags=flags, kind=kind, interaction=interaction, viewer=viewer
    )
    world.gateway_state.tell_message("MESSAGE_CREATE", message)
    return message


def edit(
    world: Any, message: Message, body: dict[str, Any], files: dict[str, bytes] | None = None
) -> Message:
    """Change what the body names, keep the rest. What was deferred is shown by its first edit."""
    check_mentions(body.get("allowed_mentions"))
    if message.deleted:
        raise Refused(404, 10008, "Unknown Message")
    held = {key: getattr(message, key) for key in ("content", "embeds", "components", "attachments")}
    parts = held | {key: value for key, value in _parts(body).items() if key in body}
    if files or "attachments" in body:
        parts["attachments"] = _attachments(world, body, files or {}, message.attachments)
    flags = message.flags & ~LOADING | (body.get("flags") or 0) & _OWN_FLAGS
    check_message(parts | {"flags": flags})
    new = message.loading
    for key, value in parts.items():
        setattr(message, key, value)
    message.content, message.components = message.content.strip(), numbered(message.components)
    message.flags, message.edited = flags, world.now()
    message.files |= files or {}
    if new:
        message.pings = pings(message, body.get("allowed_mentions"))
    message.remember()
    world.gateway_state.tell_message("MESSAGE_UPDATE", message)
    return message


def delete(world: Any, message: Message) -> None:
    message.deleted = True
    channel = message.channel
    data = {"id": str(message.id), "channel_id": str(channel.id)}
    data |= {"guild_id": str(channel.guild.id)} if channel.guild else {}
    intent = "guild_messages" if channel.guild else "dm_messages"
    if not message.ephemeral:
        world.tell("MESSAGE_DELETE", data, guild=channel.guild, channel=channel, intent=intent)


def pings(message: Message, allowed: dict[str, Any] | None) -> Pings:
    """Whom it notifies: mentions in content and V2 texts that `allowed` lets through, or a reply."""
    if message.ephemeral:
        return Pings()
    texts = [message.content, *(one["content"] for one in walk(message.components) if one["type"] == TEXT)]
    users, roles, everyone = mentioned("\n".join(texts), allowed)
    world, channel, guild = message.world, message.channel, message.channel.guild
    if message.reference and (allowed is None or allowed.get("replied_user")):
        users = users | {message.reference.author.id}
    loud = channel.allows(message.author, "mention_everyone") if guild else False
    there = set(guild.members) if guild else {one.id for one in channel.recipients}
    return Pings(
        tuple(world.users[one] for one in sorted(users & there) if one != message.author.id),
        tuple(_roles(guild, roles, loud)),
        everyone and loud,
    )


def _roles(guild: Guild | None, wanted: set[int], loud: bool) -> list[Any]:
    return [
        one
        for one in (guild.roles.values() if guild else ())
        if one.id in wanted and (one.mentionable or loud)
    ]


def _parts(body: dict[str, Any]) -> dict[str, Any]:
    content = body.get("content")
    lists = {key: body.get(key) or [] for key in ("embeds", "components")}
    lists["embeds"] = [{"type": "rich"} | one if isinstance(one, dict) else one for one in lists["embeds"]]
    return {"content": "" if content is None else content} | lists


def _attachments(
    world: Any, body: dict[str, Any], files: dict[str, bytes], held: Any = ()
) -> list[dict[str, Any]]:
    named = body.get("attachments")
    kept = {str(one["id"]) for one in named or ()}
    found = [one for one in held if named is None or one["id"] in kept]
    for name, data in files.items():
        key = world.new_id()
        url = f"{world.address}/attachments/{key}/{name}"
        found.append({"id": str(key), "filename": name, "size": len(data), "url": url, "proxy_url": url})
    return found


def _wake(world: Any, channel: Channel) -> None:
    """A message opens an archived thread again."""
    if channel.archived:
        channel.archived = False
        world.tell("THREAD_UPDATE", channel.payload(), guild=channel.guild, channel=channel, intent="guilds")
