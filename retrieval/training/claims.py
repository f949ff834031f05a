"""Claims that were written by hand about the invented news: right ones, and wrong ones with what is wrong.

Rows of `claims/NN.jsonl`: `file`, `evidence` (sentences of that article of `news/NN`), `right` (claims that
they support) and `wrong` (pairs of a kind and a claim that they do not support).
"""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from retrieval.training.examples import cut, terms, window
from retrieval.training.made import article
from retrieval.training.pairs import Label, Pair, plain, titled
from retrieval.training.rewording import reword
from retrieval.training.spoiling import Article, spoil
from retrieval.training.squad import Paragraph
from retrieval.types import Span

FOLDER = Path(__file__).parent / "claims"
_AGAINST = frozenset("roles name number date negation".split())
_BUDGETS = (40, 60, 90)  # words of evidence that has more than the sentences it needs
_WINDOW, _SCATTERED = (
    0.35,
    0.15,
)  # of the evidence is so: neighbours, or a sentence from elsewhere in the article
_ELSEWHERE = 0.2  # of the right claims are shown without their evidence
_ITSELF = 0.12  # of the wrong claims are their own evidence: they must not be known by heart as wrong
_SPOILT = 0.15  # likewise are changed by rule
_REWORDED = 0.25  # of all claims
_ALIKE = 0.5  # of a claim's words; evidence that shares more may hold it too


@dataclass(frozen=True)
class Claim:
    """A claim about some sentences of a paragraph."""

    id: str
    text: str
    kind: str  # of what is wrong with it; "" where it is right
    evidence: tuple[str, ...]
    paragraph: Paragraph
    article: Article

    @property
    def label(self) -> Label:
        if not self.kind:
            return Label.SUPPORTS
        return Label.AGAINST if self.kind in _AGAINST else Label.SILENT

    @property
    def told(self) -> str:
        """The evidence alone."""
        return " ".join(self.evidence)

    def pair(self, chance: Random) -> Pair | None:
        """With its evidence and perhaps more; a right one sometimes without, or changed by rule."""
        if not self.kind and chance.random() < _ELSEWHERE:
            return self._elsewhere(chance)
        if self.kind and chance.random() < _ITSELF:
            return self._itself(chance)
        text, label, kind = self.text, self.label, self.kind
        if not kind and chance.random() < _SPOILT and (changed := spoil(text, self.article, chance)):
            text, label, kind = changed.text, changed.label, changed.kind
        elif chance.random() < _REWORDED:
            text = reword(text, chance, may_cut=False)
        return Pair(text, titled(self.paragraph.title, self._shown(chance), chance), label, kind)

    def _shown(self, chance: Random) -> str:
        drawn = chance.random()
        if drawn < _WINDOW:
            return self._within(chance)
        return self._scattered(chance) if drawn < _WINDOW + _SCATTERED else self.told

    def _scattered(self, chance: Random) -> str:
        """With a sentence of the article before or behind it, as two citations of one claim are joined."""
        other = plain(chance.choice(cut(self.paragraph.text)).of(self.paragraph.text))
        return chance.choice((f"{other} {self.told}", f"{self.told} {other}"))

    def _itself(self, chance: Random) -> Pair:
        other = plain(chance.choice(cut(self.paragraph.text)).of(self.paragraph.text))
        told = reword(self.text, chance, may_cut=False)
        shown = chance.choice((told, f"{other} {told}", f"{told} {other}"))
        return Pair(self.text, titled(self.paragraph.title, shown, chance), Label.SUPPORTS, "")

    def _within(self, chance: Random) -> str:
        spans = self._spans()
        if not spans:
            return self.told
        around = Span(spans[0].start, spans[-1].end)
        return plain(
            window(self.paragraph.text, around, chance.choice(_BUDGETS), chance).of(self.paragraph.text)
        )

    def _elsewhere(self, chance: Random) -> Pair | None:
        """Sentences of the article that do not hold it, so that it is not supported."""
        text, taken = self.paragraph.text, self._spans()
        rest = [span for span in cut(text) if span not in taken]
        near = sorted(rest, key=lambda span: -_share(self.text, span.of(text)))[:3]
        far = [span for span in near if _share(self.text, span.of(text)) <= _ALIKE]
        if not taken or not far:
            return None
        shown = plain(chance.choice(far).of(text))
        return Pair(self.text, titled(self.paragraph.title, shown, chance), Label.SILENT, "other")

    def _spans(self) -> list[Span]:
        """The evidence's sentences in the paragraph."""
        held = set(self.evidence)
        return [span for span in cut(self.paragraph.text) if plain(span.of(self.paragraph.text)) in held]


@dataclass(frozen=True)
class Joined:
    """Two right claims about one article, as one: without the evidence of either it is not supported."""

    one: Claim
    other: Claim

    @property
    def id(self) -> str:
        return f"{self.one.id} {self.other.id}"

    def pair(self, chance: Random) -> Pair | None:
        both = f"{self.one.told} {self.other.told}"
        shown = chance.choice((self.one.told, self.other.told, both, both))
        missing = [one for one in (self.one, self.other) if one.told not in shown]
        if any(_share(one.text, shown) > _ALIKE for one in missing):
            return None
        label, kind = (Label.SILENT, "extra") if missing else (Label.SUPPORTS, "")
        return Pair(self._text(chance), titled(self.one.paragraph.title, shown, chance), label, kind)

    def _text(self, chance: Random) -> str:
        first, then = chance.sample((self.one.text, self.other.text), 2)
        join = chance.choice((" ", ", and ", ", while "))
        return f"{first}{join}{then}" if join == " " else f"{first.rstrip('.')}{join}{then}"


def joined(found: Sequence[Claim]) -> Iterator[Joined]:
    """Each right claim with another one of its article that has other evidence."""
    right: dict[str, list[Claim]] = defaultdict(list)
    for one in found:
        if not one.kind:
            right[one.paragraph.id].append(one)
    for one in itertools.chain(*right.values()):
        others = [other for other in right[one.paragraph.id] if not set(other.evidence) & set(one.evidence)]
        if others:
            yield Joined(one, Random(one.id).choice(others))  # noqa: S311  # the same every time


def _share(claim: str, text: str) -> float:
    """Of the claim's words, how many stand in the text too."""
    wanted = terms(claim)
    return len(wanted & terms(text)) / max(1, len(wanted))


def load(news: Path, folder: Path = FOLDER) -> Iterator[Claim]:
    """The claims of all parts; `news` has the parts' articles."""
    for file in sorted(folder.glob("*.jsonl")):
        yield from read(file, articles(news / file.stem / "articles"))


def articles(folder: Path) -> Mapping[str, Paragraph]:
    """The texts of a folder by their file's name: the first line is the headline."""
    found = {}
    for file in sorted(folder.glob("*.txt")):
        headline, _, body = file.read_text("utf-8").partition("\n")
        found[file.name] = Paragraph(f"{folder}/{file.name}", headline.strip(), body.strip(), file.stem, True)
    return found


def read(file: Path, texts: Mapping[str, Paragraph]) -> Iterator[Claim]:
    """The claims of a file of rows about these texts."""
    held_by = {name: article(paragraph.text) for name, paragraph in texts.items()}
    for number, line in enumerate(file.read_text("utf-8").splitlines()):
        row = json.loads(line)
        wrong: Sequence[tuple[str, str]] = row["wrong"]
        said = [("", claim) for claim in row["right"]] + [(kind, claim) for kind, claim in wrong]
        for at, (kind, claim) in enumerate(said):
            evidence = tuple(plain(one) for one in row["evidence"])
            held = held_by[row["file"]]
            yield Claim(f"{file.stem}/{number}/{at}", claim, kind, evidence, texts[row["file"]], held)
