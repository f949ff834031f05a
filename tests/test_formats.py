"""Other people's question sets: SQuAD, published or as rows, and BEIR."""

from __future__ import annotations

import gzip
import json
import re
import tempfile
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eval import beir, squad
from eval.dataset import Dataset
from eval.questions import Case, Evidence, read_articles
from eval.run import run
from retrieval import metadata
from retrieval.errors import InputError

LOCK = "The Tarn lock was built in 1911. Lena Voss shut it in May.\nIt never opened again. Rain fell."
BREAD = (
    "Bread costs more since June. A loaf is sold for 4 crowns in Ostrava. The mill of Hana Dvorak grinds rye."
)
WHALE = "Whales sing at night. The blue whale weighs as much as thirty elephants."


def answer(text: str, context: str = LOCK, start: int | None = None) -> dict[str, Any]:
    return {"text": text, "answer_start": context.index(text) if start is None else start}


def asked(id_: str, question: str, *answers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": id_, "question": question, "answers": list(answers), **more}


def article(title: str, *paragraphs: tuple[str, list[dict[str, Any]]]) -> dict[str, Any]:
    return {"title": title, "paragraphs": [{"context": text, "qas": qas} for text, qas in paragraphs]}


PUBLISHED = {
    "version": "v2.0",
    "data": [
        article(
            "Tarn_lock",
            ("The Tarn rises in the hills.", []),
            (
                LOCK,
                [
                    asked("who", "Who shut the Tarn lock?", answer("Lena Voss"), answer("Lena Voss")),
                    asked("until", "Until when was it shut?", answer("May.\nIt never opened again")),
                    asked("impossible", "Who opened the lock?", is_impossible=True),
                ],
            ),
        ),
        article(
            "Bread/prices",
            (BREAD, [asked("cost", "What does a loaf of bread cost?", answer("4 crowns", BREAD))]),
            (
                WHALE,
                [asked("whale", "How much does the blue whale weigh?", answer("thirty elephants", WHALE))],
            ),
        ),
    ],
}


def gzipped(file: Path, content: bytes) -> None:
    with gzip.open(file, "wb") as stream:
        stream.write(content)


def jsonl(*rows: Mapping[str, Any]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def published(tmp_path: Path, content: object = PUBLISHED) -> Path:
    file = tmp_path / "dev-v2.0.json"
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return file


@pytest.fixture
def into(tmp_path: Path) -> Path:
    (tmp_path / "articles").mkdir()
    return tmp_path / "articles"


def texts(dataset: Dataset) -> dict[str, str]:
    return {file: article.text for file, article in read_articles(dataset.folder).items()}


def test_a_published_squad_becomes_articles_and_cases(tmp_path: Path, into: Path):
    dataset = squad.load(published(tmp_path), into)
    assert texts(dataset) == {
        "Tarn_lock.txt": f"Tarn lock\n\nThe Tarn rises in the hills.\n\n{LOCK}\n\n",
        "Bread_prices.txt": f"Bread/prices\n\n{BREAD}\n\n{WHALE}\n\n",
    }
    titles = {file: one.source.title for file, one in read_articles(into).items()}
    assert titles == {"Tarn_lock.txt": "Tarn lock", "Bread_prices.txt": "Bread/prices"}
    assert metadata.load(into)[1] == []
    assert dataset.has_answers
    assert dataset.cases[:3] == (
        Case(
            "who", "fact", "test", "Who shut the Tarn lock?", True, ("Lena Voss",),
            (Evidence("Tarn_lock.txt", "Lena Voss shut it in May."),),
        ),
        Case(
            "until", "fact", "test", "Until when was it shut?", True, ("May.\nIt never opened again",),
            (Evidence("Tarn_lock.txt", "Lena Voss shut it in May.\nIt never opened again."),),
        ),
        Case("impossible", "nearmiss", "test", "Who opened the lock?", False, (), ()),
    )  # fmt: skip


TWICE = "Rain fell on 3 May. Snow fell. It thawed on 3 May."


@pytest.mark.parametrize(
    ("answers", "evidence"),
    [
        ([("3 May", 13)], ["Rain fell on 3 May."]),
        ([("3 May", 44)], ["It thawed on 3 May."]),
        ([("3 May", 44), ("3 May", 13)], ["It thawed on 3 May.", "Rain fell on 3 May."]),
        ([("3 May", 13), ("Rain", 0)], ["Rain fell on 3 May."]),
        ([("3 May", 41)], ["It thawed on 3 May."]),  # the start is off
        ([("3 May", -1)], ["Rain fell on 3 May."]),
        ([("3 May", 999)], ["It thawed on 3 May."]),
        ([(". ", 18)], ["Rain fell on 3 May. "]),
        ([(TWICE, 0)], [TWICE]),
    ],
)
def test_evidence_is_the_sentences_at_the_answer_s_start(
    tmp_path: Path, into: Path, answers: list[tuple[str, int]], evidence: list[str]
):
    marked = [answer(text, TWICE, start) for text, start in answers]
    data = {"data": [article("May", (TWICE, [asked("1", "When?", *marked)]))]}
    (case,) = squad.load(published(tmp_path, data), into).cases
    assert [item.quote for item in case.evidence] == evidence
    assert case.answers == tuple(dict.fromkeys(text for text, _ in answers))


def test_rows_without_starts_take_the_sentence_nearest_to_the_question(tmp_path: Path, into: Path):
    documents = [{"id": "m#0", "title": "May", "text": TWICE}, {"id": "m#1", "title": "May", "text": LOCK}]
    base = {"answers": ["3 May"], "answerable": True, "evidence": [{"doc_id": "m#0"}]}
    questions = [
        base | {"id": "1", "question": "When had it thawed?"},
        base | {"id": "2", "question": "When did rain come?"},
        base | {"id": "3", "question": "Who?", "answers": ["Lena Voss"], "evidence": [{"doc_id": "m#1"}]},
        base | {"id": "4", "question": "When did hail fall?", "answers": [], "answerable": False},
    ]
    folder = tmp_path / "rows"
    folder.mkdir()
    gzipped(folder / "documents.jsonl.gz", jsonl(*documents))
    (folder / "questions.jsonl").write_bytes(jsonl(*questions))
    dataset = squad.load(folder, into)
    assert texts(dataset) == {"May.txt": f"May\n\n{TWICE}\n\n{LOCK}\n\n"}
    assert [tuple(item.quote for item in case.evidence) for case in dataset.cases] == [
        ("It thawed on 3 May.",),
        ("Rain fell on 3 May.",),
        ("Lena Voss shut it in May.",),
        (),
    ]


def test_variants_of_squad_are_read_too(tmp_path: Path, into: Path):
    data = {
        "data": [
            {"paragraphs": [{"context": LOCK, "qas": [asked("x", "Who?", {"text": "Lena Voss"})]}]},
            {
                "paragraphs": [
                    {"context": BREAD, "qas": [{**asked("y", "Who?", answer("rye", BREAD)), "id": 7}]}
                ]
            },
            article("", ("\n \n", [])),
        ]
    }
    file = tmp_path / "dev.json.gz"
    gzipped(file, b"\xef\xbb\xbf" + json.dumps(data).encode())
    dataset = squad.load(file, into)
    assert [(case.id, case.evidence[0].file) for case in dataset.cases] == [
        ("x", "article.txt"),
        ("7", "article-2.txt"),
    ]
    assert sorted(texts(dataset)) == ["article-2.txt", "article-3.txt", "article.txt"]


def test_two_articles_of_one_title_are_one(tmp_path: Path, into: Path):
    data = {
        "data": [
            article("A_lock", (LOCK, [asked("1", "Who?", answer("Lena Voss"))])),
            article("A lock", (BREAD, [asked("2", "Who?", answer("Hana Dvorak", BREAD))])),
        ]
    }
    dataset = squad.load(published(tmp_path, data), into)
    assert texts(dataset) == {"A_lock.txt": f"A lock\n\n{LOCK}\n\n{BREAD}\n\n"}
    assert [case.evidence[0].quote for case in dataset.cases] == [
        "Lena Voss shut it in May.",
        "The mill of Hana Dvorak grinds rye.",
    ]


def one(**changes: Any) -> dict[str, Any]:
    """A SQuAD of one question, changed."""
    return {"data": [article("T", (LOCK, [asked("1", "Who?", answer("Lena Voss")) | changes]))]}


QAS = "data[0].paragraphs[0].qas[0]"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "it is no JSON (EOF while parsing a value at line 1 column 0)"),
        (b'{"data":\n [,', "it is no JSON (expected value at line 2 column 3)"),
        (b'{"data": ["\xff"]}', "it is no JSON (invalid unicode code point at line 1 column 12)"),
        (b'{"data": ["\\ud800"]}', "it is no JSON (unexpected end of hex escape at line 1 column 18)"),
        (b"[" * 9_999, "it is no JSON (recursion limit exceeded at line 1 column 202)"),
        ([], "it should be an object, not '[]'"),
        ({}, "data is missing"),
        ({"data": 4}, "data should be a valid array, not '4'"),
        ({"data": [{}]}, "data[0].paragraphs is missing"),
        ({"data": [article("T"), "x"]}, "data[1] should be an object, not 'x'"),
        ({"data": [{"paragraphs": [{"qas": []}]}]}, "data[0].paragraphs[0].context is missing"),
        ({"data": [article("T", (LOCK, [{}]))]}, f"{QAS}.id is missing"),
        (one(question=" \n"), f"{QAS}.question is empty"),
        (one(question=None), f"{QAS}.question should be a valid string, not 'None'"),
        (one(answers=[{"answer_start": 3}]), f"{QAS}.answers[0].text is missing"),
        (
            one(answers=[answer("Voss", start="x")]),
            f"{QAS}.answers[0].answer_start should be a valid integer",
        ),
        (one(answers=[answer("Moss", start=4)]), f"{QAS}: the answer 'Moss' does not stand in its paragraph"),
        (one(answers=[answer("", start=4)]), f"{QAS}.answers[0].text is empty"),
        (one(answers=[]), f"{QAS}: it has no answers, and does not say that it cannot be answered"),
        (
            {"data": [article("T", (LOCK, [asked("1", "Who?", is_impossible=True)] * 2))]},
            "data[0].paragraphs[0].qas[1]: the id '1' stands twice",
        ),
    ],
)
def test_a_damaged_squad_is_told_with_its_place(tmp_path: Path, into: Path, content: object, told: str):
    file = published(tmp_path, content)
    with pytest.raises(InputError) as error:
        squad.load(file, into)
    assert str(error.value).startswith(f"{file} holds no SQuAD that can be read: {told}")
    assert str(error.value).endswith(". Correct it, or fetch it anew.")
    assert not list(into.iterdir())


def test_a_squad_that_is_missing_or_without_questions_is_told(tmp_path: Path, into: Path):
    with pytest.raises(InputError, match=r"none\.json holds no SQuAD .* \(No such file or directory\)"):
        squad.load(tmp_path / "none.json", into)
    with pytest.raises(InputError, match="holds no question: name a set that has some"):
        squad.load(published(tmp_path, {"data": [article("T", (LOCK, []))]}), into)


DOCUMENT = {"id": "d", "title": "T", "text": LOCK}
ROW = {"id": "1", "question": "Who?", "answers": ["Voss"], "answerable": True, "evidence": [{"doc_id": "d"}]}


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("documents.jsonl", b'{"id": "d"}\n', "documents.jsonl, line 1: title is missing"),
        ("documents.jsonl", jsonl(DOCUMENT, DOCUMENT), "documents.jsonl, line 2: the id 'd' stands twice"),
        ("documents.jsonl", None, "there is no documents.jsonl and no documents.jsonl.gz"),
        ("questions.jsonl", None, "there is no questions.jsonl and no questions.jsonl.gz"),
        ("questions.jsonl", jsonl(ROW, ROW), "questions.jsonl, line 2: the id '1' stands twice"),
        (
            "questions.jsonl",
            b"\n{]\n",
            "questions.jsonl, line 2: it is no JSON (key must be a string at column 2)",
        ),
        (
            "questions.jsonl",
            jsonl(ROW | {"evidence": []}),
            "questions.jsonl, line 1: evidence is empty",
        ),
        (
            "questions.jsonl",
            jsonl(ROW | {"evidence": [{"doc_id": "e"}]}),
            "questions.jsonl, line 1: there is no document 'e'",
        ),
        (
            "questions.jsonl",
            jsonl(ROW | {"answers": ["Moss"]}),
            "questions.jsonl, line 1: the answer 'Moss' does not stand in its paragraph",
        ),
        ("questions.jsonl.gz", b"no gzip", "questions.jsonl.gz: it cannot be read (Not a gzipped file"),
        (
            "questions.jsonl.gz",
            gzip.compress(jsonl(ROW) * 9, mtime=0)[:-20],
            "questions.jsonl.gz: it cannot be read (Compressed file ended",
        ),
    ],
)
def test_damaged_rows_of_squad_are_told(
    tmp_path: Path, into: Path, name: str, content: bytes | None, told: str
):
    files = {"documents.jsonl": jsonl(DOCUMENT), "questions.jsonl": jsonl(ROW), name: content}
    folder = filled(tmp_path / "rows", files | ({"questions.jsonl": None} if name.endswith(".gz") else {}))
    with pytest.raises(InputError) as error:
        squad.load(folder, into)
    assert str(error.value).startswith(f"{folder} holds no SQuAD that can be read: {told}")


def filled(folder: Path, files: Mapping[str, bytes | None]) -> Path:
    """A folder with these files; None stands for one that is missing."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if content is not None:
            (folder / name).write_bytes(content)
    return folder


DOCUMENTS = (
    {"_id": "lock/1", "title": "Tarn lock", "text": LOCK, "metadata": {"url": "x"}},
    {"_id": "LOCK/1", "title": "", "text": "The old lock on the Tarn was a wooden gate."},
    {"_id": "bread", "title": "Bread", "text": BREAD},
    {"_id": 4, "title": None, "text": WHALE},
    {"_id": "nothing", "title": "", "text": ""},
)
QUERIES = (
    {"_id": "q1", "text": "Who shut the Tarn lock?"},
    {"_id": "q2", "text": "price of bread"},
    {"_id": "q3", "text": "how heavy is a blue whale"},
    {"_id": "q4", "text": "never judged"},
)
QRELS = "query-id\tcorpus-id\tscore\nq1\tLOCK/1\t1\nq1\tlock/1\t2\nq2\tbread\t1\nq2\t4\t0\nq3\t4\t1\n"
BEIR = {"corpus.jsonl": jsonl(*DOCUMENTS), "queries.jsonl": jsonl(*QUERIES), "qrels/test.tsv": QRELS.encode()}


@pytest.mark.parametrize("packed", [False, True])
def test_a_beir_folder_becomes_articles_and_judged_cases(tmp_path: Path, into: Path, packed: bool):
    files = {f"{name}.gz": gzip.compress(content) for name, content in BEIR.items()} if packed else BEIR
    dataset = beir.load(filled(tmp_path / "set", files), into)
    assert not dataset.has_answers
    assert [(case.id, case.question, case.evidence) for case in dataset.cases] == [
        (
            "q1",
            "Who shut the Tarn lock?",
            (Evidence("lock_1.txt", "", grade=2), Evidence("LOCK_1-2.txt", "")),
        ),
        ("q2", "price of bread", (Evidence("bread.txt", ""),)),
        ("q3", "how heavy is a blue whale", (Evidence("4.txt", ""),)),
    ]
    assert {(case.kind, case.split, case.answerable, case.answers) for case in dataset.cases} == {
        ("fact", "test", True, ())
    }
    assert texts(dataset) == {
        "lock_1.txt": f"Tarn lock\n\n{LOCK}",
        "LOCK_1-2.txt": "The old lock on the Tarn was a wooden gate.",
        "bread.txt": f"Bread\n\n{BREAD}",
        "4.txt": WHALE,
        "nothing.txt": "nothing",
    }


def test_another_split_of_beir_and_what_such_files_may_hold(tmp_path: Path, into: Path):
    qrels = "\ufeffq1\tbread\t1\r\n\r\nq1\tbread\t3\r\nq2\tbread\t-1\r\n"  # no header, judged twice
    corpus = b"\xef\xbb\xbf" + BEIR["corpus.jsonl"].replace(b"\n", b"\r\n\r\n")
    folder = filled(tmp_path / "set", BEIR | {"qrels/dev.tsv": qrels.encode(), "corpus.jsonl": corpus})
    (case,) = beir.load(folder, into, "dev").cases
    assert (case.id, case.split, case.evidence) == ("q1", "dev", (Evidence("bread.txt", "", grade=3),))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("corpus.jsonl", None, "there is no corpus.jsonl and no corpus.jsonl.gz"),
        ("queries.jsonl", None, "there is no queries.jsonl and no queries.jsonl.gz"),
        ("qrels/test.tsv", None, "there is no qrels/test.tsv and no qrels/test.tsv.gz; there is train"),
        ("corpus.jsonl", b'{"_id": "a", "text": "x"}\n{"_id": "b"}', "corpus.jsonl, line 2: text is missing"),
        ("corpus.jsonl", b'{"text": "b"}', "corpus.jsonl, line 1: _id is missing"),
        ("corpus.jsonl", b'{"_id": "", "text": "b"}', "corpus.jsonl, line 1: _id is empty"),
        ("corpus.jsonl", b'\n["a"]', "corpus.jsonl, line 2: it should be an object, not"),
        (
            "corpus.jsonl",
            b'{"_id": "a", "text": "\xe4"}',
            "corpus.jsonl, line 1: it is no JSON (invalid unicode code point at column 23)",
        ),
        (
            "corpus.jsonl",
            jsonl(*DOCUMENTS, DOCUMENTS[2]),
            "corpus.jsonl, line 6: the _id 'bread' stands twice",
        ),
        (
            "corpus.jsonl",
            jsonl(*DOCUMENTS[1:3]),
            "qrels/test.tsv, line 3: it names a document that is not there, 'lock/1'; 3 rows do so",
        ),
        ("queries.jsonl", b'{"_id": "q1"}', "queries.jsonl, line 1: text is missing"),
        ("queries.jsonl", b'{"_id": "q1", "text": " "}', "queries.jsonl, line 1: text is empty"),
        ("queries.jsonl", jsonl(*QUERIES, QUERIES[0]), "queries.jsonl, line 5: the _id 'q1' stands twice"),
        (
            "queries.jsonl",
            jsonl(*QUERIES[:2]),
            "qrels/test.tsv, line 6: it names a query that is not there, 'q3'. ",
        ),
        (
            "qrels/test.tsv",
            b"query-id\tcorpus-id\tscore\nq1\tbread\n",
            "qrels/test.tsv, line 2: it has 2 columns",
        ),
        (
            "qrels/test.tsv",
            b"q1 bread 1\n",
            "qrels/test.tsv, line 1: it has 1 column, not query-id, corpus-id",
        ),
        (
            "qrels/test.tsv",
            b"a\tb\tc\nq1\tbread\tx\n",
            "qrels/test.tsv, line 2: the score 'x' is no whole number",
        ),
        (
            "qrels/test.tsv",
            b"a\tb\tc\nq1\tbread\t\xff\n",
            "qrels/test.tsv, line 2: it is not UTF-8 (byte 10)",
        ),
        ("qrels/test.tsv", b"a\tb\tc\nq1\tbread\t0\n", "qrels/test.tsv: no row has a score above 0"),
        ("qrels/test.tsv", b"", "qrels/test.tsv: no row has a score above 0"),
    ],
)
def test_a_damaged_beir_folder_is_told_with_file_and_line(
    tmp_path: Path, into: Path, name: str, content: bytes | None, told: str
):
    folder = filled(tmp_path / "set", BEIR | {"qrels/train.tsv": b""} | {name: content})
    with pytest.raises(InputError) as error:
        beir.load(folder, into)
    assert str(error.value).startswith(f"{folder} holds no BEIR set that can be read: {told}")
    assert str(error.value).endswith(". Correct it, or fetch it anew.")


def test_an_article_that_no_search_would_read_is_refused(tmp_path: Path, into: Path):
    huge = {"_id": "bread", "text": "bread " * 4_000_000}
    folder = filled(tmp_path / "set", BEIR | {"corpus.jsonl": jsonl(*DOCUMENTS[:2], huge, DOCUMENTS[3])})
    with pytest.raises(InputError, match="'bread' has more than 20 MB: split it"):
        beir.load(folder, into)


@pytest.mark.parametrize("load", [squad.load, beir.load])
def test_articles_that_cannot_be_written_are_told(tmp_path: Path, load: Callable[..., Dataset]):
    path = published(tmp_path) if load is squad.load else filled(tmp_path / "set", BEIR)
    with pytest.raises(InputError, match=r"cannot be written to .*none \(No such file or directory\)"):
        load(path, tmp_path / "none")


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
ANY_ID = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=120).filter(str.strip)
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}\.txt")
DEVICES = {"con", "prn", "aux", "nul", "com1", "lpt9"}


def assert_safe(names: list[str]) -> None:
    assert len({name.lower() for name in names}) == len(names)
    for name in names:
        assert SAFE.fullmatch(name) and name.lower().removesuffix(".txt") not in DEVICES


@settings(max_examples=60)
@given(st.dictionaries(ANY_ID, st.tuples(ANY_TEXT, ANY_TEXT), min_size=1, max_size=8))
@example({"a": ("", ""), "A": ("", ""), "a-2": ("", ""), "a/": ("", ""), "../a": ("", "\0")})
@example(
    {"nul": ("\x01", "\ufeff"), "CON": ("", ""), "…": ("", ""), "中": ("\x7f", "\x85"), "é" * 200: ("", "")}
)
def test_any_documents_become_readable_files_with_safe_names_that_differ(
    documents: dict[str, tuple[str, str]],
):
    rows = [{"_id": id_, "title": title, "text": text} for id_, (title, text) in documents.items()]
    qrels = "".join(f"q\t{id_}\t1\n" for id_ in documents)
    with tempfile.TemporaryDirectory() as scratch:
        files = {"corpus.jsonl": jsonl(*rows), "queries.jsonl": jsonl({"_id": "q", "text": "?"})}
        folder = filled(Path(scratch, "set"), files | {"qrels/test.tsv": qrels.encode()})
        into = [Path(scratch, name) for name in ("one", "other")]
        for path in into:
            path.mkdir()
        (case,), (again,) = (beir.load(folder, path).cases for path in into)
        assert case == again
        names = [item.file for item in case.evidence]
        assert_safe(names)
        assert sorted(names) == sorted(read_articles(into[0]))
        assert metadata.load(into[0])[1] == []


CONTEXT = st.lists(
    st.sampled_from(
        ["Voss", "shut", "it.", "Dr.", "\n", "\n\n", " ", "3.5", "!", "• ", "\x00", "“Yes.”", "Ünder"]
    ),
    min_size=1,
    max_size=20,
).map(lambda words: " ".join(["Voss", *words]))


@settings(max_examples=60)
@given(
    st.data(), st.dictionaries(ANY_TEXT, st.lists(CONTEXT, min_size=1, max_size=3), min_size=1, max_size=4)
)
def test_any_evidence_of_squad_stands_in_its_file_and_holds_the_answer(
    data: st.DataObject, contexts: dict[str, list[str]]
):
    number = count()
    articles = []
    for title, texts_ in contexts.items():
        marked = [(text, *_marked(data, text)) for text in texts_]
        qas = [
            (text, [asked(str(next(number)), "Who?", answer(said, text, at))]) for text, said, at in marked
        ]
        articles.append(article(title, *qas))
    with tempfile.TemporaryDirectory() as scratch:
        into = Path(scratch, "articles")
        into.mkdir()
        dataset = squad.load(published(Path(scratch), {"data": articles}), into)
        found = texts(dataset)
    assert_safe(sorted(found))
    for case in dataset.cases:
        for item in case.evidence:
            assert item.quote in found[item.file]
            assert any(said.replace("\0", " ") in item.quote for said in case.answers)


def _marked(data: st.DataObject, text: str) -> tuple[str, int]:
    """Some words of a text, and where they begin."""
    word = data.draw(st.sampled_from(list(re.finditer(r"[^\s\0]\S*", text))))
    return word[0], word.start()


def test_the_product_answers_a_squad(tmp_path: Path, into: Path):
    found = run("squad", "quoth", squad.load(published(tmp_path), into))
    assert found.metrics["exact"] == 1.0
    outcomes = {one.id: one for one in found.outcomes}
    assert {id_ for id_, one in outcomes.items() if one.is_right} >= {"who", "cost", "whale"}
    assert outcomes["who"].short == "Lena Voss"
    for one in found.outcomes:
        for place in one.evidence:
            assert found.texts[place.file][place.start : place.end].strip()


def test_the_product_s_search_is_judged_on_a_beir_folder(tmp_path: Path, into: Path):
    found = run("beir", "quoth", beir.load(filled(tmp_path / "set", BEIR), into))
    assert found.metrics["recall@5"] == found.metrics["mrr@10"] == 1.0
    assert found.metrics["recall@1"] == pytest.approx((1 / 2 + 1 + 1) / 3, abs=1e-6)
    assert 0.9 < (found.metrics["ndcg@10"] or 0) <= 1.0
    assert found.metrics["truth"] is None and found.metrics["auroc"] is None
    assert not any(one.answered for one in found.outcomes)
