"""What a language model has written so far, over all tries, and what it cost."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from prompts.prompts import Prompt
from retrieval.llm.faults import Fault, cut
from retrieval.llm.tokens import count
from retrieval.types import Usage

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage


class Ended(NamedTuple):
    """The end of what a model writes."""

    usage: Usage  # its tokens as the provider counts them; where it tells none, as `tokens.count` estimates
    is_cut: bool = False  # the limit on its tokens cut it off


class Unusable(Exception):
    """An answer that is none."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.said)
        self.fault = fault


_LENGTH = {"length", "max_tokens", "incomplete"}
_REASONED = (
    "openai:",
    "anthropic:",
)  # these always say why they stopped; without that, something cut them off
_REFUSED = {"content_filter", "safety", "refusal", "prohibited_content", "blocklist", "recitation"}


class Writing:
    """What has come so far, over all tries."""

    def __init__(self, prompt: Prompt, started: float) -> None:
        from langchain_core.messages import HumanMessage, SystemMessage

        self.messages: list[BaseMessage] = [SystemMessage(prompt.system), HumanMessage(prompt.user)]
        self.tries = 0
        self._prompt = prompt
        self._started = started
        self._text = ""  # as it was handed on
        self._spent = Usage()  # by the tries before
        self._starts_anew()

    def _starts_anew(self) -> None:
        self._raw = ""
        self._counted = Usage()
        self._reason: str | None = None

    def starts(self) -> None:
        if self.tries:
            self._spent += self._cost
        self.tries += 1
        self._starts_anew()

    def takes(self, chunk: Any) -> str:
        """The new text of a chunk: a second try goes on where the one before was cut off."""
        self._reason = _reason(chunk.response_metadata) or self._reason
        if counted := chunk.usage_metadata:
            self._counted += Usage(0, counted["input_tokens"], counted["output_tokens"])
        self._raw += str(chunk.text)
        now = _without_thoughts(self._raw)
        if not (now.startswith(self._text) or self._text.startswith(now)):
            raise Unusable(Fault("The language model was cut off, and then wrote something else.", False))
        new = now[len(self._text) :]
        self._text += new
        return new

    def is_beyond(self, longest: int) -> bool:
        """Whether so many characters did not end it; then the limit on its tokens does."""
        if len(self._raw) <= longest:
            return False
        self._reason = "length"
        return True

    def end(self, model: str) -> Ended:
        if self._reason is None and model.startswith(_REASONED):
            raise Unusable(cut(model))
        if not self._text.strip():
            why = "wrote nothing" if self._reason not in _REFUSED else "declined to write"
            raise Unusable(Fault(f"The language model {model} {why}: ask in other words.", False, True))
        return Ended(self.usage, self._reason in _LENGTH)

    @property
    def _cost(self) -> Usage:
        """Of this try."""
        read = sum(count(part) for part in self._prompt)
        return Usage(
            calls=1,
            tokens_in=self._counted.tokens_in or read,
            tokens_out=self._counted.tokens_out or count(self._raw),
        )

    @property
    def usage(self) -> Usage:
        return self._spent + self._cost + Usage(seconds=time.monotonic() - self._started)


_THINK, _THOUGHT = "<think>", "</think>"


def _without_thoughts(text: str) -> str:
    """What a model that thinks aloud says when it is done."""
    begun = text.lstrip()
    if begun.startswith(_THINK):
        return text.partition(_THOUGHT)[2].lstrip()
    return "" if _THINK.startswith(begun) else text


def _reason(metadata: dict[str, Any]) -> str | None:
    """Why a provider says that it stopped, in small letters."""
    reasons = (metadata.get(key) for key in ("finish_reason", "stop_reason", "done_reason", "status"))
    found = next((reason for reason in reasons if reason), None)
    return None if found is None else str(found).lower()
