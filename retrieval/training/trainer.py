"""Train a model on the CPU, step by step, so that it can be stopped at any time and goes on where it was."""

from __future__ import annotations

import itertools
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from retrieval.embedding import wheel_folder

if TYPE_CHECKING:
    from torch import Tensor

BATCH = 32
WARM_UP = 300  # steps
_SORTED = 16  # batches whose examples are sorted by length, so that little is padded
_TOLD_EVERY = 50  # steps
_SAVED_EVERY = 250  # steps

Item = TypeVar("Item")


def batches(examples: Iterable[Item], chance: Random, size: Callable[[Item], int]) -> Iterator[list[Item]]:
    """Examples in batches of like size, the batches in an order of chance."""
    left = iter(examples)
    while pool := list(itertools.islice(left, BATCH * _SORTED)):
        pool.sort(key=size)
        cut = [pool[at : at + BATCH] for at in range(0, len(pool), BATCH)]
        chance.shuffle(cut)
        yield from cut


class Trainer(ABC, Generic[Item]):
    """The model in training; goes on from the checkpoint in its folder, if there is one."""

    peak: float  # learning rate

    def __init__(self, folder: Path, examples: int) -> None:
        import torch
        from transformers import AutoTokenizer

        torch.manual_seed(0)
        self.step = self.seen = 0
        self.examples = examples
        self._checkpoint = folder / "checkpoint.pt"
        self.tokenizer = AutoTokenizer.from_pretrained(wheel_folder())
        self.model = self.built().train()
        for weights in self.model.bert.embeddings.parameters():
            weights.requires_grad = False
        self._trained = [weights for weights in self.model.parameters() if weights.requires_grad]
        self._optimizer = torch.optim.AdamW(self._trained, lr=self.peak, betas=(0.9, 0.98), weight_decay=0.01)
        folder.mkdir(parents=True, exist_ok=True)
        if self._checkpoint.exists():
            held = torch.load(self._checkpoint, weights_only=True)
            self.model.load_state_dict(held["model"])
            self._optimizer.load_state_dict(held["optimizer"])
            self.step, self.seen = held["step"], held["seen"]

    @abstractmethod
    def built(self) -> Any:
        """The model as it is before its first step; its encoder is called `bert`."""

    @abstractmethod
    def loss(self, batch: Sequence[Item]) -> Tensor:
        """By how much the model is wrong about a batch."""

    @property
    def is_done(self) -> bool:
        return self.seen >= self.examples

    def learn(self, batch: Sequence[Item]) -> float:
        """One step; its loss."""
        import torch

        for group in self._optimizer.param_groups:
            rise, fall = min(1.0, (self.step + 1) / WARM_UP), max(0.0, 1 - self.seen / self.examples)
            group["lr"] = self.peak * rise * fall
        loss = self.loss(batch)
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
            "model": self.model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "step": self.step,
            "seen": self.seen,
        }
        part = self._checkpoint.with_suffix(".part")
        torch.save(state, part)
        part.replace(self._checkpoint)


def train(trainer: Trainer[Item], examples: Iterator[list[Item]]) -> None:
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
