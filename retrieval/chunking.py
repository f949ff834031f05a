"""Cut an article into chunks of whole sentences.

Boundaries are computed first and the text is sliced last, so that
`article.text[chunk.span.start:chunk.span.end] == chunk.text` for every chunk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from retrieval.sentences import sentences
from retrieval.types import Article, Chunk, Span

VERSION = "3"  # raise it when the same file would be cut otherwise: it makes indexes cut anew
WORDS = 110  # a chunk closes before the sentence that would take it past this
_WORD_CHARACTERS = 10  # a longer word counts as several: Chinese puts no spaces between its words
OVERLAP = 1  # sentences that a chunk repeats from the one before it
PIECE_WORDS = 120  # a "sentence" longer than this (a table, a list without stops) is cut into pieces
PIECE_CHARACTERS = 1_200  # the same for text without spaces

_WORD = re.compile(r"\S+")


def chunk(article: Article, fingerprint: str, words: int = WORDS, overlap: int = OVERLAP) -> list[Chunk]:
    """The chunks of `article` in reading order.

    None crosses page furniture or a page break. Their ids are `ids(file, fingerprint, number)`.
    """
    runs = (_sentences(article.text, run) for run in _runs(article))
    groups = (group for run in runs for group in _groups(article.text, run, words, overlap))
    line, seen, found = 1, 0, []
    for number, group in enumerate(groups):
        start, end = group[0].start, group[-1].end
        line += _newlines(article.text, seen, start)
        seen = start
        found.append(
            Chunk(
                id=_id(article.source.file, fingerprint, number),
                source=article.source,
                span=Span(start, end),
                text=article.text[start:end],
                line=line,
                page=article.page(start),
                sentences=tuple(group),
            )
        )
    return found


def ids(file: str, fingerprint: str, number: int) -> list[str]:
    """The ids of a file's chunks. Two versions of a file, by their fingerprints, never share one."""
    return [_id(file, fingerprint, n) for n in range(number)]


def _id(file: str, fingerprint: str, n: int) -> str:
    return f"{file}#{fingerprint[:12]}#{n:05d}"


def _newlines(text: str, seen: int, start: int) -> int:
    """Lines passed from `seen` to `start`; negative when an overlap steps back."""
    return text.count("\n", seen, start) if seen <= start else -text.count("\n", start, seen)


def _runs(article: Article) -> Iterator[Span]:
    """The stretches between page furniture and page breaks."""
    at = 0
    cuts = sorted([*article.furniture, *(Span(page, page) for page in article.pages)])
    for cut in [*cuts, Span(len(article.text), len(article.text))]:
        if cut.start > at:
            yield Span(at, cut.start)
        at = max(at, cut.end)


def _sentences(text: str, run: Span) -> list[Span]:
    return [piece for sentence in sentences(text, run) for piece in _pieces(text, sentence)]


def _pieces(text: str, sentence: Span) -> Iterator[Span]:
    """The sentence itself, or pieces of it at white space where it is too long to embed."""
    first = last = None
    count = 0
    for start, end in _words(text, sentence):
        if first is None:
            first = start
        elif count == PIECE_WORDS or end - first > PIECE_CHARACTERS:
            yield Span(first, last or start)
            first, count = start, 0
        last, count = end, count + 1
    if first is not None and last is not None:
        yield Span(first, last)


def _words(text: str, sentence: Span) -> Iterator[Span]:
    for word in _WORD.finditer(text, sentence.start, sentence.end):
        for start in range(word.start(), word.end(), PIECE_CHARACTERS):
            yield Span(start, min(start + PIECE_CHARACTERS, word.end()))


def _groups(text: str, run: Sequence[Span], words: int, overlap: int) -> Iterator[list[Span]]:
    group: list[Span] = []
    size = fresh = 0  # words in the group; sentences in it that no group had before
    for sentence in run:
        length = _length(sentence.of(text))
        if fresh and size + length > words:
            yield group
            group = group[-overlap:] if overlap else []
            size, fresh = sum(_length(s.of(text)) for s in group), 0
            if size + length > words:
                group, size = [], 0
        group.append(sentence)
        size, fresh = size + length, fresh + 1
    if fresh:
        yield group


def _length(text: str) -> int:
    """In words."""
    return max(len(text.split()), len(text) // _WORD_CHARACTERS)
