from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bot.__main__ import main
from tests.fakes import WordEmbedder

SEEDS = Path(__file__).parent.parent / "seeds"
WHO = "Who met Belousov in Beijing?"
ANSWER_KEYS = [
    *"question answered text notes understood short_answer".split(),
    *"sentences citations nearest confidence seconds model removed usage".split(),
]


class Done(NamedTuple):
    status: int
    out: str
    err: str

    def failed(self, status: int, *parts: str) -> None:
        """One sentence on stderr, nothing on stdout, the status that the help names."""
        assert (self.status, self.out) == (status, "")
        assert self.err.startswith("quoth: ")
        assert self.err.count("\n") == 1 and len(self.err) < 400
        assert "Traceback" not in self.err
        for part in parts:
            assert part in self.err


# ---- the installed program, as a process


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Done]:
    """Runs `quoth` where nothing is but a data folder of its own."""
    there = tmp_path_factory.mktemp("there")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QUOTH_")}
    environment = kept | {
        "QUOTH_DATA": str(there / "data"),
        "QUOTH_FOLDER": str(SEEDS),
        "OMP_NUM_THREADS": "1",
        "PYTHONWARNINGS": "default",
        "COLUMNS": "80",
    }

    def run(*arguments: str, stdin: bytes = b"") -> Done:
        command = [str(Path(sys.executable).parent / "quoth"), *arguments]
        done = subprocess.run(
            command, input=stdin, capture_output=True, cwd=there, env=environment, timeout=120, check=False
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


def test_the_program_indexes_first_then_answers_with_citations(program):
    done = program("ask", WHO)
    assert done.status == 0
    assert "indexing first" in done.err and "5 added" in done.err
    assert "Traceback" not in done.err and "Warning" not in done.err
    assert "Dong Jun" in done.out and "[1]" in done.out
    assert re.search(r"001_f9fa91b9999a0198\.txt:\d+", done.out)
    assert "\x1b" not in done.out and "\r" not in done.out

    again = program("ask", WHO, "--json")
    assert again.status == 0 and "indexing" not in again.err.replace("indexing first", "", 1)
    answer = json.loads(again.out)
    assert list(answer) == ANSWER_KEYS
    assert answer["answered"] is True
    for citation in answer["citations"]:
        text = (SEEDS / citation["file"]).read_bytes().decode()
        assert text[citation["start"] : citation["end"]] == citation["quote"]
        assert text.count("\n", 0, citation["start"]) + 1 == citation["line"]


def test_the_program_answers_a_batch_from_standard_input(program):
    lines = [
        WHO.encode(),
        b"",
        b'{"id": {"n": 1}, "question": "hello", "history": [{"question": "a", "text": "b"}]}',
        b'{"id": 2, "question": ',
        b"\xff\xfe",
        b"x" * 3_000_000,
        "Who\u2028met\rBelousov \\ud800?".encode(),
        b'{"id": "\\ud800\\u202e", "question": "Who met \\ud800?"}',
    ]
    done = program("ask", "--batch", "-", stdin=b"\n".join(lines))
    answers = [json.loads(line) for line in done.out.removesuffix("\n").split("\n")]
    assert done.status == 1  # some lines failed
    assert "Traceback" not in done.err
    assert ["error" in answer for answer in answers] == [False, False, True, True, True, False, False]
    assert [answer.get("id") for answer in answers] == [
        None,
        {"n": 1},
        None,
        None,
        None,
        None,
        "\ud800\u202e",
    ]
    assert answers[0]["citations"][0]["file"].startswith("001_")
    assert answers[5]["question"].startswith("Who\u2028met\rBelousov")


# ---- the rest in this process, with a model that is quick


class QuickModel(WordEmbedder):
    def __init__(self, name: str, *_: object) -> None:
        super().__init__()
        self.id = f"{name}@1"


class Standard(io.TextIOWrapper):
    """Standard input or output, kept in memory."""

    def __init__(self, raw: bytes = b"") -> None:
        super().__init__(io.BytesIO(raw), "utf-8", newline="")

    def written(self) -> str:
        self.flush()
        buffer: Any = self.buffer
        return str(buffer.getvalue().decode())


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Run]:
    """Calls the program in an empty folder, with `articles/` and the data folder `data/` beside."""
    monkeypatch.setattr("retrieval.opening.Transformer", QuickModel)
    monkeypatch.setenv("QUOTH_FOLDER", str(tmp_path / "articles"))
    monkeypatch.setenv("QUOTH_DATA", str(tmp_path / "data"))
    (tmp_path / "here").mkdir()
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "lock.txt").write_text(
        "Tarn lock shut\n\nDate: 3 May 2024\n\nHarbour master Lena Voss closed the Tarn lock.\n",
        "utf-8",
    )
    monkeypatch.chdir(tmp_path / "here")
    handler = signal.getsignal(signal.SIGINT)

    def call(*arguments: str, stdin: bytes = b"") -> Done:
        out, err = Standard(), Standard()
        with monkeypatch.context() as patched:
            patched.setattr(sys, "argv", ["quoth", *arguments])
            patched.setattr(sys, "stdin", Standard(stdin))
            patched.setattr(sys, "stdout", out)
            patched.setattr(sys, "stderr", err)
            with pytest.raises(SystemExit) as left:
                main()
        code = left.value.code
        return Done(code if isinstance(code, int) else 0 if code is None else 1, out.written(), err.written())

    yield call
    signal.signal(signal.SIGINT, handler)


def test_version(run: Run):
    assert run("--version") == Done(0, f"quoth {version('quoth')}\n", "")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["-h"], ["ask", "--help"], ["index", "-h"], ["search", "-h"]]
)
def test_help(run: Run, arguments: list[str]):
    done = run(*arguments)
    assert (done.status, done.err) == (0, "")
    assert done.out.lstrip().startswith("Usage: quoth")


def test_no_command_shows_the_help(run: Run):
    done = run()
    assert "Usage: quoth" in done.out + done.err
    assert done.status in (0, 2)


def test_a_second_index_run_embeds_nothing(run: Run, tmp_path: Path):
    first, second = run("index"), run("index")
    assert first.status == second.status == 0
    assert "1 added, 0 changed, 0 removed, 0 unchanged; 2 passages embedded" in first.out
    assert "0 added, 0 changed, 0 removed, 1 unchanged; 0 passages embedded" in second.out
    assert first.out.count("\n") == 1
    assert "2 passages embedded" in run("index", "--rebuild").out


def test_index_takes_a_folder(run: Run, tmp_path: Path):
    (tmp_path / "other").mkdir()
    assert f"Indexed {tmp_path / 'other'}: 0 added" in run("index", str(tmp_path / "other")).out


def test_strict_fails_where_a_file_was_skipped_and_says_which(run: Run, tmp_path: Path):
    assert run("index", "--strict").status == 0
    (tmp_path / "articles" / "empty.txt").write_bytes(b"")
    plain, strict = run("index"), run("index", "--strict")
    assert (plain.status, strict.status) == (0, 1)
    for done in (plain, strict):
        assert "Warning: empty.txt was skipped: it is empty" in done.err
        assert "1 skipped" in done.out


def test_ask_indexes_what_changed_first_and_says_so(run: Run, tmp_path: Path):
    assert "indexing first" in run("ask", "lock").err
    (tmp_path / "articles" / "rain.txt").write_text("Rain\n\nIt rained in Osk for a week.\n", "utf-8")
    assert "1 added" in run("ask", "rain in Osk").err


def test_ask_prints_text_or_one_json_object(run: Run):
    assert run("ask", "which articles do you have?").out.splitlines()[0] == (
        "I know 1 article, of 3 May 2024. Tarn lock shut [1]"
    )
    answer = json.loads(run("ask", "which articles do you have?", "--json").out)
    assert list(answer) == ANSWER_KEYS
    assert [citation["file"] for citation in answer["citations"]] == ["lock.txt"]


def test_a_refusal_is_no_failure(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("QUOTH_THRESHOLD", "1")
    done = run("ask", "Who closed the lock?")
    assert done.status == 0
    refusal, nearest = done.out.splitlines()
    assert refusal == "The articles don't say."
    assert nearest.startswith("The nearest article: Tarn lock shut (3 May 2024) ")
    assert nearest.endswith("articles/lock.txt")
    assert json.loads(run("ask", "Who closed the lock?", "--json").out)["nearest"]["file"] == "lock.txt"


def test_search_shows_passages_with_scores(run: Run):
    done = run("search", "Tarn lock")
    assert done.status == 0
    assert "1. Tarn lock shut (3 May 2024) " in done.out and "articles/lock.txt:" in done.out
    assert "fused" in done.out and "BM25" in done.out and "Lena Voss" in done.out
    (found,) = json.loads(run("search", "Tarn lock", "--json", "--k", "1").out)
    assert found["file"] == "lock.txt" and found["lexical_rank"] == 1


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        (["--since", "2024-05-03", "--until", "2024-05-03"], True),
        (["--since", "2024-05-04"], False),
        (["--until", "2024-05-02"], False),
    ],
)
def test_flags_filter(run: Run, flags: list[str], found: bool):
    assert bool(json.loads(run("search", "Tarn lock", "--json", *flags).out)) is found
    answer = json.loads(run("ask", "which articles do you have?", "--json", *flags).out)
    assert bool(answer["citations"]) is found
    (line,) = run("ask", "--batch", "-", *flags, stdin=b"which articles do you have?").out.splitlines()
    assert bool(json.loads(line)["citations"]) is found


@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_publisher_that_no_article_has_is_named(run: Run, command: str):
    done = run(command, "Who shut the lock?", "--publisher", "Nobody")
    assert done.status == 2 and "No article is by 'Nobody'" in done.err


def test_a_batch_is_read_from_a_file(run: Run, tmp_path: Path):
    (tmp_path / "batch").write_bytes(b'hello\n{"id": 1, "question": "thanks"}\n')
    done = run("ask", "--batch", str(tmp_path / "batch"))
    assert done.status == 0
    assert [json.loads(line)["question"] for line in done.out.splitlines()] == ["hello", "thanks"]
    assert run("ask", "--batch", "-", stdin=b"hello\n{\n").status == 1
    assert run("ask", "--batch", "-", stdin=b"")[:2] == (0, "")


BAD_INPUT = {
    "empty question": (["ask", ""], "empty"),
    "blank question": (["ask", " \n"], "empty"),
    "a question of a megabyte": (["ask", "x" * 1_000_000], "1,000,000 characters"),
    "empty query": (["search", ""], "empty"),
    "a query of a megabyte": (["search", "x" * 1_000_000], "1,000,000 characters"),
    "no question": (["ask"], "Give a question"),
    "a question and a batch": (["ask", "Who?", "--batch", "-"], "not both"),
    "no such batch": (["ask", "--batch", "none.txt"], "none.txt"),
    "a folder as batch": (["ask", "--batch", "."], "cannot be read"),
    "missing folder": (["ask", "Who?", "--folder", "none"], "'none' does not exist"),
    "missing folder to index": (["index", "none"], "'none' does not exist"),
    "a file as folder": (["ask", "Who?", "--folder", __file__], "folder of articles"),
    "impossible date": (["ask", "Who?", "--since", "2023-02-30"], "2023-02-30"),
    "a word as date": (["search", "Who?", "--until", "yesterday"], "yesterday"),
    "since later than until": (
        ["ask", "Who?", "--since", "2024-01-02", "--until", "2024-01-01"],
        "later than",
    ),
    "k too small": (["ask", "Who?", "--k", "0"], "QUOTH_K"),
    "k too large": (["search", "Who?", "--k", "101"], "QUOTH_K"),
}


@pytest.mark.parametrize(("arguments", "part"), BAD_INPUT.values(), ids=BAD_INPUT)
def test_bad_input_is_one_sentence_and_writes_nothing(
    run: Run, tmp_path: Path, arguments: list[str], part: str
):
    run(*arguments).failed(2, part)
    assert not (tmp_path / "data").exists()
    assert list((tmp_path / "here").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["ask", "--nope", "x"], "--nope"),
        (["nope"], "nope"),
        (["ask", "Who?", "--k", "many"], "--k"),
        (["ask", "Who", "met?"], "met?"),
        (["search"], "query"),
        (["index", "--since", "2023-01-01"], "--since"),
    ],
    ids=str,
)
def test_an_unknown_option_or_command_is_named(run: Run, tmp_path: Path, arguments: list[str], part: str):
    done = run(*arguments)
    assert (done.status, done.out) == (2, "")
    assert part in done.err.lower() and "Traceback" not in done.err
    assert not (tmp_path / "data").exists()


def test_an_index_made_by_another_model_is_refused_and_left_alone(run: Run, monkeypatch: pytest.MonkeyPatch):
    run("index")
    monkeypatch.setenv("QUOTH_MODEL", "other/model")
    for arguments in (["ask", "lock"], ["search", "lock"], ["index"], ["ask", "--batch", "-"]):
        run(*arguments).failed(3, "other/model@1", "--rebuild")
    monkeypatch.delenv("QUOTH_MODEL")
    assert "1 unchanged" in run("index").out
    monkeypatch.setenv("QUOTH_MODEL", "other/model")
    assert "2 passages embedded" in run("index", "--rebuild").out


def test_a_file_where_the_data_folder_should_be_is_left_alone(run: Run, tmp_path: Path):
    (tmp_path / "data").write_text("mine")
    for arguments in (["ask", "lock"], ["index"], ["search", "lock"]):
        run(*arguments).failed(4, "data", "QUOTH_DATA")
    assert (tmp_path / "data").read_text() == "mine"


def test_a_data_folder_inside_a_file_is_refused(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").write_text("mine")
    monkeypatch.setenv("QUOTH_DATA", str(tmp_path / "file" / "data"))
    run("ask", "lock").failed(4, "QUOTH_DATA")


def test_a_damaged_index_is_said_and_made_anew(run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture):
    assert run("index").status == 0
    (database,) = (tmp_path / "data").glob("indexes/*/*/chroma/chroma.sqlite3")
    database.write_bytes(b"not a database at all" * 500)
    done = run("ask", "Who closed the lock?")
    assert done.status == 0 and "It is made anew now." in caplog.text and done.out
    assert run("index", "--verify").status == 0


def test_an_index_is_compared_with_its_folder(run: Run, tmp_path: Path):
    assert run("index").status == 0
    assert run("index", "--verify").out.endswith("the folder, the vectors and the words agree.\n")
    (tmp_path / "articles" / "new.txt").write_text("Harbour shut\n\nThe harbour was shut on Friday.\n")
    done = run("index", "--verify")
    assert done.status == 4 and done.out == "new.txt is not in the index.\n"
    assert done.err.startswith("quoth: ") and "run quoth index" in done.err
    assert run("index").status == 0 and run("index", "--verify").status == 0


@pytest.mark.parametrize(
    ("line", "part"),
    [
        (b"QUOTH_K=many\n", "QUOTH_K"),
        (b"QUOTH_THRESHOLD=2\n", "QUOTH_THRESHOLD"),
        (b"QUOTH_MODEL=\n", "QUOTH_MODEL"),
        (b"QUOTH_K=\xff\n", ".env"),
    ],
)
def test_a_bad_value_in_env_is_named(run: Run, tmp_path: Path, line: bytes, part: str):
    (tmp_path / "here" / ".env").write_bytes(line)
    run("ask", "lock").failed(2, part)
    assert not (tmp_path / "data").exists()


def test_env_sets_what_nothing_else_sets(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "here" / ".env").write_text("QUOTH_K=0\nOTHER=1\n")
    run("ask", "lock").failed(2, "QUOTH_K")
    assert run("ask", "lock", "--k", "3").status == 0
    monkeypatch.setenv("QUOTH_K", "3")
    assert run("ask", "lock").status == 0


def test_an_env_inside_the_articles_is_never_read(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "articles" / ".env").write_text("QUOTH_K=0\n")
    monkeypatch.chdir(tmp_path / "articles")
    assert run("ask", "lock").status == 0


def test_escape_sequences_of_articles_and_questions_do_not_reach_the_terminal(run: Run, tmp_path: Path):
    (tmp_path / "articles" / "evil.txt").write_text(
        "Evil \x1b]0;owned\x07 [bold]news[/bold]\n\n"
        "The \x1b[31mpump\u202e at Osk \x9bfailed [link=x]y[/link].\n"
        + "It was mended by noon, and the water ran again in every street of the old town. "
        * 12,
        "utf-8",
    )
    for arguments in (["search", "pump at Osk"], ["ask", "list the articles"]):
        for flags in ([], ["--json"]):
            done = run(*arguments, *flags)
            assert done.status == 0
            assert not set("\x1b\x07\x9b\u202e") & set(done.out + done.err)
    assert "[bold]news[/bold]" in run("ask", "list the articles").out
    assert "[link=x]y[/link]" in run("search", "pump at Osk").out
    run("ask", "x", "--folder", "\x1b[31m\u202e").failed(2, "does not exist")


def test_an_argument_that_is_not_utf8_does_no_harm(run: Run):
    done = run("ask", "hello \udcff\udcfe", "--json")
    assert done.status == 0
    assert json.loads(done.out)["question"] == "hello \ufffd\ufffd"


def test_an_interrupt_is_one_word_and_its_status(run: Run, monkeypatch: pytest.MonkeyPatch):
    def interrupted(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("retrieval.opening.open_index", interrupted)
    assert run("ask", "lock") == Done(130, "", "quoth: interrupted.\n")
