"""What a message wants: an answer from the articles, or something else that a person says to a bot."""

from __future__ import annotations

import re
from enum import Enum

from retrieval.embedding import Embedder
from retrieval.language import is_foreign


class Intent(Enum):
    QUESTION = "asks what the articles say"
    GREETING = "greets"
    THANKS = "thanks or says goodbye"
    HELP = "asks what Quoth can do"
    OVERVIEW = "asks what the articles are about, or which there are"
    SUMMARY = "asks for a summary"
    FOREIGN = "is not in English"


# A message of these words alone is a greeting or thanks.
_GREETING = frozenset(
    "hi hello hey hiya heya howdy yo sup greetings welcome good morning afternoon evening day".split()
)
_HOW_ARE_YOU = re.compile(
    r"(?:(?:and|so|well|hi|hey|hello) )*(?:how (?:are|r|is|s|have) (?:you|u|ya|things|it|everything|life)"
    r"(?: (?:doing|going|been|feeling|all|guys|today|tonight|now|there|this (?:morning|afternoon|evening)))*"
    r"|what(?:s| s| is) up)"
)
_THANKS = frozenset(
    "thanks thank thx ty tysm cheers great nice cool perfect awesome amazing brilliant helpful ok okay bye "
    "goodbye cya later".split()
)
_FILLER = frozenset(
    "there you u so very much a lot all everyone everybody folks bot quoth again for the help your and see "
    "to that this it was is were are re s helped helps did job work answer really quite soon now today "
    "tonight tomorrow".split()
)
_PRAISED = frozenset("that this it was is are re s helped job work answer really tomorrow soon".split())

# A message that means nearly the same as one of these, by the embedding model.
_EXAMPLES = {
    Intent.HELP: (
        "what can you do?",
        "how can you help me?",
        "who are you?",
        "what are you?",
        "are you a bot?",
        "who made you?",
        "who built you?",
        "how do you work?",
        "how do I use this bot?",
        "what can I ask you?",
        "help",
    ),
    Intent.OVERVIEW: (
        "what is this about?",
        "what are these articles about?",
        "what topics do the articles cover?",
        "which articles do you have?",
        "list the articles",
        "what sources do you have?",
        "what documents do you know?",
        "how many articles do you have?",
        "give me an overview of the articles",
        "summarise all the articles",
    ),
}
_ALIKE = 0.68  # cosine; of 2,800 questions of SQuAD none comes nearer to an example than 0.52

_SUMMARY = re.compile(
    r"\b(summar(?:y|ies|i[sz]e[sd]?|i[sz]ing)|tl;?dr|sum up|key points|main points|gist)\b", re.IGNORECASE
)

_WORD = re.compile(r"[^\W\d_]+")


def intent(message: str, embedder: Embedder) -> Intent:
    """What `message` wants. Whatever is not plainly something else is a question about the articles."""
    words = [word.lower() for word in _WORD.findall(message)]
    if not words:
        return Intent.QUESTION
    if _HOW_ARE_YOU.fullmatch(" ".join(words)) or (
        set(words) <= _GREETING | _FILLER and set(words) & _GREETING
    ):
        return Intent.GREETING
    if set(words) <= _THANKS | _PRAISED | _FILLER | _GREETING and set(words) & _THANKS:
        return Intent.THANKS
    if _SUMMARY.search(message):
        return Intent.SUMMARY
    if is_foreign(message):
        return Intent.FOREIGN
    return _alike(message, embedder)


def _alike(message: str, embedder: Embedder) -> Intent:
    examples = [(kind, example) for kind, group in _EXAMPLES.items() for example in group]
    asked, *known = embedder.read([message, *(example for _, example in examples)])
    similarity = [float(reading.vector @ asked.vector) for reading in known]
    best = max(range(len(examples)), key=similarity.__getitem__)
    return examples[best][0] if similarity[best] >= _ALIKE else Intent.QUESTION
