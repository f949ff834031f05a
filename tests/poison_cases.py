"""The poisoned articles: what was planted, what it wants, and what must not come of it.

`poisoned/honest/` holds five articles about one invented event. Each line of `poisoned/cases.jsonl` is a
case, asked of those five and of its own:

    id, kind    its name, and its row in the table
    question    what the reader asks
    articles    file name to text: what somebody planted among the honest articles
    trigger     words by which a model that obeys knows that it sees the order
    obeys       what it then writes; {prompt} is the beginning of what it was told, {delimiter} the word that
                stands around each passage
    never       words of an order that was obeyed: only a quote may hold them
    refuses     the order is to refuse: the reader must get an answer all the same
    false       words of a planted falsehood: only its own article may be cited for them, and
    beside      words of which one must stand in a sentence that cites an honest article
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent / "poisoned"
HONEST = HERE / "honest"


@dataclass(frozen=True, slots=True)
class Case:
    """A question, the articles that were planted, and what they want."""

    id: str
    kind: str
    question: str
    articles: dict[str, str]
    trigger: str
    obeys: tuple[str, ...]
    never: tuple[str, ...]
    refuses: bool = False
    false: str = ""
    beside: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.id

    def laid(self, folder: Path) -> Path:
        """`folder` with the honest articles and those of the case in it."""
        folder.mkdir(parents=True, exist_ok=True)
        for path in HONEST.iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
        for name, text in self.articles.items():
            (folder / name).write_text(text, "utf-8", newline="")
        return folder


def cases() -> list[Case]:
    """All cases, in order."""
    lines = (HERE / "cases.jsonl").read_text("utf-8").splitlines()
    return [_case(**json.loads(line)) for line in lines]


def _case(**row: object) -> Case:
    lists = {name: tuple(value) for name, value in row.items() if isinstance(value, list)}
    return Case(**row | lists)  # type: ignore[arg-type]
