"""The bot on a local Discord: the real discord.py, the real bot, and what a test needs to play on them.

    @on_discord()
    async def test_asking(bot: Bot) -> None:
        handle = await bot.ana.slash("ask", channel=bot.channel, question="Who?")

A test whose subject is a broken rule of Discord's says so with `bot.forgive(…)`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import inspect
import selectors
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from bot.discord.actions import Actions
from bot.discord.client import Client
from bot.discord.desk import Desk
from bot.discord.libraries import Libraries
from bot.discord.pool import Pool
from bot.discord.records import ServerSettings
from bot.discord.run import _stay_connected
from bot.discord.settings import DiscordSettings
from bot.discord.store import Store
from retrieval.settings import Settings
from retrieval.types import Answer, Citation, Event, Question, Sentence, Source, Span
from tests.fake_discord import FakeDiscord, Handle, Message

NOON = dt.datetime(2024, 5, 3, 12, tzinfo=dt.UTC)
_PATIENCE = 20.0  # seconds after which a test is stuck
_SPEED = 20  # seconds of an event loop in a hurry, for each that passes

Script = Callable[[Question], Answer | Iterator[Event]]
Test = Callable[..., Coroutine[Any, Any, None]]


def said(question: Question) -> Answer:
    """An answer that tells what was asked before and now: "Who? Why?"."""
    told = " ".join([*(turn.question for turn in question.history), question.text])
    return answer(told, question=question.text)


def answer(*quotes: str, question: str = "") -> Answer:
    """An answer of quotes, each with a source of its own that no index has."""
    numbered = list(enumerate(quotes, 1))
    sentences = tuple(Sentence(quote, (number,)) for number, quote in numbered)
    citations = tuple(
        Citation(number, Source(f"{number}.txt", f"Title {number}"), Span(0, len(quote)), quote, 1)
        for number, quote in numbered
    )
    return Answer(question, True, sentences, citations, confidence=1.0)


class Chain:
    """A chain that answers by a script, at once or step by step, over a real index.

    When told to `hold`, questions wait until the test lets them `go_on`.
    """

    def __init__(self, index: Any, script: Script = said) -> None:
        self.index, self.script, self.settings = index, script, Settings()
        self.asked: list[Question] = []
        self.threads: set[str] = set()
        self._free = threading.Event()
        self._free.set()

    def warm(self) -> None:
        """There is nothing to load."""

    def stream(self, question: Question) -> Iterator[Event]:
        self.asked.append(question)
        self.threads.add(threading.current_thread().name)
        assert self._free.wait(_PATIENCE)
        found = self.script(question)
        yield from [found] if isinstance(found, Answer) else found

    def hold(self) -> None:
        self._free.clear()

    def go_on(self) -> None:
        self._free.set()


class Bot:
    """A bot that can be started anew, and around it: a server, a channel in it, Ana who may do nothing
    special, Ben, and Mia who manages the server.

    Between two questions of a person lies a minute of the cooldowns' time (`pause`), and no time of the
    conversations' (`time`).
    """

    def __init__(self, data: Path, chain: Any, wanted: dict[str, Any]) -> None:
        self.data, self.chain = data, chain
        self.chains: dict[int, Any] = {}  # of servers with articles of their own
        self.time, self.pause, self.seconds = NOON, 60.0, 0.0
        self.workers, self.queue, self.limit = 2, 50, 60.0
        self.heartbeat, self.shards, self.hurry, self.supervised = 41.25, 1, False, False
        self.settings = {name: value for name, value in wanted.items() if not hasattr(self, name)}
        self.__dict__.update({name: value for name, value in wanted.items() if hasattr(self, name)})
        self._forgiven: set[str] = set()

    async def __aenter__(self) -> Bot:
        intents = ("message_content",) if self.settings.get("message_content") else ()
        self.speed = _SPEED if self.hurry else 1  # discord.py's heart beats in a thread, by another clock
        heartbeat = self.heartbeat * self.speed
        self.discord = FakeDiscord(intents_allowed=intents, shards=self.shards, heartbeat_interval=heartbeat)
        await self.discord.__aenter__()
        self._patch = self.discord.patched()
        self._patch.__enter__()
        self.guild = self.discord.guild("Newsroom")
        self.channel = self.guild.channel("general")
        self.ana, self.ben = (self.discord.user(name, self.guild) for name in ("Ana", "Ben"))
        self.mia = self.discord.user("Mia", self.guild, permissions="manage_guild manage_messages")
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        self._patch.__exit__(None, None, None)
        await self.discord.__aexit__()

    async def start(self) -> None:
        libraries = Libraries(Path("all"), {guild: Path(str(guild)) for guild in self.chains}, self._opened)
        self.store = Store(self.data, lambda: self.time)
        self.pool = Pool(libraries.answer, self.workers, self.queue, self.limit)
        log_questions = self.settings.get("log_questions", False)
        self.desk = Desk(libraries, self.store, self.pool, lambda: self.time, log_questions, self._clock)
        settings = DiscordSettings(token=self.discord.token, **self.settings)
        if self.supervised:
            self._stopped = asyncio.Event()
            self._running = asyncio.create_task(_stay_connected(self.desk, settings, self._stopped))
        else:
            self.client = Client(Actions(self.desk, settings.message_content), settings)
            self._running = asyncio.create_task(self.client.start(self.discord.token))
        await self.discord.ready(self.patience)

    @property
    def patience(self) -> float:
        """Seconds of the loop's clock that a test waits for something."""
        return _PATIENCE * self.speed

    async def stop(self) -> None:
        if self.supervised:
            self._stopped.set()
        else:
            await self.client.close()
        with suppress(asyncio.CancelledError):
            await self._running
        if isinstance(self.chain, Chain):
            self.chain.go_on()
        await self.desk.close(_PATIENCE)
        self.store.close()

    async def restart(self) -> None:
        """End the bot and start it anew over what it kept."""
        await self.stop()
        await self.start()

    def _opened(self, folder: Path) -> Any:
        return self.chains.get(int(folder.name)) if folder.name.isdecimal() else self.chain

    def _clock(self) -> float:
        self.seconds += self.pause
        return self.seconds

    # what tests say often

    async def ask(self, question: str = "Who?", **options: Any) -> Message:
        """Ana's question as a command, and its answer."""
        handle = await self.ana.slash("ask", channel=self.channel, question=question, **options)
        return await self.answered(handle)

    async def mention(self, question: str = "Who?", **options: Any) -> Handle:
        """Ana mentions the bot in the channel."""
        channel = options.pop("channel", self.channel)
        return await self.ana.message(channel, question, mentions=[self.discord.bot], **options)

    async def answered(self, handle: Handle, text: str = "searched") -> Message:
        """The reply, once it shows `text`."""
        reply = await handle.reply(lambda message: text in message.text, self.patience)
        await self.kept(reply)
        return reply

    async def kept(self, reply: Message) -> None:
        """Wait until the bot knows which message shows the answer: a moment after it was shown."""
        await self.discord.until(
            lambda: self.store.by_message(reply.id), lambda: f"the record of {reply!r}", self.patience
        )

    def rule(self, **settings: Any) -> None:
        """What the server's managers set."""
        self.store.set_settings(self.guild.id, ServerSettings(**settings))

    def wait(self, minutes: float) -> None:
        self.time += dt.timedelta(minutes=minutes)

    def forgive(self, *rules: str) -> None:
        """That these rules are broken is what the test is about."""
        self._forgiven.update(rules)

    @property
    def broken(self) -> list[Any]:
        """The rules of Discord that were broken and not forgiven."""
        return [one for one in self.discord.violations if one.rule not in self._forgiven]


def on_discord(**wanted: Any) -> Callable[[Test], Callable[..., None]]:
    """Runs an async test in a loop of its own, its bot connected; at the end no rule of Discord's is broken.

    Its `bot` answers by a script over the index of the seeds, a bot called `seeded` from the seeds; other
    arguments are fixtures. `wanted` are attributes of the bot, else settings of it; in a `hurry` the loop's
    clock runs twenty times faster, for what discord.py waits before it tries again.
    """

    def played(test: Test) -> Callable[..., None]:
        parameters = inspect.signature(test).parameters
        name, *others = parameters

        def run(**given: Any) -> None:
            quoth, records = given["quoth"], given["tmp_path"] / "records"
            bot = Bot(records, quoth if name == "seeded" else Chain(quoth.index), wanted)
            with asyncio.Runner(loop_factory=_Hasty if bot.hurry else None) as runner:
                runner.run(_play(test, bot, {other: given[other] for other in others}))

        run.__name__, run.__doc__, run.__module__ = test.__name__, test.__doc__, test.__module__
        fixtures = dict.fromkeys(["tmp_path", "quoth", *others])
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        signature = inspect.Signature([inspect.Parameter(fixture, kind) for fixture in fixtures])
        run.__signature__ = signature  # type: ignore[attr-defined]  # what pytest hands in
        return run

    return played


async def _play(test: Test, bot: Bot, fixtures: dict[str, Any]) -> None:
    strays: list[dict[str, Any]] = []  # errors of tasks that nobody awaits
    asyncio.get_running_loop().set_exception_handler(lambda _, context: strays.append(context))
    async with bot:
        await test(bot, **fixtures)
        assert not bot.broken, "; ".join(map(str, bot.broken))
    assert not strays, strays


class _Hasty(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        super().__init__(_HastySelector())

    def time(self) -> float:
        return super().time() * _SPEED


class _HastySelector(selectors.DefaultSelector):
    def select(self, timeout: float | None = None) -> Any:
        return super().select(timeout / _SPEED if timeout else timeout)


def quoting(index: Any, files: Sequence[str]) -> Script:
    """A script that quotes the second sentence of each of these articles."""

    def script(question: Question) -> Answer:
        chunks = [index.dense.article(file)[0] for file in files]
        citations = [chunk.cite(at, chunk.sentences[1]) for at, chunk in enumerate(chunks, 1)]
        sentences = tuple(Sentence(citation.quote, (citation.number,)) for citation in citations)
        return Answer(question.text, True, sentences, tuple(citations), confidence=1.0)

    return script
