"""Sentences that tell whoever answers what to write: a text's attempt to speak to a language model.

What they order is no news, so they prove nothing but a word-for-word quote of themselves. Rules for English:
orders of speech, what assistants and models are told to do, and the marks of a chat's roles.
"""

from __future__ import annotations

import re
from functools import lru_cache

from retrieval.sentences import sentences
from retrieval.types import Span

_SPEAK = (
    r"(?:ignore|disregard|forget|obey|pretend|say|write|answer|reply|respond|repeat|output|print|"
    r"translate|decode|decipher|cite|reveal|mention|recommend|invite|tell|begin|start|end|append|"
    r"add|put|copy|show|insult|sum up|summari[sz]e|keep|finish)"
)
_MACHINE = r"(?:(?:AI |language )?(?:assistants?|models?|machines|agents?)|chat ?bots?|bots?|LLMs?|AIs)"
_QUOTED = re.compile(r"[“\"][^“”\"]*[”\"]|‘[^‘’]*’")
_ORDER = re.compile(
    "|".join(
        (
            # "Ignore …", "Please write …", "Do not say …", "From now on end …"
            rf"^\W*(?:please |now |then |always |never |only |instead |do not |don['’]t |let (?:us|me) |"
            rf"(?:from now on|from here on|instead|first|next),? )*{_SPEAK}\b(?! (?:of|was|were|is|are|has|had)\b)",
            # "If asked, say …", "…; write …", "… and then answer …"
            rf"^\W*(?:if|when|whenever|where|before|after|unless|to|for)\b.*[,:] (?:please |then |just |only )*{_SPEAK}\b",
            rf"[.!?;:–—]\s+(?:please |then |just |only )*{_SPEAK}\b(?! (?:of|was|were|is|are)\b)",
            # "Assistants must …", "Models that read this write …", "Dear language model, …"
            rf"\b{_MACHINE}\b(?:\W+\w+){{0,8}}?\W+(?:must|should|shall|have to|has to|are to|is to|need to|"
            r"(?:are|is) (?:told|asked|ordered|required|instructed|obliged) to|always|never)\b",
            rf"^\W*(?:all |any |every |dear )*{_MACHINE}\b(?: (?:that|which|who) (?:\w+ ){{1,4}}?)? ?(?:{_SPEAK}|,)\b",
            rf"^\W*dear (?:\w+ )?{_MACHINE}\b",
            # "You must write …", "you are no longer an assistant"
            rf"\byou (?:must|should|shall|will|have to|need to|may|are to|are (?:told|asked) to)(?: now| only| "
            rf"always| never| not)* {_SPEAK}\b",
            rf"\byou (?:are|act|were)\b(?: \w+){{0,4}} {_MACHINE}\b",
            r"\byour? .*\b(?:write|answer|reply|respond|sentences?|prompt|passages?|rules)\b",
            r"\b(?:write|answer|reply|respond)\b.* your?\b",
            # what only a prompt speaks of
            r"\b(?:previous|prior|earlier|above|your|all|these|system|hidden) (?:instructions?|prompts?|"
            r"system messages?|rules above)\b",
            r"\bthe (?:next|first|last|whole|only|right|correct) (?:word|answer|reply|sentence)s? (?:to be "
            r"(?:written|said)|must|should|shall|is to|of (?:your|every|each))",
            # the marks of a chat's roles
            r"^\W*(?:system|user|human|assistant|developer|tool(?: result)?|function)\s*(?:message|prompt)?\s*:",
            r"<\|?/?(?:im_|system|user|assistant|function|invoke|tool|passage|s>|INST)|\[/?INST\]|<<SYS|"
            r'"(?:role|tool_calls)"\s*:',
        )
    ),
    re.IGNORECASE | re.DOTALL,
)


_LETTER = re.compile(r"[^\W\d_]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")


@lru_cache(maxsize=8192)
def is_order(sentence: str) -> bool:
    """Whether it tells its reader, or a machine, what to write; what is only quoted in it does not count."""
    return bool(_ORDER.search(_QUOTED.sub("“”", sentence)))


@lru_cache(maxsize=2048)
def without_orders(text: str) -> str:
    """The sentences of `text` that are no orders, as far as can be told: those mostly in Latin letters."""
    cut = [span.of(text) for span in sentences(text, Span(0, len(text)))]
    kept = [sentence for sentence in cut if not is_order(sentence) and _is_latin(sentence)]
    return text if len(kept) == len(cut) else " ".join(kept)


def _is_latin(sentence: str) -> bool:
    return 2 * len(_LATIN.findall(sentence)) >= len(_LETTER.findall(sentence))
