"""Where something is shown: in reply to an interaction, or to a message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

import aiohttp
import discord
from discord import ui

from bot.discord import views

NOBODY = discord.AllowedMentions.none()
_MAY_NOT_READ_HISTORY = 160002
_TYPING = 8.0  # seconds: people see it for ten
Interaction = discord.Interaction[Any]


class Reply(Protocol):
    """A place for one message, which can be shown anew."""

    can_follow: bool  # a thread can be opened from it

    async def show(self, view: ui.LayoutView) -> int:
        """Show this, in place of what was shown; the message's id."""

    async def grow(self, view: ui.LayoutView) -> None:
        """As `show`, of what is not all yet: raises NotFound where somebody deleted what was shown."""


class ToInteraction:
    """The reply to an interaction that was deferred."""

    def __init__(self, interaction: Interaction, can_follow: bool, private: bool = False) -> None:
        self._interaction = interaction
        self._private = private
        self.can_follow = can_follow

    async def show(self, view: ui.LayoutView) -> int:
        shown = await self._interaction.edit_original_response(view=view, allowed_mentions=NOBODY)
        return shown.id

    async def grow(self, view: ui.LayoutView) -> None:
        await self.show(view)

    async def add(self, view: ui.LayoutView) -> None:
        """Show this below."""
        await self._interaction.followup.send(view=view, ephemeral=self._private, allowed_mentions=NOBODY)


class ToMessage:
    """The reply to a message; if that is gone or out of reach, simply a message where it stood."""

    def __init__(self, message: discord.Message) -> None:
        self._message = message
        self._shown: discord.Message | None = None
        self.can_follow = isinstance(message.channel, discord.TextChannel)

    async def show(self, view: ui.LayoutView) -> int:
        if self._shown:
            with suppress(discord.NotFound):  # somebody deleted it
                await self._shown.edit(view=view, allowed_mentions=NOBODY)
                return self._shown.id
        self._shown = await self._sent(view)
        return self._shown.id

    async def grow(self, view: ui.LayoutView) -> None:
        if self._shown:
            await self._shown.edit(view=view, allowed_mentions=NOBODY)
        else:
            self._shown = await self._sent(view)

    async def _sent(self, view: ui.LayoutView) -> discord.Message:
        channel, answered = self._message.channel, self._message.to_reference(fail_if_not_exists=False)
        try:
            return await channel.send(
                view=view, reference=answered, allowed_mentions=NOBODY, mention_author=False
            )
        except discord.Forbidden as error:
            if error.code != _MAY_NOT_READ_HISTORY:
                raise
            return await channel.send(view=view, allowed_mentions=NOBODY)


@asynccontextmanager
async def typing(channel: discord.abc.Messageable) -> AsyncIterator[None]:
    """Shows that the bot is typing; where it cannot be shown, nothing is lost."""
    shown = asyncio.create_task(_type(channel))
    try:
        yield
    finally:
        shown.cancel()


async def _type(channel: discord.abc.Messageable) -> None:
    with suppress(discord.HTTPException, aiohttp.ClientError, OSError):
        while True:
            await channel.typing()
            await asyncio.sleep(_TYPING)


async def whisper(interaction: Interaction, words: str) -> None:
    """Tell somebody something that nobody else sees."""
    view = views.text(words)
    if interaction.response.is_done():
        await interaction.followup.send(view=view, ephemeral=True, allowed_mentions=NOBODY)
    else:
        await interaction.response.send_message(view=view, ephemeral=True, allowed_mentions=NOBODY)


async def show(interaction: Interaction, view: discord.ui.LayoutView) -> None:
    """A page: anew for a command, in place for a button."""
    if interaction.type is discord.InteractionType.component:
        await interaction.response.edit_message(view=view, allowed_mentions=NOBODY)
    else:
        await interaction.response.send_message(view=view, ephemeral=True, allowed_mentions=NOBODY)
