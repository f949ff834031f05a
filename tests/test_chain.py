from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.runnables import RunnableLambda, RunnableParallel

from eval.marks import is_exact
from eval.questions import CALIBRATION, SET, faults, load, read_articles
from retrieval.chain import Quoth, Retriever, assemble
from retrieval.errors import FolderError, InputError, TooLate
from retrieval.opening import open_index
from retrieval.question import LONGEST_QUESTION
from retrieval.settings import Settings
from retrieval.types import Answer, Filters, Question, Turn

WHO = "Who met Belousov in Beijing?"
QUESTIONS = [
    WHO,
    "When did Prigozhin call on Gerasimov to resign?",
    "What did General Zhang praise?",
    "Why is Li under sanctions?",
    "hello",
    "summarise 002",
    "Who won the world cup?",
    "did modhi go 2 teh summit",
]


def timeless(answer: Answer) -> Answer:
    """The answer without what may differ: its time, and the last digits of sums."""
    return replace(answer, seconds=0.0, confidence=round(answer.confidence, 6))


def all_timeless(answers: Sequence[Answer]) -> list[Answer]:
    return [timeless(answer) for answer in answers]


def test_a_question_gets_a_cited_answer(quoth):
    answer = quoth.invoke(WHO)
    assert answer.answered
    assert "Dong Jun" in answer.text
    assert answer.citations[0].source.file.startswith("001_")
    assert answer.question == WHO
    assert 0 < answer.seconds < 60
    assert 0 < answer.confidence <= 1


@pytest.mark.parametrize(
    "given",
    [
        Question(WHO),
        Question(WHO, (Turn("Who?", "They.\n"),)),
        {"question": WHO},
        {"question": WHO, "history": []},
        {"question": WHO, "history": None},
        {"question": WHO, "history": [{"question": "Who?", "text": "They."}]},
        {"question": WHO, "history": (Turn("Who?", "They."),)},
        {"question": WHO, "more": 1},
    ],
)
def test_every_form_of_input_gets_the_same_answer(quoth, given: Any):
    assert timeless(quoth.invoke(given)) == timeless(quoth.invoke(WHO))


def test_every_way_to_call_gives_the_same_answer(quoth):
    expected = [timeless(quoth.invoke(question)) for question in QUESTIONS]

    async def gathered() -> list[list[Answer]]:
        streamed = [[part async for part in quoth.astream(question)] for question in QUESTIONS]
        assert all(len(parts) == 1 for parts in streamed)
        return [
            await asyncio.gather(*(quoth.ainvoke(question) for question in QUESTIONS)),
            await quoth.abatch(QUESTIONS),
            [parts[0] for parts in streamed],
        ]

    assert all_timeless(quoth.batch(QUESTIONS)) == expected
    assert [all_timeless(list(quoth.stream(question))) for question in QUESTIONS] == [[e] for e in expected]
    for answers in asyncio.run(gathered()):
        assert all_timeless(answers) == expected


def test_threads_get_the_answers_that_one_after_another_gets(quoth):
    asked = [case.question for case in load(split="test")][
        :24
    ]  # most are new to the chain: nothing is cached
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(quoth.invoke, asked))
    assert all_timeless(together) == [timeless(quoth.invoke(question)) for question in asked]


def test_the_chain_composes_with_other_runnables(quoth):
    shouted = (
        RunnableLambda(lambda given: given["q"]) | quoth | RunnableLambda(lambda a: a.citations[0].quote)
    )
    assert "Dong Jun" in shouted.invoke({"q": WHO})
    both = RunnableParallel(answer=quoth, question=RunnableLambda(str)).invoke(WHO)
    assert both["question"] == WHO
    assert timeless(both["answer"]) == timeless(quoth.invoke(WHO))
    assert quoth.with_config(run_name="ask").invoke(WHO).answered


class Recorder(BaseCallbackHandler):
    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []
        self.parents: dict[str, UUID | None] = {}

    def on_chain_start(self, serialized, inputs, *, run_id, parent_run_id=None, name=None, **_):
        self.events.append(("chain start", inputs))
        self.chain = run_id

    def on_chain_end(self, outputs, **_):
        self.events.append(("chain end", outputs))

    def on_chain_error(self, error, **_):
        self.events.append(("chain error", error))

    def on_retriever_start(self, serialized, query, *, parent_run_id=None, **_):
        self.events.append(("retriever start", query))
        self.parents["retriever"] = parent_run_id

    def on_retriever_end(self, documents, **_):
        self.events.append(("retriever end", documents))


def test_callbacks_see_a_chain_run_and_the_retriever_s_run_inside_it(quoth):
    seen = Recorder()
    answer = quoth.invoke(WHO, {"callbacks": [seen]})
    assert [event for event, _ in seen.events] == [
        "chain start",
        "retriever start",
        "retriever end",
        "chain end",
    ]
    assert seen.parents["retriever"] == seen.chain
    said = dict(seen.events)
    assert said["retriever start"] == WHO
    assert all(isinstance(document, Document) for document in said["retriever end"])
    assert said["chain end"] == answer


def test_callbacks_see_an_error(quoth):
    seen = Recorder()
    with pytest.raises(InputError):
        quoth.invoke("", {"callbacks": [seen]})
    assert [event for event, _ in seen.events] == ["chain start", "chain error"]


def test_the_retriever_gives_documents_that_say_where_they_stand(quoth, seeds: Path):
    documents = quoth.retriever.invoke("Prigozhin mutiny")
    texts = {file: article.text for file, article in read_articles(seeds).items()}
    assert 1 <= len(documents) <= quoth.settings.k
    assert len({document.id for document in documents}) == len(documents)
    scores = [document.metadata["score"] for document in documents]
    assert scores == sorted(scores, reverse=True)
    for document in documents:
        about = document.metadata
        text = texts[about["file"]]
        assert text[about["start"] : about["end"]] == document.page_content
        assert text.count("\n", 0, about["start"]) + 1 == about["line"]
        assert about["passage"].chunk.text == document.page_content
        assert set(about) == set("passage score file start end line title date publisher".split())
        assert about["date"] is None or date.fromisoformat(about["date"])


def test_a_retriever_of_its_own_finds_what_that_of_the_chain_does(quoth):
    assert Retriever(index=quoth.index).invoke("military ties") == quoth.retriever.invoke("military ties")


def test_the_retriever_takes_k_and_filters(quoth):
    assert len(Retriever(index=quoth.index, k=2).invoke("military ties")) == 2
    found = quoth.retriever.invoke("military ties", filters=Filters(publisher="warsaw institute"))
    assert {document.metadata["publisher"] for document in found} == {"Warsaw Institute"}


@pytest.mark.parametrize(
    ("filters", "file"),
    [
        (Filters(publisher="The Guardian"), "003"),
        (Filters(until=date(2023, 4, 30)), "003"),
        (Filters(since=date(2024, 1, 1)), "001"),
        (Filters(since=date(2023, 11, 15), until=date(2023, 11, 15)), "002"),
    ],
)
def test_filters_decide_what_may_be_cited(quoth, filters: Filters, file: str):
    for question in ("Who is the Chinese defence minister?", "military cooperation"):
        answer = quoth.invoke(Question(question, filters=filters))
        assert {citation.source.file[:3] for citation in answer.citations} <= {file}
        assert answer.nearest is None or answer.nearest.file[:3] == file


def test_filters_that_admit_nothing_name_no_article(quoth):
    answer = quoth.invoke(Question(WHO, filters=Filters(publisher="Nobody")))
    assert not answer.answered and answer.nearest is None and answer.citations == ()


@pytest.mark.parametrize(
    "given",
    [
        "",
        " \n\t ",
        "x" * (LONGEST_QUESTION + 1),
        "x" * 2_000_000,
        None,
        5,
        b"Who?",
        ["Who?"],
        {},
        {"question": None},
        {"question": 5},
        {"question": ["Who?"]},
        {"question": ""},
        {"question": "Who?", "history": 5},
        {"question": "Who?", "history": "Who?"},
        {"question": "Who?", "history": {"question": "a", "text": "b"}},
        {"question": "Who?", "history": ["a"]},
        {"question": "Who?", "history": [None]},
        {"question": "Who?", "history": [{"question": "a"}]},
        {"question": "Who?", "history": [{"question": "a", "text": 5}]},
        Question(""),
        Question(None),  # type: ignore[arg-type]
        Question(5),  # type: ignore[arg-type]
    ],
    ids=lambda given: repr(given)[:40],
)
def test_what_is_no_question_is_an_input_error_of_one_sentence(quoth, given: Any):
    with pytest.raises(InputError) as caught:
        quoth.invoke(given)
    assert 10 < len(str(caught.value)) < 200
    assert "\n" not in str(caught.value)


def test_the_longest_question_is_asked(quoth):
    padded = WHO + " " * (LONGEST_QUESTION - len(WHO))
    assert quoth.invoke(padded).citations[0].source.file.startswith("001_")
    assert quoth.invoke("é" * LONGEST_QUESTION).question == "é" * LONGEST_QUESTION


@pytest.mark.parametrize(
    "question",
    [
        "Who met Belousov \ud800 in Beijing?",
        "\udcff",
        "\ud83d \ude00",
        "Who\x00 met Belousov in Beijing?",
        "\x00",
        "\x1b[31mWho met Belousov in Beijing?\x1b[0m",
        "\u202eWho met Belousov in Beijing?",
        "\u200b",
        "?",
        "🙂🙂",
        '(a OR b) AND NOT "c:* ~ ^ [1 TO 2] title:x',
        "' ; DROP TABLE articles; --",
        "[bold]Who[/bold] met {question} %s?",
        "e\u0301" * 50,
        "\ufdfa" * 100,
        "a " * 1_900,
    ],
    ids=ascii,
)
def test_odd_characters_do_no_harm(quoth, question: str):
    answer = quoth.invoke(question)
    answer.question.encode("utf-8")
    if "Belousov" in question:
        mended = quoth.invoke({"question": question, "history": [{"question": "\ud800", "text": "\udfff"}]})
        assert timeless(mended) == timeless(answer)
        assert not answer.citations or answer.citations[0].source.file.startswith("001_")


def test_misspelt_names_are_found(quoth):
    right = quoth.invoke("Which leader did Narendra Modi meet?")
    wrong = quoth.invoke("wich leader did modhi meet")
    assert wrong.question == "wich leader did modhi meet"
    assert "Modi" in right.text and "Modi" in wrong.text


def test_a_higher_threshold_declines_and_names_the_nearest_article(quoth):
    from retrieval.chain import Quoth

    strict = Quoth(quoth.index, quoth.settings.model_copy(update={"threshold": 1.0}))
    answer = strict.invoke(WHO)
    assert not answer.answered
    assert answer.nearest is not None and answer.nearest.file.startswith("001_")


@pytest.mark.parametrize(
    "question",
    [
        WHO,
        "When did Belousov visit Beijing?",
        "Who is China's defence minister?",
        "What did General Zhang praise Putin for?",
        "where did the joint patrol take place",
    ],
)
def test_the_words_that_answer_stand_in_the_article_and_in_the_sentence(quoth, seeds: Path, question: str):
    answer = quoth.invoke(question)
    for sentence in answer.sentences:
        cited = [citation for citation in answer.citations if citation.number in sentence.citations]
        for citation in cited:
            if citation.answer:
                text = (seeds / citation.source.file).read_bytes().decode()
                assert citation.span.start <= citation.answer.start < citation.answer.end <= citation.span.end
                assert citation.answer.of(text) in citation.quote
        if sentence.answer:
            marked = cited[0].answer.of((seeds / cited[0].source.file).read_bytes().decode())
            assert sentence.answer.of(sentence.text) == " ".join(marked.split())
    short = answer.sentences[0].answer
    assert answer.short_answer == (short.of(answer.sentences[0].text) if short else None)


def test_who_is_answered_by_a_name(quoth):
    assert "Dong Jun" in quoth.invoke("Which minister met Belousov in Beijing?").short_answer


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Who is the Russian defence minister?", "Andrei Belousov"),
        ("Who is China's defence minister?", "Dong Jun"),
    ],
)
def test_the_holder_of_the_office_is_marked_and_not_the_one_beside(quoth, question: str, name: str):
    answer = quoth.invoke(question)
    assert answer.short_answer == name
    assert answer.citations[0].answer is not None


@pytest.mark.parametrize("question", ["Who is Dong Jun?", "who is andrei belousov"])
def test_who_somebody_is_no_name_answers(quoth, question: str):
    answer = quoth.invoke(question)
    assert answer.answered and answer.short_answer is None


def test_no_words_are_marked_as_a_yes(quoth):
    answer = quoth.invoke("Did Belousov meet Dong Jun in Beijing?")
    assert answer.answered and answer.short_answer is None
    assert not any(sentence.answer for sentence in answer.sentences)


def test_without_its_reader_it_answers_all_the_same_and_says_so_once(
    quoth, seeds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    plain = assemble(folder=seeds, data=quoth.settings.data, reader=False)
    assert not caplog.records
    monkeypatch.setattr("retrieval.reader.FOLDER", tmp_path)
    broken = assemble(folder=seeds, data=quoth.settings.data)
    answer = broken.invoke(WHO)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "reader.safetensors cannot be read: install Quoth again" in caplog.text
    assert timeless(answer) == timeless(plain.invoke(WHO))
    assert answer.answered and answer.short_answer is None


def test_a_missing_folder_is_a_folder_error_and_leaves_nothing_behind(tmp_path: Path):
    with pytest.raises(FolderError, match="does not exist"):
        assemble(folder=tmp_path / "none", data=tmp_path / "data")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_setting_or_value_is_an_input_error(tmp_path: Path):
    with pytest.raises(InputError, match="QUOTH_K"):
        assemble(folder=tmp_path, data=tmp_path / "data", k=0)


def test_settings_and_flags_open_the_same_index(quoth, seeds: Path, data: Path):
    opened = open_index(Settings(folder=seeds, data=data))
    assert opened.is_current() in (True, False)  # a checkout of this second may still change
    assert len(opened.dense) == len(quoth.index.dense)


@pytest.mark.parametrize(
    ("questions", "folder"),
    [(SET, SET.parent.parent / "seeds")]
    + [(path / "questions.jsonl", path / "articles") for path in sorted(CALIBRATION.iterdir())],
    ids=lambda path: path.parent.name,
)
def test_every_question_set_fits_its_articles(questions: Path, folder: Path):
    texts = {file: article.text for file, article in read_articles(folder).items()}
    cases = load(questions)
    assert len(cases) >= 70
    assert list(faults(cases, texts)) == []


def test_the_question_set_has_a_part_to_tune_on_and_a_part_to_report():
    for split in ("dev", "test"):
        cases = load(split=split)
        assert sum(case.answerable for case in cases) >= 20
        assert sum(not case.answerable for case in cases) >= 10


def test_every_citation_of_every_question_is_exact(quoth, seeds: Path):
    articles = read_articles(seeds)
    answers = quoth.batch([case.question for case in load()])
    citations = [citation for answer in answers for citation in answer.citations]
    assert len(citations) > 100
    for citation in citations:
        article = articles[citation.source.file]
        assert is_exact(citation, article.text), citation
        assert citation.source == article.source
        assert not any(
            citation.span.start < end and start < citation.span.end for start, end in article.furniture
        )
    for answer in answers:
        assert answer.sentences
        if answer.answered:
            assert len(answer.sentences) <= 3 or answer.sentences[0].citations == ()
            assert answer.citations
        else:
            assert answer.citations == ()


OFFICE = {
    "a.txt": ("Osk Post", "2022-03-01", "The mayor of Osk, Lena Voss, opened the fish market on Tuesday."),
    "b.txt": ("Tarn Times", "2024-05-01", "The mayor of Osk, Ruben Hale, opened the tram line on Friday."),
    "c.txt": ("The Wire", "2024-06-01", "The mayor of Tarn, Ida Brand, opened the lock in May."),
}
COUNT = {
    "a.txt": ("Osk Post", "2022-03-01", "The Osk ferry company has 12 ferries. It sails daily."),
    "b.txt": ("Tarn Times", "2024-05-01", "The Osk ferry company now has 19 ferries. It hired 40 sailors."),
}
PRICE = {
    "a.txt": ("Osk Post", "2022-03-01", "A loaf of rye bread costs four crowns in Osk. Bakers are glad."),
    "b.txt": ("Tarn Times", "2024-05-01", "A loaf of rye bread costs six crowns in Osk. Bakers are sad."),
}
DEAD = {
    "a.txt": ("Osk Post", "2024-03-01", "The fire at the Osk mill killed 12 people. Its owner wept."),
    "b.txt": ("Tarn Times", "2024-03-04", "The fire at the Osk mill killed 15 people. It was built in 1902."),
}
DENIAL = {
    "a.txt": ("Osk Post", "2024-03-01", "The ferry captain said the navy ship fired at the ferry near Osk."),
    "b.txt": ("Tarn Times", "2024-03-03", "The navy denied that its ship fired at the ferry near Osk."),
}
AGREED = {
    "a.txt": (
        "Osk Post",
        "2024-03-01",
        "Twelve people died when the mill at Osk burned down. Rain fell.",
    ),
    "b.txt": ("Tarn Times", "2024-03-03", "The mill fire in Osk left 12 people dead. It was not the first."),
}
MEETINGS = {
    "a.txt": ("Osk Post", "2023-04-17", "Lena Voss met Ruben Hale in Osk on 16 April. They spoke of fish."),
    "b.txt": (
        "Tarn Times",
        "2023-11-09",
        "Lena Voss met Ida Brand in Osk on 8 November. Snow fell.",
    ),
}
Press = Mapping[str, tuple[str, str, str]]


@pytest.fixture
def telling(tmp_path: Path, data: Path) -> Callable[[Press], Quoth]:
    def chain(press: Press) -> Quoth:
        folder = tmp_path / "press"
        folder.mkdir()
        about = []
        for name, (publisher, day, text) in press.items():
            (folder / name).write_text(f"News of the day\n\n{text}\n")
            about.append(f'["{name}"]\npublisher = "{publisher}"\ndate = {day}\n')
        (folder / "metadata.toml").write_text("\n".join(about))
        return assemble(folder=folder, data=data)

    return chain


@pytest.mark.parametrize("as_typed", [str, str.lower])
@pytest.mark.parametrize(
    ("press", "question", "leads", "parts"),
    [
        (OFFICE, "Who is the mayor of Osk?", ("As of 1 May 2024:", "Earlier, 1 Mar 2022:"), ("Hale", "Voss")),
        (
            COUNT,
            "How many ferries does the Osk ferry company have?",
            ("As of 1 May 2024:", "Earlier, 1 Mar 2022:"),
            ("19", "12"),
        ),
        (
            PRICE,
            "How much does a loaf of rye bread cost?",
            ("As of 1 May 2024:", "Earlier, 1 Mar 2022:"),
            ("six", "four"),
        ),
    ],
    ids=["office", "count", "price"],
)
def test_what_changed_is_told_newest_first(
    telling, as_typed, press: Press, question: str, leads: tuple[str, ...], parts: tuple[str, ...]
):
    answer = telling(press).invoke(as_typed(question))
    assert answer.answered and answer.notes == ()
    assert tuple(sentence.lead for sentence in answer.sentences) == leads
    assert all(part in sentence.text for part, sentence in zip(parts, answer.sentences, strict=True))


@pytest.mark.parametrize("as_typed", [str, str.lower])
@pytest.mark.parametrize(
    ("press", "question", "leads"),
    [
        (
            DEAD,
            "How many people died in the fire at the Osk mill?",
            {"Osk Post, 1 Mar 2024:", "Tarn Times, 4 Mar 2024:"},
        ),
        (
            DENIAL,
            "Did the navy ship fire at the ferry?",
            {"Osk Post, 1 Mar 2024:", "Tarn Times, 3 Mar 2024:"},
        ),
    ],
    ids=["12 against 15", "said against denied"],
)
def test_what_the_articles_of_one_time_differ_on_stands_side_by_side(
    telling, as_typed, press: Press, question: str, leads: set[str]
):
    answer = telling(press).invoke(as_typed(question))
    assert answer.answered and answer.notes == ("The articles differ:",)
    assert {sentence.lead for sentence in answer.sentences} == leads
    assert {citation.source.file for citation in answer.citations} == {"a.txt", "b.txt"}


@pytest.mark.parametrize("as_typed", [str, str.lower])
@pytest.mark.parametrize(
    ("press", "question"),
    [
        (AGREED, "How many people died at the mill?"),
        (AGREED, "How many people died in the mill fire in Osk?"),
        (AGREED, "Did people die in the mill fire?"),
        (MEETINGS, "Who met Lena Voss?"),
        (MEETINGS, "When did Lena Voss meet in Osk?"),
        (MEETINGS, "Did Lena Voss meet Ida Brand?"),
        (OFFICE, "Who is the mayor?"),  # of which town is not said
        (OFFICE, "Who is the mayor of Tarn?"),
        (DENIAL, "Who fired at the ferry?"),
    ],
)
def test_what_agrees_or_is_of_something_else_has_no_label(telling, as_typed, press: Press, question: str):
    answer = telling(press).invoke(as_typed(question))
    assert answer.answered and answer.notes == ()
    assert {sentence.lead for sentence in answer.sentences} == {""}


@pytest.mark.parametrize(
    "question",
    [
        "Who is the head of the Russian Navy?",
        "Who is the leader of Wagner?",
        "Who met Putin?",
        "When did the ministers meet?",
        "Who said ties were at an all-time high?",
        "Did Putin meet Li Shangfu?",
        "Where do the ministers meet?",
    ],
)
def test_an_ordinary_question_gets_no_label(quoth, question: str):
    for asked in (question, question.lower()):
        answer = quoth.invoke(asked)
        assert answer.answered
        assert answer.notes == () and not any(sentence.lead for sentence in answer.sentences)


@pytest.mark.parametrize("question", ["Who is China's defence minister?", "who is china's defence minister"])
def test_the_seeds_tell_of_two_chinese_ministers(quoth, question: str):
    newest, earlier = quoth.invoke(question).sentences[:2]
    assert newest.lead == "As of 14 Oct 2024:" and "Dong Jun" in newest.text
    assert earlier.lead.startswith("Earlier, ") and "Li Shangfu" in earlier.text


def test_the_time_that_a_question_names_decides_what_is_cited(quoth):
    asked = Question("Who was China's defence minister in July 2023?", today=date(2024, 11, 1))
    answer = quoth.invoke(asked)
    assert answer.citations and {citation.source.iso_date for citation in answer.citations} == {"2023-07-03"}


def test_a_follow_up_is_about_what_was_spoken_of(quoth):
    first = quoth.invoke("Who is Li Shangfu?")
    history = (Turn("Who is Li Shangfu?", first.text),)
    answer = quoth.invoke(Question("Why is he under sanctions?", history))
    assert "About Li Shangfu:" in answer.notes
    assert answer.understood is not None and "Li Shangfu" in answer.understood
    assert "Rosoboronexport" in answer.text


def test_past_its_deadline_a_question_is_given_up(quoth: Quoth):
    asked = Question(WHO, deadline=time.monotonic() + 60)
    assert quoth.invoke(asked).answered
    with pytest.raises(TooLate, match="took too long"):
        quoth.invoke(replace(asked, deadline=time.monotonic() - 0.001))


def test_a_deadline_that_passes_during_the_search_stops_the_work(
    quoth: Quoth, monkeypatch: pytest.MonkeyPatch
):
    quoth.warm()
    deadline = time.monotonic() + 1
    ended = []

    class Slow(BaseCallbackHandler):
        def on_retriever_end(self, documents: Sequence[Document], **_: Any) -> None:
            ended.append(len(documents))
            time.sleep(max(0.0, deadline - time.monotonic()) + 0.01)

    monkeypatch.setattr("retrieval.extractive.answer", None)  # must not be reached
    with pytest.raises(TooLate):
        quoth.invoke(Question(WHO, deadline=deadline), {"callbacks": [Slow()]})
    assert ended == [10]
