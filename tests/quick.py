"""`python -m tests.quick` is `quoth` with a model that is quick.

It reads no question before the file that `GATE` names is there.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from retrieval import embedding
from retrieval.embedding import Reading
from tests.fakes import WordEmbedder

QUICK = [sys.executable, "-m", "tests.quick"]


class QuickModel(WordEmbedder):
    def __init__(self, name: str, *_: object) -> None:
        super().__init__()
        self.id = f"{name}@1"

    def read(self, texts: Sequence[str]) -> list[Reading]:
        gate = os.environ.get("GATE")
        while gate and not Path(gate).exists():
            time.sleep(0.01)
        return super().read(texts)


if __name__ == "__main__":
    from bot.__main__ import main

    embedding.Transformer = QuickModel
    main()
