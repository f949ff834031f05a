"""Messages typed at a terminal: line editing, history and completion, by prompt_toolkit."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import Completer
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.styles import Style

_STYLES = {  # which colour the background has is not known, so none is set
    "prompt": "bold ansicyan",
    "continuation": "dim",
    "auto-suggestion": "noinherit dim",
    "completion-menu": "noinherit",
    "completion-menu.completion": "noinherit",
    "completion-menu.completion.current": "noinherit reverse",
    "completion-menu.meta.completion": "noinherit dim",
    "completion-menu.meta.completion.current": "noinherit dim",
    "scrollbar.background": "noinherit",
    "scrollbar.button": "noinherit",
}
_MENU_ROWS = 6


class Keyboard:
    """Reads messages: Enter sends, Alt-Enter starts a new line, and what is pasted stays one message."""

    def __init__(self, prompt: str, history: Path, completer: Completer, ready: Callable[[], object]) -> None:
        """`ready` is called once, when the first prompt is on the screen."""
        # A terminal that is asked where its cursor is answers among the keys, unread while the model loads.
        os.environ.setdefault("PROMPT_TOOLKIT_NO_CPR", "1")
        self._session: PromptSession[str] = PromptSession(
            [("class:prompt", prompt)],
            history=_history(history),
            completer=completer,
            complete_while_typing=Condition(_is_command),
            auto_suggest=AutoSuggestFromHistory(),
            key_bindings=_keys(),
            multiline=True,
            prompt_continuation=_continuation,
            reserve_space_for_menu=_MENU_ROWS,
            enable_suspend=True,
            style=Style.from_dict(_STYLES | ({"prompt": ""} if os.environ.get("NO_COLOR") else {})),
        )
        self._ready: Callable[[], object] | None = ready
        self._session.app.after_render += lambda _: self._rendered()

    def _rendered(self) -> None:
        ready, self._ready = self._ready, None
        if ready:
            ready()

    def read(self) -> str:
        """The next message, without what Ctrl-C threw away. Raises EOFError on Ctrl-D."""
        while True:
            print()
            try:
                return self._session.prompt()
            except KeyboardInterrupt:
                continue


def _continuation(width: int, _: int, wraps: int) -> StyleAndTextTuples:
    """What stands before a new line of a message; nothing before a line that is only too long."""
    return [("class:continuation", ("" if wraps else "... ").rjust(width))]


def _is_command() -> bool:
    """Only then does a menu take place on the screen."""
    return get_app().current_buffer.text.startswith("/")


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("enter")
    def _send(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def _new_line(event: KeyPressEvent) -> None:
        event.current_buffer.newline(copy_margin=False)

    return keys


def _history(path: Path) -> History:
    """The messages of earlier chats, readable by their owner alone; of this chat if there is no place."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600))
    except OSError:
        return InMemoryHistory()
    return _History(str(path))


class _History(FileHistory):
    def store_string(self, string: str) -> None:
        with suppress(OSError):  # a full disk must not end the chat
            super().store_string(string)
