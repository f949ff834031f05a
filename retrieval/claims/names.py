"""The names that a sentence holds, and whether another text knows them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from retrieval.claims.normal import folded, normal
from retrieval.claims.peoples import lands, same_people
from retrieval.lexical import terms
from retrieval.persons import TITLES


class Name(NamedTuple):
    """Words with a capital in a row."""

    said: str
    words: tuple[str, ...]  # without a possessive
    begins: bool  # a sentence, so that its first word has a capital in any case


_WORD = re.compile(r"[^\W_](?:[^\W_]|[.&'-](?=[^\W_]))*")
_POSSESSIVE = re.compile(r"'s$|'$")
_INSIDE = re.compile(r"(?<=[a-z0-9,;] )[^\W_](?:[^\W_]|[.&'-](?=[^\W_]))*")
_BEGINS = re.compile(r"(?:^|[.!?:;]\"?'? |(?:^| )[\"'(\[]|- )$")
_NO_NAMES = frozenset(  # words that may have a capital and name nobody
    """
    january february march april may june july august september october november december monday tuesday
    wednesday thursday friday saturday sunday prime defence defense foreign interior finance vice state a
    an the this that these those such what which who whose whom when where why how whether whatever
    whoever i i'm i'd i've i'll he she it we you they him her me us them his hers its our their your my
    mine one ones there here everybody everyone everything anybody anyone anything somebody someone
    something nobody nothing and or but nor yet so if unless until till while as although though because
    since once than lest both either neither not no never only even just also too still already again
    almost nearly about around roughly of in on at to for by from with without within under over above
    below up down out off into onto through throughout across along against among amid between behind
    beside besides beyond before after during despite near like unlike per plus via toward towards inside
    outside instead according ahead apart aside due owing thanks following given regarding concerning
    including except is are was were be been being am do does did has have had having can could will would
    shall should may might must let all any some many much more most few fewer less least several each
    every another other others first second third fourth fifth last next former later earlier then now
    today yesterday tomorrow soon meanwhile however moreover nevertheless therefore thus hence twice
    thrice half part two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred
    thousand million billion
    """.split()
) | frozenset(TITLES)
_SPEECH = re.compile(
    r"(?:'s\b| (?:has |had |also |then |have )?(?:said|says|told|tells|denied|denies|added|warned|argued|"
    r"wrote|insisted|promised|claimed|announced|rejected|accused|blamed|refused|resigned)\b)"
)


def unknown(claim: str, text: str, context: str = "") -> Iterator[str]:
    """The names of `claim` that `text` does not hold under any form.

    `context` is more of the same articles: it tells that "Li" of `text` is Li Shangfu, and who "he" is.
    """
    known = _known(text)
    for name in _names(lands(normal(claim))):
        strange = [word for word in _words(name, claim, f"{text}\\n{context}") if not known.has(word)]
        if strange and not known.abbreviates(name) and not _is_meant(name, strange, known, text, context):
            yield _said(name)


def _names(text: str) -> Iterator[Name]:
    run: list[re.Match[str]] = []
    for word in (*_WORD.finditer(text), None):
        if run and (word is None or not word[0][0].isupper() or text[run[-1].end() : word.start()] != " "):
            yield _name(run, text)
            run = []
        if word and word[0][0].isupper():
            run.append(word)


def _name(run: list[re.Match[str]], text: str) -> Name:
    said = text[run[0].start() : run[-1].end()]
    words = tuple(_POSSESSIVE.sub("", word[0]) for word in run)
    return Name(_POSSESSIVE.sub("", said), words, bool(_BEGINS.search(text[: run[0].start()])))


def _said(name: Name) -> str:
    """The name without what is none before it: "Many Russians"."""
    plain = next((at for at, word in enumerate(name.words) if folded(word) not in _NO_NAMES), 0)
    return name.said.split(" ", plain)[-1]


def _words(name: Name, claim: str, others: str) -> list[str]:
    """The words of a name that must be known, in lower case."""
    words = [folded(word) for word in name.words]
    if name.begins and not _is_name(name, normal(claim), others):
        words = words[1:]
    return [word for word in words if word not in _NO_NAMES and (len(word) > 1 or word.isdigit())]


def _is_name(name: Name, claim: str, others: str) -> bool:
    """Whether the first word of a sentence is a name."""
    first = name.words[0]
    if not first[1:].islower():  # NATO, McDonald, G20
        return True
    inside = _inside(claim) | _inside(others)
    if first in inside or first.lower() in inside:
        return first in inside
    if len(name.words) > 1:
        return folded(first).split("-")[0] not in _NO_NAMES
    return first[-1] != "s" and bool(_SPEECH.match(claim[claim.find(first) + len(first) :]))


@lru_cache(maxsize=2048)
def _inside(text: str) -> frozenset[str]:
    """The words that stand inside the sentences of `text`, as they are written there."""
    return frozenset(_POSSESSIVE.sub("", word) for word in _INSIDE.findall(normal(text)))


class _Known:
    """The words that a text holds, for looking up those of a name."""

    def __init__(self, text: str) -> None:
        text = lands(normal(text))
        self.names = list(_names(text))
        self.words = _forms(folded(text))
        self.stems = frozenset(terms(text))
        self.proper = {folded(word) for name in self.names for word in name.words}
        self.initials = {_initials(name) for name in self.names if len(name.words) > 1}

    def has(self, word: str) -> bool:
        return (
            bool(_forms(word) & self.words)
            or bool(set(terms(word)) & self.stems)
            or (word.replace(".", "") in self.initials)
            or any(same_people(word, other) for other in self.proper)
        )

    def abbreviates(self, name: Name) -> bool:
        """Whether it has the initials of `name`."""
        return len(name.words) > 1 and _initials(name) in self.proper


@lru_cache(maxsize=2048)
def _known(text: str) -> _Known:
    return _Known(text)


def _initials(name: Name) -> str:
    return "".join(word[0] for word in name.words if word.lower() not in _NO_NAMES).lower()


def _forms(text: str) -> frozenset[str]:
    """The words of a folded text, without possessives; of "sea-to-sea" also its parts."""
    words = {_POSSESSIVE.sub("", word) for word in _WORD.findall(text)}
    parts = {part for word in words for part in re.split(r"[-.&']", word) if len(part) > 1}
    return frozenset(words | parts | {word.replace(".", "") for word in words})


_POINTING = re.compile(
    rf"\b(?:he|she|him|his|her|hers|they|them|their|theirs|it|its|who|the (?:\w+ )?(?:{'|'.join(TITLES)}))\b",
    re.IGNORECASE,
)
_BACK = 400  # characters before the cited words in which somebody is named whom they point back to


def _is_meant(name: Name, strange: list[str], known: _Known, text: str, context: str) -> bool:
    """Whether the context makes it so that `text` means who is named."""
    words = {folded(word) for word in name.words}
    around = lands(normal(context))
    for other in _names(around):
        others = {folded(word) for word in other.words}
        if set(strange) <= others and (words - set(strange) - _NO_NAMES) & others & known.proper:
            return True
    lines = [normal(line) for line in text.split("\n") if _POINTING.search(line)]
    before = " ".join(around[: max(around.find(line), 0)][-_BACK:] for line in lines)
    return bool(before) and set(strange) <= {folded(word) for one in _names(before) for word in one.words}
