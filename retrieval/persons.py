"""Persons in a text, told as news texts name them: by a title, by speech, by first and last name.

Also the words of a question that point back to persons and things of which was spoken before.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

TITLES = (
    "mr mrs ms miss dr prof professor sir lord lady dame president minister premier chancellor secretary "
    "senator governor mayor ambassador envoy general colonel captain lieutenant major admiral commander "
    "marshal sergeant officer chief chairman chairwoman chair head leader director boss founder spokesman "
    "spokeswoman spokesperson judge justice attorney lawyer prosecutor king queen prince princess pope "
    "bishop staff analyst expert economist author writer journalist reporter engineer doctor nurse "
    "counterpart colleague successor predecessor rival ally aide deputy"
).split()
_NO_PERSON = (  # a name that ends so is one of a thing, a place or a body
    "families ministry navy army force forces council institute foundation organization organisation "
    "university college school party government commission committee court agency bank sea ocean street "
    "road bridge river bay strait island islands city county province state states kingdom republic union "
    "nations hospital company group systems trust association office department news times post press "
    "journal house hall war east west north south day act treaty fund summit league club airport station port"
).split()
_NO_FIRST_NAME = frozenset(  # nor is one that starts so a person's
    "north south east west northern southern eastern western new great united saint st".split()
)
_STARTERS = frozenset(  # capitals that only begin a sentence
    "the a an in on at to of for from by with and but or if as when while after before since although though "
    "however both all some many most no not it he she they we you i this that these those his her their its "
    "our last next earlier later according what who where why how which former is are was were do does did "
    "has have had can could will would should".split()
)
_WORD = r"[A-Z][^\W\d_]*(?:[’'-][A-Z]?[^\W\d_]+)*"
NAME = rf"{_WORD}(?:[ \u00a0](?:(?:de|van|von|der|bin|al|da|el|le|la) )?{_WORD})*"  # of anything
_NAME = re.compile(NAME)
_TITLED = re.compile(rf"\b(?:{'|'.join(TITLES)})\.?,? $", re.IGNORECASE)
_SPEECH = re.compile(
    r",? (?:has |have |had |also |then )?(?:said|told|(?:say|tell|add|vow|warn|argue|insist|promise|recall|"
    r"explain|call|praise|announce|resign|stress|thank|ask|claim|hope|emphasi[sz]e|quit|arrive|want)(?:e?d|s)?|"
    r"den(?:y|ies|ied)|repl(?:y|ies|ied)|wr(?:ite|ites|ote)|me(?:et|ets|t))\b"
)
_NEAR = 40  # characters around a name that may hold its title and its speech
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
        known = next((name for name in found if is_same(name, person.name)), None)
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


def capitalised(question: str, text: str) -> str:
    """`question` with a capital at each word that `text` mostly writes so inside its sentences."""
    seen = Counter(re.findall(r"(?<=[\w,;] )[^\W\d_]+", text))
    often = {w for w, n in seen.items() if w[0].isupper() and n > seen[w.lower()]}
    known = {word for person in persons(text) for word in person.name.split()}
    names = {word.lower() for word in often | known} - _STARTERS - {*_NO_PERSON, *TITLES}
    return re.sub(
        r"[^\W\d_]+", lambda w: w[0][0].upper() + w[0][1:] if w[0].lower() in names else w[0], question
    )


def is_same(one: str, other: str) -> bool:
    """Whether one name is part of the other: "Li" of "Li Shangfu"."""
    words, others = set(one.split()), set(other.split())
    return words <= others or others <= words


def _named(text: str) -> Iterator[Person]:
    for match in _NAME.finditer(text):
        words = match.group().split()
        titles = [at for at, word in enumerate(words) if word.lower().rstrip(".") in TITLES]
        start = titles[-1] + 1 if titles else 0
        while start < len(words) and words[start].lower() in _STARTERS:
            start += 1
        name = _POSSESSIVE.sub("", " ".join(words[start:]))
        if not name or name.split()[-1].lower() in _NO_PERSON or name.split()[0].lower() in _NO_FIRST_NAME:
            continue
        before = text[max(0, match.start() - _NEAR) : match.start()]
        after = text[match.end() : match.end() + _NEAR]
        if sure := _sure(name, before, after, bool(titles) or (start == 0 and bool(_TITLED.search(before)))):
            yield Person(name, sure)


def _sure(name: str, before: str, after: str, titled: bool) -> int:
    if titled:
        return 3
    if before.lower().endswith("the "):
        return 0
    return (" " in name) + bool(_SPEECH.match(after))


@dataclass(frozen=True, slots=True)
class Pronoun:
    """One that means a person of whom was spoken before; offsets into the text."""

    start: int
    end: int
    kind: str  # "he" or "she"
    owns: bool  # his, hers


_NO_NOUN = (  # after "her", they tell that it is no "her house"
    "to|in|at|on|with|for|from|about|and|or|but|until|when|if|as|after|before|during|by|than|again|now|then|there|"
    "that|who|what|why|how|where|a|an|the|any|some|yesterday|today|tomorrow"
)
_PRONOUN = re.compile(
    rf"\b(?:(?P<owns>(?P<his>his)|hers|her(?= \w)(?! (?:{_NO_NOUN})\b))|(?P<he>he|him)|she|her)\b",
    re.IGNORECASE,
)
_ROLE = re.compile(rf"\b(?:the|an?|which|what)(?: \w+)?? (?:{'|'.join(TITLES)})\b", re.IGNORECASE)


def pronoun(question: str) -> Pronoun | None:
    """The first pronoun of a person; None where `question` itself names or describes one before it."""
    found = _PRONOUN.search(question)
    if not found or _ROLE.search(question, 0, found.start()) or persons(question[: found.start()]):
        return None
    return Pronoun(*found.span(), "he" if found["his"] or found["he"] else "she", bool(found["owns"]))


_POINTING = re.compile(
    r"\b(?:this|these)\b(?! (?:year|month|week|days)\b)|\bthose\b(?! who\b)|\bboth\b(?! \w+ and\b)|"
    r"\bthe (?:pair|two|same|other)\b|\bothers\b|(?<=\w )else\b|\bsince then\b|\bthen\W*$|"
    r"\bthat(?=\W*$| (?:happen|mean|true|the case|time|day|night|week|month|year))|"
    r"(?:^|\b(?:and|but|so|if|when|because|about|after|of|before|by|for|with|to|do|did|from|since|than|like|is|"
    r"was|at|on|during|in)) that\b|"
    r"(?<!is )(?<!are )(?<!was )(?<!were )(?<!how many )\bthere\b(?! (?:be|been|is|are|was|were|has|have)\b)|"
    r"\bthere\W*$",
    re.IGNORECASE,
)
_THINGS = re.compile(rf"\b(?:[Tt]he|an?) [a-z]+|(?<=\w ){NAME}")
_THEY = re.compile(
    r"\b(?P<owned>their|its)\b|\bthey\b|\b(?:them|theirs)\b|"
    r"\bit\b(?! (?:rain|snow|hail|freez)|"
    r"(?: (?:is|was))? (?:true|likely|clear|possible|certain|known) (?:that|if|wh))",
    re.IGNORECASE,
)


def points_back(question: str) -> bool:
    """Whether it speaks of something that was said before."""
    return bool(_POINTING.search(question)) or any(
        not _is_bound(question, they) for they in _THEY.finditer(question)
    )


def _is_bound(question: str, they: re.Match[str]) -> bool:
    """Whether the question itself names what is meant: "Did China expand its navy?"."""
    before = question[: they.start()]
    if not they["owned"] and not re.match(
        r"(?:they|it (?:is|was|does|did|has|had|can|could|will|would|should))\b", question[they.start() :]
    ):
        return False
    people = [person.name for person in persons(before)]
    things = [thing for thing in _THINGS.findall(before) if not any(is_same(thing, one) for one in people)]
    return bool(things) or (" and " in before.strip() and they.group().lower().startswith("the"))
