from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from eval import results
from eval.origin import origin
from eval.outcome import Cited, Place, Said
from eval.questions import Evidence, read_articles
from eval.results import Results, load, save
from prompts.template import FOLDER
from retrieval.errors import InputError
from retrieval.settings import Settings
from tests.cases import TEXTS, case, outcome

PLACE = Place("a.txt", 7, 26)
FOUND = Results(
    name="latest",
    system="quoth",
    made={"settings": {"k": 12}, "reader": None, "commit": "b04c9b801b3a"},
    metrics={"first": 0.5, "sides": None},
    latency={"p50": 0.25, "p95": 0.5, "p99": 0.75},
    outcomes=(
        outcome(
            "q1",
            conversation="talk",
            understood="Who shut the lock 🔒?",
            expected=("Voss", "Lena Voss"),
            evidence=(PLACE,),
            notes=("About the lock:",),
            sentences=(Said("Voss shut the lock.", (1,)),),
            citations=(Cited(1, PLACE, 3, "Voss shut the lock.", True, True),),
            short="Voss",
            marks={"first": 1.0, "truth": -1.0},
        ),
        outcome("q2", answerable=False, answered=False, confidence=0.0),
    ),
    texts=TEXTS,
)


# The file


def test_what_is_saved_is_loaded(tmp_path: Path):
    file = tmp_path / "new" / "folder" / "latest.json"
    save(FOUND, file)
    assert load(file) == FOUND
    assert [path.name for path in file.parent.iterdir()] == ["latest.json"]
    save(replace(FOUND, name="other"), file)
    assert load(file).name == "other"


def test_a_name_is_a_file_of_the_folder_unless_it_is_one_itself(tmp_path: Path):
    assert results.path("latest") == Path("eval/results/latest.json")
    assert results.path("v1.2", tmp_path) == tmp_path / "v1.2.json"
    assert results.path("elsewhere/a.json", tmp_path) == Path("elsewhere/a.json")


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", r"\(expecting value"),
        (b"{", r"\(expecting property name"),
        (b"\xff", r"\('utf-8' codec"),
        (b"[]", r"\(input should be a dictionary"),
        (b"{}", r"\(name: field required"),
        (b'{"name": 5}', r"\(name: input should be a valid string"),
    ],
)
def test_a_damaged_file_is_refused_and_named(tmp_path: Path, content: bytes, part: str):
    file = tmp_path / "a.json"
    file.write_bytes(content)
    with pytest.raises(
        InputError, match=rf"a\.json holds no results of quoth eval run (?i:{part}).*make them"
    ):
        load(file)


def test_a_file_cut_short_is_refused(tmp_path: Path):
    file = tmp_path / "a.json"
    save(FOUND, file)
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"a\.json holds no results"):
        load(file)


def test_a_value_of_the_wrong_kind_is_named(tmp_path: Path):
    file = tmp_path / "a.json"
    save(FOUND, file)
    row = json.loads(file.read_text("utf-8"))
    row["outcomes"][1]["confidence"] = "high"
    file.write_text(json.dumps(row))
    with pytest.raises(InputError, match=r"\(outcomes\.1\.confidence: "):
        load(file)


def test_another_format_is_refused(tmp_path: Path):
    file = tmp_path / "a.json"
    save(replace(FOUND, format=2), file)
    with pytest.raises(InputError, match=r"a\.json has format 2, this Quoth reads 1"):
        load(file)


def test_a_missing_file_is_refused_with_what_makes_it(tmp_path: Path):
    for file in (tmp_path / "none.json", tmp_path):
        with pytest.raises(InputError, match=r"cannot be read .*quoth eval run"):
            load(file)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"cannot be written to .*a\.json"):
        save(FOUND, tmp_path / "file" / "a.json")
    with pytest.raises(InputError, match="cannot be written to"):
        save(FOUND, tmp_path)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=repr)
def test_an_interrupted_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
):
    file = tmp_path / "a.json"
    save(FOUND, file)
    whole = Path.write_bytes

    def half(self: Path, content: bytes) -> int:
        whole(self, content[: len(content) // 2])
        raise error

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises((InputError, KeyboardInterrupt)):
        save(replace(FOUND, name="other"), file)
    assert load(file) == FOUND


def test_a_file_whose_name_is_not_utf_8_can_be_kept(tmp_path: Path):
    odd = replace(FOUND, texts={**FOUND.texts, "\udcff.txt": "Rain fell."})
    save(odd, tmp_path / "a.json")
    assert load(tmp_path / "a.json") == odd


# What made them


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    for file, text in TEXTS.items():
        (tmp_path / file).write_text(text, "utf-8")
    return tmp_path


class Keyed(Settings):
    """Settings as another part of the program may have them."""

    api_key: str = "s3cret"
    bot_token: str = "s3cret"


def test_nothing_secret_and_no_place_of_the_machine_is_told(corpus: Path):
    model = corpus / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    server = "http://me:s3cret@localhost:1"
    settings = Keyed(
        folder=corpus, data=corpus / "index", model=str(model), llm="openai:x", llm_base_url=server
    )
    told = repr(origin(settings, read_articles(corpus), [case()]))
    for hidden in ("s3cret", str(corpus), str(Path.home()), str(Path(__file__).parent)):
        assert hidden not in told
    assert "'model': 'model@" in told


def test_equal_inputs_have_one_origin_wherever_they_lie(corpus: Path):
    articles = read_articles(corpus)
    one = origin(Settings(folder=corpus, data=corpus / "x"), articles, [case("1", line=1), case("2", line=2)])
    backwards = dict(reversed(articles.items()))
    other = origin(Settings(folder=Path("y")), backwards, [case("1", line=3), case("2", line=9)])
    assert one == other
    assert json.loads(json.dumps(one)) == one


@pytest.mark.parametrize(
    ("flags", "changed"),
    [
        ({"k": 5}, {"settings"}),
        ({"search": "dense"}, {"settings"}),
        ({"threshold": 0.5}, {"settings"}),
        ({"reader": False}, {"settings", "reader"}),
        ({"model": "other/model"}, {"model"}),
        ({"llm_tokens": 900}, {"settings"}),
        ({"llm": "ollama:llama3.2"}, {"settings", "prompts"}),
    ],
)
def test_a_setting_that_changes_changes_the_origin(flags: dict[str, object], changed: set[str]):
    assert differing(origin(Settings(), {}, []), origin(Settings(**flags), {}, [])) == changed


def test_the_words_of_a_prompt_change_the_origin_and_their_folder_does_not(tmp_path: Path):
    def with_prompt(words: str, name: str) -> dict[str, object]:
        shutil.copytree(FOLDER, tmp_path / name)
        prompt = tmp_path / name / "answer.md"
        prompt.write_text(prompt.read_text("utf-8").replace("# User\n", f"# User\n\n{words}"), "utf-8")
        return origin(Settings(llm="openai:x", prompts=tmp_path / name), {}, [])

    one, same, other = with_prompt("", "one"), with_prompt("", "two"), with_prompt("Be kind.", "three")
    assert one == same == origin(Settings(llm="openai:x"), {}, [])
    assert differing(one, other) == {"prompts"}


def differing(one: dict[str, object], other: dict[str, object]) -> set[str]:
    assert one.keys() == other.keys()
    return {name for name in one if one[name] != other[name]}


@pytest.mark.parametrize(
    ("file", "text"), [("a.txt", "Voss shut the lock!\n"), ("c.txt", "New.\n"), ("metadata.toml", None)]
)
def test_an_article_that_changes_changes_the_origin(corpus: Path, file: str, text: str | None):
    before = origin(Settings(), read_articles(corpus), [])
    (corpus / file).write_text(text or '["a.txt"]\npublisher = "The Post"\n', "utf-8")
    after = origin(Settings(), read_articles(corpus), [])
    assert "corpus" in differing(before, after) <= {"corpus", "articles"}


@pytest.mark.parametrize(
    "changes",
    [
        {"question": "Who?"},
        {"answers": ("Lena Voss",)},
        {"split": "test"},
        {"evidence": (Evidence("a.txt", "Rain fell."),)},
        {"conversation": "talk"},
    ],
)
def test_a_question_that_changes_changes_the_origin(changes: dict[str, object]):
    before, after = (origin(Settings(), {}, [one]) for one in (case(), case(**changes)))
    assert differing(before, after) == {"questions"}


def test_the_order_of_the_questions_and_their_number_change_the_origin():
    one, other = case("1"), case("2")
    hashes = {
        str(origin(Settings(), {}, cases)["questions"]) for cases in ([], [one], [one, other], [other, one])
    }
    assert len(hashes) == 4
