"""The settings of a server, to be changed by those who manage it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import discord
from discord import ui

from bot.discord import troubles
from bot.discord.desk import Desk
from bot.discord.records import ServerSettings
from bot.discord.reply import NOBODY, Interaction, whisper

_COOLDOWNS = {0: "no pause", 5: "5 seconds", 15: "15 seconds", 60: "1 minute", 300: "5 minutes"}
_MOST = 25  # channels or roles that Discord lets one choose
_CHANNELS = [discord.ChannelType.text, discord.ChannelType.news, discord.ChannelType.forum]


def panel(desk: Desk, held: ServerSettings) -> Panel:
    """A panel to be shown; the client's own, which is never shown, hears what is chosen in it."""
    shown = Panel(desk, held)
    shown.stop()
    return shown


async def is_manager(interaction: Interaction) -> bool:
    """Whether somebody may manage the server: another one may have been given the command there."""
    if interaction.guild_id and interaction.permissions.manage_guild:
        return True
    await whisper(interaction, "Only those who may manage this server may do that.")
    return False


class Panel(ui.LayoutView):
    """What may be set, as it is; every change is kept at once and shown, also after a restart of the bot."""

    def __init__(self, desk: Desk, held: ServerSettings | None = None) -> None:
        super().__init__(timeout=None)
        self._desk = desk
        held = held or ServerSettings()
        channels: ui.ChannelSelect[Any] = ui.ChannelSelect(
            custom_id="panel:channels",
            channel_types=_CHANNELS,
            placeholder="All channels",
            min_values=0,
            max_values=_MOST,
            default_values=_chosen(held.channels, discord.SelectDefaultValueType.channel),
        )
        roles: ui.RoleSelect[Any] = ui.RoleSelect(
            custom_id="panel:roles",
            placeholder="Everybody",
            min_values=0,
            max_values=_MOST,
            default_values=_chosen(held.roles, discord.SelectDefaultValueType.role),
        )
        pauses: ui.Select[Any] = ui.Select(
            custom_id="panel:pauses",
            options=[
                discord.SelectOption(label=label, value=str(seconds), default=seconds == held.cooldown)
                for seconds, label in _COOLDOWNS.items()
            ],
        )
        private: ui.Button[Any] = ui.Button(
            custom_id="panel:private",
            label="Answers: only for who asks" if held.private else "Answers: for everybody",
        )
        parts = (
            ("**Channels** where I answer", channels, self._set_channels),
            ("**Roles** that may ask", roles, self._set_roles),
            ("**Pause** between two questions of a person", pauses, self._set_pause),
            ("**Who sees** the answers to commands", private, self._switch),
        )
        for words, item, heard in parts:
            item.callback = heard  # type: ignore[method-assign]
            self.add_item(ui.TextDisplay(words))
            self.add_item(ui.ActionRow(item))

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        """Whoever has the panel open may have lost the right to it."""
        return interaction.client.is_new(interaction.id) and await is_manager(interaction)

    async def on_error(self, interaction: Interaction, error: Exception, _: ui.Item[Any], /) -> None:
        async with troubles.told(troubles.to(interaction), "the settings"):
            raise error

    async def _set_channels(self, interaction: Interaction) -> None:
        await self._keep(interaction, channels=frozenset(map(int, _values(interaction))))

    async def _set_roles(self, interaction: Interaction) -> None:
        await self._keep(interaction, roles=frozenset(map(int, _values(interaction))))

    async def _set_pause(self, interaction: Interaction) -> None:
        await self._keep(interaction, cooldown=int(_values(interaction)[0]))

    async def _switch(self, interaction: Interaction) -> None:
        held = await self._desk.on_disk(self._desk.store.settings, interaction.guild_id)
        await self._keep(interaction, private=not held.private)

    async def _keep(self, interaction: Interaction, **change: Any) -> None:
        held = await self._desk.on_disk(self._changed, interaction.guild_id or 0, change)
        await interaction.response.edit_message(view=panel(self._desk, held), allowed_mentions=NOBODY)

    def _changed(self, guild: int, change: dict[str, Any]) -> ServerSettings:
        """The settings with a change, which is kept: in one go, so that two changes at once are both kept."""
        store = self._desk.store
        held = replace(store.settings(guild), **change)
        store.set_settings(guild, held)
        return held


def _values(interaction: Interaction) -> list[str]:
    """What was chosen: ids, or values of options."""
    data: Any = interaction.data
    values: list[str] = data["values"]
    return values


def _chosen(ids: Iterable[int], kind: discord.SelectDefaultValueType) -> list[discord.SelectDefaultValue]:
    return [discord.SelectDefaultValue(id=id_, type=kind) for id_ in sorted(ids)[:_MOST]]
