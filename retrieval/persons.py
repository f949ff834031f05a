"""Persons named in a text, told as news texts name them: by a title, by speech, by first and last name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TITLES = (
    "mr mrs ms miss dr prof professor sir lord lady dame president minister premier chancellor secretary "
    "senator governor mayor ambassador envoy general colonel captain lieutenant major admiral commander "
    "marshal sergeant officer chief chairman chairwoman chair head leader director boss founder spokesman "
    "spokeswoman spokesperson judge justice attorney lawyer prosecutor king queen prince princess pope "
    "bishop staff analyst expert economist author writer journalist reporter engineer doctor nurse "
    "counterpart colleague successor predecessor rival ally aide deputy"
).split()
_NO_PERSON = (  # a name that ends so is one of a thing, a place or a body
    "ministry navy army force forces council institute foundation organization organisation university "
    "college school party government commission committee court agency bank sea ocean street road bridge "
    "river bay strait island islands city county province state states kingdom republic union nations "
    "hospital company group systems trust association office department news times post press journal "
    "house hall war east west north south day act treaty fund summit league club airport station port"
).split()
_STARTERS = frozenset(  # capitals that only begin a sentence
    "the a an in on at to of for from by with and but or if as when while after before since although though "
    "however both all some many most no not it he she they we you i this that these those his her their its "
    "our last next earlier later according what who where why how which former".split()
)
_WORD = r"[A-Z][^\W\d_]*(?:[’'-][A-Z]?[^\W\d_]+)*"
_NAME = re.compile(rf"{_WORD}(?:[ \u00a0](?:(?:de|van|von|der|bin|al|da|el|le|la) )?{_WORD})*")
_TITLED = re.compile(rf"\b(?:{'|'.join(_TITLES)})\.?,? $", re.IGNORECASE)
_SPEECH = re.compile(
    r",? (?:has |have |had |also |then )?(?:said|told|(?:say|tell|add|vow|warn|argue|insist|promise|recall|"
    r"explain|call|praise|announce|resign|stress|thank|ask|claim|hope|emphasi[sz]e|quit|arrive|want)(?:e?d|s)?|"
    r"den(?:y|ies|ied)|repl(?:y|ies|ied)|wr(?:ite|ites|ote)|me(?:et|ets|t))\b"
)
_POSSESSIVE = re.compile(r"[’']s$|[’']$")


@dataclass(frozen=True, slots=True)
class Person:
    """A name, as the text has it, and how sure it is that it is a person's: higher is surer."""

    name: str
    sure: int


def persons(text: str) -> list[Person]:
    """The persons named in `text`, each once, the surest first, then in the order of the text."""
    found: dict[str, Person] = {}
    for person in _named(text):
        known = next((name for name in found if _same(name, person.name)), None)
        if known is None:
            found[person.name] = person
        else:
            longer = max(known, person.name, key=len)
            surer = max(found[known].sure, person.sure)
            found = {(longer if n == known else n): p for n, p in found.items()}
            found[longer] = Person(longer, surer)
    return sorted(found.values(), key=lambda person: -person.sure)


def subjects(question: str) -> list[str]:
    """The names that may be persons' in a question without a surer one: neither placed nor all capitals."""
    found = [
        (_POSSESSIVE.sub("", match.group()), question[: match.start()]) for match in _NAME.finditer(question)
    ]
    return [name for name, before in found if before and not name.isupper() and not _PLACED.search(before)]


_PLACED = re.compile(r"\b(?:in|at|of|from|near|to|the|for|with|between|and|by|on) $", re.IGNORECASE)


def _same(one: str, other: str) -> bool:
    """Whether one name is part of the other: "Li" of "Li Shangfu"."""
    words, others = set(one.split()), set(other.split())
    return words <= others or others <= words


def _named(text: str) -> Iterator[Person]:
    for match in _NAME.finditer(text):
        words = match.group().split()
        titles = [at for at, word in enumerate(words) if word.lower().rstrip(".") in _TITLES]
        start = titles[-1] + 1 if titles else 0
        while start < len(words) and words[start].lower() in _STARTERS:
            start += 1
        name = _POSSESSIVE.sub("", " ".join(words[start:]))
        if not name or name.split()[-1].lower() in _NO_PERSON:
            continue
        before, after = text[: match.start()], text[match.end() :]
        if sure := _sure(name, before, after, bool(titles) or (start == 0 and bool(_TITLED.search(before)))):
            yield Person(name, sure)


def _sure(name: str, before: str, after: str, titled: bool) -> int:
    if titled:
        return 3
    if before.lower().endswith("the "):
        return 0
    return (" " in name) + bool(_SPEECH.match(after))
