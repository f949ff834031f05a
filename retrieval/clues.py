"""What a question gives away about its answer: its terms, which of them are names, the kind of answer."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from retrieval.lexical import terms
from retrieval.types import Span


class Wanted(Enum):
    """The kind of answer that a question asks for."""

    PERSON = "who"
    TIME = "when"
    YEAR = "which year"
    CLOCK = "what time"
    PLACE = "where"
    NUMBER = "how many"
    AGE = "how old"
    SHARE = "what percentage"
    REASON = "why"
    WHETHER = "yes or no"
    ANYTHING = "what"


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the question that bears its meaning; `stem` as `lexical.terms` gives it."""

    stem: str
    span: Span  # in the question
    is_name: bool


@dataclass(frozen=True, slots=True)
class Clues:
    """A question, taken apart."""

    terms: tuple[Term, ...]  # each stem once, in order, words that only ask left out
    wanted: Wanted
    counted: str | None = None  # the stem of the thing that "how many" counts

    @property
    def stems(self) -> frozenset[str]:
        return frozenset(term.stem for term in self.terms)


_WORD = re.compile(r"[^\W_]+(?:['’.,-][^\W_]+)*")
# Words that make a question, not its topic, as stems.
_ASKING = frozenset(
    terms(
        """
        who whom whose what which when where why how did do does done doing was were is are am be been being
        has have had can could would should will shall may might must me my you your i we us our he she him
        her his its them they tell know say said about please thing any some ever exactly give list explain
        describe find show mention article articles according report reported hello hi hey would like get got
        there much many often else also just so than from s t d ll re ve m r u n ur wanna abt pls plz gonna
        wtf whats whos
        """
    )
)
# What asks for which kind; the first in the question decides, the first here where two start together.
_ASKS = (
    (Wanted.YEAR, r"(?:what|which) year\b"),
    (Wanted.CLOCK, r"(?:what|which) time\b"),
    (Wanted.TIME, r"when\b|(?:what|which) (?:date|day|month)\b|how long ago\b"),
    (Wanted.AGE, r"how old\b|(?:what|which) age\b"),
    (Wanted.SHARE, r"(?:what|which) (?:percentage|share|proportion|fraction|per ?cent)\b"),
    (
        Wanted.NUMBER,
        r"how (?:many|much|long|often|far|big|large|high|tall|fast|deep)\b|"
        r"(?:what|which) (?:number|amount|price|cost|sum|rate)\b",
    ),
    (
        Wanted.PLACE,
        r"wheres?\b|(?:what|which) (?:city|country|place|town|state|region|capital|location|venue)\b",
    ),
    (
        Wanted.PERSON,
        r"who(?:s|m|se)?\b|"
        r"(?:what|which) (?:person|man|woman|minister|official|leader|president|general)\b",
    ),
    (
        Wanted.REASON,
        r"why\b|how come\b|what (?:caused|led to|made)\b|(?:what|which) (?:is |was )?the reason\b",
    ),
    (Wanted.ANYTHING, r"what|which|how|wh?at"),
)
_ASK = re.compile("|".join(rf"\b(?P<{wanted.name}>{pattern})" for wanted, pattern in _ASKS), re.IGNORECASE)
# "Did they meet when …": the word that asks is the first one.
_YES_NO = re.compile(
    r"^\W*(?:and |so |hey |but )?(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\bhow many (?:more |other |of the )?([^\W\d_]+)", re.IGNORECASE)

MONTHS = "|".join(calendar.month_name[1:])
_DAYS = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
_NUMBER = re.compile(
    r"\d[\d,.]*|\b(?:no|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|"
    r"thousands?|millions?|billions?|once|twice|half|first|second|third|fourth|fifth|several|decades?)\b",
    re.IGNORECASE,
)
# What a sentence must hold to offer the kind; a group is the part that must be new.
_OFFERED = {
    Wanted.PERSON: re.compile(r"\b[A-Z][\w’'-]*(?: (?:(?:of|the|de|van|von|bin|al) )?[A-Z][\w’'-]*)*"),
    Wanted.TIME: re.compile(
        rf"\b(?:1[5-9]\d\d|20\d\d|\d{{1,2}}0s|{MONTHS}|{_DAYS}|yesterday|today|tomorrow|ago|century|decades?|"
        r"(?:last|next|this) (?:year|month|week|spring|summer|autumn|fall|winter|decade))\b"
    ),
    Wanted.YEAR: re.compile(r"\b(?:1[5-9]\d\d|20\d\d|(?:last|next|this) year)\b"),
    Wanted.CLOCK: re.compile(
        r"\b\d{1,2}[.:]\d\d\b|\b\d{1,2} ?[ap]\.?m\b|\b(?:noon|midnight|o[’']clock|dawn|dusk)\b", re.IGNORECASE
    ),
    Wanted.PLACE: re.compile(
        r"\b(?:[Ii]n|[Aa]t|[Tt]o|[Ff]rom|[Nn]ear|[Oo]ff|[Oo]n|[Aa]round|[Oo]utside|[Oo]f)(?: the)? "
        r"((?:[A-Z][\w’'-]+ ?)+)"
    ),
    Wanted.NUMBER: _NUMBER,
    Wanted.AGE: re.compile(
        r"\b\d{1,3}[- ]years?[- ]old\b|\baged? \d|, \d{2},|\b\d{1,3} years? of age\b|, \d{2}\b"
    ),
    Wanted.SHARE: re.compile(
        r"\d ?%|\bper ?cent|\bpercentage|\bpct\b|\b(?:half|thirds?|quarters?|fifths?|tenths?)\b",
        re.IGNORECASE,
    ),
    Wanted.REASON: re.compile(
        r"\b(?:because|since|due to|owing to|over|in order to|so that|after|amid|in response|in protest|"
        r"reasons?|caused?|led to|thanks to|aim(?:s|ed|ing)? (?:to|at|of)|for|"
        r"to (?!the\b|a\b|an\b|his\b|their\b|[A-Z]))",
        re.IGNORECASE,
    ),
}
_ALWAYS_NEW = (Wanted.REASON, Wanted.AGE, Wanted.SHARE, Wanted.CLOCK)
_CALENDAR = re.compile(rf"\b(?:{MONTHS}|{_DAYS})\b")
_REACH = 40  # characters after a number in which the thing that it counts is named


def clues(question: str, texts: Sequence[str] = ()) -> Clues:
    """Take a question apart.

    A term is a name if `texts`, what was found for the question, write it with a capital inside sentences;
    where they lack it, if the question itself does. So names are told in questions without capitals.
    """
    found: dict[str, Term] = {}
    for word in _WORD.finditer(question):
        for stem in terms(word.group()):
            if stem not in _ASKING and stem not in found:
                found[stem] = Term(stem, Span(*word.span()), _is_name(word, question, texts))
    counted = _COUNTED.search(question)
    return Clues(
        terms=tuple(found.values()),
        wanted=_wanted(question, all(term.is_name for term in found.values())),
        counted=next(iter(terms(counted.group(1))), None) if counted else None,
    )


def _wanted(question: str, only_names: bool) -> Wanted:
    if _YES_NO.match(question):
        return Wanted.WHETHER
    found = _ASK.search(question)
    wanted = Wanted[found.lastgroup] if found and found.lastgroup else Wanted.ANYTHING
    # "Who is Jane Doe?" asks for what is said of her, not for a name.
    return Wanted.ANYTHING if wanted is Wanted.PERSON and only_names else wanted


def _is_name(word: re.Match[str], question: str, texts: Sequence[str]) -> bool:
    bare = re.sub(r"['’]s$", "", word.group())
    inside = re.compile(rf"(?<=[\w,;] ){re.escape(bare)}\b", re.IGNORECASE)
    seen = [found.group()[0].isupper() for text in texts for found in inside.finditer(text)]
    if seen:
        return sum(seen) > len(seen) / 2
    return word.group()[0].isupper() and word.start() > 0 and not question.isupper()


def asks(text: str) -> bool:
    """Whether `text` holds a word that asks, or starts as a question of yes or no does."""
    return bool(_ASK.search(text) or _YES_NO.match(text))


def offers(sentence: str, clues: Clues) -> bool:
    """Whether `sentence` holds something of the kind wanted that the question does not hold itself."""
    return clues.wanted not in _OFFERED or any(True for _ in offered(sentence, clues))


def offered(sentence: str, clues: Clues) -> Iterator[Span]:
    """Where `sentence` holds something of the kind wanted that the question does not hold itself."""
    pattern = _OFFERED.get(clues.wanted)
    for found in pattern.finditer(sentence) if pattern else ():
        span = Span(*found.span(found.lastindex or 0))
        if clues.wanted in _ALWAYS_NEW or _is_new(span.of(sentence), clues):
            yield span


def counts(sentence: str, thing: str) -> bool:
    """Whether `sentence` names the thing, a stem, shortly after a number."""
    return any(
        thing in terms(sentence[found.start() : found.end() + _REACH]) for found in _NUMBER.finditer(sentence)
    )


def _is_new(words: str, clues: Clues) -> bool:
    """Whether some word is neither of the question nor, but for a time, of the calendar."""
    if clues.wanted not in (Wanted.TIME, Wanted.YEAR):
        words = _CALENDAR.sub("", words)
    return any(len(stem) > 1 and stem not in clues.stems for stem in terms(words))  # China’s: china, s
