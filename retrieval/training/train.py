"""Train the reader: `python -m retrieval.training.train SQUAD_1 SQUAD_2 --out FOLDER`.

The encoder of all-MiniLM-L6-v2 with a span head (Devlin et al. 2018, sections 4.2 and 4.3): each token's
score to be the answer's start, and its end; the first token's scores are those of "no answer". All weights
but the embeddings are trained, without dropout: on SQuAD for a while, then on SQuAD and the news of this
project, part by part. AdamW; the learning rate rises over 300 steps and falls in a line to nothing. In
bfloat16 on the CPU, about 30 examples a second on two cores.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from retrieval.embedding import wheel_folder
from retrieval.training import news
from retrieval.training.examples import Example, Maker, epoch
from retrieval.training.squad import KEPT, Asked, apart, load
from retrieval.training.trainer import Trainer, batches, train

if TYPE_CHECKING:
    from torch import Tensor

EXAMPLES = 340_000
STAGES = ((1_750, 0), (2_000, 16), (2_500, 24))  # batches, and parts of the news in them; then all
LONGEST = 224  # tokens of question and passage
SECOND_TIMES = 3  # how often a pass takes each question of SQuAD 2.0: of them there are few
NEWS_TIMES = 6  # likewise the news


class Batch(NamedTuple):
    """`inputs` of the encoder, and the tokens at which each answer starts and ends (0: no answer)."""

    inputs: dict[str, Tensor]
    starts: Tensor
    ends: Tensor


def stream(
    first: Sequence[Asked], second: Sequence[Asked], parts: Sequence[Sequence[Asked]]
) -> Iterator[list[Example]]:
    """Batches of examples without end, the same ones every time; `parts` are those of the news."""
    make = Maker([*first, *second, *itertools.chain(*parts)]).make
    squad = [(first, 1), (second, SECOND_TIMES)]
    for number, (count, some) in enumerate(STAGES):
        yield from itertools.islice(_pass(number, [*squad, _news(parts[:some])], make), count)
    for number in itertools.count(len(STAGES)):
        yield from _pass(number, [*squad, _news(parts)], make)


def _news(parts: Sequence[Sequence[Asked]]) -> tuple[Sequence[Asked], int]:
    return list(itertools.chain(*parts)), NEWS_TIMES


def _pass(
    number: int,
    sets: Sequence[tuple[Sequence[Asked], int]],
    make: Callable[[Asked, Random], Example | None],
) -> Iterator[list[Example]]:
    chance = Random(f"batches {number}")  # noqa: S311  # the same every time is what is wanted
    return batches(epoch(number, sets, make), chance, lambda one: len(one.question) + len(one.passage))


def encoded(tokenizer: Any, examples: Sequence[Example]) -> Batch:
    """A batch as tensors. An answer behind the longest input is no answer."""
    import torch

    inputs = tokenizer(
        [example.question for example in examples],
        [example.passage for example in examples],
        truncation="only_second",
        max_length=LONGEST,
        padding=True,
        return_offsets_mapping=True,
        return_tensors="pt",
    )
    offsets = inputs.pop("offset_mapping").tolist()
    places = [_tokens(one, offsets[at], inputs.sequence_ids(at)) for at, one in enumerate(examples)]
    starts, ends = zip(*places, strict=True)
    return Batch(dict(inputs), torch.tensor(starts), torch.tensor(ends))


def _tokens(
    example: Example, offsets: Sequence[Sequence[int]], part: Sequence[int | None]
) -> tuple[int, int]:
    """The first and the last token of the answer; 0 and 0 where there is none."""
    if example.answer is None:
        return 0, 0
    held = [
        token
        for token, (start, end) in enumerate(offsets)
        if part[token] == 1 and start < example.answer.end and end > example.answer.start
    ]
    whole = bool(held) and offsets[held[-1]][1] >= example.answer.end
    return (held[0], held[-1]) if whole else (0, 0)


class ReaderTrainer(Trainer[Example]):
    """The reader in training."""

    peak = 3e-4

    def built(self) -> Any:
        from transformers import AutoModelForQuestionAnswering

        return AutoModelForQuestionAnswering.from_pretrained(
            wheel_folder(),
            attn_implementation="eager",
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )

    def loss(self, batch: Sequence[Example]) -> Tensor:
        import torch
        from torch.nn.functional import cross_entropy

        inputs, starts, ends = encoded(self.tokenizer, batch)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = self.model(**inputs)
        of_starts = cross_entropy(logits.start_logits.float(), starts)
        return (of_starts + cross_entropy(logits.end_logits.float(), ends)) / 2


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its exit status is 0."""
    parser = argparse.ArgumentParser(
        prog="python -m retrieval.training.train",
        description="Train the reader; goes on where it was stopped.",
    )
    parser.add_argument("first", type=Path, help="SQuAD 1.1, training set")
    parser.add_argument("second", type=Path, help="SQuAD 2.0")
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--examples", type=int, default=EXAMPLES)
    given = parser.parse_args(arguments)
    first, _ = apart(load(given.first), KEPT["1"])
    second, _ = apart(load(given.second), KEPT["2"])
    train(ReaderTrainer(given.out, given.examples), stream(first, second, news.parts()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
