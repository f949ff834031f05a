"""`quoth discord`: connect, stay connected, and end in order."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import os
import re
import secrets
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route
from filelock import FileLock, Timeout

from bot.discord.attended import Attended
from bot.discord.client import Client, invite
from bot.discord.desk import Desk
from bot.discord.libraries import Libraries
from bot.discord.pool import Pool
from bot.discord.settings import DiscordSettings
from bot.discord.store import Store
from bot.plain import changed, safe
from retrieval.errors import IndexDamaged, InputError, QuothError
from retrieval.settings import Watch
from retrieval.watching import Watched, Watching

if TYPE_CHECKING:
    from retrieval.chain import Quoth  # heavy: an error must not wait for it
    from retrieval.index import Summary

log = logging.getLogger(__name__)
GRACE = 10.0  # seconds for what is running when the bot is told to end
_LAST_WORDS = 1.0  # seconds at least to show what was found, or to say that nothing was
_SHORTEST, _LONGEST = 1.0, 60.0  # seconds between two attempts to connect
_DAY = 86_400.0

_PORTAL = "Discord's developer portal"
_NO_TOKEN = (
    f"There is no QUOTH_DISCORD_TOKEN: copy the bot's token from {_PORTAL} (Bot, Reset Token) into the "
    "environment or a .env."
)
_BAD_TOKEN = (
    f"Discord does not accept the QUOTH_DISCORD_TOKEN: copy it anew from {_PORTAL} (Bot, Reset Token)."
)
_NO_INTENT = (
    "QUOTH_DISCORD_MESSAGE_CONTENT is on, but the application may not read messages: switch Message Content "
    f"Intent on in {_PORTAL} (Bot), or the setting off."
)
_ONE_ADDRESS = (
    "QUOTH_DISCORD_API and QUOTH_DISCORD_GATEWAY are of one server, which alone may see the token: set both, "
    "or none."
)
_AUTHENTICATION_FAILED, _DISALLOWED_INTENTS = 4004, 4014
_AWAY = (aiohttp.ClientError, discord.HTTPException, discord.GatewayNotFound, OSError)


def serve(
    folder: Path, data: Path, settings: DiscordSettings, opened: Callable[[Path], Quoth], watch: Watch
) -> None:
    """Run the bot until SIGTERM or SIGINT; the folders that it opens are watched as `watch` says.

    Raises InputError where Discord refuses it, IndexDamaged where another one uses the data folder.
    """
    _check(settings)
    with Store(data) as store, _alone(data):
        try:
            asyncio.run(_application(settings))  # a bad token need not wait for the models
        except _AWAY as error:
            log.warning("Discord cannot be reached yet (%s).", error)
        with Watching(watch, _changed) as watching:
            libraries = Libraries(folder, settings.folders, lambda one: _followed(opened(one), watching))
            libraries.warm()
            left = asyncio.run(_serve(libraries, store, settings))
    if left or watching.is_busy:
        logging.shutdown()
        os._exit(0)  # Python would wait for their threads


def _followed(quoth: Quoth, watching: Watching) -> Quoth:
    watching.follow(quoth.index)
    return quoth


def _changed(index: Watched, news: Summary | QuothError) -> None:
    if isinstance(news, QuothError):
        log.warning("%s", news)
    elif told := changed(news):
        log.info("%s: %s", safe(str(index.folder)), told)


def invitation(settings: DiscordSettings) -> str:
    """The address that invites the bot. Raises InputError where Discord refuses the token."""
    _check(settings)
    try:
        return invite(asyncio.run(_application(settings)))
    except _AWAY as error:
        raise InputError(f"Discord cannot be reached ({error}): try again later.") from error


def _check(settings: DiscordSettings) -> None:
    if not _token(settings):
        raise InputError(_NO_TOKEN)
    if not re.fullmatch("[!-~]+", _token(settings)):  # what is sent as a header of HTTP
        raise InputError(_BAD_TOKEN)
    if bool(settings.api) != bool(settings.gateway):
        raise InputError(_ONE_ADDRESS)
    if settings.api and settings.gateway:
        Route.BASE = settings.api.rstrip("/")
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings.gateway)


def _token(settings: DiscordSettings) -> str:
    return settings.token.get_secret_value().strip()


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Two that answer for one bot would answer everything twice."""
    lock = FileLock(data / "discord.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise IndexDamaged(
            f"Another quoth discord is running on the data folder {data}: end it first, or name another "
            "folder in QUOTH_DATA."
        ) from None
    try:
        yield
    finally:
        lock.release()


async def _application(settings: DiscordSettings) -> int:
    """The application's id. Raises InputError where Discord refuses the token, else what `_AWAY` names."""
    client = discord.Client(intents=discord.Intents(guilds=True))
    try:
        await client.login(_token(settings))
        return client.application_id or 0
    except discord.LoginFailure:
        raise InputError(_BAD_TOKEN) from None
    finally:
        await client.close()


async def _serve(libraries: Libraries, store: Store, settings: DiscordSettings) -> int:
    """Run the bot until it is told to end; how many questions were still being worked on then."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, stop.set)
    pool = Pool(libraries.answer, settings.workers, settings.queue, settings.seconds)
    desk = Desk(libraries, store, pool, lambda: dt.datetime.now(dt.UTC), settings.log_questions)
    upkeep = asyncio.create_task(_purge(desk, settings.keep_days))
    try:
        await _stay_connected(desk, settings, stop)
        return await pool.close(0)
    finally:
        upkeep.cancel()
        await desk.close(0)


async def _stay_connected(desk: Desk, settings: DiscordSettings, stop: asyncio.Event) -> None:
    """Connect anew whenever discord.py gives up, until told to stop."""
    pause = _SHORTEST
    loop = asyncio.get_running_loop()
    while not stop.is_set():
        begun = loop.time()
        broken = await _connected(desk, settings, stop)
        if loop.time() - begun > _LONGEST:
            pause = _SHORTEST
        if not stop.is_set():
            log.warning("%s; trying again in %g s.", broken, pause)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)
        pause = min(2 * pause, _LONGEST)


async def _connected(desk: Desk, settings: DiscordSettings, stop: asyncio.Event) -> str:
    """One connection, until it breaks for good, or the bot is told to stop; why it broke."""
    actions = Attended(desk, settings.message_content)
    client = _Patient(actions, settings)
    running = asyncio.create_task(client.start(_token(settings)))
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((running, stopped), return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            await _finish(desk.pool, actions)
            return ""
        return _why(running.exception())
    finally:
        stopped.cancel()
        await client.close()
        running.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await running


class _Patient(Client):
    """Closes when everybody who asked has been answered, also where discord.py gives up."""

    def __init__(self, actions: Attended, settings: DiscordSettings) -> None:
        super().__init__(actions, settings)
        self._attended = actions

    async def close(self) -> None:
        await self._attended.over(GRACE)
        await super().close()


async def _finish(pool: Pool, actions: Attended) -> None:
    """Let what is running end and be shown; whoever waits is told to come back."""
    log.info("Ending: what is running has %d seconds.", GRACE)
    loop = asyncio.get_running_loop()
    end = loop.time() + GRACE
    await pool.close(GRACE)
    await actions.over(max(end - loop.time(), _LAST_WORDS))


def _why(error: BaseException | None) -> str:
    """Why a connection broke. Raises InputError where it would break again."""
    code = error.code if isinstance(error, discord.ConnectionClosed) else None
    if isinstance(error, discord.LoginFailure) or code == _AUTHENTICATION_FAILED:
        raise InputError(_BAD_TOKEN) from None
    if isinstance(error, discord.PrivilegedIntentsRequired) or code == _DISALLOWED_INTENTS:
        raise InputError(_NO_INTENT) from None
    if isinstance(error, _AWAY):
        return f"Discord cannot be reached ({error})"
    if error is None or code is not None:
        return f"Discord closed the connection ({code})"
    id_ = secrets.token_hex(4)
    log.error("%s: the connection broke.", id_, exc_info=error)
    return f"The connection broke ({id_})"


async def _purge(desk: Desk, days: int) -> None:
    """Forget what is too old, now and every day."""
    while True:
        gone = await desk.on_disk(desk.store.purge, days)
        if gone:
            log.info("Forgot %d answers and votes older than %d days.", gone, days)
        await asyncio.sleep(_DAY)


def log_to_stderr(settings: DiscordSettings) -> None:
    """One line an event, from which the token is struck whatever happens."""
    handler = logging.StreamHandler()
    handler.setFormatter(_WithoutToken(_token(settings)))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for name in ("discord", "httpx", "chromadb", "sentence_transformers", "watchfiles"):
        logging.getLogger(name).setLevel(logging.WARNING)
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # it says nothing aloud


class _WithoutToken(logging.Formatter):
    def __init__(self, token: str) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._token = token

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return text.replace(self._token, "[token]") if self._token else text
