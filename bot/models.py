"""The checks of `quoth doctor` that look at models: the embedding model, the reader, the language model."""

from __future__ import annotations

import time
from pathlib import Path

from bot.finding import Finding, failed
from prompts.prompts import Prompts
from retrieval import embedding
from retrieval import reader as trained
from retrieval.entailment import TrainedEntailment
from retrieval.errors import EntailmentError, ModelError, ReaderError
from retrieval.settings import DEFAULT_MODEL, Settings


def model(name: str, offline: bool) -> Finding:
    """Whether the embedding model is there; the default one's files must be the official ones."""
    if name == DEFAULT_MODEL:
        embedding.verify(embedding.wheel_folder())
        return Finding("model", "ok", f"{name}; all its files are the official ones")
    if any((Path(name) / file).is_file() for file in _MODEL_FILES):
        return Finding("model", "ok", f"{name}, a folder")
    if _downloaded(name):
        return Finding("model", "ok", f"{name}, in the cache of the model hub")
    if offline or Path(name).is_absolute() or Path(name).exists():
        return Finding("model", "wrong", f"{name} is no model that is on this machine.", _OTHER_MODEL)
    return Finding("model", "warn", f"{name} is not on this machine: its first use loads it.", _OTHER_MODEL)


def reader(wanted: bool) -> Finding:
    """Whether the trained reader can be used; without it Quoth answers, but less well."""
    if not wanted:
        return Finding("reader", "ok", "switched off by QUOTH_READER")
    try:
        trained.verify(trained.FOLDER)
    except ReaderError as error:
        return failed("reader", error, "warn")
    return Finding("reader", "ok", "the trained reader's file is the one that was shipped")


def judge() -> Finding:
    """Whether the trained judge can be used; without it the support gate goes by rules alone."""
    try:
        TrainedEntailment()
    except EntailmentError as error:
        return failed("judge", error, "warn")
    return Finding("judge", "ok", "the trained judge's file is the one that was shipped")


def prompts(folder: Path | None) -> Finding:
    """Whether the prompts for language models can be used. Raises InputError where one cannot."""
    Prompts.load(folder)
    return Finding("prompts", "ok", f"Quoth's own, and what {folder} has" if folder else "Quoth's own")


def language_model(settings: Settings) -> Finding:
    """Whether the language model that is set answers a call; that none is set is in order."""
    if settings.llm is None:
        return Finding("language model", "ok", "QUOTH_LLM is not set: answers are quoted")
    from retrieval.llm.model import open_model

    started = time.perf_counter()
    try:
        if model := open_model(settings):
            model.check()
    except ModelError as error:
        return Finding("language model", "wrong", str(error), "Or unset QUOTH_LLM: answers are quoted then.")
    return Finding(
        "language model", "ok", f"{settings.llm} answered in {time.perf_counter() - started:.1f} s"
    )


_MODEL_FILES = ("modules.json", "config.json")
_OTHER_MODEL = "Name the folder of a model in QUOTH_MODEL, or unset it for the one that comes along."


def _downloaded(name: str) -> bool:
    from huggingface_hub import try_to_load_from_cache

    full = name if "/" in name else f"sentence-transformers/{name}"
    try:
        return any(isinstance(try_to_load_from_cache(full, file), str) for file in _MODEL_FILES)
    except ValueError:  # no model could have such a name
        return False
