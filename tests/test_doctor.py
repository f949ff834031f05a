from __future__ import annotations

import functools
import importlib.util
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn

import pytest
from filelock import FileLock
from pydantic import SecretStr

from bot import doctor, models
from bot.finding import Finding
from eval.bench.server import ChromaServer, free_port
from retrieval import embedding
from retrieval.articles import Limits
from retrieval.connection import connect
from retrieval.embedding import wheel_folder
from retrieval.errors import EntailmentError, FolderError, IndexDamaged, InputError, ModelError
from retrieval.llm.model import Model
from retrieval.settings import DEFAULT_MODEL, Settings, load
from tests.fake_openai import FakeOpenAI
from tests.fake_openai_replies import BROKEN, FORBIDDEN, NOT_JSON, Fails, Hangs, Reply
from tests.fakes import WordEmbedder
from tests.program import call

LOCK = "Tarn lock shut\n\nHarbour master Lena Voss closed the Tarn lock.\n"


class QuickModel(WordEmbedder):
    def __init__(self, name: str, *_: object) -> None:
        super().__init__()
        self.id = f"{name}@1"


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A working folder with one article in `news`, a data folder not yet made, and a model that is quick."""
    monkeypatch.setattr("retrieval.opening.Transformer", QuickModel)
    monkeypatch.setenv("QUOTH_FOLDER", "news")
    monkeypatch.setenv("QUOTH_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "a.txt").write_text(LOCK, "utf-8")
    return tmp_path


def brief(finding: Finding) -> tuple[str, str]:
    """A finding's state and text; whatever is wrong says how to mend it."""
    assert finding.mend or finding.state != "wrong"
    assert finding.found and "\n" not in finding.found + finding.mend
    return finding.state, finding.found


@pytest.mark.parametrize(
    ("version", "state"), [((3, 10, 14), "wrong"), ((3, 11, 0), "ok"), ((3, 14, 1), "ok"), ((4, 0, 0), "ok")]
)
def test_python_must_be_new_enough(version: tuple[int, ...], state: str) -> None:
    number = ".".join(map(str, version))
    assert brief(doctor.python(version, "Linux")) == (state, f"{number} on Linux")


def test_the_trained_reader_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert brief(models.reader(True)) == ("ok", "the trained reader's file is the one that was shipped")
    assert brief(models.reader(False)) == ("ok", "switched off by QUOTH_READER")
    monkeypatch.setattr("retrieval.reader.FOLDER", tmp_path)
    found = models.reader(True)
    assert found.state == "warn"
    assert found.found == f"The trained reader {tmp_path / 'reader.safetensors'} cannot be read."
    assert found.mend.startswith("Install Quoth again; until then")


def test_a_package_that_is_missing_is_wrong() -> None:
    assert doctor.packages(["filelock"]).state == "ok"
    state, found = brief(doctor.packages(["filelock", "no-such-package"]))
    assert state == "wrong" and found.endswith(", no-such-package missing")


# ---- the model


def test_the_default_model_has_the_official_files() -> None:
    assert brief(models.model(DEFAULT_MODEL, True))[0] == "ok"


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (lambda folder: (folder / "vocab.txt").unlink(), "lacks vocab.txt"),
        (lambda folder: (folder / "vocab.txt").write_text("x"), "vocab.txt is not the official file"),
    ],
)
def test_a_damaged_model_is_wrong(here: Path, monkeypatch: pytest.MonkeyPatch, damage, found: str) -> None:
    copy = here / "model"
    shutil.copytree(wheel_folder(), copy, copy_function=os.symlink)
    damage_at = copy / "vocab.txt"
    damage_at.unlink()
    damage_at.write_bytes((wheel_folder() / "vocab.txt").read_bytes())
    damage(copy)
    monkeypatch.setattr(embedding, "wheel_folder", lambda: copy)
    state, said = brief(next(f for f in doctor.findings(None, {}) if f.check == "model"))
    assert state == "wrong" and found in said


def test_a_missing_model_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "_WHEEL", "no-such-wheel")
    finding = next(f for f in doctor.findings(None, {}) if f.check == "model")
    assert finding == Finding(
        "model", "wrong", "The embedding model is missing.", "Install it with pip install no-such-wheel."
    )


@pytest.mark.parametrize(
    ("name", "offline", "state"),
    [
        ("model", True, "ok"),
        ("cached/model", True, "ok"),
        ("bare", True, "ok"),
        ("news", False, "wrong"),  # a folder, but of no model
        ("/no/such/folder", False, "wrong"),
        ("no/such", True, "wrong"),
        ("no/such", False, "warn"),
        ("a/b/c d", True, "wrong"),
    ],
)
def test_another_model_is_found_or_not(
    here: Path, monkeypatch: pytest.MonkeyPatch, name: str, offline: bool, state: str
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(here / "hub"))
    for full in ("cached/model", "sentence-transformers/bare"):
        kept = here / "hub" / f"models--{full.replace('/', '--')}"
        (kept / "snapshots" / "1").mkdir(parents=True)
        (kept / "snapshots" / "1" / "config.json").write_text("{}")
        (kept / "refs").mkdir()
        (kept / "refs" / "main").write_text("1")
    (here / "model").mkdir()
    (here / "model" / "modules.json").write_text("[]")
    found = brief(models.model(name, offline))
    assert found[0] == state and name in found[1]


# ---- the language model


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOpenAI]:
    monkeypatch.setattr("retrieval.llm.model.Model", functools.partial(Model, pause=0.01))
    with FakeOpenAI(key="sk-proj-hunter2hunter2hunter2") as server:
        monkeypatch.setenv("OPENAI_API_KEY", server.key)
        monkeypatch.setenv("QUOTH_LLM", f"openai:{server.model}")
        monkeypatch.setenv("QUOTH_LLM_BASE_URL", server.url)
        yield server


def language_model(**flags: object) -> tuple[str, str]:
    return brief(models.language_model(load(**flags)))


def test_without_a_language_model_all_is_in_order() -> None:
    assert language_model() == ("ok", "QUOTH_LLM is not set: answers are quoted")


def test_a_language_model_is_called_once(served: FakeOpenAI) -> None:
    state, found = language_model()
    assert state == "ok" and re.fullmatch(r"openai:test answered in \d+\.\d s", found)
    assert len(served.calls) == 1


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        (FORBIDDEN, "does not accept its key (401): set OPENAI_API_KEY."),
        (Fails(404, "No such model."), "is not known to its server (404): mend QUOTH_LLM."),
        (Fails(400, "Bad {key}."), "did not take the request (400): "),
        (BROKEN, "failed (500): ask again later."),
        (NOT_JSON, "failed (ValueError: "),
        (Hangs(), "took longer than 0.3 seconds: "),
    ],
)
def test_what_is_wrong_with_a_language_model_is_one_sentence(
    served: FakeOpenAI, reply: Reply, found: str
) -> None:
    served.will(reply)
    state, said = language_model(llm_seconds=0.3 if isinstance(reply, Hangs) else 30)
    assert state == "wrong" and found in said and said.startswith("The ")
    assert served.key not in said


def test_no_key_is_shown(served: FakeOpenAI) -> None:
    served.will(FORBIDDEN)
    done = call("doctor", "--json")
    told = {finding["check"]: finding for finding in json.loads(done.out)}
    assert done.status == 1 and told["language model"]["state"] == "wrong"
    assert served.key not in done.out + done.err


def test_a_server_that_is_not_reached_is_told(served: FakeOpenAI) -> None:
    with FakeOpenAI() as gone:
        url = gone.url
    state, found = language_model(llm_base_url=url)
    assert state == "wrong" and "cannot be reached: start it, or mend QUOTH_LLM_BASE_URL." in found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("ollama:x", "needs a package that is not installed: run pip install 'quoth[ollama]'."),
        ("nobody:x", "nobody:x"),
    ],
)
def test_a_provider_that_cannot_be_used_is_told(
    monkeypatch: pytest.MonkeyPatch, name: str, found: str
) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n, *a: None if "_ollama" in n else there(n, *a))
    state, said = language_model(llm=name)
    assert state == "wrong" and found in said


def test_no_key_at_all_is_told(served: FakeOpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.delenv("QUOTH_LLM_BASE_URL")
    state, found = language_model()
    assert (state, found) == ("wrong", "The language model openai:test needs a key: set OPENAI_API_KEY.")
    assert served.requests == []


def test_the_trained_judge_is_looked_at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def damaged() -> NoReturn:
        raise EntailmentError("The trained judge is damaged: install Quoth again.")

    monkeypatch.setattr("bot.models.TrainedEntailment", damaged)
    found = models.judge()
    assert found == Finding("judge", "warn", "The trained judge is damaged.", "Install Quoth again.")
    monkeypatch.setattr("bot.models.TrainedEntailment", lambda: None)
    assert brief(models.judge()) == ("ok", "the trained judge's file is the one that was shipped")


def test_prompts_of_ones_own_are_looked_at(here: Path) -> None:
    assert brief(models.prompts(None)) == ("ok", "Quoth's own")
    own = here / "prompts"
    own.mkdir()
    assert brief(models.prompts(own)) == ("ok", f"Quoth's own, and what {own} has")
    (own / "answer.md").write_text("# System\nx\n# User\ny\n", "utf-8")
    with pytest.raises(InputError, match="lacks the place"):
        models.prompts(own)


# ---- folders


def test_the_data_folder_can_be_written_or_made(here: Path) -> None:
    assert brief(doctor.data(here / "data")) == ("ok", f"{here / 'data'}, made when it is needed")
    assert not (here / "data").exists()
    (here / "data").mkdir()
    assert brief(doctor.data(here / "data")) == ("ok", f"{here / 'data'}, writable")
    (here / "file").write_text("mine")
    for place in (here / "file", here / "file" / "data"):
        assert brief(doctor.data(place)) == ("wrong", f"{here / 'file'} cannot be written.")


@pytest.mark.parametrize(("free", "state"), [(0, "warn"), (499_999_999, "warn"), (500_000_000, "ok")])
def test_a_full_disk_is_warned_of(free: int, state: str) -> None:
    assert doctor.disk(free).state == state


def test_files_are_counted_and_those_skipped_are_told(here: Path) -> None:
    news = here / "news"
    assert brief(doctor.readable(news, Limits())) == ("ok", f"{news}: 1 readable")
    (news / "b.docx").write_text("x")
    state, found = brief(doctor.readable(news, Limits()))
    assert state == "warn" and found.startswith(f"{news}: 1 readable, 1 skipped. b.docx was skipped: ")
    for n in range(5):
        (news / f"c{n}.docx").write_text("x")
    assert brief(doctor.readable(news, Limits()))[1].endswith(" And 3 more.")
    (here / "empty").mkdir()
    assert doctor.readable(here / "empty", Limits()).state == "warn"
    with pytest.raises(FolderError):
        doctor.readable(here / "none", Limits())


@pytest.mark.parametrize(
    ("toml", "state", "part"),
    [
        (None, "ok", "none"),
        ('["a.txt"]\ntitle = "T"\n', "ok", "metadata.toml describes 1"),
        ('["a.txt"]\ncolour = "T"\n["b.txt"]\n', "warn", "colour"),
    ],
)
def test_metadata_is_told_with_its_warnings(here: Path, toml: str | None, state: str, part: str) -> None:
    if toml:
        (here / "news" / "metadata.toml").write_text(toml)
    found = brief(doctor.stated(here / "news"))
    assert found[0] == state and part in found[1]


# ---- the Chroma server


def test_a_server_is_asked_for_its_version_and_the_collection(here: Path) -> None:
    with ChromaServer(here / "server") as server:
        settings = Settings(folder=Path("news"), chroma_url=server.url, collection="news")
        at = rf"{server.url} answers as version \d+\.\d+\.\d+; "
        state, found = brief(doctor.chroma(server.url, settings))
        assert state == "warn" and re.fullmatch(rf"{at}it has no collection news yet\.", found)
        made = connect(server.url, settings).collection("news", {"a": "1"})
        made.upsert(ids=["1", "2"], embeddings=[[1.0], [0.5]], documents=["a", "b"])
        state, found = brief(doctor.chroma(server.url, settings))
        assert state == "ok" and re.fullmatch(rf"{at}its collection news has 2 passages", found)


def test_a_server_that_is_away_is_wrong_and_stops_no_other_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_CHROMA_URL", url := f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("QUOTH_CHROMA_TOKEN", "hunter2")
    found = {finding.check: finding for finding in doctor.findings(None, {})}
    assert found["chroma"].state == "wrong" and found["chroma"].mend == "Start it, or mend QUOTH_CHROMA_URL."
    assert found["chroma"].found.startswith(f"The Chroma server at {url} cannot be reached (")
    assert found["QUOTH_CHROMA_TOKEN"].found.startswith("set, hidden")
    assert found["articles"].state == "ok" and "hunter2" not in str(found)


def test_without_a_server_none_is_looked_for() -> None:
    assert all(finding.check != "chroma" for finding in doctor.findings(None, {}))


# ---- the index


def index() -> tuple[str, str]:
    return brief(doctor.index(load(), Limits()))


def test_an_index_is_none_then_current_then_out_of_date(here: Path) -> None:
    assert index() == ("warn", "There is none yet.")
    assert not (here / "data").exists()
    call("index")
    assert index() == ("ok", "1 passages of 1 articles, up to date")
    (here / "news" / "b.txt").write_text("Rain\n\nIt rained in Osk.\n", "utf-8")
    (here / "news" / "a.txt").unlink()
    assert index() == ("warn", "1 passages of 1 articles; 1 files are new or changed, 1 gone.")


def test_an_index_being_written_is_not_waited_for(here: Path) -> None:
    call("index")
    (root,) = (here / "data" / "indexes").iterdir()
    with FileLock(root / "lock"):
        assert index() == ("warn", "Another program is writing it.")


def test_an_interrupted_change_is_told(here: Path) -> None:
    call("index")
    from retrieval.opening import open_index

    (here / "news" / "b.txt").write_text("Rain\n\nIt rained in Osk.\n", "utf-8")
    open_index(load()).dense.describe(state="writing")
    state, found = index()
    assert state == "warn" and "interrupted" in found


def test_a_damaged_index_is_wrong(here: Path) -> None:
    call("index")
    data = here / "moved"  # Chroma keeps what it has opened by its path
    shutil.copytree(here / "data", data)
    for file in data.rglob("chroma/**/*"):
        if file.is_file():
            file.write_bytes(b"no database at all" * 500)
    with pytest.raises(IndexDamaged):
        doctor.index(load(data=data), Limits())


def test_an_index_made_by_another_model_is_wrong(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call("index")
    monkeypatch.setenv("QUOTH_MODEL", "other/model")
    with pytest.raises(ModelError):
        index()
    finding = next(f for f in doctor.findings(None, os.environ) if f.check == "index")
    assert brief(finding)[0] == "wrong" and "--rebuild" in finding.mend


# ---- settings


def test_settings_are_told_with_where_they_come_from(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / ".env").write_text("QUOTH_DEPTH=20\nQUOTH_K=8\n")
    found = doctor.findings(here / "news", {"QUOTH_DATA": "x", "quoth_k": "8"})
    told = {finding.check: finding.found for finding in found}
    assert told["QUOTH_FOLDER"] == f"{here / 'news'} (command)"
    assert told["QUOTH_DATA"] == f"{here / 'data'} (environment)"
    assert told["QUOTH_K"] == "8 (environment)"
    assert told["QUOTH_DEPTH"] == "20 (.env)"
    assert told["QUOTH_MAX_PAGES"] == "2000 (default)"
    assert {f"QUOTH_{name.upper()}" for name in Settings.model_fields} <= told.keys()


class Secretive(Settings):
    discord_token: str | None = None
    api_key: SecretStr = SecretStr("")
    client_secret: str = ""
    PASSWORD_file: str = ""
    proxy: str = ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("discord_token", "hunter2"),
        ("api_key", "hunter2"),
        ("client_secret", "hunter2"),
        ("PASSWORD_file", "hunter2"),
        ("proxy", "https://ann:hunter2@proxy.test:8080"),
        ("proxy", "postgres://hunter2@host/base"),
        ("proxy", "https://proxy.test/?a=b&access_token=hunter2"),
    ],
)
def test_a_secret_is_never_told(name: str, value: str) -> None:
    told = {f.check: f.found for f in doctor.in_force(Secretive(**{name: value}), {})}
    assert told[f"QUOTH_{name.upper()}"] == "set, hidden (.env)"
    assert "hunter2" not in str(told)


def test_a_number_is_no_secret() -> None:
    told = {f.check: f.found for f in doctor.in_force(Settings(), {})}
    assert told["QUOTH_LLM_TOKENS"] == "6000 (default)"


def test_a_secret_that_is_not_set_is_told_to_be_so() -> None:
    told = {f.check: f.found for f in doctor.in_force(Secretive(proxy="http://proxy.test:80/@x"), {})}
    assert told["QUOTH_DISCORD_TOKEN"] == told["QUOTH_API_KEY"] == "not set (default)"
    assert told["QUOTH_PROXY"] == "http://proxy.test:80/@x (.env)"


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"QUOTH_FOLDR": "hunter2"}, [("QUOTH_FOLDR is no setting of Quoth.", "Did you mean QUOTH_FOLDER?")]),
        (
            {"quoth_treshold": "1"},
            [("quoth_treshold is no setting of Quoth.", "Did you mean QUOTH_THRESHOLD?")],
        ),
        ({"QUOTH_ZZZZZZZZZZZZ": "1"}, [("QUOTH_ZZZZZZZZZZZZ is no setting of Quoth.", "Unset it")]),
        (
            {"QUOTH_DISCORD_TOKN": "hunter2"},
            [("QUOTH_DISCORD_TOKN is no setting of Quoth.", "Did you mean QUOTH_DISCORD_TOKEN?")],
        ),
        ({"QUOTH_K": "1", "quoth_depth": "2", "OTHER": "3", "MY_QUOTH_X": "4"}, []),
        ({"QUOTH_DISCORD_TOKEN": "1", "quoth_discord_workers": "2"}, []),
    ],
)
def test_a_setting_that_there_is_not_is_told_with_the_nearest(
    environment: Mapping[str, str], told: list[tuple[str, str]]
) -> None:
    found = list(doctor.unknown(environment))
    assert len(found) == len(told)
    for finding, (sentence, mend) in zip(found, told, strict=True):
        assert brief(finding) == ("warn", sentence) and finding.mend.startswith(mend)


# ---- the bot


def test_the_token_of_the_bot_is_told_to_be_set_or_not_and_never_shown(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    not_set = "QUOTH_DISCORD_TOKEN is not set: only quoth discord needs it"
    assert brief(doctor.discord(here / "news")) == ("ok", not_set)
    monkeypatch.setenv("QUOTH_DISCORD_TOKEN", " ")
    assert brief(doctor.discord(here / "news")) == ("ok", not_set)
    monkeypatch.setenv("QUOTH_DISCORD_TOKEN", "hunter2")
    assert brief(doctor.discord(here / "news")) == ("ok", "QUOTH_DISCORD_TOKEN is set, hidden")
    assert "hunter2" not in call("doctor").out


@pytest.mark.parametrize(
    ("name", "value"),
    [("API", "http://discord.test/api"), ("GATEWAY", "ws://discord.test"), ("WORKERS", "0")],
)
def test_a_setting_of_the_bot_that_is_not_usable_is_wrong(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"QUOTH_DISCORD_{name}", value)
    finding = next(f for f in doctor.findings(None, os.environ) if f.check == "discord")
    assert brief(finding)[0] == "wrong" and f"QUOTH_DISCORD_{name}" in finding.found + finding.mend


# ---- all together

CHECKS = [
    *"python packages model reader judge prompts".split(),
    "language model",
    *"data disk articles metadata index discord".split(),
]


def test_a_check_that_fails_stops_no_other(here: Path) -> None:
    (here / "news" / "metadata.toml").write_text("[")
    found = doctor.findings(None, os.environ)
    assert [finding.check for finding in found][: len(CHECKS)] == CHECKS
    assert [finding.check for finding in found if finding.state == "wrong"] == ["metadata"]


def test_without_its_folder_an_index_is_not_looked_at(here: Path) -> None:
    found = doctor.findings(Path("none"), {})
    assert [finding.check for finding in found][:9] == CHECKS[:9]
    wrong = [finding for finding in found if finding.state == "wrong"]
    assert wrong == [
        Finding("articles", "wrong", "The folder 'none' does not exist.", "Name a folder of articles.")
    ]


def test_a_bad_setting_is_a_finding_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_K", "many")
    found = doctor.findings(None, {})
    assert [finding.check for finding in found] == ["python", "packages", "settings", "model"]
    assert found[2].state == "wrong" and "QUOTH_K" in found[2].found


def test_doctor_prints_a_line_a_check_and_fails_where_something_is_wrong(here: Path) -> None:
    done = call("doctor")
    lines = done.out.splitlines()
    assert (done.status, done.err) == (0, "")
    assert lines[0].startswith("ok    python ") and "warn  index " in done.out
    assert "→ Run quoth index news." in done.out
    assert not (here / "data").exists()

    wrong = call("doctor", "none\x1b[31m")
    assert wrong.status == 1 and "wrong  articles " in wrong.out and "\x1b" not in wrong.out

    found = json.loads(call("doctor", "--json").out)
    assert [list(finding) for finding in found] == [["check", "state", "found", "mend"]] * len(found)
    assert [finding["check"] for finding in found][: len(CHECKS)] == CHECKS
