from __future__ import annotations

import gzip
import itertools
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file

from retrieval.embedding import WEIGHTS, wheel_folder
from retrieval.errors import InputError
from retrieval.onnx.graph import changed
from retrieval.reader import FILE, Marks, SpanReader, Text
from retrieval.training import news
from retrieval.training.examples import Example, Maker, cut, epoch, typed, window, yes_no
from retrieval.training.export import export
from retrieval.training.measure import measure
from retrieval.training.squad import Asked, Paragraph, apart, kept, load
from retrieval.training.train import STAGES, ReaderTrainer, encoded, stream
from retrieval.training.trainer import batches, train
from retrieval.types import Span

LOCK = Paragraph(
    "lock/0",
    "Tarn lock",
    "Lena Voss closed the lock in May 2021. Forty barges waited. The repairs took 12 weeks, said Ruben Hale.",
    "Tarn lock",
)
BRIDGE = Paragraph(
    "lock/1",
    "Tarn lock",
    "The lock has a bridge. Ida Brand opened the bridge in June 1999. It closed for 3 weeks in the war.",
    "Tarn lock",
)
ASKED = [
    Asked("1", "Who closed the lock in May 2021?", ("Lena Voss",), LOCK),
    Asked("2", "When was the lock closed by Lena Voss?", ("May 2021", "in May 2021"), LOCK),
    Asked("3", "How long did the repairs of the lock take?", ("12 weeks",), LOCK),
    Asked("4", "Who opened the bridge of the lock?", ("Ida Brand",), BRIDGE),
    Asked("5", "Who sold the bridge to Lena Voss?", (), BRIDGE),
]
MANY = 400


def made(asked: Sequence[Asked], many: int = MANY) -> list[tuple[Asked, Example]]:
    make = Maker(asked).make
    pairs = [(one, make(one, Random(f"{n} {one.id}"))) for n in range(many) for one in asked]  # noqa: S311
    return [(one, example) for one, example in pairs if example]


def test_an_example_marks_the_answer_or_nothing():
    for asked, example in made(ASKED):
        if example.answer is None:
            continue
        assert example.answer.of(example.passage) == asked.answers[0]


def test_what_cannot_be_answered_is_never_marked_and_what_can_mostly_is():
    marked = Counter((bool(asked.answers), example.answer is not None) for asked, example in made(ASKED))
    assert marked[False, True] == 0
    assert marked[False, False] == MANY
    assert 0.5 < marked[True, True] / (marked[True, True] + marked[True, False]) < 0.85


def test_an_answerable_question_that_stays_as_it_is_is_unmarked_only_where_its_answer_is_gone():
    for asked, example in made(ASKED):
        if asked.answers and example.answer is None and example.question == asked.question:
            assert asked.answers[0] not in example.passage


def test_a_passage_is_whole_sentences_with_or_without_the_title():
    whole = {one.of(paragraph.text) for paragraph in (LOCK, BRIDGE) for one in cut(paragraph.text)}
    titled = 0
    for _, example in made(ASKED, 60):
        text = example.passage.removeprefix("Tarn lock. ")
        titled += text != example.passage
        assert {one.of(text) for one in cut(text)} <= whole
    assert 60 < titled < 200


@given(st.integers(0, len(LOCK.text) - 1), st.integers(0, 60), st.randoms(use_true_random=False))
def test_a_window_holds_what_it_is_around_and_no_more_than_its_words(at: int, words: int, chance: Random):
    span = window(LOCK.text, Span(at, at + 1), words, chance)
    assert span.start <= at < span.end
    assert len(span.of(LOCK.text).split()) <= max(words, 10)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("When did the war end?", "Did the war end?"),
        ("In what year was Osk founded?", "Was Osk founded?"),
        ("Why is the lock shut?", "Is the lock shut?"),
        ("Who closed the lock?", "Who closed the lock?"),
        ("When the war ended, who ruled?", "When the war ended, who ruled?"),
    ],
)
def test_a_question_of_time_place_or_reason_holds_one_for_yes_or_no(question: str, expected: str):
    assert yes_no(question) == expected


def test_questions_are_typed_in_several_ways():
    question = "When was the old lock of Tarn closed by its owners?"
    ways = {typed(question, Random(n)) for n in range(200)}  # noqa: S311
    assert question in ways and question.rstrip("?") in ways
    assert "old lock Tarn closed owners" in {way.rstrip("?") for way in ways}
    assert any(sorted(way) == sorted(question) and way != question for way in ways)


def test_a_pass_is_the_same_every_time_and_each_pass_is_another():
    first, again, second = (list(epoch(n, [(ASKED, 20)], Maker(ASKED).make)) for n in (0, 0, 1))
    assert first == again
    assert first != second
    assert len(first) > 60


def test_batches_lose_no_example():
    examples = [example for _, example in made(ASKED, 150)]
    cut_up = list(batches(examples, Random(1), lambda example: len(example.passage)))  # noqa: S311
    assert sorted(map(repr, itertools.chain(*cut_up))) == sorted(map(repr, examples))
    assert all(len(batch) == 32 for batch in cut_up[:16])


def test_the_news_come_after_a_while(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("retrieval.training.train.STAGES", ((2, 0), (3, 1)))
    story = Paragraph("n", "News", "Osk votes today. Hale won.", "n", True)
    invented = [Asked("n/1", "Who won?", ("Hale",), story, "Hale won.")]
    found = list(itertools.islice(stream(ASKED * 40, [], [[], invented]), 20))
    questions = [{example.question.lower() for example in batch} for batch in found]
    assert not any("who won" in question for batch in questions[:5] for question in batch)
    assert any("who won" in question for batch in questions for question in batch)


def test_the_sentence_that_is_known_is_the_one_that_is_marked():
    text = "Hale won in Osk. Later Hale lost in Tarn. In the end Hale slept."
    asked = Asked(
        "1", "Who won in Osk?", ("Hale",), Paragraph("n", "T", text, "n", True), "In the end Hale slept."
    )
    starts = {e.passage[: e.answer.start].split(". ")[-1] for _, e in made([asked], 60) if e.answer}
    assert starts == {"In the end "}


def test_tokens_stand_for_the_answer():
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(wheel_folder())
    passage = "Osk. On 3 May, Lena Voss—the harbour master—closed it."
    at = passage.index("Lena Voss")
    far = Example("Who?", "word " * 400 + "Voss.", Span(2_000, 2_004))
    batch = encoded(
        tokenizer, [Example("Who?", passage, Span(at, at + 9)), Example("Who?", passage, None), far]
    )
    assert batch.starts.tolist()[1:] == batch.ends.tolist()[1:] == [0, 0]
    ids = batch.inputs["input_ids"][0, batch.starts[0] : batch.ends[0] + 1]
    assert tokenizer.decode(ids) == "lena voss"
    assert batch.inputs["input_ids"].shape[1] <= 224


def test_training_goes_on_where_it_was_stopped_and_what_is_exported_is_what_was_trained(tmp_path: Path):
    import torch

    def trained(folder: Path, *until: int) -> dict[str, torch.Tensor]:
        for examples in until:
            trainer = ReaderTrainer(folder, 96)
            trainer.examples = 96
            left = itertools.islice(stream(ASKED, [], []), examples)
            for batch in itertools.islice(left, trainer.step, None):
                trainer.learn(batch[:8])
            trainer.save()
        return torch.load(folder / "checkpoint.pt", weights_only=True)["model"]

    whole, resumed = trained(tmp_path / "one", 2), trained(tmp_path / "two", 1, 2)
    name = "bert.encoder.layer.0.attention.self.query.weight"
    assert torch.allclose(whole[name], resumed[name], atol=1e-6)
    export([tmp_path / "one" / "checkpoint.pt"], tmp_path / "model")
    reader = SpanReader(tmp_path / "model")
    assert reader.read("Who?", []) == []
    held = changed(load_file(wheel_folder() / WEIGHTS), load_file(tmp_path / "model" / FILE))
    for name, weights in whole.items():
        if name.startswith("bert."):
            given = torch.from_numpy(held[name.removeprefix("bert.")])
            assert torch.allclose(given, weights, atol=1e-5, rtol=2**-8)  # a byte of change


def test_a_run_tells_how_it_goes_and_ends(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    trainer = ReaderTrainer(tmp_path, 2)
    train(trainer, itertools.cycle([[Example("Who?", "Voss did.", Span(0, 4))] * 2]))
    assert trainer.is_done
    assert "2 of 2 examples" in capsys.readouterr().out
    assert ReaderTrainer(tmp_path, 2).seen == 2


class Pointing:
    """A reader that knows where the answers stand, and is unsure of the third question."""

    def mark(self, pairs: Sequence[tuple[str, Text]]) -> list[Marks]:
        return [self._mark(question, text.text) for question, text in pairs]

    def _mark(self, question: str, text: str) -> Marks:
        asked = next(one for one in ASKED if one.question == question)
        answer = asked.answers[0] if asked.answers and asked.answers[0] in text else text[:4]
        start = text.index(answer)
        sure = 5.0 if asked.answers and answer == asked.answers[0] else 1.0
        said = Span(start, start + len(answer) - (2 if asked.id == "3" else 0))
        return Marks((said,), np.array([sure], np.float32), np.array([0], np.float32), 2.0)


def test_the_figures_are_what_they_are_called():
    found = measure(Pointing(), ASKED[:4], ASKED)  # type: ignore[arg-type]
    assert (found.questions, found.second) == (4, 5)
    assert found.exact == 0.75  # "12 wee" is not "12 weeks"
    assert found.f1 == pytest.approx((3 + 0.5) / 4)
    assert found.same_topic == found.unanswerable == 1.0
    assert "exact match 0.750, F1 0.875" in str(found)


ROWS = [{"id": "d", "title": "Tarn_lock", "text": LOCK.text}]
QUESTIONS = [
    {
        "id": "1",
        "question": "Who?",
        "answers": ["Lena Voss"],
        "answerable": True,
        "evidence": [{"doc_id": "d"}],
    },
    {"id": "2", "question": "How?", "answers": ["May"], "answerable": False, "evidence": [{"doc_id": "d"}]},
]
PUBLISHED = {
    "data": [
        {
            "title": "Tarn_lock",
            "paragraphs": [
                {
                    "context": LOCK.text,
                    "qas": [
                        {
                            "id": "1",
                            "question": "Who?",
                            "answers": [{"text": "Lena Voss", "answer_start": 0}] * 2,
                        },
                        {"id": "2", "question": "How?", "answers": [], "is_impossible": True},
                    ],
                }
            ],
        }
    ]
}


def test_squad_is_read_as_published_and_as_rows(tmp_path: Path):
    published, folder = tmp_path / "train-v1.1.json", tmp_path / "squad"
    published.write_text(json.dumps(PUBLISHED))
    folder.mkdir()
    for name, rows in (("documents", ROWS), ("questions", QUESTIONS)):
        with gzip.open(folder / f"{name}.jsonl.gz", "wt") as file:
            file.write("".join(json.dumps(row) + "\n" for row in rows))
    for path in (published, folder):
        found = load(path)
        assert [(one.id, one.question, one.answers) for one in found] == [
            ("1", "Who?", ("Lena Voss",)),
            ("2", "How?", ()),
        ]
        assert {one.paragraph.title for one in found} == {"Tarn lock"}
        assert {one.paragraph.text for one in found} == {LOCK.text}


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"data": [{}]}', "\x00"])
def test_what_is_no_squad_is_told(tmp_path: Path, content: str):
    file = tmp_path / "train.json"
    file.write_text(content)
    with pytest.raises(InputError, match="holds no SQuAD"):
        load(file)
    with pytest.raises(InputError, match="holds no SQuAD"):
        load(tmp_path)
    with pytest.raises(InputError, match="holds no SQuAD"):
        load(tmp_path / "none")


def test_the_articles_kept_apart_are_the_same_every_time_and_in_neither_part():
    titles = [f"Title {n}" for n in range(50)]
    assert kept(titles, 5) == kept(reversed(titles), 5)
    assert len(kept(titles, 5)) == 5
    asked = [Asked(t, "?", (), Paragraph(t, t, "x", t)) for t in titles]
    on, off = apart(asked, 5)
    assert {one.paragraph.title for one in off} == kept(titles, 5)
    assert len(on) == 45 and not {one.id for one in on} & {one.id for one in off}


def test_the_news_are_whole():
    parts = news.parts()
    found = list(itertools.chain(*parts))
    assert len(parts) >= STAGES[-1][1]
    assert len(found) > 2_000
    assert len({one.id for one in found}) == len(found)
    for one in found:
        assert one.question.strip()
        assert one.paragraph.text.count(one.sentence) == 1, one
        assert all(answer in one.sentence for answer in one.answers), one
    answerable = sum(bool(one.answers) for one in found) / len(found)
    assert 0.5 < answerable < 0.65
    texts = {one.paragraph.id: one.paragraph.text for one in found}
    assert len(texts) == len(set(texts.values()))
