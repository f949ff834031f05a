"""The sentences of a text that state something: what can be held against the articles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from retrieval.sentences import sentences
from retrieval.types import Span

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_FEWEST_WORDS = 3
_WORD = re.compile(r"[^\W_]+(?:[’'.,-][^\W_]+)*")
_ASKS = re.compile(r"[?？][\"'”’»)\]*_]*$")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_BETWEEN = re.compile(r"(?:[\r\n]+|^)(?:[ \t]*>)*")  # line ends, and marks of a quoted line
_HALF = re.compile(r"\*\*|__")  # of bold letters that begin or end in another sentence


class Statement(NamedTuple):
    """A sentence that states something."""

    span: Span  # in the text
    claim: str  # its words without markup


def statements(text: str) -> Iterator[Statement]:
    """The statements of a text in Markdown, or in none: no headings, tables, code, questions or snatches."""
    flat = _BETWEEN.sub(lambda found: " " * len(found.group()), text)  # a line's end ends no sentence
    for paragraph in _paragraphs(text):
        for span in sentences(flat, paragraph):
            claim = _plain(span.of(flat))
            if len(_WORD.findall(claim)) >= _FEWEST_WORDS and not _ASKS.search(claim):
                yield Statement(span, claim)


def _paragraphs(text: str) -> Iterator[Span]:
    starts = [0, *accumulate(len(line) for line in _LINE.findall(text))]
    tokens = _markdown().parse(text)
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "inline" and token.map and before and before.type == "paragraph_open":
            yield Span(starts[token.map[0]], starts[token.map[1]])


def _plain(sentence: str) -> str:
    """The words of a sentence as they are read: `**Bold** [text](address)` is "Bold text"."""
    tokens = _markdown().parseInline(sentence)
    pieces = tokens[0].children or ()
    words = "".join(one.content for one in pieces)
    return " ".join(_HALF.sub("", words).split())


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table")
