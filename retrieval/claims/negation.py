"""Whether a claim turns round what the text says that it cites: by a "not", or by the opposite word."""

from __future__ import annotations

import re
from collections.abc import Iterator

from retrieval.claims.wordings import Wording, aligned, wording, wordings
from retrieval.lexical import terms

_ALIKE = 0.8  # the share of the claim's words, in order, that make it the same sentence but for a turn
_FEWEST = 3  # of them
_OPPOSITES = frozenset(
    tuple(terms(word)[0] for word in pair.split("/"))
    for pair in """
        rose/fell rise/fall rising/falling increased/decreased increase/decrease up/down higher/lower
        more/less more/fewer before/after earlier/later accepted/rejected accept/reject approved/rejected
        admitted/denied confirmed/denied agreed/refused agree/refuse supported/opposed support/oppose
        supports/opposes won/lost win/lose passed/failed succeeded/failed opened/closed open/closed
        open/shut allowed/banned allowed/forbade upheld/overturned best/worst largest/smallest
        highest/lowest biggest/smallest above/below over/under first/last most/least with/without
        inside/outside always/never guilty/innocent guilty/acquitted convicted/acquitted joined/left
        arrived/left bought/sold buy/sell raised/lowered raise/lower raised/cut strengthened/weakened
        for/against welcomed/condemned praised/criticised gained/lost cheaper/dearer better/worse
        faster/slower longer/shorter stronger/weaker safe/dangerous possible/impossible legal/illegal
        lawful/unlawful alive/dead public/secret started/ended began/ended start/end begin/end north/south
        east/west northern/southern eastern/western many/few yes/no true/false sooner/later
    """.split()
    if all(terms(word) for word in pair.split("/"))
)
_OF_THINGS = frozenset(("none", "nobody", "nothing", "neither", "lack", "lacks", "lacked"))
_NONE_MORE = re.compile(  # says that it is the most
    r"(?:No|Never|None|Nothing|Nobody)\b.* (?:[a-z]+er|more|worse|such|so)\b"
)
_UNTIL = frozenset(terms("until before yet"))  # "not until June" is "in June"


def turned(claim: str, text: str) -> Iterator[str]:
    """What `claim` says the other way round than a sentence of `text` that is the same but for that."""
    one = wording(claim)
    near = [other for other in wordings(text) if _is_same(one, other)]
    found = [_turn(one, other) for other in near]
    if near and all(found):
        yield found[0]


def _is_same(one: Wording, other: Wording) -> bool:
    known = len(aligned(one, other))
    return known == len(one.words) > 1 or known >= max(_FEWEST, _ALIKE * (len(one.words) - 1))


def _turn(one: Wording, other: Wording) -> str:
    """The first word of `one` that is turned round against `other`; nothing where that is not sure."""
    pairs = aligned(one, other)
    if _UNTIL & {*one.stems, *other.stems}:
        pairs = [(a, b) for a, b in pairs if bool(one.words[a].negated) == bool(other.words[b].negated)]
    if _has_stray(one, {a for a, _ in pairs}) or _has_stray(other, {b for _, b in pairs}):
        return ""
    turns = [
        one.words[a].text for a, b in pairs if bool(one.words[a].negated) != bool(other.words[b].negated)
    ]
    if len(pairs) < len(one.words) and _far_reaching(one, other):
        return ""
    turns += _opposed(one, other, pairs)
    return turns[0] if len(turns) % 2 == 1 and not _NONE_MORE.match(one.text) else ""


def _far_reaching(one: Wording, other: Wording) -> bool:
    """Whether one says "no" in a way that may turn another word than the next one."""
    marks = {word.negated for word in (*one.words, *other.words)}
    return bool(marks & _OF_THINGS)


def _has_stray(one: Wording, known: set[int]) -> bool:
    """Whether a "not" stands among the words that both have and belongs to none of them."""
    within = range(min(known, default=0) - 1, max(known, default=0) + 2)
    return any(word.negated and at in within and at not in known for at, word in enumerate(one.words))


def _opposed(one: Wording, other: Wording, pairs: list[tuple[int, int]]) -> Iterator[str]:
    """The words of `one` in whose place `other` has the opposite."""
    known = dict(pairs)
    for at, word in enumerate(one.words):
        if at in known:
            continue
        before, after = known.get(at - 1, -2), known.get(at + 1, -2)
        place = before + 1 if before >= 0 else after - 1
        if 0 <= place < len(other.words) and _are_opposite(word.stem, other.words[place].stem):
            yield word.text


def _are_opposite(one: str, other: str) -> bool:
    return (one, other) in _OPPOSITES or (other, one) in _OPPOSITES
