"""Whether a claim copies a sentence but for two parts that change places around what is done or compared.

"The police called on the councillor" for "the councillor called on the police", "drop Nortide and move to
Lumenchart" for "drop Lumenchart and move to Nortide".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from retrieval.claims.roles import IS, VERB
from retrieval.claims.wordings import Word, Wording, wording, wordings

_COPIED = 0.8  # the share of the claim's words that the sentence has too
_FEWEST = 4  # of them
_NEAR = 20  # characters before a deed
_BY = re.compile(r"\bby\b")
_LINK = re.compile(r"(?:from|against|behind|because|until)$")
_TO_DO = re.compile(  # "will drop it and move"
    r"\b(?:to|will|would|can|could|may|might|must|should|did|does)(?:(?: [\w'-]+){2,6} and)? $"
)
_EITHER_WAY = re.compile(  # as true with the two sides exchanged
    r"(?:met|meet|meeting|marri\w+|talk\w*|spoke|speak|discuss\w*|border\w*|shar\w+|fought|clash\w*|"
    r"merg\w+|cooperat\w+|coordinat\w+|differ\w*|includ\w+|while|although|though|whereas|"
    r"alongside|together|compar\w+|remain\w*|became|become|becoming|between)$"
)
_SAYS = re.compile(  # tells who speaks, and may stand before and after what is said
    r"(?:said|says?|saying|added|adding|according|argued|insisted|warned|claimed|noted|reported|announced|"
    r"confirmed|explained|wrote|writes|estimates|complained)$"
)
_ASIDE = re.compile(r"^ (?:in|at|on|for|with|from|of|into|over|under|as|during|until|about)\b")
_RELATIVE = re.compile(r"\b(?:which|that|whom|whose|where|when)\b")
_COMPARATIVE = re.compile(r"(?:less|fewer|more|[a-z]{3,}er)$")


class _Swap(NamedTuple):
    """Two parts of a claim, and what stands between them: rows of the claim's words with the sentence's."""

    first: Sequence[tuple[Word, Word]]
    between: Sequence[tuple[Word, Word]]
    last: Sequence[tuple[Word, Word]]


def swapped(claim: str, text: str) -> Iterator[str]:
    """The words of `claim` between two parts that stand the other way round in the sentence it copies."""
    one = wording(claim)
    for other in wordings(text):
        if (swap := _swap(one, other)) and _tells_otherwise(swap, one, other):
            yield one.text[swap.first[0][0].span.start : swap.last[-1][0].span.end]


def _swap(one: Wording, other: Wording) -> _Swap | None:
    """How the claim's words, of which hardly one is new, stand in the sentence: B M A for A M B, if so."""
    mine, its = Counter(one.stems), Counter(other.stems)
    known = sum((mine & its).values())
    if known < max(_FEWEST, _COPIED * len(one.words)):
        return None
    at = {word.stem: number for number, word in enumerate(other.words) if its[word.stem] == 1}
    pairs = [(word, at[word.stem]) for word in one.words if word.stem in at and mine[word.stem] == 1]
    order = sorted(place for _, place in pairs)
    ranks = [order.index(place) for _, place in pairs]
    start, end = 0, len(ranks)
    while start < end and ranks[start] == start:
        start += 1
    while end > start and ranks[end - 1] == end - 1:
        end -= 1
    if start == end:
        return None
    first, last = start + end - ranks[start], end - (ranks[end - 1] + 1 - start)
    wanted = [
        *range(ranks[start], end),
        *range(start + end - last, ranks[start]),
        *range(start, ranks[end - 1] + 1),
    ]
    if not start < first < last < end or ranks[start:end] != wanted:
        return None
    both = [(word, other.words[place]) for word, place in pairs]
    return _Swap(both[start:first], both[first:last], both[last:end])


def _tells_otherwise(swap: _Swap, one: Wording, other: Wording) -> bool:
    if bool(_BY.search(one.text)) != bool(_BY.search(other.text)):
        return False
    if any(_EITHER_WAY.match(word.text) for word, _ in swap.between):
        return False
    every = (*swap.first, *swap.between, *swap.last)
    if any(_SAYS.match(word.text) for word, _ in every) or _is_compared_otherwise(swap, one, other):
        return False
    deeds = [(word, its) for word, its in swap.between if _is_deed(one, word)]
    return bool(deeds) and all(_is_alike(one, word, other, its) for word, its in deeds)


def _is_compared_otherwise(swap: _Swap, one: Wording, other: Wording) -> bool:
    """Whether it says "less than" for "more than" the other way round."""
    new = {word.text for word in one.words} - {word.text for word in other.words}
    return any(word.text == "than" for word, _ in swap.between) and any(map(_COMPARATIVE.match, new))


def _is_deed(one: Wording, word: Word) -> bool:
    before = one.text[: word.span.start]
    return bool(VERB.match(word.text) or _LINK.match(word.text) or _TO_DO.search(before))


def _is_alike(one: Wording, word: Word, other: Wording, its: Word) -> bool:
    """Whether who does it stands before a deed in both, and what it is done to behind it."""
    sides = ((one, word), (other, its))
    before = [side.text[: deed.span.start] for side, deed in sides]
    if any(IS.search(part.rstrip()) or _RELATIVE.search(part[-_NEAR:]) for part in before):
        return False
    aside = [bool(_ASIDE.match(side.text[deed.span.end :])) for side, deed in sides]
    return aside[0] == aside[1]
