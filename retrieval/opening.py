"""What the settings name, opened: the index, the reader, the judge of evidence, the writer."""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path
from typing import NamedTuple

from prompts.prompts import Prompts
from retrieval import reader
from retrieval.articles import Limits
from retrieval.connection import connect
from retrieval.embedding import Remembering, Transformer
from retrieval.entailment import Entailment, TrainedEntailment
from retrieval.errors import EntailmentError, ReaderError
from retrieval.follower import Follower
from retrieval.generative import Writer
from retrieval.index import Index
from retrieval.llm.model import open_model
from retrieval.reader import Reader, SpanReader
from retrieval.served import Served
from retrieval.settings import Settings
from retrieval.snapshot import collection_name
from retrieval.storage import Builds
from retrieval.support import Gate

log = logging.getLogger(__name__)


class Readers(NamedTuple):
    """What reads, judges and writes, as far as the settings want it."""

    reader: Reader | None
    gate: Gate
    writer: Writer | None


def open_readers(settings: Settings, torch: bool = False) -> Readers:
    """Raises QuothError where the language model or its prompts cannot be used."""
    gate = Gate(open_entailment(settings.data, torch) if settings.llm else None)  # quotes need no judge
    return Readers(open_reader(settings, torch), gate, open_writer(settings, gate))


def open_writer(settings: Settings, gate: Gate) -> Writer | None:
    """What has a language model write; None where the settings name none."""
    prompts = Prompts.load(settings.prompts)
    model = open_model(settings)
    return Writer(model, prompts, gate, settings.gate, settings.llm_tokens) if model else None


@cache
def open_entailment(data: Path | None = None, torch: bool = False) -> Entailment | None:
    """The trained judge, kept ready under `data`; None, with a warning once, where its file is unusable."""
    try:
        return TrainedEntailment(data=data, torch=torch)
    except EntailmentError as error:
        log.warning("%s", error)
        return None


def open_reader(settings: Settings, torch: bool = False) -> Reader | None:
    """The trained reader; None where the settings want none or, with a warning, its file is unusable."""
    if not settings.reader:
        return None
    try:
        return SpanReader(reader.FOLDER, settings.data, torch)
    except ReaderError as error:
        log.warning("%s", error)
        return None


def open_index(
    settings: Settings, rebuild: bool = False, torch: bool = False, indexing: bool = False
) -> Index:
    """The index that the settings name, as it is; `torch` runs the default model on torch too.

    One in a server is written only by who is `indexing`; others read it and follow.
    """
    limits = Limits.of(settings)
    embedder = Remembering(Transformer(settings.model, settings.data, torch))
    storage = open_storage(settings, indexing)
    if isinstance(storage, Served) and storage.read_only:
        return Follower(settings.folder, settings.data, embedder, storage, limits)
    return Index(settings.folder, settings.data, embedder, limits, rebuild, storage)


def open_storage(settings: Settings, indexing: bool = False) -> Builds | Served:
    """Where the settings want the index; nothing is opened or asked yet."""
    name = settings.collection or collection_name(settings.folder)
    if settings.chroma_url is None:
        return Builds(settings.data, name)
    return Served(settings.data, connect(settings.chroma_url, settings), name, read_only=not indexing)
