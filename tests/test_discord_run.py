"""`quoth discord` as a program of its own, on the local Discord, through its two addresses."""

from __future__ import annotations

import asyncio
import functools
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.discord.store import Store
from retrieval.settings import Settings
from tests.fake_discord import FakeDiscord, Handle
from tests.program import call
from tests.quick import QuickModel
from tests.quick_discord import QUICK_DISCORD
from tests.terminal import ROOT

TOKEN = "token.of.the-bot"
BEIJING, MOSCOW = "Who met Belousov in Beijing?", "Who met Shoigu in Moscow?"
_PATIENCE = 60.0  # seconds: a start loads the models' libraries


def alive(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Runs an async test in a loop of its own."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **kwargs), 4 * _PATIENCE))

    return run


class Program:
    """`quoth discord` while it runs; `log` is what it wrote on standard error so far."""

    def __init__(self, process: subprocess.Popen[bytes], out: Path, err: Path) -> None:
        self._process, self._out, self._err = process, out, err

    @property
    def out(self) -> str:
        return self._out.read_text("utf-8")

    @property
    def log(self) -> str:
        return self._err.read_text("utf-8")

    def lines(self, part: str) -> list[str]:
        return [line for line in self.log.splitlines() if part in line]

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def says(self, discord: FakeDiscord, part: str, times: int = 1) -> None:
        await discord.until(
            lambda: len(self.lines(part)) >= times, lambda: f"{part!r} in {self.log}", _PATIENCE
        )

    async def left(self, discord: FakeDiscord) -> int:
        """The exit status; whatever happened, the token is nowhere in what it wrote."""
        await discord.until(
            lambda: self._process.poll() is not None, lambda: f"the end of {self.log}", _PATIENCE
        )
        assert TOKEN not in self.log + self.out
        return self._process.returncode

    async def refused(self, discord: FakeDiscord, *parts: str, status: int = 2) -> None:
        """It left with one sentence and the status."""
        assert await self.left(discord) == status, self.log
        *before, last = self.log.splitlines()
        assert last.startswith("quoth: ") and len(last) < 300
        assert not [line for line in before if " INFO " not in line], self.log
        assert not self.out and all(part in last for part in parts), last


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory, seeds: Path) -> Path:
    """A data folder with an index of the seeds that the quick model made."""
    from retrieval import chain, opening

    there = tmp_path_factory.mktemp("quick")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(opening, "Transformer", QuickModel)
        chain.assemble(Settings(folder=seeds, data=there))
    return there


@pytest.fixture
def data(indexed: Path, tmp_path: Path) -> Path:
    return shutil.copytree(indexed, tmp_path / "data")


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A file; without it no question is read."""
    made = tmp_path / "gate"
    made.touch()
    return made


@pytest.fixture
def start(data: Path, gate: Path, seeds: Path, tmp_path: Path) -> Any:
    """Starts `quoth discord` with arguments and settings, for the time of a `with` block."""
    kept = {
        name: os.environ[name] for name in ("PATH", "HOME", "LANG", "OMP_NUM_THREADS") if name in os.environ
    }
    number = iter(range(100))

    @contextmanager
    def started(
        discord: FakeDiscord,
        *arguments: str,
        grace: float = 10,
        beside: Mapping[str, str] | None = None,
        **settings: str | None,
    ) -> Iterator[Program]:
        chosen: Mapping[str, str | None] = {
            "API": discord.api, "GATEWAY": discord.gateway, "TOKEN": TOKEN, **settings,
        }  # fmt: skip
        environment = kept | {
            "QUOTH_DATA": str(data), "QUOTH_FOLDER": str(seeds), "QUOTH_READER": "false", "GATE": str(gate),
            "GRACE": str(grace), **(beside or {}),
            **{f"QUOTH_DISCORD_{name}": value for name, value in chosen.items() if value is not None},
        }  # fmt: skip
        at = next(number)
        out, err = tmp_path / f"out{at}", tmp_path / f"err{at}"
        with out.open("wb") as output, err.open("wb") as errors:
            process = subprocess.Popen(
                [*QUICK_DISCORD, "discord", *arguments],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=errors,
            )
        try:
            yield Program(process, out, err)
        finally:
            process.kill()
            process.wait()

    return started


async def asked(discord: FakeDiscord, question: str) -> Handle:
    """A question of somebody who never asked before."""
    guild = next(iter(discord.guilds.values()), None) or discord.guild("Newsroom")
    channel = guild.channels[0] if guild.channels else guild.channel("general")
    await discord.until(lambda: discord.commands.get(None), lambda: "the commands")
    return await discord.user("Ana", guild).slash("ask", channel=channel, question=question)


async def answered(discord: FakeDiscord, question: str = BEIJING) -> None:
    reply = await (await asked(discord, question)).reply()
    assert "Dong Jun" in reply.text and "5 articles searched" in reply.text


async def begun(discord: FakeDiscord, gate: Path, question: str = BEIJING) -> Handle:
    """A question that is being answered, until the gate is there."""
    gate.unlink()
    handle = await asked(discord, question)
    waits = Path(f"{gate}.waits")
    await discord.until(waits.exists, lambda: "a question that is being answered")
    return handle


async def refused(handle: Handle) -> None:
    """The person is told to come back, in place of an answer or beside it."""

    def told() -> bool:
        shown = [*handle.followups, handle.interaction.original]
        return any("being restarted" in one.text for one in shown if one)

    await handle.world.until(told, lambda: "the refusal")


def synced(discord: FakeDiscord) -> int:
    return len(discord.asked("PUT", "/applications/{application_id}/commands"))


# ---- it runs, ends and runs again


@alive
async def test_it_answers_and_what_is_asked_last_is_answered_before_it_ends(start, gate: Path) -> None:
    async with FakeDiscord() as discord:
        discord.guild("Newsroom").channel("general")
        with start(discord) as program:
            await discord.ready(_PATIENCE)
            await answered(discord)
            (line,) = program.lines("asked ")
            assert " answered " in line and "total=" in line
            with start(discord) as second:
                await second.refused(discord, "Another quoth discord is running", status=4)
            last = await begun(discord, gate)
            program.signal(signal.SIGTERM)
            await program.says(discord, "Ending")
            late = await asked(discord, MOSCOW)
            await refused(late)
            gate.touch()
            assert "Dong Jun" in (await last.reply()).text
            assert await program.left(discord) == 0
            assert len(program.lines("asked ")) == 2 and "Belousov" not in program.log
            assert "Traceback" not in program.log

        with start(discord, LOG_QUESTIONS="true") as program:
            await discord.ready(_PATIENCE)
            last = await begun(discord, gate)
            program.signal(signal.SIGINT)
            await program.says(discord, "Ending")
            gate.touch()
            assert "Dong Jun" in (await last.reply()).text
            assert await program.left(discord) == 0
            (line,) = program.lines("asked ")
            assert BEIJING in line
            assert "Traceback" not in program.log and "interrupted" not in program.log
        assert synced(discord) == 1
        assert not discord.violations


@alive
async def test_it_ends_though_a_question_does_not(start, gate: Path) -> None:
    async with FakeDiscord() as discord:
        discord.guild("Newsroom").channel("general")
        with start(discord, grace=0.2) as program:
            await discord.ready(_PATIENCE)
            last = await begun(discord, gate)
            program.signal(signal.SIGTERM)
            await refused(last)
            assert await program.left(discord) == 0
            assert program.lines("1 questions were still being worked on")
        assert not discord.violations


@alive
async def test_it_answers_from_what_changed_meanwhile_and_logs_a_line(start, tmp_path: Path) -> None:
    news = tmp_path / "news"
    news.mkdir()
    (news / "lock.txt").write_text("Tarn lock shut\n\nLena Voss closed the lock on Friday.\n")
    async with FakeDiscord() as discord:
        discord.guild("Newsroom").channel("general")
        with start(discord, "--folder", str(news)) as program:
            await discord.ready(_PATIENCE)
            (news / "lock.txt").rename(news / "shut.txt")
            (news / "flood.txt").write_text("Flood\n\nThe river Tarn rose by two metres on Sunday.\n")
            await program.says(discord, f"{news}: 2 added, 1 removed: ")
            reply = await (await asked(discord, "How far did the river Tarn rose on Sunday?")).reply()
            assert "2 articles searched" in reply.text and "two metres" in reply.text
            (line,) = program.lines(str(news))[-1:]
            assert " INFO bot.discord.run: " in line and not program.lines("watchfiles")
            program.signal(signal.SIGTERM)
            assert await program.left(discord) == 0
        assert not discord.violations


@alive
async def test_it_comes_back_when_discord_does(start, data: Path, gate: Path) -> None:
    async with FakeDiscord() as discord:
        discord.guild("Newsroom").channel("general")
        with Store(data) as store:  # what an older version of the bot had told Discord
            store.set_value(f"commands of {discord.application_id} in every server", "older")
        away = discord.faults.add(path="/users/@me", cut="before", times=1_000)
        with start(discord) as program:
            await program.says(discord, "trying again in 1 s")
            away.times = away.used
            await discord.ready(_PATIENCE)
            await answered(discord)

            discord.faults.cut_gateway()
            await discord.until(lambda: discord.gateway_state.resumed == 1, lambda: "a resumed session")
            await answered(discord)

            last = await begun(discord, gate)
            discord.faults.garbage()
            gate.touch()
            assert "Dong Jun" in (await last.reply()).text
            await program.says(discord, "The connection broke")
            await discord.ready(_PATIENCE)
            await answered(discord)

            program.signal(signal.SIGTERM)
            assert await program.left(discord) == 0
        assert synced(discord) == 1
        assert not discord.violations


@alive
async def test_while_discord_is_away_it_says_so_and_keeps_trying_until_it_is_ended(start) -> None:
    async with FakeDiscord() as discord:
        discord.faults.add(path="/users/@me", cut="before", times=1_000)
        with start(discord) as program:
            await program.says(discord, "trying again in 2 s")
            assert len(program.lines("Discord cannot be reached")) >= 3
            assert "Traceback" not in program.log
            program.signal(signal.SIGTERM)
            assert await program.left(discord) == 0


# ---- it is refused, or refuses


@pytest.mark.parametrize("arguments", [("discord",), ("discord", "--invite")])
@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ({}, "There is no QUOTH_DISCORD_TOKEN"),
        ({"TOKEN": " "}, "There is no QUOTH_DISCORD_TOKEN"),
        ({"TOKEN": "Bot hunter2"}, "does not accept the QUOTH_DISCORD_TOKEN"),
        ({"TOKEN": "hünter2"}, "does not accept the QUOTH_DISCORD_TOKEN"),
        ({"TOKEN": "hunter2", "API": "http://127.0.0.1:9"}, "QUOTH_DISCORD_API and QUOTH_DISCORD_GATEWAY"),
        ({"TOKEN": "hunter2", "API": "http://discord.test/api"}, "without encryption"),
    ],
)
def test_settings_that_cannot_work_are_one_sentence(
    monkeypatch: pytest.MonkeyPatch, seeds: Path, tmp_path: Path, arguments, settings, part
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in settings.items():
        monkeypatch.setenv(f"QUOTH_DISCORD_{name}", value)
    done = call(*arguments, "--folder", str(seeds))
    assert (done.status, done.out) == (2, "") and done.err.startswith("quoth: ") and part in done.err
    assert done.err.count("\n") == 1 and "nter2" not in done.err


@pytest.mark.parametrize("arguments", [(), ("--invite",)])
@alive
async def test_a_token_that_discord_refuses_is_one_sentence(start, arguments) -> None:
    async with FakeDiscord() as discord:
        with start(discord, *arguments, TOKEN="not.the-bots.hunter2") as program:
            await program.refused(discord, "does not accept the QUOTH_DISCORD_TOKEN", "Reset Token")
            assert "hunter2" not in program.log


@alive
async def test_an_intent_that_is_not_allowed_is_one_sentence(start) -> None:
    async with FakeDiscord() as discord:
        with start(discord, MESSAGE_CONTENT="true") as program:
            await program.refused(discord, "QUOTH_DISCORD_MESSAGE_CONTENT", "Message Content Intent")


@alive
async def test_a_token_that_the_gateway_refuses_is_one_sentence(start) -> None:
    async with FakeDiscord() as discord:
        discord.faults.close_identify(4004, times=20)
        with start(discord) as program:
            await program.refused(discord, "does not accept the QUOTH_DISCORD_TOKEN")


@alive
async def test_the_address_that_invites_the_bot_is_printed(start) -> None:
    async with FakeDiscord() as discord:
        with start(discord, "--invite") as program:
            assert await program.left(discord) == 0
            assert program.out.startswith("https://discord.com/oauth2/authorize?")
            assert f"client_id={discord.application_id}&" in program.out and program.out.count("\n") == 1
            assert not program.log
        discord.faults.add(path="/users/@me", cut="before", times=1_000)
        with start(discord, "--invite") as program:
            await program.refused(discord, "Discord cannot be reached")
        assert not discord.violations
