"""`python -m tests.quick_discord` is `quoth` as in `tests.quick`, for `quoth discord`.

While a question waits for the file that `GATE` names, there is the file `GATE.waits`. Where `GRACE` is set, a
question has so many seconds at the end.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from retrieval import embedding
from retrieval.embedding import Reading
from tests.quick import QuickModel

QUICK_DISCORD = [sys.executable, "-m", "tests.quick_discord"]


class WaitingModel(QuickModel):
    def read(self, texts: Sequence[str]) -> list[Reading]:
        gate = os.environ["GATE"]
        waits = Path(f"{gate}.waits")
        if not Path(gate).exists():
            waits.touch()
        found = super().read(texts)
        waits.unlink(missing_ok=True)
        return found


if __name__ == "__main__":
    embedding.Transformer = WaitingModel
    from bot.__main__ import main
    from bot.discord import run

    run.GRACE = float(os.environ.get("GRACE", run.GRACE))
    main()
