"""Made-up facts of who did what to whom, told in several ways: the evidence in one, the claim in another.

What a small encoder learns worst from texts alone: that "A told B" and "B was told by A" say the same, and
"A told B" and "B told A" do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from typing import NamedTuple

from retrieval.training.pairs import Label, Pair

_TABLE = Path(__file__).with_name("relations.txt")
_KINDS = {"p": "persons", "o": "bodies", "c": "places", "e": "events", "t": "things"}
_SLOT = re.compile(r"\b[AB]\b(?=[ '.,]|$)")


class Relation(NamedTuple):
    """Ways to say one thing of A and B."""

    kinds: Sequence[str]  # of A and B, two letters
    ways: Sequence[str]
    is_mutual: bool
    opposite_of: int | None  # the relation that it denies

    def said(self, way: str, one: str, other: str) -> str:
        return _SLOT.sub(lambda slot: one if slot.group() == "A" else other, way)


@dataclass(frozen=True, slots=True)
class Cast:
    """Names that may be put in for A and B, by the letter of their kind."""

    persons: Sequence[str]
    bodies: Sequence[str]
    places: Sequence[str]
    events: Sequence[str]
    things: Sequence[str]

    def two(self, kinds: str, chance: Random) -> list[str]:
        drawn: list[str] = []
        for kind in kinds:
            of = getattr(self, _KINDS[kind])
            drawn.append(chance.choice([name for name in of if name not in drawn]))
        return drawn


def cast(persons: Sequence[str], names: Sequence[str]) -> Cast:
    """Persons as they are; of other names, each may be a body or a country."""
    return Cast((*_PERSONS, *persons), (*_BODIES, *names), names, _EVENTS, _THINGS)


def relations() -> Sequence[Relation]:
    """The table's relations."""
    return list(_rows(_TABLE.read_text("utf-8")))


def _rows(text: str) -> Iterator[Relation]:
    kinds: Sequence[str] = ()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    for number, line in enumerate(lines):
        if line.startswith("~"):
            yield Relation(kinds, line[2:].split(" / "), False, number - 1)
        else:
            head, sign, rest = re.split(" ([|=]) ", line, maxsplit=1)
            kinds = head.split(",")
            yield Relation(kinds, rest.split(" / "), sign == "=", None)


_PERSONS = (
    "the mayor/the minister/her lawyer/his brother/the captain/the teacher/the president/the farmer/"
    "the judge/the widow/a neighbour/the coach/the bishop/the nurse/the general/the author/the driver/"
    "the prosecutor/the opposition leader/the prime minister/the ambassador/the editor/a former aide/"
    "the landlord/the union leader/his predecessor/the sergeant/the treasurer/the goalkeeper/the striker"
).split("/")
_BODIES = (
    "the ministry/the union/the council/the bank/the police/the court/the opposition/the club/the hospital/"
    "the army/the central bank/the airline/the city/the school/the party/the commission/the insurer/"
    "the museum/the railway/the regulator"
).split("/")
_EVENTS = (
    "the strike/the flood/the fire/the war/the election/the drought/the crash/the march/the vote/the summit/"
    "the earthquake/the storm/the riot/the ceasefire/the trial/the explosion/the blackout/the coup/"
    "the collapse of the bridge/the rise in prices/the cut in pensions/the closure of the mine"
).split("/")
_THINGS = (
    "the new bridge/the old bridge/the town hall/the ferry/the tower/the red lorry/the library/the stadium/"
    "the tunnel/the Marn dam/the mill/the first model/the second model/the Voss engine/the lighthouse/"
    "the chapel"
).split("/")
_LEADS = (
    "On Monday",
    "Last week",
    "In May 2021",
    "After long talks",
    "According to the report",
    "In the end",
    "That year",
)
_TAILS = (
    " on Tuesday",
    " in March",
    " last year",
    " after the vote",
    " in 2019",
    " before the winter",
    " in public",
    " for the second time",
    ", the report says",
    ", according to officials",
    ", a spokesman said",
    " despite the rain",
)
_ASIDES = (
    ", who comes from the north,",
    ", long a critic,",
    ", in office since 2018,",
    " (left)",
    ", aged 61,",
)
_SURE = (
    "It emerged on Friday that",
    "Documents show that",
    "X confirmed that",
    "It is true that",
    "Everybody knows that",
)
_OPEN = (
    "It is unclear whether",
    "X asked whether",
    "X doubted that",
    "X fears that",
    "X believes that",
    "X denied that",
    "There were rumours that",
    "X could not say whether",
    "X hopes that",
    "The paper had to take back its report that",
    "X will look into whether",
    "X claims that",
    "Nobody has shown that",
)
_FALSE = ("It is not true that", "X was wrong to say that", "The court found it untrue that")


@dataclass(frozen=True)
class Fact:
    """A place in the list of made-up facts, about persons and bodies of the cast."""

    number: int
    cast: Cast
    table: Sequence[Relation]

    @property
    def id(self) -> str:
        return f"fact {self.number}"

    def pair(self, chance: Random) -> Pair | None:
        return _Telling(self, chance).pair()


class _Telling:
    """One way to tell a fact and a claim about it."""

    def __init__(self, fact: Fact, chance: Random) -> None:
        self._fact, self._chance = fact, chance
        self._relation = chance.choice(fact.table)
        self._kinds = chance.choice(self._relation.kinds)
        self._names = fact.cast.two(self._kinds, chance)

    def pair(self) -> Pair | None:
        ways = ((6, self._roles), (2, self._other), (2, self._third), (2, self._speaker), (2, self._sure))
        way = self._chance.choices([way for _, way in ways], [weight for weight, _ in ways])[0]
        return way()

    @cached_property
    def _opposite(self) -> Relation | None:
        at = self._fact.table.index(self._relation)
        return next((one for one in self._fact.table if one.opposite_of == at), None)

    def _said(self, names: Sequence[str], relation: Relation | None = None) -> str:
        relation = relation or self._relation
        return relation.said(self._chance.choice(relation.ways), *names)

    def _roles(self) -> Pair:
        one, other = self._names
        same = self._chance.random() < 0.5
        claim = self._said((one, other) if same else (other, one))
        right = same or self._relation.is_mutual
        return self._made(
            claim, self._said((one, other)), Label.SUPPORTS if right else Label.AGAINST, "roles"
        )

    def _other(self) -> Pair:
        """Another thing said of the same two, or the opposite."""
        if self._opposite and self._chance.random() < 0.5:
            told, said = self._relation, self._opposite
            if self._chance.random() < 0.5:
                told, said = said, told
            return self._made(
                self._said(self._names, said), self._said(self._names, told), Label.AGAINST, "opposite"
            )
        other = self._said(self._names, self._another())
        return self._made(other, self._said(self._names), Label.SILENT, "other", is_alone=True)

    def _another(self) -> Relation:
        """Another relation that may be between the same two."""
        taken = (self._relation, self._opposite)
        return self._chance.choice([r for r in self._fact.table if self._kinds in r.kinds and r not in taken])

    def _third(self) -> Pair:
        """Somebody else of the evidence in the place of one of the two."""
        chance = self._chance
        third = next(
            name
            for name in iter(lambda: self._fact.cast.two(self._kinds, chance)[0], None)
            if name not in self._names
        )
        one, other = self._names
        same = chance.random() < 0.5
        told = f"{self._sentence(self._said((one, other)))} {self._sentence(self._said((third, one)))}"
        if self._relation.is_mutual:
            return self._made(self._said((third, one)), told, Label.SUPPORTS, "name")
        claim = self._said((one, other) if same else (third, other))
        return self._made(claim, told, Label.SUPPORTS if same else Label.SILENT, "name")

    def _speaker(self) -> Pair:
        """Who said it."""
        chance = self._chance
        one, other = self._fact.cast.two("pp", chance)
        fact, rival = self._said(self._names), self._said(self._names[::-1])
        told = f"{self._sentence(f'{one} said that {fact}')} {self._sentence(f'{other} said that {rival}')}"
        same = chance.random() < 0.5
        who = one if same else other
        said = self._said(self._names)
        claim = chance.choice(
            (f"{who} said that {said}", f"According to {who}, {said}", f"{said}, {who} said")
        )
        right = same or self._relation.is_mutual
        return self._made(claim, told, Label.SUPPORTS if right else Label.SILENT, "speaker")

    def _sure(self) -> Pair:
        """What is told as a fact, what as open, and what as false."""
        chance = self._chance
        label, frames = chance.choice(
            ((Label.SUPPORTS, _SURE), (Label.SILENT, _OPEN), (Label.AGAINST, _FALSE))
        )
        who = self._fact.cast.two("p", chance)[0]
        frame = chance.choice(frames).replace("X", who)
        told = f"{frame} {self._said(self._names)}"
        if chance.random() < 0.3:
            return self._made(f"{frame} {self._said(self._names)}", told, Label.SUPPORTS, "certainty")
        return self._made(self._said(self._names), told, label, "certainty")

    def _made(self, claim: str, told: str, label: Label, kind: str, is_alone: bool = False) -> Pair:
        chance = self._chance
        shown = [told if told.endswith(".") else self._sentence(told)]
        if not is_alone and chance.random() < 0.4:
            names = chance.sample(self._names, 2)
            shown.insert(chance.randrange(2), self._sentence(self._said(names, self._another())))
        return Pair(_capital(f"{claim}."), " ".join(map(_capital, shown)), label, kind)

    def _sentence(self, said: str) -> str:
        """With an adverbial or an aside that changes nothing."""
        chance = self._chance
        name = self._names[0]
        if chance.random() < 0.2 and said.startswith(name):
            said = f"{name}{chance.choice(_ASIDES)}{said[len(name) :]}"
        drawn = chance.random()
        if drawn < 0.25:
            return f"{chance.choice(_LEADS)}, {said}."
        return _capital(f"{said}{chance.choice(_TAILS)}." if drawn < 0.6 else f"{said}.")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
