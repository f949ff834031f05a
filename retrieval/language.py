"""Whether a text is in another language than English."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_WORD = re.compile(r"[^\W\d_]+")
_ENGLISH = frozenset(  # words that hardly any sentence of another language holds
    "the are were did does what who when where why how which and about with from his her their they she it "
    "this these there have has been would could should tell".split()
)
_FEWEST = 3  # words by which a language can be told
_FOREIGN = 0.65  # probability of the language found; names and keywords stay far below it
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")


def is_foreign(text: str) -> bool:
    """Whether it is surely in another language; what is short or holds nothing but names is not."""
    letters = [character for character in text if character.isalpha()]
    if sum(bool(_LATIN.match(letter)) for letter in letters) < len(letters) / 2:
        return True
    words = [word.lower() for word in _WORD.findall(text)]
    if len(words) < _FEWEST or _ENGLISH & set(words):
        return False
    language, probability = _identifier().classify(text.lower())
    return bool(language != "en" and probability >= _FOREIGN)


def warm() -> None:
    """Load what tells languages now, so that the first question that needs it does not wait."""
    _identifier()


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
