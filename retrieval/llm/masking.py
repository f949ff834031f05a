"""What others say, without anything like a key or a password in it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from retrieval.settings import SECRET

HIDDEN = "***"

_SHORTEST = 6  # characters; a shorter value of a variable hides nothing and would hide much
_SECRETS = (
    (re.compile(r"(://)[^/\s@]+(?=@)"), rf"\1{HIDDEN}"),
    (re.compile(r"\b(bearer|basic)\s+[^\s,;'\"]+", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (
        re.compile(rf"((?:{SECRET})\w*['\"]?\s*[=:]\s*['\"]?)[^\s'\"&,;]+", re.IGNORECASE),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"\b(?:sk|pk|rk|gsk|xai|hf|ghp|lsv2|pplx|key)[-_][\w*-]{4,}"), HIDDEN),
    (re.compile(r"\bAIza[\w-]{10,}"), HIDDEN),
    (
        re.compile(r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{28,}"),
        HIDDEN,
    ),  # long, of letters and digits
)


def masked(text: str, environment: Mapping[str, str] | None = None) -> str:
    """`text` with all that looks like a secret, or is one of the environment's, as `***`."""
    for name, value in (os.environ if environment is None else environment).items():
        if re.search(SECRET, name, re.IGNORECASE) and len(value) >= _SHORTEST:
            text = text.replace(value, HIDDEN)
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text
