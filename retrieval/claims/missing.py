"""What a claim names that can be looked up in what it cites: numbers, days, names, quoted words, a "not"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from retrieval.claims.exchange import replaced
from retrieval.claims.moments import unsaid
from retrieval.claims.names import unknown
from retrieval.claims.negation import turned
from retrieval.claims.normal import folded, normal
from retrieval.claims.reckoning import uncounted
from retrieval.claims.roles import exchanged
from retrieval.claims.swap import swapped
from retrieval.types import Source

Checked = Literal["number", "date", "name", "quote", "negation", "meaning"]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a claim may rest on."""

    text: str  # the cited words
    sources: tuple[Source, ...] = ()  # title, publisher, author and date count as said
    context: str = ""  # more of the articles, only to tell who is meant

    @property
    def about(self) -> str:
        """Who tells it, and under which title."""
        return "\n".join(
            part for s in self.sources for part in (s.title, s.publisher, s.author, s.day) if part
        )


def missing(claim: str, ground: Ground) -> Iterator[tuple[Checked, str]]:
    """What `claim` says that `ground` surely does not, by kind, in words of the claim."""
    yield from (
        list(_missing(claim, ground))
        or list(replaced(claim, ground.text))
        or [("meaning", said) for said in swapped(claim, ground.text)]
    )


def _missing(claim: str, ground: Ground) -> Iterator[tuple[Checked, str]]:
    text = f"{ground.text}\n{ground.about}"
    for said in uncounted(claim, text):
        yield "number", said
    days = [source.date for source in ground.sources if source.date]
    for said in unsaid(claim, text, days):
        yield "date", said
    for said in unknown(claim, text, ground.context):
        yield "name", said
    for said in turned(claim, ground.text):
        yield "negation", said
    for said in exchanged(claim, ground.text):
        yield "meaning", said
    for said in quotes(claim):
        if _spoken(said) not in _spoken(f"{ground.text}\n{ground.about}"):
            yield "quote", said


_QUOTED = re.compile(r'"([^"]+)"|(?<!\w)\'([^\']+(?:\w\'\w[^\']*)*)\'(?!\w)')
_LEFT_OUT = re.compile(r"\s*(?:\.\.\.|\[[^\]]*\])\s*")
_MARKS = re.compile(r"[^\w\s]+")


def quotes(text: str) -> list[str]:
    """The words in quotation marks, each stretch between two omissions for itself."""
    found = [one or other for one, other in _QUOTED.findall(normal(text))]
    return [
        part.strip() for quoted in found for part in _LEFT_OUT.split(quoted) if _MARKS.sub("", part).strip()
    ]


def _spoken(text: str) -> str:
    """The words alone, between spaces."""
    return f" {' '.join(_MARKS.sub(' ', folded(text)).split())} "
