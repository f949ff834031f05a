"""About how many tokens a language model makes of a text."""

from __future__ import annotations

import re

_PIECE = re.compile(r"[A-Za-z]+|\d|[^\sA-Za-z\d]")
_LONG = 6  # letters; longer words are mostly cut


def count(text: str) -> int:
    """An estimate that errs upward: each provider cuts in its own way, and some tell nobody how.

    A token for every six letters of a word, every digit and every other character.
    """
    return sum(-(-len(piece) // _LONG) for piece in _PIECE.findall(text))
