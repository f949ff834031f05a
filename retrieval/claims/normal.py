"""Text without what does not matter where two are compared: how quotes, dashes and spaces are written."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_UNSEEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"))
_ALIKE = {
    **dict.fromkeys(map(ord, "‘’‚‛`´ʼ′"), "'"),
    **dict.fromkeys(map(ord, "“”„‟«»″"), '"'),
    **dict.fromkeys(map(ord, "‐‑‒–—―−"), "-"),
    ord("…"): "...",
}
_SPACE = re.compile(r"\s+")
_DASH = re.compile(r" ?-{1,3} | -{1,3} ?|--+")
_FINAL = re.compile(r"[\s.!;:,\"')\]]+$")
_QUOTE = re.compile(r"\"|(?<!\w)'|'(?!\w)")
_OPENING = re.compile(r"^[\s\"'(\[]+")


@lru_cache(maxsize=8192)
def normal(text: str) -> str:
    """`text` with plain quotes and dashes, and one space wherever there is white space."""
    text = text.translate(_UNSEEN).translate(_ALIKE)
    return _SPACE.sub(" ", _DASH.sub(" - ", text)).strip()


@lru_cache(maxsize=8192)
def folded(text: str) -> str:
    """`normal(text)` in lower case and without diacritics."""
    parts = unicodedata.normalize("NFKD", normal(text))
    return "".join(letter for letter in parts if not unicodedata.combining(letter)).casefold()


def bare(text: str) -> str:
    """`normal(text)` without quotes, its final mark and the case of its first letter."""
    text = _QUOTE.sub("", _FINAL.sub("", _OPENING.sub("", normal(text))))
    return text[:1].lower() + text[1:]
