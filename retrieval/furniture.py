"""Tell page furniture (menus, calls to subscribe, credits, notices) from the article it stands around.

Three kinds of evidence: what a line says, whatever site it is from; where it stands, in the menu above
the article or in the list of other stories below it; and that many files of a folder repeat it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from retrieval.types import Span
from retrieval.wording import (
    AGENCY_ALONE,
    BOILERPLATE,
    BY,
    CALL,
    CREDIT_LABEL,
    CREDIT_TAIL,
    CRUMBS,
    DATE_SIGN,
    DATED,
    DAY_OR_MONTH,
    DESK,
    DESK_WORDS,
    LABEL,
    LONE,
    MARKUP,
    MENU_BAR,
    NAME_JOINS,
    REPORTED,
    ROLE,
    SECTIONS,
    SLASH,
    SLOGAN,
    STAFF,
    TAIL,
)

_LINE = re.compile("[^\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
_TRIM = " \t\u00a0\u200b\u200c\u200d\u2060\ufeff"
_DECORATION = "#*_>|•·–—-→›» \t\u00a0"

_EDGE = 15  # non-blank lines at either end of a file where mastheads and footers stand
_MOST_EDGE_LINES = 30
_MOST_EDGE_WORDS = 8
_REPEATED_FILES = 3  # a line in fewer files than this, or than 1 % of them, may be chance
_REPEATED_SHARE = 0.01

_LONGEST = 500  # characters; a longer line is a paragraph of the article whatever it says
_MENU_WORDS = 4
_TEASER_WORDS = 18
_PROSE_WORDS = 20  # more words than a headline has
_SENTENCE_WORDS = 8  # with a full stop, so many words are prose
_STOPPED = re.compile(r"[.!?…][\"'”’»)\]]*$")


class _Line(NamedTuple):
    start: int
    end: int
    text: str  # without the white space around it

    @property
    def words(self) -> int:
        return len(self.text[:_LONGEST].split())

    @property
    def bare(self) -> str:
        """The text without list marks, emphasis and arrows."""
        return self.text.strip(_DECORATION)


def furniture(text: str, repeated: frozenset[str] = frozenset()) -> list[Span]:
    """The page furniture of an article, in order: lines (without their newline) or a credit that ends one.

    `repeated` are lines that many files share (see `repeated_lines`): furniture near either end of the
    file, unless nothing else would be left.
    """
    lines = _lines(text)
    marks = _marks(lines, repeated)
    if repeated and all(marks):
        marks = _marks(lines, frozenset())
    spans = (_whole(line) if mark else _credit(line) for line, mark in zip(lines, marks, strict=True))
    return [span for span in spans if span]


def edge_lines(text: str) -> frozenset[str]:
    """The short lines at either end of a file, case and white space folded: at most 30."""
    lines = _lines(text)
    edges = lines[:_EDGE] + lines[_EDGE:][-_EDGE:]
    short = (line for line in edges if len(line.text) <= _LONGEST and line.words <= _MOST_EDGE_WORDS)
    return frozenset(_folded(line) for line in short if not any(map(str.isdigit, line.text)))


def repeated_lines(edges: Iterable[frozenset[str]]) -> frozenset[str]:
    """The lines that at least three files, and at least one file in a hundred, have at an edge."""
    counts: Counter[str] = Counter()
    files = 0
    for edge in edges:
        files += 1
        counts.update(edge)
    least = max(_REPEATED_FILES, _REPEATED_SHARE * files)
    return frozenset(line for line, count in counts.items() if count >= least)


def _lines(text: str) -> list[_Line]:
    lines = []
    for found in _LINE.finditer(text):
        content = found[0].strip().strip(_TRIM).strip()
        if content:
            start = found.start() + found[0].index(content[0])
            lines.append(_Line(start, start + len(content), content))
    return lines


def _folded(line: _Line) -> str:
    return " ".join(line.text.casefold().split())


def _whole(line: _Line) -> Span:
    return Span(line.start, line.end)


def _marks(lines: list[_Line], repeated: frozenset[str]) -> list[bool]:
    """For each line, whether it is furniture."""
    marks = [_is_furniture(line) for line in lines]
    _mark_metadata(lines[:_EDGE], marks)
    edge = [at < _EDGE or at >= len(lines) - _EDGE for at in range(len(lines))]
    for at, line in enumerate(lines):
        marks[at] |= edge[at] and len(line.text) <= _LONGEST and bool(SLOGAN.search(line.bare))
    known = [edge[at] and _folded(line) in repeated if repeated else False for at, line in enumerate(lines)]
    _mark_head(lines, marks, known)
    _mark_tail(lines, marks)
    return marks


def _is_furniture(line: _Line) -> bool:
    """Whether the line's own words, wherever it stands, make it furniture."""
    bare = line.bare
    if len(line.text) > _LONGEST:
        return False
    if not bare or MARKUP.fullmatch(line.text) or LONE.fullmatch(bare.rstrip(":")):
        return True
    spoken = (CALL.match(bare) or BOILERPLATE.search(bare)) and not REPORTED.search(bare)
    return bool(spoken) or _is_desk(bare) or _is_navigation(line.text)


def _is_desk(bare: str) -> bool:
    """Reporting by Jane Doe in Moscow; editing by John Roe."""
    found = DESK.match(bare)
    return bool(found) and _is_names(bare[found.end() if found else 0 :].rstrip(".)"), DESK_WORDS, 40)


def _is_names(words: str, others: frozenset[str] = frozenset(), most: int = 12) -> bool:
    """Whether `words` are names only: capitals, and the small words that join them."""
    found = re.findall(r"[^\s,;/&|()\[\]]+", words)
    small = NAME_JOINS | others
    return (
        0 < len(found) <= most
        and found[0][0].isupper()
        and all(word[0].isupper() or word.casefold() in small for word in found)
    )


def _is_navigation(text: str) -> bool:
    """Home > World > Asia, or News | Sport | Opinion, or Home News Sport Opinion."""
    crumbs = [crumb.casefold() for crumb in CRUMBS.split(text.removeprefix("You are here: "))]
    if (
        len(crumbs) > 1
        and crumbs[0] in SECTIONS
        and all(len(crumb.split()) <= _MENU_WORDS for crumb in crumbs)
    ):
        return len(crumbs) > 2 or crumbs[0] == "home"
    items = [item.casefold() for item in MENU_BAR.split(text)]
    if len(items) > 2:
        return sum(item in SECTIONS or bool(LONE.fullmatch(item)) for item in items) > len(items) / 2
    words = text.casefold().split()
    return len(words) > 2 and all(word in SECTIONS for word in words)


def _mark_metadata(head: list[_Line], marks: list[bool]) -> None:
    """Mark the lines near the head that say who wrote it and when."""
    days = [at for at, line in enumerate(head) if _is_day(line.text)]
    if len(days) < 3:  # more than a day of publication and one of update are a timeline's
        for at in days:
            marks[at] = True
    for at, line in enumerate(head):
        marks[at] |= line.words <= 14 and _is_byline(line.bare)


def _is_day(text: str) -> bool:
    day, _, author = text.partition(" by ")
    if len(text) > 100 or not DATE_SIGN.search(day):
        return False
    return not DATED.sub("", day).strip() and (not author or _is_names(author))


def _is_byline(bare: str) -> bool:
    if LABEL.match(bare):
        return not _STOPPED.search(bare) or " pictures:" in bare.casefold()
    parts = MENU_BAR.split(bare)
    if any(_is_by(part) for part in parts):
        return all(_is_by(part) or _is_day(part) or _is_names(part, most=6) for part in parts)
    return bool(STAFF.fullmatch(bare))


def _is_by(part: str) -> bool:
    """By Jane Doe, chief reporter; By Jane Doe in Moscow."""
    by = BY.match(part)
    names = part[by.end() :] if by else ""
    if not by or _STOPPED.search(names) or DAY_OR_MONTH.match(names):
        return False
    return any(_is_names(names[: role.start()], most=8) for role in [ROLE.search(names)] if role)


def _is_prose(line: _Line) -> bool:
    return line.words > _PROSE_WORDS or (line.words >= _SENTENCE_WORDS and bool(_STOPPED.search(line.text)))


def _mark_head(lines: list[_Line], marks: list[bool], known: list[bool]) -> None:
    """Mark the site's own header, and the `known` lines; the headline, last above the prose, stays."""
    prose = next((at for at, line in enumerate(lines) if not marks[at] and _is_prose(line)), 0)
    above = [at for at in range(prose) if not marks[at]]
    headline = next((at for at in reversed(above) if not known[at]), above[-1] if above else -1)
    menu = _menu(lines[: min(prose, _EDGE)], marks, headline)
    sections = {at for at in range(min(prose, _EDGE)) if _folded(lines[at]) in SECTIONS}
    marked = sum(marks[at] or at in sections for at in range(max(menu, default=-1) + 1))
    for at in sections | (menu if marked > 1 else set()):
        marks[at] = True
    for at, is_known in enumerate(known):
        marks[at] |= is_known and at != headline


def _menu(head: list[_Line], marks: list[bool], headline: int) -> set[int]:
    """The short lines at the very top, down to the first that is not furniture and not short."""
    menu = set()
    for at, line in enumerate(head):
        if marks[at]:
            continue
        if at == headline or line.words > _MENU_WORDS or re.search(r"\d|[.!?:)]$|\(", line.text):
            break
        menu.add(at)
    return menu


def _mark_tail(lines: list[_Line], marks: list[bool]) -> None:
    """Mark all that follows the heading of a list of other stories, if that is the end of the file."""
    prose = next((at for at, line in enumerate(lines) if not marks[at] and _is_prose(line)), len(lines))
    tail = len(lines)
    for at in range(len(lines) - 1, prose, -1):
        if not marks[at] and not _is_teaser(lines[at]):
            break
        if marks[at] and TAIL.match(lines[at].bare):
            tail = at
    for at in range(tail, len(lines)):
        marks[at] = True


def _is_teaser(line: _Line) -> bool:
    return line.words <= _TEASER_WORDS and not re.search(r"[.!…][\"'”’]?$", line.text)


def _credit(line: _Line) -> Span | None:
    """The credit that ends a caption: Photograph: Jane Doe/AFP."""
    if len(line.text) > _LONGEST:
        return None
    label, tail = CREDIT_LABEL.search(line.text), CREDIT_TAIL.search(line.text)
    starts = []
    if (
        label
        and _is_names(label["names"].rstrip("."))
        and (label["fresh"] is not None or "/" in label["names"])
    ):
        starts.append(label.start("label"))
    if tail and (tail[0][0] == "[" or _has_agency(tail[0])):
        starts.append(tail.start())
    return Span(line.start + min(starts), line.end) if starts else None


def _has_agency(names: str) -> bool:
    return any(AGENCY_ALONE.fullmatch(name.strip("()[]. ")) for name in re.split(SLASH, names))
