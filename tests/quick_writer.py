"""`python -m tests.quick_writer` is `tests.quick` with a language model that writes the text of `SCRIPT`.

At each form feed in it the model waits until the file `GO` is there.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk

from retrieval import embedding, opening
from retrieval.llm.model import Model
from tests.quick import QuickModel
from tests.scripted import Scripted

QUICK_WRITER = [sys.executable, "-m", "tests.quick_writer"]


class _Waiting(Scripted):
    """Replies the script's text, and waits in it where it is told to."""

    def _stream(self, messages: list[BaseMessage], *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
        first, *others = self._reply(messages).split("\f")
        yield ChatGenerationChunk(message=AIMessageChunk(first))
        for part in others:
            while not Path(os.environ["GO"]).exists():
                time.sleep(0.01)
            yield ChatGenerationChunk(message=AIMessageChunk(part))


def _model(*_: object) -> Model:
    text = Path(os.environ["SCRIPT"]).read_text("utf-8")
    return Model("scripted:test", lambda **_: _Waiting(replies=[text]))


if __name__ == "__main__":
    from bot.__main__ import main

    embedding.Transformer = QuickModel  # type: ignore[misc]
    opening.Transformer = QuickModel  # type: ignore[misc]
    opening.open_model = _model
    opening.open_entailment = lambda *_: None  # type: ignore[assignment]
    main()
