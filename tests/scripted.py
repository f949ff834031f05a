"""Scripted chat models behind LangChain's real interface: each call takes the next reply of the script."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import ConfigDict, Field

from retrieval.llm.model import Model


@dataclass(frozen=True)
class Cut:
    """The text, and then the failure."""

    text: str
    error: Exception


@dataclass(frozen=True)
class Slow:
    """The text, with a pause before each of its pieces."""

    text: str
    pause: float


@dataclass(frozen=True)
class Told:
    """The text, with what a provider tells of it at the end."""

    text: str
    tokens: tuple[int, int] | None = None  # in and out
    reason: str | None = None  # why it stopped


Reply = str | Exception | Cut | Slow | Told | Callable[[str], str]  # the last one reads the prompt


class Scripted(BaseChatModel):
    """Replies in order, the last one again and again. `prompts` are what it was asked, each as one text."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    replies: Sequence[Any]  # of Reply
    size: int = 7  # characters of a piece
    prompts: list[str] = Field(default_factory=list)
    left: threading.Event = Field(default_factory=threading.Event)  # set when a reply is over, or given up

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _reply(self, messages: list[BaseMessage]) -> Any:
        self.prompts.append("\n\n".join(str(message.text) for message in messages))
        reply = self.replies[min(len(self.prompts), len(self.replies)) - 1]
        return reply(self.prompts[-1]) if callable(reply) else reply

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        chunks = [chunk.message.text for chunk in self._stream(messages)]
        return ChatResult(generations=[ChatGeneration(message=AIMessage("".join(map(str, chunks))))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        reply = self._reply(messages)
        if isinstance(reply, Exception):
            raise reply
        try:
            yield from self._pieces(reply, run_manager)
        finally:
            self.left.set()

    def _pieces(
        self, reply: Any, run_manager: CallbackManagerForLLMRun | None
    ) -> Iterator[ChatGenerationChunk]:
        text = reply if isinstance(reply, str) else reply.text
        for start in range(0, len(text) or 1, self.size):
            if isinstance(reply, Slow):
                time.sleep(reply.pause)
            piece = text[start : start + self.size]
            if run_manager:
                run_manager.on_llm_new_token(piece)
            yield ChatGenerationChunk(message=AIMessageChunk(piece))
        if isinstance(reply, Cut):
            raise reply.error
        if isinstance(reply, Told):
            yield ChatGenerationChunk(message=_end(reply))


def _end(reply: Told) -> AIMessageChunk:
    tokens = reply.tokens
    usage = tokens and {
        "input_tokens": tokens[0],
        "output_tokens": tokens[1],
        "total_tokens": sum(tokens),
    }
    about = {"finish_reason": reply.reason} if reply.reason else {}
    return AIMessageChunk("", usage_metadata=usage, response_metadata=about)


def scripted(*replies: Reply, size: int = 7, **options: Any) -> tuple[Model, Scripted]:
    """A language model that follows a script, and the script's side of it."""
    chat = Scripted(replies=replies, size=size)
    return Model("scripted:test", lambda **_: chat, **{"pause": 0.001} | options), chat
