"""What becomes of errors: a sentence for the person, or an id under which the log has the rest."""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import discord
from discord import app_commands

from bot.discord import views
from bot.discord.markdown import inert
from bot.discord.reply import NOBODY, Interaction, whisper
from retrieval.errors import IndexGone, QuothError, SearchUnavailable

log = logging.getLogger(__name__)
Tell = Callable[[str], Awaitable[object]]
_CLOSED_LETTERS = 50007
_NO_SEARCH = "Search is unavailable right now: please ask me again in a minute."
_FORBIDDEN = "I lack a permission for that here: somebody who manages the server can give it to me."


@asynccontextmanager
async def told(tell: Tell, what: str) -> AsyncIterator[None]:
    """Lets no error out: `tell` tells the person, the log the rest; `what` was being done."""
    try:
        yield
    except (SearchUnavailable, IndexGone) as error:
        log.warning("%s: %s came to nothing: %s", new_id(), what, error)
        await _try(tell, _NO_SEARCH)  # who asks here has no use for the server's address
    except QuothError as error:
        await _try(tell, inert(str(error)))
    except (discord.NotFound, discord.Forbidden) as error:
        log.warning("%s: %s came to nothing: %s", new_id(), what, error)
        # Where a message, a channel or an interaction is gone, there is nobody to tell.
        if isinstance(error, discord.Forbidden) and error.code != _CLOSED_LETTERS:
            await _try(tell, _FORBIDDEN)
    except Exception:
        id_ = new_id()
        log.exception("%s: %s failed.", id_, what)
        await _try(tell, f"Something went wrong here. Whoever runs me finds it in the log as {id_}.")


async def unheard(_: str) -> None:
    """Tells nobody, where Discord has no place for words."""


def new_id() -> str:
    """An id under which the log has something."""
    return secrets.token_hex(4)


async def _try(tell: Tell, words: str) -> None:
    try:
        await tell(words)
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        log.warning("%s: a person could not be told: %s", new_id(), error)


async def of_command(interaction: Interaction, error: app_commands.AppCommandError) -> None:
    """An error that a command raised."""
    cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
    name = interaction.command.qualified_name if interaction.command else "command"
    async with told(to(interaction), f"/{name}"):
        raise cause


def to(interaction: Interaction) -> Tell:
    """Tells the person of an interaction: in place of what they are waiting for, else so that nobody sees."""

    async def tell(words: str) -> None:
        if interaction.response.type is discord.InteractionResponseType.deferred_channel_message:
            await interaction.edit_original_response(view=views.text(words), allowed_mentions=NOBODY)
        else:
            await whisper(interaction, words)

    return tell
