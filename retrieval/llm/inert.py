"""A sentence of a language model as plain text: no Markdown, no picture, no link that is not spelled out."""

from __future__ import annotations

import re

from prompts.cleaning import clean

_IMAGE = re.compile(r"!\[[^\]]*\](?:\([^)\n]*\)?|\[[^\]]*\])?")
_LINK = re.compile(r"\[([^\]\n]+)\](?:\([^)\n]*\)|\[[^\]\n]*\])")
_TAG = re.compile(r"<!--.*?(?:-->|\Z)|</?[A-Za-z](?!\w*://)(?!\w*:\d)[^<>]{0,300}>", re.DOTALL)
_STRONG = re.compile(r"\*\*|__|`+|~~|\|\|")
_EMPHASIS = re.compile(
    r"(?<![\w*])\*(?=[^\s*])([^*]+)(?<=\S)\*(?![\w*])|(?<![\w_])_(?=[^\s_])([^_]+)(?<=\S)_(?![\w_])"
)
_ROW = re.compile(r"\s*\|\s*")

# What a front end, or the program that a reader copies it into, might make act.
_ALIVE = re.compile(
    r"""
      [a-z][a-z0-9+.-]{1,20}://[^\s<>]+ | \b(?:mailto|javascript|data|tel):[^\s<>]+ | \bwww\.[^\s<>]+
    | <(?:@[!&]?|\#|a?:\w+:|/[\w -]+:|t:)-?\d+(?::\w)?> | @(?:everyone|here)\b
    | \b[\w.-]*\w\.[a-z]{2,24}/[^\s<>]*
    | \b(?:[\w-]+\.)+(?:com|net|org|info|io|gg|me|co|ru|cn|xyz|app|dev|link|site|top|online|ly)\b
    | \b[\w.+-]+@[\w-]+(?:\.[\w-]+)+
    """,
    re.VERBOSE | re.IGNORECASE,
)


def plain(text: str) -> str:
    """`text` on one line, without Markdown, HTML, pictures, targets of links, and what cannot be seen."""
    shown = _TAG.sub("", _LINK.sub(r"\1", _IMAGE.sub("", clean(text))))
    shown = _EMPHASIS.sub(lambda found: found[1] or found[2], _STRONG.sub("", shown))
    return " ".join(_ROW.sub(", ", shown.strip(" |")).split())


def alive(text: str) -> list[str]:
    """The links, mentions and addresses that are spelled out in `text`."""
    return [found.rstrip(".,;:!?)]}\"'’”") for found in _ALIVE.findall(text)]


def without(text: str, pieces: list[str]) -> str:
    """`text` without these pieces of it."""
    for piece in pieces:
        text = text.replace(piece, "")
    return " ".join(re.sub(r"\s+(?=[.,;:!?])|\(\s*\)|<\s*>", "", text).split())
