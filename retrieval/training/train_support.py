"""Train the judge: `python -m retrieval.training.train_support SQUAD_1 SQUAD_2 EXPERTQA --out FOLDER`.

The reader's encoder with another head: the first token's three logits say that the evidence supports the
claim, speaks against it, or does not say. All weights but the embeddings are trained, first on claims made by
rule, then with those written by hand. AdamW; the learning rate rises over 300 steps and falls in a line to
nothing. In bfloat16 on the CPU, about 36 examples a second on two cores. With `--further` it begins with the
judge that is shipped, and with the last kind of passes.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from retrieval import entailment
from retrieval.embedding import wheel_folder
from retrieval.encoder import FOLDER, change
from retrieval.reader import FILE, verify
from retrieval.training import claims, expertqa, made, news, relations
from retrieval.training.examples import epoch
from retrieval.training.pairs import Label, Origin, Pair
from retrieval.training.squad import KEPT, Asked, apart, load
from retrieval.training.trainer import Trainer, batches, train

if TYPE_CHECKING:
    from torch import Tensor

EXAMPLES = 126_000
LONGEST = 224  # tokens of claim and evidence
DROPOUT = 0.1  # of the encoder; without it the claims by hand are soon known by heart
FACTS = 12_000  # made-up facts in a pass


class Stage(NamedTuple):
    """What a pass takes."""

    batches: int | None  # None: the whole pass
    by_hand: int  # how often each claim that was written by hand
    joined: int  # likewise two of them as one
    experts: int  # likewise the experts' judgements
    squad: float  # share of what is made of SQuAD
    facts: float  # share of the made-up facts


STAGES = (
    Stage(500, 0, 0, 1, 1.0, 1.0),
    Stage(600, 2, 0, 1, 0.2, 0.4),
    Stage(1150, 4, 0, 1, 0.08, 0.3),
)
LAST = Stage(None, 3, 1, 3, 0.12, 0.3)  # and so on, pass after pass


class Sources(NamedTuple):
    """All of which examples are made."""

    squad: Sequence[Origin]
    news: Sequence[Origin]
    facts: Sequence[Origin]
    experts: Sequence[Origin]
    by_hand: Sequence[Origin]
    joined: Sequence[Origin]

    def of(self, stage: Stage, number: int) -> list[tuple[Sequence[Origin], int]]:
        """The sets of a pass, each with how often it is taken."""
        chance = Random(f"sets {number}")  # noqa: S311  # the same every time is what is wanted
        return [
            (chance.sample(self.squad, int(len(self.squad) * stage.squad)), 1),
            (self.news, 1),
            (self.facts[: int(len(self.facts) * stage.facts)], 1),
            (self.experts, stage.experts),
            (self.by_hand, stage.by_hand),
            (self.joined, stage.joined),
        ]


def sources(first: Sequence[Asked], second: Sequence[Asked], experts: Sequence[Origin]) -> Sources:
    """Of questions of SQuAD and judgements of experts, and of this project's news and claims."""
    invented = list(itertools.chain(*news.parts()))
    by_hand = list(claims.load(news.FOLDER))
    return Sources(
        [*_of(first), *made.answered(second)],
        _of(invented),
        facts(invented),
        experts,
        by_hand,
        list(claims.joined(by_hand)),
    )


def _of(asked: Sequence[Asked]) -> list[Origin]:
    paragraphs = {one.paragraph.id: one.paragraph for one in asked}.values()
    return [*made.stated(paragraphs), *made.answered(asked)]


def facts(asked: Sequence[Asked]) -> list[relations.Fact]:
    """Made-up facts about the persons and the names of these questions' articles."""
    text = " ".join({one.paragraph.id: one.paragraph.text for one in asked}.values())
    words = set(text.split())
    persons = {answer for one in asked for answer in one.answers if _is_person(one.question, answer)}
    names = [name for name in made.names(text) if " " not in name and name.lower() not in words]
    cast, table = relations.cast(sorted(persons), names), relations.relations()
    return [relations.Fact(number, cast, table) for number in range(FACTS)]


def _is_person(question: str, answer: str) -> bool:
    return question.startswith("Who ") and answer.istitle() and len(answer.split()) == 2


def stream(found: Sources, first: int = 0) -> Iterator[list[Pair]]:
    """Batches of pairs without end, the same ones every time, from pass number `first` on."""
    for number in itertools.count(first):
        stage = STAGES[number] if number < len(STAGES) else LAST
        chance = Random(f"batches {number}")  # noqa: S311
        pairs = epoch(number, found.of(stage, number), lambda origin, chance: origin.pair(chance))
        yield from itertools.islice(batches(pairs, chance, _size), stage.batches)


def _size(pair: Pair) -> int:
    return len(pair.claim) + len(pair.evidence)


class SupportTrainer(Trainer[Pair]):
    """The judge in training: from the reader's encoder on, or `further` from the judge that is shipped."""

    def __init__(self, folder: Path, examples: int, further: bool = False) -> None:
        self.peak = 1.5e-4 if further else 3e-4
        self._further = further
        super().__init__(folder, examples)

    def built(self) -> Any:
        import torch
        from safetensors.torch import load_file
        from transformers import AutoModelForTokenClassification

        verify(FOLDER)
        model = AutoModelForTokenClassification.from_pretrained(
            wheel_folder(),
            attn_implementation="eager",
            num_labels=len(Label),
            hidden_dropout_prob=DROPOUT,
            attention_probs_dropout_prob=DROPOUT,
            classifier_dropout=0.0,
        )
        changes = load_file(FOLDER / (entailment.FILE if self._further else FILE))
        change(model.bert, changes)
        if self._further:
            with torch.no_grad():
                model.classifier.weight.copy_(changes["head.weight"])
                model.classifier.bias.copy_(changes["head.bias"])
        return model

    def loss(self, batch: Sequence[Pair]) -> Tensor:
        import torch
        from torch.nn.functional import cross_entropy

        inputs = self.tokenizer(
            [pair.claim for pair in batch],
            [pair.evidence for pair in batch],
            truncation="longest_first",
            max_length=LONGEST,
            padding=True,
            return_tensors="pt",
        )
        with torch.autocast("cpu", dtype=torch.bfloat16):
            hidden = self.model.bert(**inputs).last_hidden_state[:, 0]
            logits = self.model.classifier(hidden)
        return cross_entropy(logits.float(), torch.tensor([pair.label for pair in batch]))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its exit status is 0."""
    parser = argparse.ArgumentParser(
        prog="python -m retrieval.training.train_support",
        description="Train the judge of evidence; goes on where it was stopped.",
    )
    parser.add_argument("first", type=Path, help="SQuAD 1.1, training set")
    parser.add_argument("second", type=Path, help="SQuAD 2.0")
    parser.add_argument("experts", type=Path, help="ExpertQA, a folder with pairs.jsonl")
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--examples", type=int, default=EXAMPLES)
    parser.add_argument("--further", action="store_true", help="begin with the judge that is shipped")
    given = parser.parse_args(arguments)
    first, _ = apart(load(given.first), KEPT["1"])
    second, _ = apart(load(given.second), KEPT["2"])
    experts, _ = expertqa.apart(expertqa.load(given.experts))
    trainer = SupportTrainer(given.out, given.examples, given.further)
    train(trainer, stream(sources(first, second, experts), len(STAGES) if given.further else 0))
    return 0


if __name__ == "__main__":
    sys.exit(main())
