from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import Field, SecretStr, ValidationError

from retrieval.embedding import DEFAULT_MODEL
from retrieval.errors import InputError
from retrieval.settings import Settings, load


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    place = tmp_path / "work"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


def test_without_any_setting_the_defaults_hold() -> None:
    settings = load()
    assert (settings.folder, settings.data, settings.model) == (Path("seeds"), Path(".quoth"), DEFAULT_MODEL)
    assert settings.k == 10 and settings.depth == 30 and settings.threshold is None and settings.reader


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("folder", "articles", Path("articles")),
        ("data", "/var/lib/quoth", Path("/var/lib/quoth")),
        ("model", "some/model", "some/model"),
        ("k", "3", 3),
        ("depth", "1000", 1000),
        ("threshold", "0", 0.0),
        ("max_bytes", "1", 1),
        ("max_pages", "7", 7),
        ("parse_seconds", "0.5", 0.5),
        ("collection", "news-2024.v_1", "news-2024.v_1"),
        ("chroma_url", "https://chroma.example.org:8443/behind/", "https://chroma.example.org:8443/behind/"),
        ("chroma_url", "http://[::1]:8000", "http://[::1]:8000"),
        ("chroma_token", "t0p!", SecretStr("t0p!")),
        ("chroma_ca", "ca.pem", Path("ca.pem")),
        ("chroma_seconds", "2.5", 2.5),
    ],
)
def test_the_environment_and_the_env_file_set_each_setting(
    here: Path, monkeypatch: pytest.MonkeyPatch, name: str, given: str, value: object
) -> None:
    (here / ".env").write_text(f"QUOTH_{name.upper()}={given}\n")
    assert getattr(load(), name) == value
    (here / ".env").unlink()
    assert getattr(load(), name) != value
    monkeypatch.setenv(f"QUOTH_{name.upper()}", given)
    assert getattr(load(), name) == value


def test_flags_win_over_the_environment_and_that_over_the_env_file(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / ".env").write_text("QUOTH_K=2\nQUOTH_DEPTH=20\nQUOTH_MAX_PAGES=5\n")
    monkeypatch.setenv("QUOTH_K", "3")
    monkeypatch.setenv("QUOTH_DEPTH", "21")
    settings = load(k=4)
    assert (settings.k, settings.depth, settings.max_pages) == (4, 21, 5)


def test_a_flag_that_is_none_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_K", "3")
    assert load(k=None, folder=None).k == 3


def test_other_names_in_the_environment_and_the_env_file_are_ignored(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / ".env").write_text("# a comment\nOTHER=1\nK=5\nQUOTH_NO_SUCH=1\nexport QUOTH_DEPTH='9'\n")
    monkeypatch.setenv("K", "6")
    monkeypatch.setenv("QUOTH_UNKNOWN", "6")
    assert load().k == 10 and load().depth == 9


def test_only_the_env_file_of_the_working_folder_is_read(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here.parent / ".env").write_text("QUOTH_K=2\n")
    (here / "seeds").mkdir()
    (here / "seeds" / ".env").write_text("QUOTH_K=2\n")
    assert load().k == 10


@pytest.mark.parametrize("place", [".", "sub"])
@pytest.mark.parametrize("by", ["flag", "environment"])
def test_an_env_file_inside_the_articles_folder_is_never_read(
    here: Path, monkeypatch: pytest.MonkeyPatch, place: str, by: str
) -> None:
    (here / "sub").mkdir()
    (here / place / ".env").write_text("QUOTH_K=not even a number\nQUOTH_MODEL=evil\n")
    monkeypatch.chdir(here / place)
    if by == "environment":
        monkeypatch.setenv("QUOTH_FOLDER", str(here))
    settings = load(folder=here if by == "flag" else None)
    assert settings.k == 10 and settings.model == DEFAULT_MODEL


def test_a_link_to_the_articles_folder_is_the_folder(here: Path) -> None:
    (here / ".env").write_text("QUOTH_K=2\n")
    (here.parent / "link").symlink_to(here, target_is_directory=True)
    assert load(folder=here.parent / "link").k == 10
    assert load(folder=here.parent / "other").k == 2


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("K", "seven"),
        ("K", "0"),
        ("K", "101"),
        ("K", ""),
        ("DEPTH", "1001"),
        ("THRESHOLD", "1.5"),
        ("THRESHOLD", "nan"),
        ("MODEL", ""),
        ("MAX_BYTES", "-1"),
        ("MAX_PAGES", "2.5"),
        ("PARSE_SECONDS", "0"),
        ("PARSE_SECONDS", "nan"),
        ("PARSE_SECONDS", "inf"),
        ("PARSE_SECONDS", "1e300"),
        ("COLLECTION", "no"),
        ("COLLECTION", "../up"),
        ("COLLECTION", "Ärger"),
        ("COLLECTION", "news-"),
        ("CHROMA_URL", ""),
        ("CHROMA_URL", "chroma.example.org:8000"),
        ("CHROMA_URL", "ftp://chroma.example.org"),
        ("CHROMA_URL", "http://a b"),
        ("CHROMA_URL", "http://chroma:70000"),
        ("CHROMA_URL", "http://chroma:0"),
        ("CHROMA_SECONDS", "0"),
    ],
)
@pytest.mark.parametrize("by", ["environment", "file", "flag"])
def test_a_bad_value_is_one_sentence_that_names_the_setting_and_the_value(
    here: Path, monkeypatch: pytest.MonkeyPatch, name: str, given: str, by: str
) -> None:
    if by == "environment":
        monkeypatch.setenv(f"QUOTH_{name}", given)
    elif by == "file":
        (here / ".env").write_text(f"QUOTH_{name}={given}\n")
    with pytest.raises(
        InputError, match=rf"^The setting QUOTH_{name} is .*, which is not usable: .*\.$"
    ) as error:
        load(**({name.lower(): given} if by == "flag" else {}))
    assert repr(given) in str(error.value) and "\n" not in str(error.value)
    assert error.value.exit_status == 2


def test_an_env_file_that_is_not_utf_8_is_one_sentence(here: Path) -> None:
    (here / ".env").write_bytes(b"QUOTH_K=\xff\xfe\n")
    with pytest.raises(InputError, match=r"^The file \.env cannot be read .*mend or remove it\.$"):
        load()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        load().k = 3  # type: ignore[misc]


def test_a_bad_secret_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class WithToken(Settings):
        discord_token: int = Field(0, description="A secret.")

    monkeypatch.setattr("retrieval.settings.Settings", WithToken)
    monkeypatch.setenv("QUOTH_DISCORD_TOKEN", "hunter2")
    with pytest.raises(InputError, match="QUOTH_DISCORD_TOKEN is hidden here") as told:
        load()
    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize(
    "url", ["https://quoth:hunter2@chroma.example.org", "https://chroma.example.org/?token=hunter2"]
)
def test_an_address_with_a_secret_in_it_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(InputError, match="QUOTH_CHROMA_URL is hidden here, which is not usable") as told:
        load(chroma_url=url)
    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize(
    "url", ["https://chroma.example.org", "http://127.0.0.1:8000", "http://localhost", None]
)
def test_a_token_is_taken_and_not_shown(url: str | None) -> None:
    settings = load(chroma_url=url, chroma_token="hunter2")
    assert settings.chroma_token.get_secret_value() == "hunter2" and "hunter2" not in repr(settings)


@pytest.mark.parametrize(
    ("url", "token", "why"),
    [
        ("http://chroma.example.org", "hunter2", "it would cross the network unencrypted"),
        ("http://10.0.0.7:8000", "hunter2", "it would cross the network unencrypted"),
        ("https://chroma.example.org", "hunter2\nX-Other: 1", "it holds something else than letters"),
        ("https://chroma.example.org", "hunter2ä", "it holds something else than letters"),
        ("https://chroma.example.org", "hunter2 3", "it holds something else than letters"),
    ],
)
def test_a_token_that_cannot_be_sent_safely_is_refused(url: str, token: str, why: str) -> None:
    with pytest.raises(InputError, match=rf"^The setting QUOTH_CHROMA_TOKEN is hidden here, .*{why}") as told:
        load(chroma_url=url, chroma_token=token)
    assert "hunter2" not in str(told.value)
    assert load(chroma_url=url).chroma_token.get_secret_value() == ""
