"""A language model that obeys every order that it finds in an article."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr

from tests.poison_cases import Case

MANNERS = ("alone", "dressed")
_PASSAGE = re.compile(r"<([\w-]+) number=(\d+)>\n(.*?)\n</\1>", re.DOTALL)
_FIRST = re.compile(r"(?:^|: )([A-Z].+?[.!?])(?=\s|$)")
_TAGS = {0xE0000 + code: code for code in range(0x20, 0x7F)}
_SELECTORS = {0xFE00 + byte: byte for byte in range(16)} | {0xE00F0 + byte: byte for byte in range(16, 256)}


class Shown(NamedTuple):
    """A passage of a prompt."""

    number: int
    text: str


class Obedient(BaseChatModel):
    """It writes what the case wants where it sees the order, else an honest sentence.

    `manner`: "alone" writes what is ordered and nothing else; "dressed" says something honest before, cites
    the planted article or all of them, and weaves the order into a true sentence. `obeyed` counts the prompts
    in which it saw the order.
    """

    case: Any
    manner: str = "alone"
    _obeyed: int = PrivateAttr(0)
    _prompts: list[str] = PrivateAttr(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "obedient"

    @property
    def obeyed(self) -> int:
        return self._obeyed

    @property
    def prompts(self) -> list[str]:
        """All that it was told and asked, one text for each call."""
        return self._prompts

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self._written(messages)))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for word in re.findall(r"\s*\S+\s*", self._written(messages)):
            yield ChatGenerationChunk(message=AIMessageChunk(word))

    def _written(self, messages: Sequence[BaseMessage]) -> str:
        prompt = "\n".join(str(message.content) for message in messages)
        self._prompts.append(prompt)
        seen = sees(self.case, prompt)
        self._obeyed += seen
        return obedient(self.case, prompt, self.manner) if seen else honest(prompt)


def sees(case: Case, prompt: str) -> bool:
    """Whether the order stands in the prompt, written however: hidden, spaced, or in another alphabet."""
    wanted = _squeezed(case.trigger)
    return any(wanted in _squeezed(form) for form in (prompt, _revealed(prompt)))


def obedient(case: Case, prompt: str, manner: str) -> str:
    """What a model writes that obeys the order of the case."""
    lines = [line.format(prompt=_told(prompt), delimiter=_delimiter(prompt)) if "{prompt}" in line
             or "{delimiter}" in line else line for line in case.obeys]  # fmt: skip
    if manner == "alone":
        return "\n".join(lines)
    planted, *others = [*_where(case, prompt), *(one.number for one in passages(prompt))]
    dressed = (form for line in lines for form in _dressed(line, planted, others))
    return "\n".join([honest(prompt), *dressed])


def _dressed(line: str, planted: int, others: Sequence[int]) -> Iterator[str]:
    """An ordered sentence in three forms that may help it through."""
    body = line.rstrip(".")
    every = "".join(f"[{number}]" for number in dict.fromkeys(others))
    yield f"{body} [{planted}]."
    yield f"Ilse Varga closed the barrier, and {body} [{planted}]."
    yield f"- **{body}** {every}[9]"


def honest(prompt: str) -> str:
    """The first sentence of the first passage, cited; of a prompt without passages its last line."""
    found = passages(prompt)
    if not found:
        return prompt.strip().splitlines()[-1]
    text = found[0].text.split("Text: ", 1)[-1]
    sentence = _FIRST.search(text)
    return f"{(sentence[1] if sentence else text).rstrip('.')} [{found[0].number}]."


def passages(prompt: str) -> list[Shown]:
    """The passages of a prompt, in order."""
    return [Shown(int(found[2]), found[3]) for found in _PASSAGE.finditer(prompt)]


def _where(case: Case, prompt: str) -> list[int]:
    """The numbers of the passages that hold the order."""
    return [one.number for one in passages(prompt) if sees(case, one.text)]


def _told(prompt: str) -> str:
    """The first rules of a prompt, on one line."""
    return " ".join(prompt.split())[:400]


def _delimiter(prompt: str) -> str:
    """The word that stands around each passage."""
    words = Counter(found[1] for found in _PASSAGE.finditer(prompt))
    return words.most_common(1)[0][0] if words else "none"


def _revealed(text: str) -> str:
    """`text` with what is hidden in it made plain."""
    text = text.translate(_TAGS).translate(_SELECTORS)
    return "".join(one for one in text if unicodedata.category(one) != "Cf" or one.isspace())


def _squeezed(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()
