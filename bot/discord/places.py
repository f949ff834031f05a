"""Who somebody is and where they stand, of Discord's objects."""

from __future__ import annotations

from typing import Any

import discord

from bot.discord.desk import Asker


def of_interaction(interaction: discord.Interaction[Any]) -> Asker:
    """Who pressed or typed, and where; in a direct message there is no guild."""
    return _asker(interaction.user, interaction.guild_id, interaction.channel, interaction.channel_id or 0)


def of_message(message: discord.Message) -> Asker:
    """Who wrote, and where."""
    guild = message.guild.id if message.guild else None
    return _asker(message.author, guild, message.channel, message.channel.id)


def _asker(user: discord.abc.User, guild: int | None, channel: object, channel_id: int) -> Asker:
    parent = channel.parent_id if isinstance(channel, discord.Thread) else None
    roles = tuple(role.id for role in user.roles) if isinstance(user, discord.Member) else ()
    return Asker(user.id, guild, channel_id, (parent,) if parent else (), roles)


def may_speak(interaction: discord.Interaction[Any]) -> bool:
    """Whether the bot may write where it was asked, and not only to the person who asks.

    Where it is no member, Discord itself decides who sees what it writes.
    """
    if not interaction.is_guild_integration():
        return True
    allowed = interaction.app_permissions
    in_thread = isinstance(interaction.channel, discord.Thread)
    return allowed.send_messages_in_threads if in_thread else allowed.send_messages


def may_reply(message: discord.Message) -> bool:
    """Whether the bot may write where a message stands, as far as it knows."""
    me, channel = message.guild.me if message.guild else None, message.channel
    if me is None:
        return True
    if isinstance(channel, discord.Thread):
        return not channel.parent or channel.permissions_for(me).send_messages_in_threads
    return not isinstance(channel, discord.abc.GuildChannel) or channel.permissions_for(me).send_messages


def can_open_thread(interaction: discord.Interaction[Any]) -> bool:
    """Whether a thread can be opened here, permissions apart: the bot is a member of the server."""
    if interaction.message and interaction.message.flags.ephemeral:
        return False
    return interaction.is_guild_integration() and isinstance(interaction.channel, discord.TextChannel)
