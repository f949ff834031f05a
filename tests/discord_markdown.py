"""A model of how Discord reads a message, written from what its clients do and not from our code.

The clients read from left to right, and a backslash makes the mark behind it a character. The server
looks for mentions, addresses and invites in the raw text and knows no backslash. Where clients differ, the
eager one is modelled.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Read(NamedTuple):
    """What people see, and what of it is more than characters, as kind and text."""

    text: str
    live: list[tuple[str, str]]


_ESCAPE = re.compile(r"\\([^0-9A-Za-z\s])")
_PLAIN = re.compile(r"[A-Zabce-gi-rt-z \u00c0-\uffff]")  # no rule begins so; it saves time
_SMILE = re.compile(r"¯\\_\(ツ\)_/¯")
_STARTS = {
    "heading": r"#{1,3} +\S[^\n]*",
    "subtext": r"-# +\S[^\n]*",
    "quote": r">(?:>>)? [^\n]*",
    "list": r"(?:[*+-]|\d+[.)]) +\S",
}
_INLINE = {
    "fence": r"```.+?```",
    "code": r"(`+)[^`].*?\1",
    "bold": r"\*\*((?:\\.|[^\\])+?)\*\*(?!\*)",
    "underline": r"__((?:\\.|[^\\])+?)__(?!_)",
    "italics": r"\*(?=\S)(?:\*\*|\\.|[^*\\])+?\*(?!\*)|_(?:__|\\.|[^_\\])+?_(?![A-Za-z0-9_])",
    "strike": r"~~.+?~~",
    "spoiler": r"\|\|.+?\|\|",
    "link": r"\[(?:\[[^\]]*\]|[^\[\]])+\]\([^)\n]*\)",
    "address": r"(?:https?|steam|discord)://[^\s<]",
    "pointed address": r"<[^: >\n]+:/[^ >\n]+>|<(?:mailto:)?[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+>",
    "phone": r"<(?:tel:)?\+[\d ()-]+>",
    "mention": r"<(?:@[!&]?|#)\d+>",
    "everybody": r"@(?:everyone|here)",
    "emoji": r"<a?:\w+:\d+>|:[\w+-]+:",
    "time": r"<t:-?\d+(?::[tTdDfFR])?>",
    "command": r"</[^\n:<>]+:\d+>",
    "navigation": r"<id:[\w-]+(?::\d+)?>|<\d+:(?:customize|browse|guide|linked-roles)[^>]*>",
}
_CLIENT = [(kind, re.compile(f" *(?:{pattern})"), True) for kind, pattern in _STARTS.items()] + [
    (kind, re.compile(pattern, re.DOTALL), False) for kind, pattern in _INLINE.items()
]
_SERVER = re.compile(
    r"@everyone|@here|<@[!&]?\d+>|<#\d+>|</[^:]+:\d+>|<t:-?\d|<id:\w|<a?:\w+:\d+>"
    r"|(?:https?|steam)://|www\.\w|discord(?:app)?\.(?:gg|com|new|gift)|[\w.+-]+@[\w-]+\.\w{2}",
)


def read(raw: str) -> Read:
    """How Discord reads `raw`."""
    text, live = _client(raw)
    live = [(kind, found.replace("\u200b", "")) for kind, found in live]
    return Read(text.replace("\u200b", ""), live + [("raw", found) for found in _SERVER.findall(raw)])


def _client(raw: str) -> tuple[str, list[tuple[str, str]]]:
    text, live, at = "", [], 0
    while at < len(raw):
        kind, found = _at(raw, at)
        if kind == "bold":
            inner, within = _client(found[1])
            text, live = text + inner, [*live, ("bold", inner), *within]
        elif kind == "escape":
            text += found[1]
        else:
            text += found[0]
            live += [(kind, found[0])] if kind else []
        at = found.end()
    return text, live


def _at(raw: str, at: int) -> tuple[str, re.Match[str]]:
    if found := _SMILE.match(raw, at):
        return "", found
    if found := _ESCAPE.match(raw, at):
        return "escape", found
    starts = not raw[raw.rfind("\n", 0, at) + 1 : at].strip(" ")
    if not starts and (found := _PLAIN.match(raw, at)):
        return "", found
    for kind, pattern, at_start in _CLIENT:
        if (starts or not at_start) and (found := pattern.match(raw, at)):
            return kind, found
    return "", re.compile(".", re.DOTALL).match(raw, at)
