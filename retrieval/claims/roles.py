"""Whether a claim lets two change places: "A told B" where the text that it cites has "B told A"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from retrieval.claims.wordings import Word, Wording, wording, wordings


class Deed(NamedTuple):
    """A verb with the words on its two sides in its clause; who acts comes first, in the passive too."""

    verb: str  # its stem
    doer: frozenset[str]
    other: frozenset[str]
    said: str

    def is_turned(self, told: Deed) -> bool:
        """Whether all that both name stands on the other side."""
        across = self.doer & told.other and self.other & told.doer
        return bool(across) and not (self.doer & told.doer or self.other & told.other)


VERB = re.compile(
    r"[a-z]+(?:ed|ing)$|(?:told|met|beat|gave|sent|took|paid|sold|bought|led|made|left|lost|won|sued|shot|hit|held|"
    r"saw|knew|chose|fought|taught|brought|thought|found|built|wrote|kept|put|cut|let|overtook|hid|fed|drove|flew|"
    r"threw|struck|hurt|bit|lent|fired|owed|given|taken|beaten|seen|chosen|shown|driven|than|before|after|"
    r"owes|accuses|blames|wants|asks|tells|backs|says|trails|leads|supports|opposes|owns|beats|overthrew)$"
)
IS = re.compile(r"\b(?:is|are|was|were|be|been|being|got|gets?)(?: [a-z]+ly| also| not| now| then)?$")
_BY = re.compile(r"^(?: [a-z]+ly| also| largely)? by (?!\d)")
_ASIDE = re.compile(
    r" (?:in|at|on|for|with|from|to|of|into|over|under|against|as|during|until|about|three|two)\b"
)
_BREAK = re.compile(
    r"[,;:()\"]| - |\b(?:and|but|or|who|which|that|because|although|though|while|when|where|if|since)\b"
)


def exchanged(claim: str, text: str) -> Iterator[str]:
    """The deeds of `claim` that `text` tells only with the two exchanged."""
    told = [deed for one in wordings(text) for deed in _deeds(one.text)]
    for deed in _deeds(wording(claim).text):
        same = [
            other
            for other in told
            if other.verb == deed.verb and (deed.doer | deed.other) & (other.doer | other.other)
        ]
        if same and all(deed.is_turned(other) for other in same):
            yield deed.said


@lru_cache(maxsize=4096)
def _deeds(sentence: str) -> tuple[Deed, ...]:
    one = wording(sentence)
    return tuple(deed for clause in _clauses(one) for deed in _of(clause, one))


def _clauses(one: Wording) -> Iterator[list[Word]]:
    """The words of each clause."""
    ends = [found.start() for found in _BREAK.finditer(one.text)] + [len(one.text)]
    start = 0
    for end in ends:
        if words := [word for word in one.words if start <= word.span.start < end]:
            yield words
        start = end


def _of(clause: Sequence[Word], one: Wording) -> Iterator[Deed]:
    for at, verb in enumerate(clause):
        if not VERB.match(verb.text) or not 0 < at < len(clause) - 1:
            continue
        before, after = one.text[: verb.span.start].rstrip(), one.text[verb.span.end :]
        by = _BY.match(after)
        if not by and (IS.search(before) or _ASIDE.match(after)):
            continue
        aside = _ASIDE.search(after, by.end() if by else 0)
        end = verb.span.end + (aside.start() if aside else len(after))
        doer = frozenset(word.stem for word in clause[:at])
        other = frozenset(word.stem for word in clause[at + 1 :] if word.span.start < end)
        if by:
            doer, other = other, doer
        said = one.text[clause[0].span.start : clause[-1].span.end]
        yield Deed(verb.stem, doer, other, said)
