"""A language model behind LangChain's interface, with a time limit, second tries and a circuit breaker.

`QUOTH_LLM=provider:model` names it; LangChain's `init_chat_model` makes it, when it is first needed.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import re
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from prompts.prompts import Prompt
from retrieval.breaker import Breaker
from retrieval.errors import ModelError, TooLate
from retrieval.llm.faults import fault
from retrieval.llm.patience import Patience
from retrieval.llm.writing import Ended as Ended
from retrieval.llm.writing import Unusable, Writing
from retrieval.settings import Settings
from retrieval.types import Usage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig

log = logging.getLogger(__name__)

_TRIES = 4
_LETTERS = 12  # characters of a token, or fewer, on the average of any text
_PAUSE = 0.5  # seconds before the second try; twice as long before each one that follows


class LanguageModelError(ModelError):
    """The language model did not write what was asked; `usage` is what it cost all the same."""

    def __init__(self, said: str, usage: Usage | None = None) -> None:
        super().__init__(said)
        self.usage = usage or Usage()


class Model:
    """A chat model, made by `make` when it is first asked. Safe to use from several threads."""

    def __init__(
        self,
        name: str,
        make: Callable[..., BaseChatModel],
        seconds: float = 60.0,
        breaker: Breaker | None = None,
        pause: float = _PAUSE,
        tokens: int = 600,
    ) -> None:
        """`make` is called with options of the model: `temperature`, if that is not refused.

        `seconds`: the longest that an answer may take; `pause`: seconds before a second try. `tokens` is what
        `make` limits an answer to: one that goes far beyond it is cut off here.
        """
        self.name = name
        self.seconds = seconds
        self._longest = tokens * _LETTERS
        self._make = make
        self._options: dict[str, Any] = {"temperature": 0}
        self._chat: BaseChatModel | None = None
        self._breaker = breaker or Breaker()
        self._pause = pause

    def write(
        self, prompt: Prompt, patience: Patience, config: RunnableConfig | None = None
    ) -> Iterator[str | Ended]:
        """What the model writes, piece by piece, then its end.

        Raises LanguageModelError with a sentence that says why it could not, TooLate where nobody waits.
        """
        if (wait := self._breaker.wait()) > 0:
            raise LanguageModelError(
                f"The language model {self.name} failed several times running: "
                f"it is tried again in {wait:.0f} seconds."
            )
        work = Writing(prompt, time.monotonic())
        while True:
            try:
                yield from self._tried(work, patience, config)
            except TooLate:
                raise
            except Exception as error:  # clients raise what they like
                self._failed(error, work, patience)
            else:
                self._breaker.succeeded()
                return

    def _tried(
        self, work: Writing, patience: Patience, config: RunnableConfig | None
    ) -> Iterator[str | Ended]:
        work.starts()
        for chunk in patience.items(lambda: self._chat_model().stream(work.messages, config)):
            if piece := work.takes(chunk):
                yield piece
            if work.is_beyond(self._longest):
                break
        yield work.end(self.name)

    def _chat_model(self) -> BaseChatModel:
        if self._chat is None:
            self._chat = self._make(**self._options)
        return self._chat

    def _failed(self, error: Exception, work: Writing, patience: Patience) -> None:
        """Wait for a second try. Raises LanguageModelError where there is none."""
        if "temperature" in str(error).lower() and self._options:  # some models take none but their own
            self._options, self._chat = {}, None
            return
        found = error.fault if isinstance(error, Unusable) else fault(error, self.name, self.seconds)
        wait = found.wait if found.wait is not None else self._pause * 2 ** (work.tries - 1)
        if found.passes and work.tries < _TRIES and wait < patience.left:
            log.info("%s Tried again in %.1f s.", found.said, wait)
            patience.sleep(wait)
            return
        if not found.is_ours:
            self._breaker.failed()
        raise LanguageModelError(found.said, work.usage) from None

    def warm(self) -> None:
        """Load its client now, so that the first question does not wait for that."""
        try:
            self._chat_model()
        except Exception as error:  # the first question tells it
            log.debug("%s", fault(error, self.name, self.seconds).said)

    def check(self) -> str:
        """What it writes for the least prompt there is. Raises LanguageModelError where it cannot be used."""
        prompt = Prompt("You answer with one word.", "Say: ready")
        pieces = self.write(prompt, Patience().within(self.seconds))
        return "".join(piece for piece in pieces if isinstance(piece, str)).strip()


_EXTRAS = {"openai": "openai", "anthropic": "anthropic", "google_genai": "google", "ollama": "ollama"}


def open_model(settings: Settings) -> Model | None:
    """The language model that the settings name; None where they name none.

    Nobody is called. Raises LanguageModelError where its provider is not known or has no package here.
    """
    if settings.llm is None:
        return None
    provider, _, model = settings.llm.partition(":")
    if provider not in _EXTRAS:
        _try_provider(settings.llm, lambda: _made(provider, model, settings, {}))
    elif importlib.util.find_spec(f"langchain_{provider}") is None:
        raise _lacking(settings.llm, f"'quoth[{_EXTRAS[provider]}]'")
    return Model(
        settings.llm,
        lambda **options: _made(provider, model, settings, options),
        settings.llm_seconds,
        tokens=settings.llm_answer_tokens,
    )


def _lacking(llm: str, package: str) -> LanguageModelError:
    return LanguageModelError(
        f"The language model {llm} needs a package that is not installed: run pip install {package}."
    )


def _try_provider(llm: str, make: Callable[[], BaseChatModel]) -> None:
    """Raises LanguageModelError where LangChain does not know the provider, or lacks its package."""
    try:
        make()
    except ImportError as error:
        package = re.search(r"pip install (?:-U )?([\w-]+)", str(error))
        raise _lacking(llm, package[1] if package else "what LangChain names for it") from None
    except Exception as error:  # clients raise what they like
        if "Unsupported provider" in str(error):
            raise LanguageModelError(
                f"The language model {llm} is of a provider that LangChain does not know: "
                f"those with a package are {', '.join(sorted(_EXTRAS))}, as in QUOTH_LLM=ollama:llama3."
            ) from None


def _made(provider: str, model: str, settings: Settings, options: dict[str, Any]) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    made: BaseChatModel = init_chat_model(
        model, model_provider=provider, **_options(provider, settings), **options
    )
    return made


def _options(provider: str, settings: Settings) -> dict[str, Any]:
    """The limits of the settings, as each provider's client calls them. Second tries are our own."""
    seconds, tokens = settings.llm_seconds, settings.llm_answer_tokens
    options: dict[str, Any] = {"base_url": settings.llm_base_url} if settings.llm_base_url else {}
    match provider:
        case "ollama":
            return options | {"num_predict": tokens, "client_kwargs": {"timeout": seconds}}
        case "openai":
            if settings.llm_base_url and not os.environ.get("OPENAI_API_KEY"):
                options["api_key"] = "none"  # a server of one's own mostly wants none, but the client does
            return options | {
                "max_tokens": tokens,
                "timeout": seconds,
                "max_retries": 0,
                "stream_usage": True,
            }
        case _:
            return options | {"max_tokens": tokens, "timeout": seconds, "max_retries": 0}
