"""The people of the local Discord: what they do, and how a test awaits what comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

from tests.fake_discord_interactions import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL_SUBMIT, Interaction
from tests.fake_discord_messages import delete, edit, write
from tests.fake_discord_rules import LABEL, SELECTS, TEXT, TEXT_INPUT
from tests.fake_discord_state import ALL, PUBLIC_THREAD, Channel, Guild, Message, Role, User, Version, bits

PATIENCE = 10.0  # seconds a test waits for the bot
SLASH, USER_MENU, MESSAGE_MENU = 1, 2, 3
_SUBCOMMANDS = (1, 2)
_SPOKEN = (0, 19)  # types of messages that say something, as the start of a thread does not


class Handle:
    """What comes of one deed of a person. A wait in vain fails with what was awaited and what came."""

    def __init__(self, world: Any, what: str, *, interaction: Interaction | None = None,
                 message: Message | None = None) -> None:  # fmt: skip
        self.world, self.what, self.interaction, self.message = world, what, interaction, message
        self._from = len(world.requests)

    @property
    def followups(self) -> list[Message]:
        return self._done().followups

    @property
    def edits(self) -> list[Version]:
        """What the reply showed after it was first shown."""
        shown = self._shown()
        return shown.edits if shown else []

    async def first_response(self, timeout: float = PATIENCE) -> Interaction:
        """The interaction once it is answered: `.response` says how, `.seconds` how soon."""
        done = self._done()
        await self._until(lambda: done.response or done.failed, "the first response to", timeout)
        assert not done.failed, f"{self.what} was not answered within 3 s. {self._came()}"
        return done

    async def reply(
        self, where: Callable[[Message], Any] = lambda _: True, timeout: float = PATIENCE
    ) -> Message:
        """The answer as people see it, once it is there and `where` holds of it.

        For an interaction its original response (for an update the changed message), for a message the bot's
        reply to it, else the bot's next message there or in the thread opened from it.
        """

        def found() -> Message | None:
            shown = self._shown()
            return shown if shown and not shown.loading and not shown.deleted and where(shown) else None

        if self.interaction:
            await self.first_response(timeout)
            assert self.interaction.response not in ("modal", "choices"), (
                f"{self.what} got {self.interaction.response}."
            )
        reply: Message = await self._until(found, "the reply to", timeout)
        return reply

    async def followup(self, at: int = 0, timeout: float = PATIENCE) -> Message:
        """The follow-up message number `at`."""
        held = self.followups
        return await self._until(lambda: held[at] if len(held) > at else None, f"follow-up {at} of", timeout)

    async def choices(self, timeout: float = PATIENCE) -> list[dict[str, Any]]:
        """What was offered for completion: `{"name": …, "value": …}` each."""
        done = await self.first_response(timeout)
        assert done.choices is not None, f"{self.what} got {done.response}, not choices."
        return done.choices

    async def modal(self, timeout: float = PATIENCE) -> dict[str, Any]:
        """The form that was opened: `title`, `custom_id`, `components`."""
        done = await self.first_response(timeout)
        assert done.modal is not None, f"{self.what} got {done.response}, not a form."
        return done.modal

    async def silence(self, seconds: float = 0.2) -> None:
        """Fail if the bot answers within `seconds`."""
        await asyncio.sleep(seconds)
        shown = self._shown()
        assert shown is None, f"{self.what} was to get no answer, but got {shown!r}."

    def _done(self) -> Interaction:
        assert self.interaction, f"{self.what} is a message: it has a reply, but no response."
        return self.interaction

    def _shown(self) -> Message | None:
        if self.interaction:
            return self.interaction.original
        assert self.message
        places = [self.message.channel, *([self.message.thread] if self.message.thread else [])]
        bot, known = self.world.bot, self.message.id
        own = (one for one in self.message.replies if one.channel in places)
        later = (one for place in places for one in place.loose if one.id > known)
        answers = (
            one for one in chain(own, later) if one.author is bot and not one.deleted and not one.ephemeral
        )
        return next((one for one in answers if one.kind in _SPOKEN), None)

    async def _until(self, found: Callable[[], Any], awaited: str, timeout: float) -> Any:
        return await self.world.until(found, lambda: f"{awaited} {self.what}. {self._came()}", timeout)

    def _came(self) -> str:
        asked = "; ".join(map(str, self.world.requests[self._from :][-8:])) or "no request"
        first = f"first response: {self.interaction.response}; " if self.interaction else ""
        wrong = "; ".join(map(str, self.world.broken))
        return f"What came: {first}{asked}.{f' Rules broken: {wrong}.' if wrong else ''}"


class Person(User):
    """Someone who uses Discord. Each deed gives a `Handle`, or fails if Discord would not offer it."""

    async def message(self, channel: Channel, text: str, *, mentions: Iterable[User | Role] = (),
                      reply_to: Message | None = None, ping: bool = True) -> Handle:  # fmt: skip
        """Write a message; `mentions` come before the text; a reply pings unless `ping` is False."""
        assert channel.guild is None or self.id in channel.guild.members, (
            f"{self} is not a member of {channel.guild}."
        )
        assert channel.may_speak(self) and not channel.locked, f"{self} may not write in {channel}."
        content = " ".join([*(one.mention for one in mentions), text])
        allowed = {"parse": ["users", "roles", "everyone"], "replied_user": ping}
        made = write(
            self.world, channel, self, {"content": content, "allowed_mentions": allowed}, reference=reply_to
        )
        return Handle(self.world, f"{self}'s message {text[:60]!r} in {channel}", message=made)

    async def dm(self, text: str, *, reply_to: Message | None = None) -> Handle:
        """Write to the bot directly."""
        return await self.message(self.world.dm(self), text, reply_to=reply_to)

    async def slash(self, name: str, /, *, channel: Channel | None = None, guild: Guild | None = None,
                    options: dict[str, Any] | None = None, **values: Any) -> Handle:  # fmt: skip
        """Use a command ("ask", "settings cooldown") with options by name, or in `options` (channel, guild).

        Without a channel it is the guild's first, without a guild the direct message with the bot.
        """
        place = self._place(channel, guild)
        return self._command(place, self._fill(name, place, (options or {}) | values))

    async def context_menu(
        self, name: str, target: Message | User, *, channel: Channel | None = None
    ) -> Handle:
        """Use a command of the menu of a message, or of a person (then say where)."""
        kind = MESSAGE_MENU if isinstance(target, Message) else USER_MENU
        place = target.channel if isinstance(target, Message) else self._place(channel, None)
        command = self._find(kind, name, place)
        held = (
            {"messages": {str(target.id): target.payload()}}
            if kind == MESSAGE_MENU
            else _resolved(target, place)
        )
        data = _named(command) | {"target_id": str(target.id), "resolved": held}
        return self._command(place, data)

    async def autocomplete(self, name: str, option: str, typed: str, /, *, channel: Channel | None = None,
                           guild: Guild | None = None, options: dict[str, Any] | None = None,
                           **values: Any) -> Handle:  # fmt: skip
        """Type `typed` into an option that completes itself, with the others as far as they are given."""
        place = self._place(channel, guild)
        given = (options or {}) | values | {option: typed}
        data = self._fill(name, place, given, focused=option)
        return self._command(place, data, AUTOCOMPLETE)

    async def click(self, message: Message, control: str) -> Handle:
        """Press the button with this label, emoji or custom id."""
        found = message.control(control)
        assert found.custom_id, f"{control!r} is a link to {found.url}: nothing reaches the bot."
        return self._use(message, found, {"component_type": 2})

    async def select(self, message: Message, control: str | None, values: Iterable[Any]) -> Handle:
        """Choose in the select with this custom id or placeholder (None: the only one)."""
        found = message.control(control, SELECTS)
        chosen = [str(getattr(one, "id", one)) for one in values]
        offered = [one["value"] for one in found.data.get("options") or ()]
        wrong = [one for one in chosen if offered and one not in offered]
        assert not wrong, f"The select does not offer {wrong}, but {offered}."
        least, most = found.data.get("min_values", 1), found.data.get("max_values", 1)
        assert least <= len(chosen) <= most, f"The select takes {least} to {most} values, not {len(chosen)}."
        return self._use(message, found, {"component_type": found.data["type"], "values": chosen})

    async def submit_modal(self, handle: Handle, values: dict[str, Any]) -> Handle:
        """Send the form that `handle` opened, filled by custom id or label."""
        modal, before = await handle.modal(), handle._done()
        assert before.user is self, f"The form is shown to {before.user}, not to {self}."
        left = dict(values)
        rows = [_filled(row, left) for row in modal["components"]]
        assert not left, f"The form has no field called {', '.join(map(repr, left))}."
        data = {"custom_id": modal["custom_id"], "components": rows}
        return self._act(before.channel, MODAL_SUBMIT, data, before.source, before)

    async def edit(self, message: Message, text: str) -> None:
        assert message.author is self, f"{message!r} is not {self}'s."
        edit(self.world, message, {"content": text})

    async def delete(self, message: Message) -> None:
        """Delete an own message, or another's if this person may; or hide an ephemeral one."""
        may = (
            message.author is self
            or message.viewer is self
            or message.channel.allows(self, "manage_messages")
        )
        assert may, f"{self} may not delete {message!r}."
        delete(self.world, message)

    async def thread(self, message: Message, name: str) -> Channel:
        """Open a thread from a message."""
        assert message.channel.allows(self, "create_public_threads"), f"{self} may not open threads here."
        thread: Channel = self.world.thread(message.channel, name, PUBLIC_THREAD, owner=self, starter=message)
        return thread

    def view(self, channel: Channel) -> list[Message]:
        """What this person sees in a channel now, ephemeral messages for them included."""
        return [one for one in channel.every.values() if one.seen_by(self)]

    def commands(self, channel: Channel | None = None, kind: int = SLASH) -> list[str]:
        """The names of the commands that Discord offers to this person there."""
        return sorted(one["name"] for one in self._offered(kind, self._place(channel, None)))

    def _place(self, channel: Channel | None, guild: Guild | None) -> Channel:
        if channel is None and guild is not None:
            assert guild.channels, f"{guild} has no channel."
            channel = guild.channels[0]
        place: Channel = channel or self.world.dm(self)
        assert place.guild is None or self.id in place.guild.members, (
            f"{self} is not a member of {place.guild}."
        )
        return place

    def _offered(self, kind: int, channel: Channel) -> list[dict[str, Any]]:
        guild = channel.guild
        sets = [self.world.commands.get(guild.id, {}) if guild else {}, self.world.commands.get(None, {})]
        found: dict[str, dict[str, Any]] = {}
        for one in (one for held in sets for one in held.values() if one["type"] == kind):
            if self._may_use(one, channel):
                found.setdefault(one["name"], one)
        return list(found.values())

    def _may_use(self, command: dict[str, Any], channel: Channel) -> bool:
        probe = Interaction(self.world, COMMAND, self, channel, {})
        types = command["integration_types"] or [0]
        installed = (not probe.by_user and 0 in types) or (self.installed and 1 in types)
        contexts = command["contexts"] if command["contexts"] is not None else [0, 1, 2]
        return (
            installed
            and probe.context in contexts
            and (channel.guild is None or self._permitted(command, channel))
        )

    def _permitted(self, command: dict[str, Any], channel: Channel) -> bool:
        own, needed = channel.permissions(self), command["default_member_permissions"]
        if not own & bits("use_application_commands"):
            return False
        return needed is None or own == ALL or (needed != "0" and own & int(needed) == int(needed))

    def _find(self, kind: int, name: str, channel: Channel) -> dict[str, Any]:
        found = next((one for one in self._offered(kind, channel) if one["name"] == name), None)
        offered = ", ".join(self.commands(channel, kind)) or "nothing"
        assert found, f"{self} is not offered {name!r} in {channel}, but: {offered}."
        return found

    def _fill(self, path: str, channel: Channel, values: dict[str, Any], focused: str = "") -> dict[str, Any]:
        name, *inner = path.split(" ")
        command = self._find(SLASH, name, channel)
        data = _named(command)
        level, place = command, data
        for part in inner:
            level = (
                next(
                    (one for one in level["options"] if one["name"] == part and one["type"] in _SUBCOMMANDS),
                    None,
                )
                or {}
            )
            assert level, f"The command {name!r} has no part {part!r}."
            place["options"] = [{"name": part, "type": level["type"]}]
            place = place["options"][0]
        place["options"], resolved = self._options(level.get("options") or [], values, channel, focused)
        return data | ({"resolved": resolved} if resolved else {})

    def _options(self, known: list[dict[str, Any]], values: dict[str, Any], channel: Channel,
                 focused: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:  # fmt: skip
        names = {one["name"]: one for one in known}
        strange = [name for name in values if name not in names]
        assert not strange, f"The command has no option {strange}; it has {list(names)}."
        missing = [one["name"] for one in known if one.get("required") and one["name"] not in values]
        assert focused or not missing, f"The command needs {missing}."
        found, resolved = [], {}
        for name, value in values.items():
            filled = {
                "name": name,
                "type": names[name]["type"],
                "value": _value(names[name], value, name == focused),
            }
            found.append(filled | ({"focused": True} if name == focused else {}))
            for key, held in _resolved(value, channel).items():
                resolved.setdefault(key, {}).update(held)
        return found, resolved

    def _command(self, channel: Channel, data: dict[str, Any], kind: int = COMMAND) -> Handle:
        return self._act(channel, kind, data)

    def _use(self, message: Message, control: Any, data: dict[str, Any]) -> Handle:
        assert message.seen_by(self), f"{self} does not see {message!r}."
        assert not control.disabled, f"{control.label or control.custom_id!r} is disabled."
        return self._act(
            message.channel,
            COMPONENT,
            data | {"custom_id": control.custom_id, "id": control.data["id"]},
            message,
        )

    def _act(self, channel: Channel, kind: int, data: dict[str, Any], source: Message | None = None,
             previous: Interaction | None = None) -> Handle:  # fmt: skip
        made = Interaction(self.world, kind, self, channel, data, source, previous)
        handle = Handle(self.world, repr(made), interaction=made)
        self.world.begin(made)
        return handle


def _named(command: dict[str, Any]) -> dict[str, Any]:
    found = {key: command[key] for key in ("id", "name", "type")}
    return found | ({"guild_id": command["guild_id"]} if "guild_id" in command else {})


def _value(option: dict[str, Any], value: Any, typing: bool) -> Any:
    if isinstance(value, User | Role | Channel):
        return str(value.id)
    offered = {
        name: one["value"] for one in option.get("choices") or () for name in (one["name"], one["value"])
    }
    assert not offered or value in offered, (
        f"The option {option['name']!r} offers {list(offered)}, not {value!r}."
    )
    value = offered.get(value, value)
    if option["type"] == 3 and not typing:
        least, most = option.get("min_length") or 0, option.get("max_length") or 6000
        assert least <= len(value) <= most, (
            f"The option {option['name']!r} takes {least} to {most} characters."
        )
    if option["type"] in (4, 10) and not typing:
        least, most = option.get("min_value", value), option.get("max_value", value)
        assert least <= value <= most, f"The option {option['name']!r} takes {least} to {most}, not {value}."
    return value


def _resolved(value: Any, channel: Channel) -> dict[str, Any]:
    key, guild = str(getattr(value, "id", "")), channel.guild
    if isinstance(value, User):
        found: dict[str, Any] = {"users": {key: value.payload()}}
        if guild and value.id in guild.members:
            member = {
                name: part
                for name, part in guild.member(value).items()
                if name not in ("user", "mute", "deaf")
            }
            found["members"] = {key: member | {"permissions": str(channel.permissions(value))}}
        return found
    if isinstance(value, Role):
        return {"roles": {key: value.payload()}}
    if isinstance(value, Channel):
        return {"channels": {key: value.payload() | {"permissions": str(ALL)}}}
    return {}


def _filled(row: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """A row of a form as it is sent; takes what it uses out of `values`."""
    if row["type"] == TEXT:
        return {"type": TEXT, "id": row.get("id", 0)}
    labelled = row["type"] == LABEL
    inner = row["component"] if labelled else row["components"][0]
    label = row.get("label") if labelled else inner.get("label")
    name = next((one for one in (inner["custom_id"], label) if one in values), None)
    value = values.pop(name) if name is not None else inner.get("value", "")
    sent = {"type": inner["type"], "custom_id": inner["custom_id"], "id": inner.get("id", 0)}
    if inner["type"] == TEXT_INPUT:
        _check_length(inner, str(label), value)
        sent["value"] = value
    else:
        sent["values"] = list(value)
    outer = {"type": row["type"], "id": row.get("id", 0)}
    return outer | ({"component": sent} if labelled else {"components": [sent]})


def _check_length(field: dict[str, Any], label: str, value: str) -> None:
    least, most = field.get("min_length") or 0, field.get("max_length") or 4000
    least = max(least, 1) if field.get("required", True) else 0 if not value else least
    assert least <= len(value) <= most, (
        f"The field {label!r} takes {least} to {most} characters, not {len(value)}."
    )
