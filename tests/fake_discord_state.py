"""What the local Discord knows: people, servers, channels, messages, and how Discord writes them as JSON.

Nothing here refuses anything: that is for `fake_discord_rules` and `fake_discord_rest`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.fake_discord_rules import EPHEMERAL, LOADING, ROW, SELECTS, TEXT, V2, walk

TEXT_CHANNEL, DM, VOICE, NEWS, NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD = 0, 1, 2, 5, 10, 11, 12
THREADS = (NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD)
DISCORD_EPOCH = 1420070400000

BITS = {
    "administrator": 3, "manage_channels": 4, "manage_guild": 5, "add_reactions": 6, "view_channel": 10,
    "send_messages": 11, "manage_messages": 13, "embed_links": 14, "attach_files": 15,
    "read_message_history": 16, "mention_everyone": 17, "use_external_emojis": 18, "manage_roles": 28,
    "use_application_commands": 31, "manage_threads": 34, "create_public_threads": 35,
    "create_private_threads": 36, "send_messages_in_threads": 38, "use_external_apps": 50,
}  # fmt: skip
EVERYONE = (
    "view_channel send_messages read_message_history add_reactions embed_links attach_files "
    "use_application_commands create_public_threads send_messages_in_threads use_external_apps"
)
ALL = (1 << 53) - 1


def bits(permissions: Any) -> int:
    """Permissions as a number: from names ("view_channel send_messages"), an int or discord.Permissions."""
    if isinstance(permissions, str):
        return sum(1 << BITS[name] for name in permissions.split())
    return int(getattr(permissions, "value", permissions))


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


class User:
    """Someone, or the bot. `closed_dms`: the bot cannot write to them. `installed`: has the app as a user."""

    def __init__(self, world: Any, name: str, *, bot: bool = False, installed: bool = False) -> None:
        self.world, self.name, self.bot, self.installed = world, name, bot, installed
        self.id: int = world.new_id()
        self.closed_dms = False

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"

    def payload(self) -> dict[str, Any]:
        handle = self.name.lower().replace(" ", "_")
        empty = dict.fromkeys(("avatar", "banner", "accent_color", "avatar_decoration_data", "primary_guild"))
        named = {"id": str(self.id), "username": handle, "global_name": None if self.bot else self.name}
        return (
            empty
            | named
            | {"discriminator": "0", "public_flags": 0, "flags": 0}
            | ({"bot": True} if self.bot else {})
        )

    def __repr__(self) -> str:
        return self.name


@dataclass(eq=False)
class Role:
    """A role of a server; the one with the server's id is @everyone."""

    id: int
    name: str
    permissions: int
    mentionable: bool = False
    position: int = 1
    bot: User | None = None

    @property
    def mention(self) -> str:
        return f"<@&{self.id}>"

    def payload(self) -> dict[str, Any]:
        colours = {"primary_color": 0, "secondary_color": None, "tertiary_color": None}
        found = {
            "id": str(self.id), "name": self.name, "permissions": str(self.permissions),
            "position": self.position, "color": 0, "colors": colours, "hoist": False, "icon": None,
            "managed": self.bot is not None, "mentionable": self.mentionable, "flags": 0,
            "unicode_emoji": None,
        }  # fmt: skip
        return found | ({"tags": {"bot_id": str(self.bot.id)}} if self.bot else {})


class Guild:
    """A server. `bot=False`: the bot is not in it (a person may still use the app there as its user)."""

    def __init__(self, world: Any, name: str, owner: User, *, bot: bool = True) -> None:
        self.world, self.name, self.owner = world, name, owner
        self.id: int = world.new_id(1 << 22)  # so that servers made at once fall on different shards
        self.everyone = Role(self.id, "@everyone", bits(EVERYONE), position=0)
        self.roles: dict[int, Role] = {self.id: self.everyone}
        self.members: dict[int, set[int]] = {owner.id: set()}  # who, with which roles
        self.channels: list[Channel] = []
        self.bot_role = Role(world.new_id(), world.bot.name, bits(EVERYONE), bot=world.bot)
        if bot:
            self.roles[self.bot_role.id] = self.bot_role
            self.members[world.bot.id] = {self.bot_role.id}

    @property
    def has_bot(self) -> bool:
        return self.world.bot.id in self.members

    def channel(self, name: str = "general") -> Channel:
        """A new text channel."""
        made = Channel(self.world, TEXT_CHANNEL, name, guild=self)
        self.channels.append(made)
        self.world.channels[made.id] = made
        self.world.tell("CHANNEL_CREATE", made.payload(), guild=self, intent="guilds")
        return made

    def role(self, name: str, permissions: Any = 0, *, mentionable: bool = False) -> Role:
        made = Role(self.world.new_id(), name, bits(permissions), mentionable, len(self.roles))
        self.roles[made.id] = made
        self.world.tell("GUILD_ROLE_CREATE", self._role(made), guild=self, intent="guilds")
        return made

    def permit(self, role: Role, permissions: Any) -> None:
        """Give `role` (`guild.everyone`, `guild.bot_role`, …) exactly these permissions from now on."""
        role.permissions = bits(permissions)
        self.world.tell("GUILD_ROLE_UPDATE", self._role(role), guild=self, intent="guilds")

    def join(self, user: User, *roles: Role) -> None:
        """`user` becomes a member, or gets these roles besides those they have."""
        event = "GUILD_MEMBER_UPDATE" if user.id in self.members else "GUILD_MEMBER_ADD"
        self.members.setdefault(user.id, set()).update(role.id for role in roles)
        data = {"guild_id": str(self.id)} | self.member(user)
        own = user is self.world.bot and event == "GUILD_MEMBER_UPDATE"
        self.world.tell(event, data, guild=self, intent="guilds" if own else "members")

    def leave(self, user: User) -> None:
        """`user` is no member any more; when it is the bot, it has been thrown out."""
        if user is self.world.bot:
            self.world.tell("GUILD_DELETE", {"id": str(self.id)}, guild=self, intent="guilds")
            self.members.pop(user.id)
        elif self.members.pop(user.id, None) is not None:
            data = {"guild_id": str(self.id), "user": user.payload()}
            self.world.tell("GUILD_MEMBER_REMOVE", data, guild=self, intent="members")

    def member(self, user: User) -> dict[str, Any]:
        empty = dict.fromkeys(("avatar", "banner", "communication_disabled_until", "nick", "premium_since"))
        roles = [str(role) for role in sorted(self.members.get(user.id, ()))]
        flat = {
            "flags": 0,
            "joined_at": stamp(self.world.started),
            "pending": False,
            "mute": False,
            "deaf": False,
        }
        return empty | flat | {"roles": roles, "user": user.payload()}

    def permissions(self, user: User) -> int:
        if user is self.owner:
            return ALL
        if user.id not in self.members:
            return self.everyone.permissions
        found = self.everyone.permissions
        for role in self.members[user.id]:
            found |= self.roles[role].permissions
        return ALL if found & bits("administrator") else found

    def partial(self) -> dict[str, Any]:
        return {"id": str(self.id), "locale": "en-US", "features": []}

    def payload(self) -> dict[str, Any]:
        nothing = """icon description home_header splash discovery_splash banner application_id afk_channel_id
            system_channel_id widget_channel_id max_presences vanity_url_code rules_channel_id
            safety_alerts_channel_id public_updates_channel_id incidents_data"""
        zero = """system_channel_flags verification_level default_message_notifications mfa_level
            explicit_content_filter premium_tier premium_subscription_count nsfw_level"""
        return (
            dict.fromkeys(nothing.split()) | dict.fromkeys(zero.split(), 0)
            | {"id": str(self.id), "name": self.name, "owner_id": str(self.owner.id), "features": []}
            | {"roles": [role.payload() for role in self.roles.values()], "region": "deprecated"}
            | {"emojis": [], "stickers": [], "afk_timeout": 300, "widget_enabled": False}
            | {"max_members": 500000, "preferred_locale": "en-US"}
            | {"max_stage_video_channel_users": 50, "max_video_channel_users": 25, "nsfw": False}
            | {"premium_progress_bar_enabled": False}
        )  # fmt: skip

    def gateway_payload(self, members: bool) -> dict[str, Any]:
        """As GUILD_CREATE has it: with channels, active threads, and all members or the bot alone."""
        who = [self.world.users[one] for one in self.members if members or one == self.world.bot.id]
        seen = [one for one in self.channels if one.allows(self.world.bot, "view_channel")]
        return self.payload() | {
            "joined_at": stamp(self.world.started), "large": False, "unavailable": False,
            "member_count": len(self.members), "members": [self.member(one) for one in who],
            "channels": [one.payload() for one in self.channels],
            "threads": [t.payload() for one in seen for t in one.threads if not t.archived],
            "voice_states": [], "presences": [], "stage_instances": [], "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }  # fmt: skip

    def _role(self, role: Role) -> dict[str, Any]:
        return {"guild_id": str(self.id), "role": role.payload()}

    def __repr__(self) -> str:
        return self.name


class Channel:
    """A text channel, thread or direct message. `messages`: what everyone there may see now, oldest first."""

    def __init__(self, world: Any, kind: int, name: str = "", *, guild: Guild | None = None,
                 parent: Channel | None = None, recipients: Iterable[User] = (), owner: User | None = None,
                 key: int | None = None) -> None:  # fmt: skip
        self.world, self.kind, self.name, self.guild, self.parent = world, kind, name, guild, parent
        self.id: int = key or world.new_id()
        self.recipients, self.owner = list(recipients), owner
        self.every: dict[int, Message] = {}  # ephemeral ones, too
        self.loose: list[Message] = []  # those that reply to nothing
        self.threads: list[Channel] = []
        self.overwrites: dict[int, list[int]] = {}  # allow and deny of each role or user
        self.typing: list[tuple[float, User]] = []  # when the bot said that it is typing
        self.archived = self.locked = False
        self.archive_after = 1440
        self.joined: list[User] = [owner] if owner else []
        self.starter: Message | None = None

    @property
    def messages(self) -> list[Message]:
        return [one for one in self.every.values() if not one.deleted and not one.ephemeral]

    @property
    def is_thread(self) -> bool:
        return self.kind in THREADS

    def allow(self, who: User | Role, permissions: Any) -> None:
        """Overwrite for a role or a person here: these are given."""
        self._overwrite(who, bits(permissions), 0)

    def deny(self, who: User | Role, permissions: Any) -> None:
        """Overwrite for a role or a person here (`discord.bot`, `guild.everyone`): these are taken."""
        self._overwrite(who, 0, bits(permissions))

    def _overwrite(self, who: User | Role, allow: int, deny: int) -> None:
        held = self.overwrites.setdefault(who.id, [0, 0])
        held[:] = [held[0] & ~deny | allow, held[1] & ~allow | deny]
        self.world.tell("CHANNEL_UPDATE", self.payload(), guild=self.guild, intent="guilds")

    def permissions(self, user: User) -> int:
        """What `user` may do here, as Discord computes it; a thread takes it from its channel."""
        if self.parent:
            return self.parent.permissions(user)
        if self.guild is None:
            return bits(EVERYONE)
        found = self.guild.permissions(user)
        if found == ALL:
            return ALL
        roles = self.guild.members.get(user.id, set())
        merged = [held for key, held in self.overwrites.items() if key in roles]
        allow, deny = (_union(held[at] for held in merged) for at in (0, 1))
        for more, less in (
            self.overwrites.get(self.guild.id, (0, 0)),
            (allow, deny),
            self.overwrites.get(user.id, (0, 0)),
        ):
            found = found & ~less | more
        return found if found & bits("view_channel") else 0

    def allows(self, user: User, permissions: str) -> bool:
        wanted = bits(permissions)
        return self.permissions(user) & wanted == wanted

    def may_speak(self, user: User) -> bool:
        return self.allows(user, "send_messages_in_threads" if self.is_thread else "send_messages")

    def payload(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "id": str(self.id),
            "type": self.kind,
            "flags": 0,
            "last_message_id": self._last(),
        }
        if self.guild is None:
            others = [one for one in self.recipients if not one.bot]
            return found | {"recipients": [one.payload() for one in others]}
        found |= {"guild_id": str(self.guild.id), "name": self.name, "rate_limit_per_user": 0}
        return found | (self._thread() if self.is_thread else self._text())

    def _text(self) -> dict[str, Any]:
        roles = self.guild.roles if self.guild else {}
        overwrites = [
            {"id": str(key), "type": 0 if key in roles else 1, "allow": str(allow), "deny": str(deny)}
            for key, (allow, deny) in self.overwrites.items()
        ]
        flat = {"topic": None, "position": 0, "nsfw": False, "parent_id": None}
        return flat | {"permission_overwrites": overwrites}

    def _thread(self) -> dict[str, Any]:
        times = {"archive_timestamp": stamp(self.world.now()), "create_timestamp": stamp(self.world.now())}
        meta = {"archived": self.archived, "auto_archive_duration": self.archive_after, "locked": self.locked}
        count = len(self.messages)
        return {
            "parent_id": str(self.parent.id if self.parent else 0),
            "owner_id": str(self.owner.id if self.owner else 0),
            "message_count": count, "member_count": len(self.joined), "total_message_sent": count,
            "thread_metadata": meta | times,
        }  # fmt: skip

    def _last(self) -> str | None:
        return str(self.messages[-1].id) if self.messages else None

    def __repr__(self) -> str:
        if self.guild is None:
            return f"the direct message of {' and '.join(map(repr, self.recipients))}"
        return f"{'thread ' if self.is_thread else '#'}{self.name}"


def _union(numbers: Iterable[int]) -> int:
    found = 0
    for number in numbers:
        found |= number
    return found


@dataclass(frozen=True)
class Version:
    """What a message showed at one time."""

    at: float
    content: str
    embeds: list[dict[str, Any]]
    components: list[dict[str, Any]]
    flags: int
    text: str


@dataclass(frozen=True)
class Control:
    """A button or select as people see it."""

    label: str
    custom_id: str | None
    disabled: bool
    url: str | None
    emoji: str | None
    data: dict[str, Any]


@dataclass(frozen=True)
class Pings:
    """Who got a notification from a message."""

    users: tuple[User, ...] = ()
    roles: tuple[Role, ...] = ()
    everyone: bool = False

    def __bool__(self) -> bool:
        return bool(self.users or self.roles or self.everyone)


@dataclass(eq=False)
class Message:
    """A message as it stands now; `versions` tells what it showed before, `pings` whom it notified."""

    world: Any
    channel: Channel
    author: User
    content: str = ""
    embeds: list[dict[str, Any]] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    flags: int = 0
    kind: int = 0
    reference: Message | None = None
    interaction: Any = None
    viewer: User | None = None  # the one who sees an ephemeral message
    nonce: Any = None
    pings: Pings = Pings()
    thread: Channel | None = None
    id: int = 0
    edited: float | None = None
    deleted: bool = False
    versions: list[Version] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    reactions: list[str] = field(default_factory=list)
    replies: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.id = self.id or self.world.new_id()
        self.created = self.world.now()
        (self.reference.replies if self.reference else self.channel.loose).append(self)
        self.remember()

    @property
    def ephemeral(self) -> bool:
        return bool(self.flags & EPHEMERAL)

    @property
    def loading(self) -> bool:
        return bool(self.flags & LOADING)

    @property
    def modern(self) -> bool:
        """Made with Components V2."""
        return bool(self.flags & V2)

    @property
    def text(self) -> str:
        """All that can be read in it: content, embeds, and the texts of Components V2."""
        shown = [self.content, *(text for embed in self.embeds for text in _embed_texts(embed))]
        return "\n".join(
            filter(None, [*shown, *(one["content"] for one in walk(self.components) if one["type"] == TEXT)])
        )

    @property
    def controls(self) -> list[Control]:
        return [_control(one) for one in walk(self.components) if one["type"] in (2, *SELECTS)]

    @property
    def buttons(self) -> list[Control]:
        return [one for one in self.controls if one.data["type"] == 2]

    @property
    def edits(self) -> list[Version]:
        """What it showed after its first showing, oldest first."""
        return [one for one in self.versions if not one.flags & LOADING][1:]

    def control(self, name: str | None, kinds: Iterable[int] = (2,)) -> Control:
        """The one with this custom id, label (or placeholder) or emoji."""
        found = [one for one in self.controls if one.data["type"] in kinds]
        hits = [one for one in found if name is None or name in (one.custom_id, one.label, one.emoji)]
        if len(hits) != 1:
            have = ", ".join(one.label or one.emoji or str(one.custom_id) for one in found) or "none"
            raise AssertionError(f"{len(hits)} controls of the message are called {name!r}; it has: {have}.")
        return hits[0]

    def button(self, name: str) -> Control:
        return self.control(name)

    def remember(self) -> None:
        parts = copy.deepcopy((self.embeds, self.components))
        self.versions.append(Version(self.world.now(), self.content, *parts, self.flags, self.text))
        self.channel.every[self.id] = self

    def seen_by(self, user: User) -> bool:
        return not self.deleted and (not self.ephemeral or user is self.viewer)

    def payload(self, *, content: bool = True, nested: bool = True) -> dict[str, Any]:
        """As REST gives it; without `content` as an application without that intent gets it."""
        shown = (
            [self.content, self.embeds, self.components, self.attachments] if content else ["", [], [], []]
        )
        keys = ("content", "embeds", "components", "attachments")
        found = {
            "id": str(self.id), "channel_id": str(self.channel.id), "author": self.author.payload(),
            "type": self.kind, "flags": self.flags, "timestamp": stamp(self.created),
            "edited_timestamp": stamp(self.edited) if self.edited else None, "pinned": False, "tts": False,
            "mentions": [one.payload() for one in self.pings.users], "mention_everyone": self.pings.everyone,
            "mention_roles": [str(one.id) for one in self.pings.roles],
        }  # fmt: skip
        found |= dict(zip(keys, shown, strict=True))
        return found | dict(self._rest(nested, content))

    def _rest(self, nested: bool, content: bool) -> Iterator[tuple[str, Any]]:
        if self.nonce is not None:
            yield "nonce", self.nonce
        if self.author is self.world.bot and self.interaction:
            yield "application_id", str(self.world.application_id)
            yield "webhook_id", str(self.world.application_id)
            yield "interaction_metadata", self.interaction.metadata()
        if self.reference:
            yield "message_reference", self._pointer(self.reference)
            if nested:
                gone = self.reference.deleted
                yield (
                    "referenced_message",
                    None if gone else self.reference.payload(content=content, nested=False),
                )
        if self.thread:
            yield "thread", self.thread.payload()

    def _pointer(self, message: Message) -> dict[str, Any]:
        found = {"type": 0, "message_id": str(message.id), "channel_id": str(message.channel.id)}
        return found | ({"guild_id": str(message.channel.guild.id)} if message.channel.guild else {})

    def __repr__(self) -> str:
        return f"<message {self.id} of {self.author} in {self.channel}: {self.text[:80]!r}>"


def _embed_texts(embed: dict[str, Any]) -> Iterator[str]:
    yield (embed.get("author") or {}).get("name") or ""
    yield embed.get("title") or ""
    yield embed.get("description") or ""
    for one in embed.get("fields") or ():
        yield f"{one['name']}\n{one['value']}"
    yield (embed.get("footer") or {}).get("text") or ""


def _control(one: dict[str, Any]) -> Control:
    label = one.get("label") or one.get("placeholder") or ""
    emoji = (one.get("emoji") or {}).get("name")
    return Control(label, one.get("custom_id"), bool(one.get("disabled")), one.get("url"), emoji, one)


def numbered(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The components with the ids that Discord gives to those that have none."""
    made = copy.deepcopy(components)
    taken = {one.get("id") for one in walk(made)}
    free = iter(number for number in range(1, 10_000) if number not in taken)
    for one in walk(made):
        if not one.get("id"):
            one["id"] = next(free)
        if one["type"] == ROW:
            one.setdefault("components", [])
    return made
