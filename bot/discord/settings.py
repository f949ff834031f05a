"""The settings of the Discord bot: `QUOTH_DISCORD_…`."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from retrieval import settings


class DiscordSettings(BaseSettings):
    """Everything of the bot that can be set. The field `token` is `QUOTH_DISCORD_TOKEN`, and so on."""

    model_config = SettingsConfigDict(
        env_prefix="QUOTH_DISCORD_", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    token: SecretStr = Field(SecretStr(""), description="The bot's token; never shown.")
    message_content: bool = Field(
        False, description="Whether messages in its threads are read without a mention (a privileged intent)."
    )
    guild: int | None = Field(None, description="A server for development, whose commands change at once.")
    folders: dict[int, Path] = Field(
        {}, description='Servers with articles of their own: `{"SERVER ID": "folder"}`.'
    )
    workers: int = Field(2, ge=1, le=64, description="Questions that are answered at the same time.")
    queue: int = Field(200, ge=0, le=10_000, description="Questions that may wait; more are turned away.")
    seconds: float = Field(60.0, gt=0, le=600, description="Longer than this no question is worked on.")
    keep_days: int = Field(90, ge=1, description="Answers and votes are kept so long.")
    log_questions: bool = Field(False, description="Whether the log holds the text of questions.")
    api: str | None = Field(None, description="The REST address of a server that does as Discord does.")
    gateway: str | None = Field(None, description="The address of its gateway.")

    @field_validator("api", "gateway")
    @classmethod
    def _is_safe(cls, address: str | None) -> str | None:
        """A token must not cross a network in the clear."""
        if address is None:
            return None
        parts = urlsplit(address)
        if parts.scheme in ("http", "ws") and not _is_loopback(parts.hostname or ""):
            raise ValueError(
                "without encryption only this machine may be named (127.0.0.1): use https or wss"
            )
        if parts.scheme not in ("http", "https", "ws", "wss") or not parts.hostname:
            raise ValueError("it is no address such as https://chat.example.org/api/v10")
        return address


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def load(folder: Path) -> DiscordSettings:
    """From the environment and `.env`; raises InputError naming the setting and what is wrong with it."""
    return settings.read(DiscordSettings, folder, {})
