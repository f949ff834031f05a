"""The bot as discord.py runs it: it hears messages, commands, buttons and modals, and passes them on."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections import OrderedDict
from typing import Any

import discord

from bot.discord import commands, places, troubles, views
from bot.discord.actions import Actions
from bot.discord.buttons import Button
from bot.discord.panel import Panel
from bot.discord.reply import NOBODY, Interaction, ToMessage
from bot.discord.settings import DiscordSettings

log = logging.getLogger(__name__)
_REMEMBERED = 1_000  # messages and interactions: the gateway may tell one twice after a reconnect
_REASON = re.compile(r"quoth:reason:(.+)")


class Client(discord.AutoShardedClient):
    """Quoth on Discord."""

    def __init__(self, actions: Actions, settings: DiscordSettings) -> None:
        intents = discord.Intents.none()
        intents.guilds = intents.guild_messages = intents.dm_messages = True
        intents.message_content = settings.message_content
        super().__init__(
            intents=intents,
            allowed_mentions=NOBODY,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
        )
        self._actions = actions
        self._settings = settings
        self._heard: OrderedDict[int, None] = OrderedDict()
        self.tree = commands.tree(self, actions, settings.keep_days)
        self.tree.error(troubles.of_command)

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Button)
        self.add_view(Panel(self._actions.desk))
        await self._sync()

    async def _sync(self) -> None:
        """Tell Discord the commands, if they are not those that it was told last."""
        guild = discord.Object(self._settings.guild) if self._settings.guild else None
        if guild:
            self.tree.copy_global_to(guild=guild)
        told = [command.to_dict(self.tree) for command in self.tree.get_commands(guild=guild)]
        digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
        name = f"commands of {self.application_id} in {self._settings.guild or 'every server'}"
        desk = self._actions.desk
        if await desk.on_disk(desk.store.value, name) != digest:
            await self.tree.sync(guild=guild)
            await desk.on_disk(desk.store.set_value, name, digest)
            log.info("Discord was told %d commands.", len(told))

    async def on_ready(self) -> None:
        log.info("Connected as %s, in %d servers.", self.user, len(self.guilds))

    async def is_owner(self, user: discord.abc.User) -> bool:
        """Whether somebody owns the bot, alone or in a team."""
        application = self.application or await self.application_info()
        owners = application.team.members if application.team else [application.owner]
        return any(owner.id == user.id for owner in owners)

    async def pressed(self, interaction: Interaction, what: str, of: str) -> None:
        """A button, of a message of any age."""
        if not self.is_new(interaction.id):
            return
        async with troubles.told(troubles.to(interaction), f"the button {what}"):
            await self._actions.pressed(interaction, what, of)

    async def on_interaction(self, interaction: Interaction) -> None:
        """Hears the modal, which discord.py forgets with a restart; the rest comes through the tree."""
        data: Any = interaction.data or {}
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        if (match := _REASON.fullmatch(str(data.get("custom_id", "")))) and self.is_new(interaction.id):
            async with troubles.told(troubles.to(interaction), "a reason"):
                await self._actions.reasoned(interaction, match[1], views.reason(data.get("components", [])))

    async def on_message(self, message: discord.Message) -> None:
        if message.author.bot or message.is_system() or not self.is_new(message.id):
            return
        reply = ToMessage(message)
        async with troubles.told(lambda words: reply.show(views.text(words)), "a message"):
            if not await self._is_meant(message):
                return
            if not places.may_reply(message):
                log.info("Asked in the channel %d, where I may not write.", message.channel.id)
            elif text := self._text(message):
                await self._actions.hear(message, text, reply)
            elif message.content or self.user in message.mentions or message.guild is None:
                await reply.show(views.text(commands.HELP.format(days=self._settings.keep_days)))
            else:  # Discord does not let the bot read what mentions its role alone
                await reply.show(views.text(f"I cannot read that: mention me, <@{self._me}>, not my role."))

    def is_new(self, id_: int) -> bool:
        """Whether a message or an interaction is told for the first time."""
        known = id_ in self._heard
        self._heard[id_] = None
        if len(self._heard) > _REMEMBERED:
            self._heard.popitem(last=False)
        return not known

    async def _is_meant(self, message: discord.Message) -> bool:
        """Whether a message is for the bot: a direct one, a mention, or any in a thread of its own."""
        if message.guild is None or self.user in message.mentions:
            return True
        if message.guild.self_role in message.role_mentions:
            return True
        if not self._settings.message_content or not isinstance(message.channel, discord.Thread):
            return False
        desk = self._actions.desk
        return await desk.on_disk(desk.store.is_ours, message.channel.id)

    def _text(self, message: discord.Message) -> str:
        """What was written, without the mention of the bot; others' mentions are their names."""
        text = message.content
        role = message.guild.self_role if message.guild else None
        me = self._me
        for mention in (f"<@{me}>", f"<@!{me}>", f"<@&{role.id if role else 0}>"):
            text = text.replace(mention, " ")
        for user in message.mentions:
            text = text.replace(f"<@{user.id}>", user.display_name).replace(
                f"<@!{user.id}>", user.display_name
            )
        return " ".join(text.split())

    @property
    def _me(self) -> int:
        return self.user.id if self.user else 0

    async def on_error(self, event: str, /, *_: Any, **__: Any) -> None:
        log.exception("%s: the event %s failed.", troubles.new_id(), event)


def invite(application: int) -> str:
    """The address where somebody adds the bot to a server, with the permissions that it needs there."""
    wanted = discord.Permissions(
        view_channel=True,
        send_messages=True,
        send_messages_in_threads=True,
        create_public_threads=True,
        read_message_history=True,
    )
    return discord.utils.oauth_url(application, permissions=wanted, scopes=("bot", "applications.commands"))
