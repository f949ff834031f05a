"""What made a run: settings, models, corpus, packages and the commit, so that it can be made again."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from eval.questions import Case
from prompts.prompts import Prompts
from retrieval import encoder, entailment, reader, weights
from retrieval.embedding import Transformer
from retrieval.errors import ReaderError
from retrieval.opening import open_entailment
from retrieval.settings import SECRET, Settings
from retrieval.types import Article

_PACKAGES = ("chromadb", "onnxruntime", "sentence-transformers", "tantivy", "torch", "transformers")
_PLACES = {  # where things lie changes no answer
    *("folder", "data", "model", "prompts", "llm_base_url"),
    *("chroma_url", "chroma_ca", "chroma_seconds", "collection"),
}
_COUNTS = ("llm_tokens", "llm_answer_tokens")  # that are called as secrets are


def origin(settings: Settings, articles: Mapping[str, Article], cases: Sequence[Case]) -> dict[str, object]:
    """Everything that the metrics of a run depend on, and the commit that the program was at."""
    return {
        "settings": settings.model_dump(mode="json", exclude=_PLACES | _secrets(settings)),
        "model": _model(settings),
        "reader": _reader(settings),
        "judge": _judge(settings),
        "prompts": _prompts(settings),
        "weights": hashlib.sha256(weights.FILE.read_bytes()).hexdigest(),
        "corpus": _hash(repr(articles[file]) for file in sorted(articles)),
        "articles": len(articles),
        "questions": _hash(repr(case) for case in cases),
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "packages": {name: version(name) for name in _PACKAGES},
        "commit": _commit(),
    }


def _judge(settings: Settings) -> str | None:
    return encoder.checksum(encoder.FOLDER / entailment.FILE) if open_entailment(settings.data) else None


def _secrets(settings: Settings) -> set[str]:
    named = {name for name in type(settings).model_fields if re.search(SECRET, name, re.IGNORECASE)}
    return named.difference(_COUNTS)


def _model(settings: Settings) -> str:
    """The name of the model with its checksum; of one in a folder the folder's name alone."""
    id_ = Transformer(settings.model).id
    return Path(id_).name if Path(settings.model).is_dir() else id_


def _reader(settings: Settings) -> str | None:
    try:
        reader.verify()
    except ReaderError:
        return None
    return reader.checksum() if settings.reader else None


def _prompts(settings: Settings) -> str | None:
    """A hash of the words that a language model is told; None where there is none."""
    if settings.llm is None:
        return None
    loaded = Prompts.load(settings.prompts)
    return _hash((repr(loaded.answering), repr(loaded.asking)))


def _hash(parts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()


def _commit() -> str | None:
    """The commit of the program's own checkout, marked where files differ from it; None outside of one."""
    root = Path(__file__).resolve().parent.parent
    try:
        if Path(_git(root, "rev-parse", "--show-toplevel")).resolve() != root:
            return None  # installed inside of another one
        return _git(root, "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*")
    except (OSError, subprocess.SubprocessError):
        return None


def _git(root: Path, *arguments: str) -> str:
    command = ["git", *arguments]  # wherever this machine has it
    said = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=10, check=True)
    return said.stdout.strip()
