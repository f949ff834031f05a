"""What a language model writes, cut into sentences as they are completed, each with the numbers it cites."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from retrieval.llm.inert import plain
from retrieval.sentences import sentences
from retrieval.types import Span

_WIDEST = 20  # numbers of a range; a longer one is none
_AHEAD = 80  # characters behind a sentence after which nothing more can tell where it ends
_WORDS = 7  # or so many words

_LISTED = r"\d{1,3}(?:\s*(?:[,;&–-]|and)\s*(?:no\.?\s?)?\d{1,3})*"
_NAMED = r"(?:(?:passages?|sources?|articles?|citations?|refs?|no)\.?\s*)?[#^]?"
_MARK = re.compile(
    rf"[ \t\u00a0]*(?:\[+\s*{_NAMED}({_LISTED})\s*\]+(?:\([^\s()]*\))?|【\s*({_LISTED})[^】\n]{{0,20}}】)",
    re.IGNORECASE,
)
_OPEN_MARK = re.compile(r"(?:\[[^\]\n]{0,60}|\]\([^\s()]{0,300}|【[^】\n]{0,40})\Z")
_NUMBERS = re.compile(r"(\d+)(?:\s*[–-]\s*(\d+))?")
_NEW_LINE = re.compile(
    r"\n(?=[ \t]*[^\sa-z])|\n(?=[ \t]*\n)"
)  # a line that goes on in small letters was wrapped
_BULLET = re.compile(r"\s*(?:[-*+•‣◦–—]|\(?\d{1,2}[.)]|>)\s+")
_HEADING = re.compile(r"\s*(?:#{1,6}\s.*|\*\*[^*\n]*[^*\n.!?]\*\*\s*:?|__[^_\n]*[^_\n.!?]__\s*:?)\s*")
_ENDS = str.maketrans(dict.fromkeys("\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029", "\n"))


class Draft(NamedTuple):
    """A sentence as the model wrote it, as plain text."""

    text: str
    numbers: tuple[int, ...]  # that it cites, known or not, each once
    is_heading: bool = False  # it says nothing itself: a headline, or "The articles say:" above a list


class Drafts:
    """Takes the text piece by piece; however it is cut up, the sentences are the same."""

    def __init__(self) -> None:
        self._rest = ""
        self._begins = True  # a line

    def take(self, piece: str) -> Iterator[Draft]:
        """The sentences that `piece` completes."""
        self._rest += piece.replace("\r", "").translate(_ENDS)
        while line := _NEW_LINE.search(self._rest):
            rest = self._rest[line.end() :]
            self._rest = self._rest[: line.start()]
            yield from self._line(is_whole=True)
            self._rest, self._begins = rest, True
        yield from self._line(is_whole=False)

    def close(self) -> Iterator[Draft]:
        """What is left at the end."""
        yield from self._line(is_whole=True)
        self._begins = True

    def _line(self, is_whole: bool) -> Iterator[Draft]:
        """The sentences at the start of what is left of a line, as far as it is sure where they end."""
        if _HEADING.fullmatch(self._rest) and not _MARK.search(self._rest):
            if is_whole:
                yield Draft(plain(self._rest).lstrip("# "), (), True)
                self._rest = ""
            return
        while self._rest.strip():
            first = _first(self._rest, self._begins)
            if not is_whole and not first.is_sure:
                return
            self._rest, self._begins = self._rest[first.end :], False
            if re.search(r"\w", first.draft.text):
                yield first.draft


class _First(NamedTuple):
    """The first sentence of a text."""

    draft: Draft
    end: int  # of it, and of its numbers, in the text
    is_sure: bool  # no more text can change it


def _first(text: str, begins: bool) -> _First:
    text = text.replace("\n", " ")
    bullet = _BULLET.match(text) if begins else None
    start = bullet.end() if bullet else 0
    bare, marks = _without_marks(text, start)
    first = next(iter(sentences(bare, Span(0, len(bare)))), Span(len(bare), len(bare)))
    own = [mark for mark, at in marks if at <= first.end or not bare[first.end : at].strip()]
    inside = sum(len(mark.group()) for mark, at in marks if at <= first.end)
    end = max([start + first.end + inside, *(mark.end() for mark in own)])
    behind = _OPEN_MARK.sub("", bare[first.end :])
    is_sure = len(behind) > _AHEAD or len(behind.split()) > _WORDS
    said = plain(first.of(bare))
    numbers = tuple(dict.fromkeys(number for mark in own for number in _numbers(mark)))
    return _First(Draft(said, numbers, said.endswith(":") and not numbers), end, is_sure)


def _without_marks(text: str, start: int) -> tuple[str, list[tuple[re.Match[str], int]]]:
    """`text` from `start` without what cites, and that, each with the place where it stood."""
    bare, marks, end = "", [], start
    for mark in _MARK.finditer(text, start):
        bare += text[end : mark.start()]
        marks.append((mark, len(bare)))
        end = mark.end()
    return bare + text[end:], marks


def _numbers(mark: re.Match[str]) -> Iterator[int]:
    for first, last in _NUMBERS.findall(mark[1] or mark[2]):
        numbers = range(int(first), int(last or first) + 1)
        yield from numbers[:_WIDEST]
