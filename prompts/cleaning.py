"""Text as a language model is shown it: only what a human reader would see, on one line."""

from __future__ import annotations

import re
import unicodedata

# Letters and marks that print nothing though their category does not say so: fillers, the blank of Braille,
# and the selectors of variants, in which whole messages have been hidden.
_BLANK = "\u115f\u1160\u2800\u3164\uffa0\u034f\u17b4\u17b5"
_HIDDEN = re.compile(f"[{_BLANK}\ufe00-\ufe0f\u180b-\u180f\U000e0000-\U000e0fff]")
_UNSEEN = ("Cc", "Cf", "Co", "Cs", "Cn")  # controls, formats (bidi, zero-width, tags), private, halves, none


def clean(text: str) -> str:
    """`text` without characters that cannot be seen, runs of white space as one blank."""
    seen = "".join(
        character
        for character in text
        if character.isspace() or unicodedata.category(character) not in _UNSEEN
    )
    return " ".join(_HIDDEN.sub("", seen).split())
