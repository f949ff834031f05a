"""What every front end tells alike: untrusted text made safe, and the words about an article. Pure."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from retrieval.types import Answer, Citation, Sentence, Source, Usage

if TYPE_CHECKING:
    from retrieval.index import Summary  # Chroma comes with it

# C0 and C1 controls, what turns the direction of text or hides in it, and halves of characters.
HIDDEN = (
    "\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f"
)
_UNSAFE = re.compile(f"[\x00-\x08\x0b-\x1f{HIDDEN}]")

NEAREST = "The nearest article: "


def visible(text: str) -> str:
    """`text` with every character that could act or hide replaced by U+FFFD, each where it was."""
    return _UNSAFE.sub("\ufffd", text)


def safe(text: str) -> str:
    """As `visible`, on one line."""
    return " ".join(visible(text).split())


def changed(done: Summary) -> str:
    """What a sync changed: "2 changed, 1 removed: 3 passages embedded, 0.4 s."; empty for nothing."""
    counts = {"added": done.added, "changed": done.changed, "removed": done.removed}
    told = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    passages = f"{done.embedded:,} passage{'s' * (done.embedded != 1)}"
    return f"{told}: {passages} embedded, {done.seconds:.1f} s." if told else ""


def place(citation: Citation, folder: Path) -> str:
    """Where a citation stands: `seeds/001_ministers.txt:5`, and the page where there are pages."""
    page = f", page {citation.page}" if citation.page else ""
    return safe(f"{folder / citation.source.file}:{citation.line}{page}")


def dated(source: Source) -> str:
    """The day of an article, and whether it was inferred; empty where there is none."""
    return source.day + (" (date inferred)" if source.day and source.inferred else "")


def credit(source: Source) -> str:
    """By whom and when: "The Post, 3 Jul 2023"; what is not known is left out."""
    return ", ".join(part for part in (safe(source.publisher or ""), source.day) if part)


def doubt(sentence: Sentence) -> str:
    """Why the support gate would strike a sentence that it only marks: "(doubtful: …)"; else empty."""
    return f"(doubtful: {safe(sentence.doubt)})" if sentence.doubt else ""


def author(answer: Answer) -> str:
    """Which language model wrote an answer, and what it took; empty where none was asked."""
    by = f"Written by {safe(answer.model)} from the articles" if answer.model else ""
    spent = _spent(answer.usage) if answer.usage and answer.usage.calls else ""
    if spent and not by:
        by = "A language model was asked"
    return ": ".join(part for part in (by, spent) if part) + "." * bool(by)


def _spent(usage: Usage) -> str:
    calls = f"{usage.calls:,} call" + "s" * (usage.calls != 1)
    return f"{calls}, {usage.tokens_in:,} tokens read, {usage.tokens_out:,} written, {usage.seconds:.1f} s"
