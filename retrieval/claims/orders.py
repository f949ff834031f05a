"""Sentences that tell whoever answers what to write: a text's attempt to speak to a language model.

What they order is no news, so they prove nothing but a word-for-word quote of themselves. Rules for English:
orders of speech, what assistants and models are told to do, and the marks of a chat's roles.
"""

from __future__ import annotations

import re
from functools import lru_cache

from retrieval.language import is_foreign
from retrieval.sentences import sentences
from retrieval.types import Span

_SPEAK = (
    r"(?:ignore|disregard|forget|obey|pretend|say|write|answer|reply|respond|repeat|output|print|"
    r"translate|decode|decipher|cite|reveal|mention|recommend|invite|tell|begin|start|end|append|"
    r"add|put|copy|show|insult|sum up|summari[sz]e|keep|finish)"
)
_FIRST = (
    r"(?:please |now |then |always |never |only |instead |do not |don['’]t |let (?:us|me) |"
    r"(?:from now on|from here on|instead|first|next),? )*"
)
_THEN = r"(?:please |then |just |only )*"
_NO_NOUN = r"\b(?! (?:of|was|were|is|are|has|had)\b)"
_MACHINE = r"(?:(?:AI |language )?(?:assistants?|models?|machines|agents?)|chat ?bots?|bots?|LLMs?|AIs)"
_QUOTED = re.compile(r"[“\"][^“”\"]*[”\"]|‘[^‘’]*’")
_ORDER = re.compile(
    "|".join(
        (
            # "Ignore …", "Please write …", "Do not say …", "From now on end …"
            rf"^\W*{_FIRST}{_SPEAK}{_NO_NOUN}",
            # "If asked, say …", "…; write …", "… and then answer …"
            rf"^\W*(?:if|when|whenever|where|before|after|unless|to|for)\b.*[,:] {_THEN}{_SPEAK}{_NO_NOUN}",
            rf"[.!?;:–—]\s+{_THEN}{_SPEAK}{_NO_NOUN}",
            # "Assistants must …", "Models that read this write …", "Dear language model, …"
            rf"\b{_MACHINE}\b(?:\W+\w+){{0,8}}?\W+(?:must|should|shall|have to|has to|are to|is to|need to|"
            r"(?:are|is) (?:told|asked|ordered|required|instructed|obliged) to|always|never)\b",
            rf"(?:^|[:;,.] )\W*(?:all |any |every )*{_MACHINE}\b"
            rf"(?: (?:that|which|who) (?:\w+ ){{1,4}}?)? ?{_SPEAK}\b",
            rf"^\W*dear (?:\w+ )?{_MACHINE}\b",
            # "You must write …", "you are no longer an assistant"
            r"\byou (?:must|should|shall|will|have to|need to|may|are to|are (?:told|asked) to)"
            rf"(?: now| only| always| never| not)* {_SPEAK}\b",
            rf"\byou (?:are|act|were)\b(?: \w+){{0,4}} {_MACHINE}\b",
            r"\byour? .*\b(?:write|answer|reply|respond|sentences?|prompt|passages?|rules)\b",
            r"\b(?:write|answer|reply|respond)\b.* your?\b",
            # what only a prompt speaks of
            r"\b(?:previous|prior|earlier|above|your|all|these|system|hidden) (?:instructions?|prompts?|"
            r"system messages?|rules above)\b",
            r"\bthe (?:next|first|last|whole|only|right|correct) (?:word|answer|reply|sentence)s? (?:to be "
            r"(?:written|said)|must|should|shall|is to|of (?:your|every|each))",
            r"\b(?:open|click|visit|follow|scan|tap|go to|sign up|log in)\b.*(?:https?://|\bwww\.)",
            r"\binstructions? (?:goes|go|continues?|follows?|starts?|ends?)\b",
            r"^\W*let(?:['’]s| us) (?:play|pretend|imagine|suppose)\b",
            # the marks of a chat's roles
            r"^\W*(?:system|user|human|assistant|developer|tool|function)(?: message| prompt| result)?\s*:",
            r"<\|?/?(?:im_|system|user|assistant|function|invoke|tool|passage|s>|INST)|\[/?INST\]|<<SYS|"
            r'"(?:role|tool_calls)"\s*:',
        )
    ),
    re.IGNORECASE | re.DOTALL,
)


@lru_cache(maxsize=8192)
def is_order(sentence: str) -> bool:
    """Whether it tells its reader, or a machine, what to write; what is only quoted in it does not count."""
    return bool(_ORDER.search(_QUOTED.sub("“”", sentence)))


@lru_cache(maxsize=2048)
def without_orders(text: str) -> str:
    """The sentences of `text` that are no orders, as far as that can be told: the English ones."""
    cut = [span.of(text) for span in sentences(text, Span(0, len(text)))]
    kept = [sentence for sentence in cut if not is_order(sentence) and not is_foreign(sentence)]
    return text if len(kept) == len(cut) else " ".join(kept)
