"""Whether everything that Quoth needs is there and in order: one finding a check, and how to mend it.

Nothing is made or mended here, and no model is loaded; a language model that is set is called once.
"""

from __future__ import annotations

import difflib
import os
import platform
import re
import shutil
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from bot import models
from bot.discord import settings as on_discord
from bot.finding import Finding, failed
from bot.render import safe
from retrieval import articles, metadata
from retrieval.articles import Limits, Skipped
from retrieval.errors import IndexGone, QuothError
from retrieval.settings import DEFAULT_MODEL, SECRET, Settings, load
from retrieval.snapshot import collection_name

if TYPE_CHECKING:
    from retrieval.index import Index

_PYTHON = (3, 11)
_PACKAGES = ("torch", "sentence-transformers", "chromadb", "tantivy", "langchain-core")
_FREE = 500_000_000  # bytes
_TOLD = 3  # sentences about skipped files and the like
_PREFIX = "QUOTH_"
_CREDENTIALS = re.compile(rf"://[^/\s]*@|[?&][^=\s]*(?:{SECRET})[^=\s]*=", re.IGNORECASE)
_STYLES = {"ok": "green", "warn": "yellow", "wrong": "bold red"}


def table(findings: Iterable[Finding]) -> RenderableType:
    """A line a finding, and below it how to mend what is not in order."""
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(no_wrap=True)
    rows.add_column(no_wrap=True)
    rows.add_column(overflow="fold")
    for finding in findings:
        state = Text(finding.state, style=_STYLES[finding.state])
        rows.add_row(state, Text(safe(finding.check)), Text(safe(finding.found)))
        if finding.mend:
            rows.add_row("", "", Text(f"→ {safe(finding.mend)}", style="bold"))
    return rows


def findings(folder: Path | None, environment: Mapping[str, str]) -> list[Finding]:
    """All checks, for the folder given or the one that is set."""
    found = [python(sys.version_info[:3], platform.platform()), packages(_PACKAGES)]
    offline = bool(environment.get("HF_HUB_OFFLINE"))
    try:
        settings = load(folder=folder)
    except QuothError as error:
        found += [failed("settings", error), *_checked("model", lambda: models.model(DEFAULT_MODEL, offline))]
    else:
        found += _named(settings, offline)
        found += _checked("discord", lambda: discord(settings.folder))
        found += in_force(settings, environment, {"folder"} if folder else ())
    return [*found, *unknown(environment)]


def _named(settings: Settings, offline: bool) -> Iterator[Finding]:
    """The checks of what the settings name; where its folder cannot be read, the index is not looked at."""
    limits = Limits.of(settings)
    yield from _checked("model", lambda: models.model(settings.model, offline))
    yield models.reader(settings.reader)
    yield models.judge()
    yield from _checked("prompts", lambda: models.prompts(settings.prompts))
    yield models.language_model(settings)
    yield from _checked("data", lambda: data(settings.data))
    yield from _checked("disk", lambda: disk(shutil.disk_usage(_existing(settings.data)).free))
    if url := settings.chroma_url:
        yield from _checked("chroma", lambda: chroma(url, settings))
    found = [*_checked("articles", lambda: _there(settings, limits))]
    yield from found
    if all(finding.state != "wrong" for finding in found):
        if settings.folder.is_dir():
            yield from _checked("metadata", lambda: stated(settings.folder))
        yield from _checked("index", lambda: index(settings, limits))


def _there(settings: Settings, limits: Limits) -> Finding:
    """The articles; where a server has the index, only who indexes needs them."""
    if settings.chroma_url and not settings.folder.exists():
        return Finding(
            "articles", "ok", f"{settings.folder} is not on this machine: only quoth index needs it"
        )
    return readable(settings.folder, limits)


def _checked(check: str, look: Callable[[], Finding]) -> Iterator[Finding]:
    """What a look finds; an error is a finding too, and stops no other look."""
    try:
        yield look()
    except (QuothError, OSError) as error:
        yield failed(check, error)


def python(version: Sequence[int], system: str) -> Finding:
    """Whether Python is new enough."""
    found = f"{'.'.join(map(str, version))} on {system}"
    if tuple(version) >= _PYTHON:
        return Finding("python", "ok", found)
    wanted = ".".join(map(str, _PYTHON))
    return Finding("python", "wrong", found, f"Install Python {wanted} or newer and make .venv with it.")


def packages(names: Iterable[str]) -> Finding:
    """The versions of packages; one that is missing is wrong."""
    versions = {name: _version(name) for name in names}
    found = ", ".join(f"{name} {version or 'missing'}" for name, version in versions.items())
    if all(versions.values()):
        return Finding("packages", "ok", found)
    return Finding("packages", "wrong", found, "Install Quoth again: pip install -e .")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def data(folder: Path) -> Finding:
    """Whether the data folder can be written, or made."""
    place = _existing(folder)
    if not (place.is_dir() and os.access(place, os.W_OK | os.X_OK)):
        mend = "Mend its permissions, or name another folder in QUOTH_DATA."
        return Finding("data", "wrong", f"{place} cannot be written.", mend)
    return Finding("data", "ok", f"{folder}, {'writable' if folder.exists() else 'made when it is needed'}")


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(place for place in (folder, *folder.absolute().parents) if place.exists())


def disk(free: int) -> Finding:
    """Whether there is room for the index, in bytes."""
    found = f"{free / 1e9:.1f} GB free for the index"
    if free >= _FREE:
        return Finding("disk", "ok", found)
    return Finding("disk", "warn", found, "Free some, or name a folder on another disk in QUOTH_DATA.")


def readable(folder: Path, limits: Limits) -> Finding:
    """How many files can be read as articles, going by their names and sizes. Raises FolderError."""
    files = list(articles.files(folder, limits))
    skipped = [str(file) for file in files if isinstance(file, Skipped)]
    found = f"{folder}: {len(files) - len(skipped)} readable"
    if not skipped and files:
        return Finding("articles", "ok", found)
    if len(files) == len(skipped):
        return Finding("articles", "warn", _told(found, skipped), "Put .txt, .md, .html or .pdf files there.")
    return Finding("articles", "warn", _told(f"{found}, {len(skipped)} skipped", skipped))


def _told(found: str, sentences: Sequence[str]) -> str:
    more = f"And {len(sentences) - _TOLD} more." if len(sentences) > _TOLD else ""
    return " ".join(part for part in (f"{found}.", *sentences[:_TOLD], more) if part)


def stated(folder: Path) -> Finding:
    """Whether metadata.toml can be used. Raises FolderError where it cannot be read."""
    known, warnings = metadata.load(folder)
    if warnings:
        return Finding("metadata", "warn", _told(f"{metadata.FILE} describes {len(known)}", warnings))
    there = (folder / metadata.FILE).exists()
    return Finding("metadata", "ok", f"{metadata.FILE} describes {len(known)}" if there else "none")


def chroma(url: str, settings: Settings) -> Finding:
    """What the Chroma server at `url` has of the index. Raises SearchUnavailable and InputError."""
    from retrieval.connection import connect

    connection, name = connect(url, settings), settings.collection or collection_name(settings.folder)
    with connection.translated("read"):
        found = f"{connection.shown} answers as version {connection.version()}"
        collection = connection.existing(name)
        if collection is None:
            mend = f"{_run(settings)[:-1]} where the articles are, or mend QUOTH_COLLECTION."
            return Finding("chroma", "warn", f"{found}; it has no collection {name} yet.", mend)
        return Finding("chroma", "ok", f"{found}; its collection {name} has {collection.count():,} passages")


def index(settings: Settings, limits: Limits) -> Finding:
    """Whether the folder's index is there, whole and up to date. Raises IndexDamaged and ModelError."""
    from retrieval.opening import open_index, open_storage
    from retrieval.storage import Builds

    storage = open_storage(settings)
    if isinstance(storage, Builds):
        if not storage.root.is_dir():  # opening would make it
            return Finding("index", "warn", "There is none yet.", _run(settings))
        if storage.is_busy():
            return Finding("index", "warn", "Another program is writing it.", "Wait for it.")
    opened = open_index(settings)
    if opened.damage:
        raise opened.damage
    try:
        return _compared(opened, settings, limits)
    except IndexGone:
        return Finding("index", "warn", "There is none yet.", _run(settings))


def _compared(opened: Index, settings: Settings, limits: Limits) -> Finding:
    """An index held against its folder, where that is here."""
    from retrieval.changes import changes

    records = opened.dense.records()
    found = f"{len(opened.dense):,} passages of {len(records):,} articles"
    is_whole = opened.is_read_only or len(opened.dense) == len(opened.lexical)
    if opened.dense.about.get("state") == "writing" or not is_whole:
        return Finding("index", "warn", f"{found}; its last change was interrupted.", _run(settings))
    if opened.is_read_only and not settings.folder.is_dir():
        return Finding("index", "ok", found)
    new = changes(settings.folder, limits, records)
    if not (new.stale or new.gone):
        return Finding("index", "ok", f"{found}, up to date")
    told = f"{found}; {len(new.stale)} files are new or changed, {len(new.gone)} gone."
    return Finding("index", "warn", told, _run(settings))


def _run(settings: Settings) -> str:
    return f"Run quoth index {settings.folder}."


def discord(folder: Path) -> Finding:
    """Whether the bot's token is set. Raises InputError for a setting of the bot that is not usable."""
    is_set = on_discord.load(folder).token.get_secret_value().strip()
    found = "set, hidden" if is_set else "not set: only quoth discord needs it"
    return Finding("discord", "ok", f"QUOTH_DISCORD_TOKEN is {found}")


def in_force(
    settings: Settings, environment: Mapping[str, str], given: Collection[str] = ()
) -> Iterator[Finding]:
    """Every setting, with where it comes from; the names in `given` were given to the command."""
    set_ = {name.upper() for name in environment}
    for name in type(settings).model_fields:
        variable = f"{_PREFIX}{name.upper()}"
        value = getattr(settings, name)
        by = "command" if name in given else "environment" if variable in set_ else ".env"
        origin = by if name in settings.model_fields_set else "default"
        yield Finding(variable, "ok", f"{_shown(name, value)} ({origin})")


def _shown(name: str, value: object) -> str:
    """A setting's value; never a secret."""
    is_secret = re.search(SECRET, name, re.IGNORECASE)
    if is_secret or _CREDENTIALS.search(str(value)):
        return "set, hidden" if value else "not set"
    return "not set" if value is None else str(value)


def unknown(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Variables of the environment that look like settings and are none, perhaps by a typing error."""
    kinds = (Settings, on_discord.DiscordSettings)
    known = [f"{one.model_config['env_prefix']}{name.upper()}" for one in kinds for name in one.model_fields]
    for name in sorted(environment):
        if name.upper().startswith(_PREFIX) and name.upper() not in known:
            near = difflib.get_close_matches(name.upper(), known, 1)
            mend = f"Did you mean {near[0]}?" if near else "Unset it; the README lists the settings."
            yield Finding("environment", "warn", f"{name} is no setting of Quoth.", mend)
