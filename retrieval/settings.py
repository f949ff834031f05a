"""Settings: flags, then the environment (`QUOTH_…`), then `.env` in the working folder, then defaults."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from retrieval.errors import InputError

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"  # comes along in a wheel
SECRET = "token(?!s)|key|secret|password"  # noqa: S105  # what the names of secrets hold
_SHOWN = 60  # characters of a wrong value
_CREDENTIALS = re.compile(r"://\S*[@?]")  # an address that may hold a password
_ADDRESS = re.compile(r"https?://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?(/[\w.~/-]*)?", re.ASCII)
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{1,98}[a-zA-Z0-9]")

Watch = Literal["on", "poll", "off"]  # how a folder is watched


class Settings(BaseSettings):
    """Everything that can be set. The field `data` is `QUOTH_DATA` in the environment, and so on."""

    model_config = SettingsConfigDict(
        env_prefix="QUOTH_", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    folder: Path = Field(Path("seeds"), description="The folder of articles.")
    data: Path = Field(Path(".quoth"), description="Where the index is kept.")
    watch: Watch = Field(
        "on",
        description="How `chat` and `discord` follow the folder: as the system tells of changes (`on`), by "
        "looking again and again, as network shares need (`poll`), or not (`off`).",
    )
    collection: str | None = Field(
        None, description="The name of the index; where it is not set, one made of the folder's place."
    )
    chroma_url: str | None = Field(
        None, description="The address of a Chroma server that holds the index, in place of the data folder."
    )
    chroma_token: SecretStr = Field(
        SecretStr(""),
        description="What that server, or a proxy before it, wants as a bearer token or as X-Chroma-Token.",
    )
    chroma_ca: Path | None = Field(
        None, description="A PEM file of the certificates that it is trusted by, in place of the system's."
    )
    chroma_seconds: float = Field(
        10.0, gt=0, le=600, description="The longest that it may take to search; to write, six times that."
    )
    model: str = Field(
        DEFAULT_MODEL, min_length=1, description="A sentence-transformers model: name or folder."
    )
    k: int = Field(10, ge=1, le=100, description="Passages read for an answer.")
    depth: int = Field(30, ge=1, le=1000, description="Passages taken from each side of the search.")
    search: Literal["hybrid", "dense", "lexical"] = Field(
        "hybrid", description="Search by meaning (`dense`), by words (`lexical`), or by both."
    )
    reader: bool = Field(True, description="Whether the trained reader marks answers and helps to choose.")
    threshold: float | None = Field(
        None, ge=0, le=1, description="Confidence under which Quoth declines; where it is not set, as fitted."
    )
    today: dt.date | None = Field(
        None, description="The day of asking, from which `last year` counts; the clock's where it is not set."
    )
    llm: str | None = Field(
        None,
        pattern=r"^[a-z0-9_]+:\S+$",
        description="The language model that writes answers, `PROVIDER:MODEL`; without it they are quoted.",
    )
    llm_base_url: str | None = Field(
        None,
        pattern=r"^https?://\S+$",
        description="The address of its server, where it is not the usual one.",
    )
    llm_seconds: float = Field(60.0, gt=0, le=3600, description="The longest that it may take for an answer.")
    llm_tokens: int = Field(
        6_000,
        ge=500,
        description="The most tokens of an answer's prompt; passages that do not fit are left out.",
    )
    llm_answer_tokens: int = Field(600, ge=50, description="The most tokens that it may write for an answer.")
    gate: Literal["strict", "mark", "off"] = Field(
        "strict", description="What becomes of a sentence that its citations do not support."
    )
    prompts: Path | None = Field(None, description="A folder of prompts that take the place of Quoth's own.")
    max_bytes: int = Field(20_000_000, ge=1, description="Larger files are skipped.")
    max_pages: int = Field(2_000, ge=1, description="PDF files with more pages are skipped.")
    parse_seconds: float = Field(
        30.0, gt=0, le=3600, description="HTML and PDF files that take longer are skipped."
    )

    def of(self, folder: Path) -> Self:
        """The same settings for a folder; a collection that is named is of its own folder alone."""
        own = folder == self.folder
        return self.model_copy(update={"folder": folder, "collection": self.collection if own else None})

    @field_validator("collection")
    @classmethod
    def _is_name(cls, name: str | None) -> str | None:
        """Of a collection and of a folder."""
        if name is not None and not _NAME.fullmatch(name):
            raise ValueError(
                "it must be 3 to 100 plain letters, digits, '.', '_' or '-', no sign first or last"
            )
        return name

    @field_validator("chroma_url")
    @classmethod
    def _is_address(cls, url: str | None) -> str | None:
        """Of a server alone: with a name and password in it, it would be shown with them."""
        if url is None:
            return None
        if not _ADDRESS.fullmatch(url) or urlsplit(url).port == 0:
            raise ValueError("it is no address such as https://chroma.example.org:8000")
        return url

    @field_validator("chroma_token")
    @classmethod
    def _is_safe(cls, token: SecretStr, given: ValidationInfo) -> SecretStr:
        """A token must not cross a network in the clear, and must fit into a header."""
        if not all("!" <= sign <= "~" for sign in token.get_secret_value()):
            raise ValueError("it holds something else than letters, digits and punctuation of ASCII")
        parts = urlsplit(given.data.get("chroma_url") or "https:")
        if token.get_secret_value() and parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise ValueError("it would cross the network unencrypted: give an https address of the server")
        return token


def load(**flags: Any) -> Settings:
    """The settings, with `flags` that are not None on top.

    A `.env` is read from the working folder, but never one that lies inside the articles' folder: articles
    come from elsewhere, settings do not. Raises InputError naming the setting and what is wrong with it.
    """
    return read(Settings, read(Settings, None, flags).folder, flags)


Fields = TypeVar("Fields", bound=BaseSettings)


def read(kind: type[Fields], folder: Path | None, flags: Mapping[str, Any]) -> Fields:
    """Settings of any kind, as `load` does it; without a `folder` of articles no `.env` is read."""
    given = {name: value for name, value in flags.items() if value is not None}
    env_file = Path(".env")
    try:
        if folder and env_file.is_file() and not _inside(Path.cwd(), folder):
            return kind(_env_file=env_file, _env_file_encoding="utf-8", **given)
        return kind(**given)
    except ValidationError as error:
        raise InputError(_sentence(error, str(kind.model_config.get("env_prefix", "")))) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The file .env cannot be read ({error}): mend or remove it.") from error


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _sentence(error: ValidationError, prefix: str) -> str:
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else "?"
    is_secret = re.search(SECRET, name, re.IGNORECASE)
    is_secret = is_secret or _CREDENTIALS.search(str(first["input"]))
    given = "hidden here" if is_secret else repr(str(first["input"])[:_SHOWN])
    return f"The setting {prefix}{name.upper()} is {given}, which is not usable: {first['msg'].lower()}."
