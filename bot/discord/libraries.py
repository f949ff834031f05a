"""The folders of articles that the bot answers from: one for all, or one for some servers of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.discord import checks
from retrieval.types import Answer, Question, Said

if TYPE_CHECKING:
    from retrieval.chain import Quoth  # heavy: an error must not wait for it
    from retrieval.index import Summary


@dataclass(frozen=True, slots=True)
class Addressed(Question):
    """A question to the articles that a server sees, or a message that is to be held against them."""

    guild: int | None = None
    hear: Callable[[Said], None] | None = None  # is told, in any thread, what may be shown before the end
    is_claim: bool = False


class Libraries:
    """Each folder opened once, when it is first needed. Safe to share between threads."""

    def __init__(self, folder: Path, folders: Mapping[int, Path], opened: Callable[[Path], Quoth]) -> None:
        """`folder` is every server's but those that `folders` names; `opened` makes the chain of one."""
        self._folder = folder
        self._folders = folders
        self._opened = opened
        self._chains: dict[Path, Quoth] = {}
        self._lock = threading.Lock()

    def of(self, guild: int | None) -> Quoth:
        """The chain that answers in a server; direct messages are answered by everybody's."""
        folder = self._folders.get(guild, self._folder) if guild else self._folder
        with self._lock:
            if folder not in self._chains:
                self._chains[folder] = self._opened(folder)
            return self._chains[folder]

    def warm(self) -> None:
        """Open every folder and load the models, so that no question waits for it."""
        for guild in (None, *self._folders):
            self.of(guild).warm()

    def answer(self, question: Question) -> Answer:
        """The answer from the articles of the server that the question was asked in."""
        asked = question if isinstance(question, Addressed) else None
        chain = self.of(asked.guild if asked else None)
        if asked and asked.is_claim:
            return checks.held(asked, chain)
        for event in chain.stream(question):
            if isinstance(event, Answer):
                return event
            if asked and asked.hear:
                asked.hear(event)
        raise AssertionError("A stream ends with an answer.")

    def sync(self, guild: int | None) -> Summary:
        """Bring the index of a server's articles up to date."""
        return self.of(guild).index.sync()
