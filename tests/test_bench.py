from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval.bench import __main__ as bench
from eval.bench import ask, beside, child, corpus, record, start, table, texts
from eval.bench.build import Rates
from eval.bench.corpus import Corpus
from eval.bench.times import summed
from eval.bench.vectors import COSINE, Perturbed, make
from retrieval.articles import Limits
from retrieval.errors import InputError, QuothError
from retrieval.index import Index
from retrieval.settings import Settings
from tests.fakes import WordEmbedder

NEWS = 12
PARAGRAPH = "The {} of Eastmere opened its {} again on Monday after a storm that nobody had foreseen. "


def written(file: Path, rows: list[dict[str, object]]) -> None:
    file.parent.mkdir(exist_ok=True)
    with gzip.open(file, "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in rows)


@pytest.fixture(scope="session")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders as the published texts come: of Reuters and of SQuAD."""
    folder = tmp_path_factory.mktemp("public")
    news = [
        {
            "id": f"reu{n}",
            "title": "GRAIN SHIPS" if n % 2 else f"HARBOUR {n} OPENS",  # headlines repeat
            "text": "\n    ".join(
                [PARAGRAPH.format(f"harbour {n}", "docks"), PARAGRAPH.format(n, "gates") * 9]
            )
            + "\n\n Reuter\n\x03",
        }
        for n in range(NEWS)
    ]
    written(folder / "reuters" / "documents.jsonl.gz", news)
    pages = [
        {"id": f"p{n}", "title": f"Town {n // 2}", "text": PARAGRAPH.format(f"museum {n}", "halls") * (3 + n)}
        for n in range(6)
    ]
    written(folder / "squad" / "documents.jsonl.gz", pages)
    asked = [
        {
            "id": f"q{n}",
            "question": f"When did museum {n} open?",
            "answers": ["Monday"],
            "answerable": True,
            "evidence": [{"doc_id": f"p{n}"}],
        }
        for n in range(6)
    ]
    written(folder / "squad" / "questions.jsonl.gz", asked)
    return folder


@pytest.fixture
def made(public: Path, tmp_path: Path) -> Callable[[int], Corpus]:
    def make(size: int, name: str = "corpus") -> Corpus:
        stories = texts.stories(public / "reuters", public / "squad")
        return corpus.make(tmp_path / name, size, stories)

    return make


@pytest.mark.parametrize("size", [1, 7, 40, 200])
def test_the_index_of_a_corpus_has_exactly_the_chunks_that_were_wanted(
    made: Callable[[int], Corpus], tmp_path: Path, size: int
):
    found = made(size)
    index = Index(found.folder, tmp_path / "data", WordEmbedder(), Limits())
    assert (found.size, index.sync().chunks) == (size, size)
    known = {source.file: chunks for source, chunks in index.sources()}
    assert found.chunks == tuple(known[name] for name in sorted(known))


def test_the_same_texts_give_the_same_bytes(made: Callable[..., Corpus]):
    some, again = made(60, "some"), made(60, "again")
    files = [file.relative_to(some.folder) for file in sorted(some.folder.rglob("*")) if file.is_file()]
    assert len(files) > NEWS
    for file in files:
        assert (some.folder / file).read_bytes() == (again.folder / file).read_bytes()
    assert (some.chunks, some.questions) == (again.chunks, again.questions)


def test_a_smaller_corpus_is_the_beginning_of_a_larger_one(made: Callable[..., Corpus]):
    small, large = made(50, "small"), made(90, "large")
    assert large.chunks[: len(small.chunks) - 1] == small.chunks[:-1]
    assert corpus.chunk_texts(large, 49) == corpus.chunk_texts(small, 49)


def test_real_texts_come_first_and_are_counted(made: Callable[[int], Corpus]):
    found = made(200)
    assert 0 < found.real < 200
    assert found.questions == tuple(f"When did museum {n} open?" for n in range(6))
    texts = corpus.chunk_texts(found, 200)
    assert not any("Reuter" in text for text in texts)


def test_publishers_and_days_can_be_filtered_by(made: Callable[[int], Corpus], tmp_path: Path):
    index = Index(made(100).folder, tmp_path / "data", WordEmbedder(), Limits())
    index.sync()
    sources = [source for source, _ in index.sources()]
    assert len({source.publisher for source in sources}) > 5
    assert all(source.date and source.publisher for source in sources)


def test_a_folder_of_articles_becomes_a_corpus_with_its_questions(seeds: Path, tmp_path: Path):
    made = corpus.adopt(tmp_path / "seeds", seeds, ["Who met?"])
    assert made == corpus.load(tmp_path / "seeds")
    assert (len(made.chunks), made.questions) == (5, ("Who met?",))


def test_a_corpus_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(InputError, match=r"no corpus in .*: make it with python -m eval\.bench corpus"):
        corpus.load(tmp_path)


def test_texts_that_cannot_be_read_are_told(public: Path, tmp_path: Path):
    with pytest.raises(InputError, match=r"no documents\.jsonl"):
        next(texts.stories(tmp_path, public / "squad"))


def test_known_texts_have_their_own_vectors_and_others_copies_near_one(tmp_path: Path):
    embedder, known = WordEmbedder(), ["a ferry", "a bridge", "a mayor"]
    make(embedder, [*known, "a ferry"], tmp_path / "vectors.npz")
    perturbed = Perturbed(embedder, tmp_path / "vectors.npz")
    assert np.array_equal(perturbed.embed(known), embedder.embed(known))
    others = [f"text {n}" for n in range(200)]
    found = perturbed.embed(others)
    assert np.array_equal(found, perturbed.embed(others))
    assert np.allclose(np.linalg.norm(found, axis=1), 1)
    near = (found @ embedder.embed(known).T).max(axis=1)
    assert abs(near.mean() - COSINE) < 0.05
    assert embedder.embedded.count("a ferry") == 3  # by `make` once only


def test_from_then_on_texts_are_really_embedded(tmp_path: Path):
    embedder = WordEmbedder()
    make(embedder, ["a ferry", "a flood"], tmp_path / "vectors.npz")
    perturbed = Perturbed(embedder, tmp_path / "vectors.npz")
    assert not np.allclose(perturbed.embed(["a storm"]), embedder.embed(["a storm"]))
    assert (perturbed.began, perturbed.embedded) == (None, 0)
    perturbed.is_real = True
    assert np.allclose(perturbed.embed(["a storm"]), embedder.embed(["a storm"]))
    assert perturbed.began is not None and perturbed.embedded == 1


def test_vectors_of_another_model_are_refused(tmp_path: Path):
    make(WordEmbedder(), ["a ferry"], tmp_path / "vectors.npz")
    other = WordEmbedder()
    other.id = "other@1"
    with pytest.raises(InputError, match=r"was made by words@1, not by other@1: make it anew"):
        Perturbed(other, tmp_path / "vectors.npz")


def test_vectors_that_are_not_there_are_told(tmp_path: Path):
    with pytest.raises(InputError, match=r"python -m eval\.bench vectors"):
        Perturbed(WordEmbedder(), tmp_path / "vectors.npz")


def test_rates_are_taken_along_the_way_in_windows_of_chunks():
    rates = Rates([3, 3, 3, 3, 6], until=12, window=5)
    for done in range(6):
        rates.progress(done, 4, "")
    assert list(rates.found) == [6, 12]


def test_percentiles_are_times_that_were_taken():
    assert summed([n / 100 for n in range(100, 0, -1)]) == {
        "p50": 0.5,
        "p95": 0.95,
        "p99": 0.99,
        "longest": 1.0,
    }
    assert summed([3.0]) == {"p50": 3.0, "p95": 3.0, "p99": 3.0, "longest": 3.0}


PROGRAM = """
import sys, time
print("quoth> " if sys.argv[1] == "chat" else "an answer", flush=True)
time.sleep(60 * (sys.argv[1] == "chat"))
sys.exit(sys.argv[-1] == "?")
"""


@pytest.fixture
def program(tmp_path: Path) -> list[str]:
    file = tmp_path / "program.py"
    file.write_text(PROGRAM)
    return [sys.executable, str(file)]


def test_a_start_is_measured_to_the_end_or_to_the_prompt(program: list[str], tmp_path: Path):
    found = start.measure(Settings(data=tmp_path), "Who?", 3, program)
    assert found.keys() == {"rounds", "help", "ask", "prompt"}
    assert all(0 < found[name] < 30 for name in ("help", "ask", "prompt"))


def test_a_program_that_fails_is_told(program: list[str], tmp_path: Path):
    with pytest.raises(QuothError, match=r"ask '\?' ended with 1"):
        start.measure(Settings(data=tmp_path), "?", 1, program)


def test_a_measurement_that_fails_in_its_process_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    with pytest.raises(QuothError, match="The benchmark build ended with 1"):
        child.run("build", folder=tmp_path / "none", data=tmp_path, vectors=None, counts=[])
    assert "does not exist" in capfd.readouterr().err


def test_questions_are_asked_alone_and_at_once_with_and_without_filters(
    seeds: Path, data: Path, quoth: object
):
    found = ask.measure(str(seeds), str(data), ["Who met in Moscow?", "Who leads Wagner?"])
    assert found["retrieval"].keys() == found["shares"].keys() >= {"all", "year", "month"}
    assert found["shares"]["all"] == 1.0 > found["shares"]["month"] > 0.0
    assert found["answer"].keys() == {"p50", "p95", "p99", "longest"}
    assert found["at_once"].keys() == found["answer"].keys() | {"askers", "throughput"}


def test_quoth_goes_through_the_same_as_the_other_systems(made: Callable[[int], Corpus], tmp_path: Path):
    found = beside.measure(made(20), tmp_path / "environments", 1, 2, ["quoth"])
    assert (found["chunks"], found["questions"], found["versions"]) == (20, 2, {})
    assert found["systems"]["quoth"].keys() == {"rate", "query", "index_ratio", "query_ratio"}


def test_each_system_has_its_packages_with_the_same_torch():
    for name, packages in beside.PACKAGES.items():
        assert Path(beside.__file__).with_name("others").joinpath(f"{name}.py").is_file()
        assert not packages or packages[0] == "torch==2.13.0"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """The command line, whose measurements stay in this process."""

    def measured(name: str, **given: object) -> dict[str, Any]:
        module = import_module(f"eval.bench.{name}")
        return {**module.measure(**json.loads(json.dumps(given, default=str))), "peak": 5_000_000}

    def call(*arguments: str) -> None:
        here = ["--work", str(tmp_path / "work"), "--results", str(tmp_path / "results")]
        monkeypatch.setattr(sys, "argv", ["bench", *here, *arguments])
        bench.main()

    monkeypatch.setattr(child, "run", measured)
    return call


def test_every_benchmark_leaves_what_the_table_shows(
    run: Callable[..., None], public: Path, tmp_path: Path, program: list[str],
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
):  # fmt: skip
    monkeypatch.setattr(start, "installed", lambda: program)
    size = ["--size", "30"]
    for each in ("20", "30"):
        there = ["--reuters", str(public / "reuters"), "--squad", str(public / "squad")]
        run("corpus", "--size", each, *there)
    run("vectors", "--size", "20")
    run("index", "--size", "20")
    run("store", *size)
    run("question", *size, "--questions", "2")
    run("start", *size, "--rounds", "1")
    run("served", *size, "--questions", "2")
    assert sorted(file.stem for file in (tmp_path / "results").iterdir()) == [
        "index-20", "question-30", "served-30", "start-30", "store-30"
    ]  # fmt: skip
    capsys.readouterr()
    run("table")
    shown = capsys.readouterr().out
    assert "| | 20 chunks | 30 chunks | 30 chunks in a Chroma server |" in shown
    missing = [row.name for row in table.ROWS if f"| {row.name} | " not in shown]
    assert missing == ["… the last 5,000", "… the last 5,000 of these"]  # there are no 5,000


def test_all_of_it_is_done_in_turn():
    steps = [" ".join(step) for step in bench.plan([5, 9])]
    assert steps == [
        *("corpus --size seeds", "corpus --size 5", "corpus --size 9", "vectors --size 9"),
        *("index --size seeds", "index --size 5", "store --size 5", "store --size 9"),
        *("start --size seeds", "question --size seeds", "start --size 5", "question --size 5"),
        *("start --size 9", "question --size 9", "beside --size 5", "table"),
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["corpus", "--size", "30"], "give --reuters and --squad"),
        (["store", "--size", "30"], "There is no corpus in"),
        (["question"], "There is no index in"),
    ],
)
def test_what_is_missing_is_told(run: Callable[..., None], arguments: list[str], told: str):
    with pytest.raises(SystemExit, match=told):
        run(*arguments)


MACHINE = {
    "processor": "A",
    "cores": 2,
    "memory_gb": 8,
    "system": "Linux",
    "python": "3.11",
    "packages": {"torch": "2"},
}
TIMES = {"p50": 0.01, "p95": 0.02, "p99": 0.0301, "longest": 0.5}


def row(benchmark: str, size: str, **found: object) -> record.Record:
    return {"benchmark": benchmark, "size": size, "made": MACHINE, **found}


def test_the_table_has_a_column_a_size_and_leaves_out_what_was_not_measured():
    built = {"articles": 5, "chunks": 50, "real": 50, "rate": 40.0, "rates": {}, "change": 0.1, "disk": 9}
    large = {
        "chunks": 100,
        "real": 67,
        "rate": 2345.6,
        "rates": {"5000": 3.0, "100000": 2000.0},
        "late": 180.0,
    }
    asked = {"retrieval": {"all": TIMES, "publisher": TIMES}, "shares": {"publisher": 0.051}}
    shown = table.rendered(
        [
            row("store", "100000", **built | large, peak=1_234_000_000),
            row("index", "seeds", **built, peak=1),
            row("question", "100000", **asked, answer=TIMES, at_once=TIMES | {"throughput": 1.7}, peak=9),
        ]
    )
    lines = shown.splitlines()[2:]
    assert shown.startswith("On A, 2 cores, 8 GB, Linux, Python 3.11, torch 2. ")
    assert "20,000" in shown and "0.8" in shown
    assert lines[:2] == ["| | 5 articles | 100,000 chunks |", "|---|--:|--:|"]
    assert "| of real texts, % | 100 | 67 |" in lines
    assert "| stored alone, chunks a second |  | 2,346 |" in lines
    assert "| … the last 5,000 |  | 180 |" in lines
    assert "| … the last 5,000 of these |  | 2,000 |" in lines
    assert "| memory meanwhile, MB | 0 | 1,234 |" in lines
    assert "| … of one publisher (share), ms |  | 10 / 20 / 30 (5.1 %) |" in lines
    assert "| 20 askers: throughput of one's |  | 1.70 × |" in lines
    assert not any("month" in line or "quoth ask" in line for line in lines)


def test_the_systems_stand_side_by_side():
    systems = {
        "quoth": {"rate": 90.0, "query": 0.01, "index_ratio": 1.0, "query_ratio": 1.0},
        "haystack": {"rate": 30.0, "query": 0.02, "index_ratio": 3.0, "query_ratio": 2.0},
    }
    versions = {"haystack": {"torch": "2.13.0", "haystack-ai": "3.4.0"}}
    shown = table.rendered([row("beside", "5000", chunks=5000, systems=systems, versions=versions)])
    assert shown.splitlines()[-4:] == [
        "| 5,000 chunks | indexed a second | Quoth is | a query, ms | Quoth is |",
        "|---|--:|--:|--:|--:|",
        "| Quoth | 90 | 1.0 × | 10 | 1.0 × |",
        "| Haystack 3.4.0 | 30 | 3.0 × | 20 | 2.0 × |",
    ]


def test_results_that_are_no_json_are_told(tmp_path: Path):
    (tmp_path / "index-5.json").write_text("no")
    with pytest.raises(InputError, match=r"index-5\.json holds no result"):
        record.load(tmp_path)
