"""Which files the last changes of an index changed, so that who follows need not look at all.

It is a text that is kept with the mark of the index: a line a change, the newest last, of its generation and
the names of its files.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

_LONGEST = 8_000  # characters: everybody who looks at the mark reads them


def longer(history: str, generation: str, files: Sequence[str]) -> str:
    """The history with a change more; what is too old, or too much, is left out."""
    lines = [*history.splitlines(), json.dumps([generation, *files])]
    while lines and sum(len(line) + 1 for line in lines) > _LONGEST:
        del lines[0]
    return "\n".join(lines)


def since(generation: str, history: str) -> frozenset[str] | None:
    """The files that were changed after that generation; None where the history does not tell."""
    changes = [json.loads(line) for line in history.splitlines()]
    for at, (one, *_) in enumerate(changes):
        if one == generation:
            return frozenset(file for _, *files in changes[at + 1 :] for file in files)
    return None
