"""A question of a conversation, made to stand alone: what it lacks is carried over from the turns before.

| the question | is answered as |
|---|---|
| "Why?", "Who else was there?", "When was that?": nothing of its own | with the topic behind it |
| "What about Russia?", "And in 2024?" | the topic, with what is most alike replaced |
| "What did he say?" | with the person named instead of the pronoun |
| "What did they discuss?", "How long did the visit last?" | with the topic behind it |
| "Yes", "Tell me more" | the topic again, without what was quoted already |
| anything else | as it is: a fresh topic |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from retrieval.clues import Term, Wanted, asks, clues
from retrieval.lexical import terms
from retrieval.persons import persons, subjects
from retrieval.types import Span, Turn

REACH = 4  # turns back; what lies further does not matter, and costs nothing

Alike = Callable[[str, Sequence[str]], int]  # which of the texts means most nearly the same


@dataclass(frozen=True, slots=True)
class StandAlone:
    """A question that can be understood without what was said before."""

    text: str
    about: str = ""  # what was carried into it, to be shown
    more: bool = False  # asks for more of the same: what was quoted is not wanted again
    again: bool = False  # asks of the same anew: what was quoted may be the answer


@dataclass(frozen=True, slots=True)
class _Topic:
    """What the conversation is about."""

    question: str  # the last one, standing alone
    answer: str
    own: str  # what was typed of it, without the words that ask
    anchor: str  # the last question that needed nothing carried, likewise
    called: Mapping[str, str]  # persons by the pronoun that meant them

    @property
    def words(self) -> str:
        """What a question that points at the topic is completed with."""
        return self.own if self.own == self.anchor else f"{self.own}, {self.anchor}"


# What Quoth itself says around the quotes of an answer.
_LEADS = re.compile(r"\[\d+\]|\b(?:About|As of|Earlier,|Against that|The articles differ)\b[^:\[]{0,200}:")


def stand_alone(question: str, history: Sequence[Turn], alike: Alike) -> StandAlone:
    """`question` with all that it lacks carried over from the last turns of `history`."""
    topic: _Topic | None = None
    for turn in (Turn(turn.question, _LEADS.sub(" ", turn.text)) for turn in history[-REACH:]):
        asked = _resolved(turn.question, topic, alike)
        if clues(asked.text).terms:
            topic = _continued(topic, turn, asked)
    return _resolved(question, topic, alike)


def _continued(topic: _Topic | None, turn: Turn, asked: StandAlone) -> _Topic:
    own = _content(turn.question)
    if topic is None or not asked.about:
        return _Topic(asked.text, turn.text, own, own, {})
    called = dict(topic.called)
    if pronoun := _HE.search(turn.question):
        called[asked.about] = _gender(pronoun)
    if _OTHER.fullmatch(turn.question):
        own = _content(asked.text)
        return _Topic(asked.text, turn.text, own, own, called)
    own = _content(asked.text) if asked.about in called else own
    return _Topic(asked.text, turn.text, own, topic.anchor, called)


def _resolved(question: str, topic: _Topic | None, alike: Alike) -> StandAlone:
    if topic is None:
        return StandAlone(question)
    return (
        _more(question, topic)
        or _replaced(question, topic, alike)
        or _named(question, topic)
        or _bare(question, topic)
        or _referring(question, topic)
        or StandAlone(question)
    )


_MORE = re.compile(
    r"\W*(?:(?:yes|yeah|yep|sure|ok|okay|please|and|no)\b[,. ]*)*"
    r"(?:(?:(?:can you |could you )?(?:tell|show|give) me (?:some )?)?(?:more|details|"
    r"(?:any|some)thing else)|what else|go on|continue|keep going|elaborate|and then|yes|yeah|yep|sure)"
    r"(?: (?:please|details|about (?:it|that|this|them|him|her)))*\W*",
    re.IGNORECASE,
)


def _more(question: str, topic: _Topic) -> StandAlone | None:
    if not _MORE.fullmatch(question):
        return None
    return StandAlone(topic.question, _shown(topic.question), more=True)


_OTHER = re.compile(
    r"\W*(?:(?:and|but|or|so|ok|okay|then)[, ]+)*(?:(?:what|how) about|and|or|but)[, ]+(?P<new>.+?)[\s?.!]*",
    re.IGNORECASE,
)
_MOST_WORDS = 6  # of what replaces something; more is a question of its own
_TIME = re.compile(
    r"(?:\b(?:in|on|during|since|before|after|until|by|of)\s+)?(?:\bthe\s+)?"
    r"\b(?:(?:early|mid|late|spring|summer|autumn|fall|winter|january|february|march|april|may|june|july|august|"
    r"september|october|november|december|\d{1,2}(?:st|nd|rd|th)?)\b[\s,]*(?:of\s+)?)*\b(?:19|20)\d\d\b|"
    r"\b(?:now|currently|today|(?:last|this|next) (?:year|month|week))\b",
    re.IGNORECASE,
)


def _replaced(question: str, topic: _Topic, alike: Alike) -> StandAlone | None:
    """ "What about …?", "And …?": the topic with its most similar part replaced, or added where none is."""
    other = _OTHER.fullmatch(question)
    if not other or asks(other["new"]) or len(other["new"].split()) > _MOST_WORDS:
        return None
    new = other["new"]
    if _POINTING.search(new):
        return None
    text = topic.question
    for part in re.split(r", (?:and )?", new):
        text = _exchanged(text, part, alike)
    return StandAlone(" ".join(text.split()), _shown(text))


def _exchanged(question: str, new: str, alike: Alike) -> str:
    """`question` with what is most alike exchanged for `new`: a time for a time, a name for a name."""
    question = question.rstrip(" ?.!")
    if _TIME.search(new):
        return f"{_TIME.sub('', question).rstrip(' ?.!,')} {new}?"
    parts = _parts(question, new)
    if not parts:
        return f"{question} {new}?"
    old = parts[alike(new, [part.of(question) for part in parts])]
    owned = _OWNED.search(old.of(question))
    before = (
        re.sub(r"\bthe $", "", question[: old.start])
        if new.lower().startswith("the ")
        else question[: old.start]
    )
    return before + _OWNED.sub("", new) + (owned.group() if owned else "") + question[old.end :] + "?"


_OWNED = re.compile(r"['’]s?$")


def _parts(question: str, new: str) -> list[Span]:
    """What of the question may be exchanged: each term, and terms side by side; names alone for a name."""
    spans = sorted({term.span for term in clues(question).terms})
    for one, other in pairwise(list(spans)):
        if other.start <= one.end + 1:
            spans.append(Span(one.start, other.end))
    if re.match(r"(?:the )?[A-Z]", new):
        return [span for span in spans if _is_name(question, span)]
    return spans


def _is_name(question: str, part: Span) -> bool:
    return part.of(question)[0].isupper() and part.start > 0


_POINTING = re.compile(
    r"\b(?:they|them|their|theirs|these|those|it|its|this|both|the (?:pair|two|same|others?))\b"
    r"(?! (?:year|month|week))|"
    r"\bthat\b(?=\W*$| (?:is|was|happen|mean|true|the case|time|day|year))|"
    r"\b(?:about|after|of|before|by|for|with|to|do|did|from|since|than|like|is|was|at|on|during|in) that\b|"
    r"\b(?:who|what|where|anyone|anything|anybody) else\b|"
    r"(?<!is )(?<!are )(?<!was )(?<!were )(?<!be )(?<!been )(?<!how many )\bthere\b|\bthere\W*$|\bthen\W*$",
    re.IGNORECASE,
)
_LEFT = frozenset(  # what may be left of a question that has nothing of its own
    terms(
        "else exactly again really precisely sure true happen mean one ones now time case come there then "
        "kind since long until place"
    )
)


def _bare(question: str, topic: _Topic) -> StandAlone | None:
    """A question without a term of its own, asked of the topic."""
    if _own(question):
        return None
    asking = " ".join(_POINTING.sub(" ", question).split()).rstrip(" ?.!")
    words = _statement(topic.question) if len(asking.split()) == 1 else topic.words
    return StandAlone(f"{asking} {words}?", _shown(topic.question), again=True)


_NO_NOUN = (
    "to in at on with for from about and or until when if as after before during by than again now then there"
)
_HE = re.compile(
    rf"\b(?P<owned>his|her(?= \w)(?! (?:{'|'.join(_NO_NOUN.split())})\b))\b|\b(?:he|him|she|her|hers)\b",
    re.IGNORECASE,
)
_OF_EVENTS = re.compile(r"\W*(?:and |but |so )?(?:why|when|where|how)\b", re.IGNORECASE)


def _gender(pronoun: re.Match[str]) -> str:
    return "he" if pronoun.group().lower() in ("he", "him", "his") else "she"


def _named(question: str, topic: _Topic) -> StandAlone | None:
    """The person named instead of the pronoun."""
    found = _HE.search(question)
    if not found or persons(question[: found.start()]):
        return None
    person = _person(topic, _gender(found))
    if person is None:
        return _pointed(question, topic)
    text = question[: found.start()] + person + ("’s" if found["owned"] else "") + question[found.end() :]
    if _OF_EVENTS.match(question) and not _own(question):
        text = f"{text.rstrip(' ?.!')} ({topic.words})?"
    return StandAlone(text, person)


def _own(question: str) -> list[Term]:
    """The terms of a question that say what it is about."""
    return [term for term in clues(question).terms if term.stem not in _LEFT]


def _person(topic: _Topic, pronoun: str) -> str | None:
    """Whom a pronoun means: who was called so, else who was asked for, about, or is named first."""
    called = [name for name, was in topic.called.items() if was == pronoun]
    if called:
        return called[-1]
    answered = [person.name for person in persons(topic.answer)]
    stems = set(terms(topic.question))
    known = [name for name in answered if stems & set(terms(name))]
    fresh = [name for name in answered if name not in known]
    asked = known or [person.name for person in persons(topic.question)] or subjects(topic.question)
    asked_for = clues(topic.question).wanted is Wanted.PERSON  # not so in "Who is Jane Doe?"
    order = [*fresh, *asked] if asked_for else [*asked, *fresh]
    return next((name for name in order if topic.called.get(name, pronoun) == pronoun), None)


def _referring(question: str, topic: _Topic) -> StandAlone | None:
    """A question that points at the topic: by a pronoun, or by "the" before a word of it."""
    pointing = _POINTING.search(question)
    if (pointing and not persons(question[: pointing.start()])) or _is_definite(question, topic):
        return _pointed(question, topic)
    return None


def _pointed(question: str, topic: _Topic) -> StandAlone:
    return StandAlone(f"{question.rstrip(' ?.!')} ({topic.words})?", _shown(topic.words))


def _is_definite(question: str, topic: _Topic) -> bool:
    """Whether it has no name, but "the visit" where the topic has a visit."""
    if any(term.is_name for term in clues(question).terms):
        return False
    known = set(terms(topic.question)) | set(terms(topic.answer))
    return any(
        stem in known for word in re.findall(r"\bthe (\w+)", question, re.IGNORECASE) for stem in terms(word)
    )


_AUXILIARY = r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should)"
_OPENING = re.compile(
    r"\W*(?:(?:and|so|but|ok|okay|please|hey|hi|can you|could you|tell me|do you know)[, ]+)*"
    r"(?:(?:by |in |on |at |to |from |for |with |of |until |since )?"
    r"(?:who|whom|whose|what|which|when|where|why|how)\b(?:['’](?:s|re|d)\b)?\s*)?"
    rf"(?:(?:many|much)\b\s*|(?:far|long|often|old|big|large|well|high|deep|soon)\b\s*(?={_AUXILIARY}\b))?",
    re.IGNORECASE,
)
_ASKED_OF = re.compile(rf"{_AUXILIARY}\b\s*", re.IGNORECASE)


def _content(question: str) -> str:
    """The question without the words at its start that ask."""
    rest = _statement(question)
    return _ASKED_OF.sub("", rest, count=1) if _ASKED_OF.match(rest) else rest


def _statement(question: str) -> str:
    """The question without the word that asks: "did Li visit Moscow" of "When did Li visit Moscow?"."""
    opening = _OPENING.match(question)
    rest = question[opening.end() if opening else 0 :].strip(" ?.!")
    return rest or question.strip(" ?.!")


_DOING = re.compile(rf"\W*who (?!{_AUXILIARY}\b)", re.IGNORECASE)


def _shown(question: str) -> str:
    """The terms of a question, those that stand together kept together: "Moscow on 8 November"."""
    found = clues(question)
    spans = sorted(term.span for term in found.terms)
    if _DOING.match(question) and len(spans) > 1:
        del spans[0]  # what they did: "who met in Moscow"
    shown: list[Span] = []
    for span in spans:
        if shown and re.fullmatch(
            r"\W*(?:(?:of|in|on|the|for|and|at|with|to|de)\W+)*", question[shown[-1].end : span.start]
        ):
            shown[-1] = Span(shown[-1].start, max(span.end, shown[-1].end))
        else:
            shown.append(span)
    return ", ".join(span.of(question) for span in shown)
