from __future__ import annotations

from pathlib import Path

import pytest

from bot.discord.settings import load
from retrieval.errors import InputError


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("API", "http://127.0.0.1:8080/api/v10"),
        ("API", "http://localhost:1/api/v10"),
        ("API", "http://[::1]:1/api"),
        ("API", "https://chat.example.org/api/v10"),
        ("GATEWAY", "ws://127.0.0.1:9/gateway"),
        ("GATEWAY", "wss://chat.example.org/"),
    ],
)
def test_an_address_is_encrypted_or_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, address: str
):
    monkeypatch.setenv(f"QUOTH_DISCORD_{name}", address)
    assert getattr(load(tmp_path), name.lower()) == address


@pytest.mark.parametrize(
    ("name", "address", "part"),
    [
        ("API", "http://chat.example.org/api/v10", "without encryption"),
        ("API", "http://127.0.0.1.example.org/", "without encryption"),
        ("API", "http://10.0.0.1/api", "without encryption"),
        ("GATEWAY", "ws://chat.example.org", "without encryption"),
        ("GATEWAY", "ftp://127.0.0.1", "no address"),
        ("API", "discord", "no address"),
        ("API", "https://", "no address"),
    ],
)
def test_an_address_that_would_leak_the_token_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, address: str, part: str
):
    monkeypatch.setenv(f"QUOTH_DISCORD_{name}", address)
    with pytest.raises(InputError, match=part) as raised:
        load(tmp_path)
    assert f"QUOTH_DISCORD_{name}" in str(raised.value)


def test_the_token_is_read_from_the_environment_or_dot_env_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("QUOTH_DISCORD_TOKEN=from.dot.env\n")
    articles = tmp_path / "articles"
    articles.mkdir()
    assert load(articles).token.get_secret_value() == "from.dot.env"
    monkeypatch.setenv("QUOTH_DISCORD_TOKEN", "from.the.environment")
    loaded = load(articles)
    assert loaded.token.get_secret_value() == "from.the.environment"
    assert "from.the" not in repr(loaded)


def test_a_dot_env_among_the_articles_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("QUOTH_DISCORD_TOKEN=planted\n")
    assert load(tmp_path).token.get_secret_value() == ""


@pytest.mark.parametrize(("name", "value"), [("WORKERS", "0"), ("SECONDS", "soon"), ("GUILD", "home")])
def test_a_value_that_is_not_usable_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
):
    monkeypatch.setenv(f"QUOTH_DISCORD_{name}", value)
    with pytest.raises(InputError, match=f"QUOTH_DISCORD_{name} is '{value}'"):
        load(tmp_path)
