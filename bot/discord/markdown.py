"""Untrusted text made inert for Discord's Markdown: shown word for word, and nothing of it acts. Pure.

A backslash before a mark is enough for all that Discord's clients draw: it breaks bare links too, since
`http\\://` is no address, and `<>` around one would still link. It is not enough for who looks for pings and
invites in the raw text, where `\\<@1>` still holds `<@1>`: so both ends of a pair get one. "@everyone" alone
has no second mark to break it at, and gets a zero-width space.
"""

from __future__ import annotations

import re

from bot.plain import safe, visible
from retrieval.types import Span

# Of each match the last character is the one that could act.
_ACTIVE = re.compile(
    r"""
      [\\*_~|`\[<>@]
    | :(?!\ |\Z)  # links, emoji, timestamps, commands
    | (?:^|(?<=\w))\.(?=[^\W\d_]{2})  # example.com, discord.gg
    | (?<=www)\.(?=\w)  # the rest of the address may stand on the next page
    | ^[#+-]  # headings, small print, lists
    | ^\d+[.)](?!\w)
    """,
    re.VERBOSE,
)
_EVERYBODY = re.compile("@(?=everyone|here)")
_UNSEEN = "\u200b"


def inert(text: str) -> str:
    """`text` on one line, as Discord shows it word for word. It may begin a line; a blank must follow it.

    What could act on a terminal or hide is U+FFFD, as there.
    """
    folded = safe(text)
    return _escaped(folded, _active(folded), Span(0, len(folded)))


def inert_lines(text: str) -> str:
    """As `inert`, with the lines of `text` kept as `folded_lines` keeps them."""
    return "\n".join(map(inert, folded_lines(text).split("\n")))


def folded_lines(text: str) -> str:
    """The lines of `text` made safe, at most one blank line between two, and none at the edges."""
    lines = re.sub("\r\n?", "\n", text).split("\n")
    return re.sub("\n{3,}", "\n\n", "\n".join(map(safe, lines))).strip("\n")


def bold(text: str, span: Span | None) -> str:
    """As `inert`, with the characters of `span` in bold, blanks at its edges left out."""
    folded, span = fold(text, span)
    if span is None:
        return inert(folded)
    # Some clients read what is in bold as if it began a line.
    active = _active(folded) | {span.start + at for at in _active(span.of(folded))}
    edges = (Span(0, span.start), span, Span(span.end, len(folded)))
    before, marked, after = (_escaped(folded, active, part) for part in edges)
    return f"{before}**{marked}**{after}"


def fold(text: str, span: Span | None) -> tuple[str, Span | None]:
    """`text` made safe on one line, and where `span` stands in it; None where nothing of it is left."""
    shown = visible(text)
    start, end = (max(edge, 0) for edge in span or (0, 0))
    marked = safe(shown[start:end])
    if not marked:
        return safe(shown), None
    head = safe(shown[:start])
    is_apart = shown[start - 1 : start].isspace() or shown[start].isspace()
    first = len(head) + (bool(head) and is_apart)
    return safe(shown), Span(first, first + len(marked))


def _active(text: str) -> set[int]:
    """Where characters stand that could act."""
    return {found.end() - 1 for found in _ACTIVE.finditer(text)}


def _escaped(text: str, active: set[int], span: Span) -> str:
    """The characters of `span`, those that could act behind a backslash."""
    pieces, last = [], span.start
    for at in sorted(at for at in active if span.start <= at < span.end):
        unseen = _UNSEEN if _EVERYBODY.match(text, at) else ""
        pieces += [text[last:at], "\\", text[at], unseen]
        last = at + 1
    return "".join([*pieces, text[last : span.end]])
