"""What is offered while a message is typed: the chat's commands, and the files of articles."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence, Set
from concurrent.futures import Future

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from bot.render import safe


class Commands(Completer):
    """Completes the names of commands, and those of files after the commands that take one."""

    def __init__(
        self, commands: Mapping[str, str], take_files: Set[str], files: Callable[[], Future[Sequence[str]]]
    ) -> None:
        """`commands` are names, each with what it does; `files` is called when a file is to be named."""
        self._commands = commands
        self._take_files = take_files
        self._files = files

    def get_completions(
        self,
        document: Document,
        complete_event: CompleteEvent,  # noqa: ARG002  # prompt_toolkit hands it in
    ) -> Iterator[Completion]:
        command, space, words = document.text_before_cursor.partition(" ")
        if not space:
            return self._starting(command)
        return _holding(words, self._files().result()) if command in self._take_files else iter(())

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """The same; while the files are not known yet, keys go on being read."""
        if document.text_before_cursor.partition(" ")[0] in self._take_files:
            await asyncio.shield(asyncio.wrap_future(self._files()))
        for completion in self.get_completions(document, complete_event):
            yield completion

    def _starting(self, typed: str) -> Iterator[Completion]:
        for command, does in self._commands.items():
            if typed.startswith("/") and command.startswith(typed):
                yield Completion(command, -len(typed), display_meta=does)


def _holding(typed: str, files: Sequence[str]) -> Iterator[Completion]:
    for file in files:
        if typed.lower() in file.lower() and safe(file) == file:  # what acts on a terminal is not offered
            yield Completion(file, -len(typed))
