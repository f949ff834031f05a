from __future__ import annotations

import gzip
import itertools
import json
import re
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
from retrieval.encoder import FOLDER
from retrieval.entailment import FILE, Judged, TrainedEntailment
from retrieval.errors import InputError
from retrieval.onnx.graph import changed
from retrieval.training import claims, expertqa, made, news, relations
from retrieval.training.export import export
from retrieval.training.measure_support import by_hand, by_rule, figures, score
from retrieval.training.pairs import Label, Origin, Pair
from retrieval.training.rewording import reword, shorter, voice
from retrieval.training.spoiling import Article, spoil
from retrieval.training.squad import Asked, Paragraph
from retrieval.training.statements import statement
from retrieval.training.train_support import LONGEST, STAGES, Sources, SupportTrainer, stream
from retrieval.training.trainer import train
from retrieval.training.verbs import BASE, PARTICIPLE, PASSIVE, PAST

LOCK = Paragraph(
    "lock/0",
    "Tarn lock",
    "On Monday, Lena Voss closed the Tarn lock because a crane fell. "
    "Forty barges waited near Osk for 12 days. "
    "Ruben Hale, the mayor, told Ida Brand that the repairs will cost 31 million crowns. "
    "In 1999 the lock was not closed by Ida Brand.",
    "Tarn lock",
)
ASKED = [
    Asked("1", "Who closed the Tarn lock?", ("Lena Voss",), LOCK),
    Asked("2", "How many barges waited near Osk?", ("Forty",), LOCK),
    Asked("3", "Who sold the lock to Hale?", (), LOCK),
]
ARTICLE = Article(("Kelda", "Marn"), ("7", "1980"), (" in the harbour of Osk",))
MANY = 60


def pairs(origins: Sequence[Origin], many: int = MANY) -> list[Pair]:
    found = [one.pair(Random(f"{n} {one.id}")) for n in range(many) for one in origins]  # noqa: S311
    return [pair for pair in found if pair]


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("Who founded Osk?", "Lena Voss", "Lena Voss founded Osk."),
        ("Who was the king of Osk?", "Hale", "Hale was the king of Osk."),
        ("What is the capital of Osk?", "Tarn", "Tarn is the capital of Osk."),
        ("What is the lock called?", "the Gate", "The lock is called the Gate."),
        ("Which company bought the mill?", "Norhaven", "Norhaven bought the mill."),
        ("How many barges waited at Osk?", "Forty", "Forty barges waited at Osk."),
        ("How many barges were there in Osk?", "40 barges", "There were 40 barges in Osk."),
        ("When was Osk founded?", "1901", "Osk was founded in 1901."),
        ("Where was she born?", "near Osk", "She was born near Osk."),
        ("When did the war end?", "3 May 1901", "The war ended on 3 May 1901."),
        ("What did Voss close in May?", "the lock", "Voss closed the lock in May."),
        ("Why did Voss close it?", "because it leaked", "Voss closed it because it leaked."),
        ("Is the lock closed?", "yes", None),
        ("Who closed it?", "one two three four five six seven eight nine", None),
    ],
)
def test_a_question_and_its_answer_become_a_statement(question: str, answer: str, expected: str | None):
    assert statement(question, answer) == expected


@given(st.text(max_size=60), st.text(max_size=20))
def test_any_question_becomes_a_statement_or_none(question: str, answer: str):
    found = statement(question, answer)
    assert found is None or found.endswith(".")


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("The mayor praised Lena Voss in May.", "Lena Voss was praised by the mayor in May."),
        ("Lena Voss was praised by the mayor in May.", "The mayor praised Lena Voss in May."),
        ("Hale and Voss were invited by the union to talk.", "The union invited Hale and Voss to talk."),
        ("He praised her.", "He praised her."),
        ("Rain fell.", "Rain fell."),
    ],
)
def test_the_voice_is_turned_where_that_is_sure(sentence: str, expected: str):
    assert voice(sentence, Random(0)) == expected  # noqa: S311


@pytest.mark.parametrize(
    ("sentence", "ways"),
    [
        ("In May 2021 the town, Voss said, slept.", set()),
        ("Three hundred men (all of Osk) marched.", {"Three hundred men marched."}),
        (
            "Voss, the harbour master of Osk, closed the lock.",
            {"Voss closed the lock."},
        ),
        (
            "In May, forty barges waited near the lock.",
            {"Forty barges waited near the lock.", "In May, forty barges waited."},
        ),
    ],
)
def test_a_sentence_is_shortened_by_whole_parts(sentence: str, ways: set[str]):
    found = set(shorter(sentence))
    assert {way for way in ways if len(way.split()) >= 5} <= found
    assert all(len(way) < len(sentence) for way in found)


def test_rewording_finds_many_ways_and_keeps_names():
    sentence = "In May, the company bought nearly 20 ships because the government of Osk did not object."
    ways = {reword(sentence, Random(n)) for n in range(MANY)}  # noqa: S311
    assert len(ways) > 10
    assert all("Osk" in way for way in ways if len(way) > 70)
    assert {"twenty" in way for way in ways} == {True, False}


SENTENCES = (
    "Lena Voss told Ruben Hale on Monday that 31 ships would sail to Osk in 1999.",
    "The minister refused to sign because the price had risen from 12 to 15 crowns.",
    "All 12 barges were not seen after the storm, Ida Brand said.",
)


@given(st.sampled_from(SENTENCES), st.randoms(use_true_random=False))
def test_a_spoilt_sentence_says_something_else_of_nearly_the_same_words(sentence: str, chance: Random):
    found = spoil(sentence, ARTICLE, chance)
    if found is None:
        return
    assert found.text != sentence
    assert found.label is not Label.SUPPORTS
    shared = Counter(sentence.split()) & Counter(found.text.split())
    assert shared.total() >= (3 if found.kind == "extra" else len(sentence.split()) // 2)
    if found.kind == "roles":
        assert sorted(re.findall(r"\w+", found.text)) == sorted(re.findall(r"\w+", sentence))


def test_sentences_are_spoilt_in_all_ways():
    found = [spoil(one, ARTICLE, Random(n)) for n in range(MANY) for one in SENTENCES]  # noqa: S311
    kinds = {one.kind for one in found if one}
    assert kinds == {
        "roles",
        "number",
        "name",
        "date",
        "negation",
        "opposite",
        "certainty",
        "relation",
        "extra",
    }


def test_claim_alone_does_not_tell_whether_it_is_right():
    """What is changed in a claim is changed in evidence as often."""
    made_ = [pair for pair in pairs(list(made.stated([LOCK])), 900) if pair.kind == "negation"]
    told: dict[str, Counter[Label]] = {}
    for pair in made_:
        denied = "not" if re.search("n[o']t ", pair.claim) else ""
        told.setdefault(denied, Counter())[pair.label] += 1
    assert set(told) == {"", "not"}
    for labels in told.values():
        assert 0.35 < labels[Label.SUPPORTS] / labels.total() < 0.65


def test_made_claims_have_their_evidence_and_a_right_answer_is_in_it():
    found = pairs(list(made.answered(ASKED)))
    assert {pair.label for pair in found} == set(Label)
    for pair in found:
        assert pair.claim.endswith(".")
        if pair.label is Label.SUPPORTS:
            assert "Lena Voss" in pair.evidence or "Forty" in pair.evidence


def test_a_question_without_an_answer_supports_nothing():
    assert {pair.label for pair in pairs(list(made.answered(ASKED[2:])))} == {Label.SILENT}


def test_the_table_of_relations_is_whole():
    table = relations.relations()
    assert len(table) > 80
    for relation in table:
        assert len(relation.ways) >= 3
        assert set("".join(relation.kinds)) <= set("pocet")
        for way in relation.ways:
            said = relation.said(way, "Voss", "Hale")
            assert said.count("Voss") == said.count("Hale") == 1, way


def test_facts_are_told_rightly():
    """Who does it in the claim does it in the evidence too, or the claim is wrong."""
    told = relations.Relation(["pp"], ["A beat B", "B lost to A"], False, None)
    thanked = relations.Relation(["pp"], ["A thanked B"], False, None)
    cast = relations.Cast(["Voss", "Hale", "Brand"], ["Osk"], ["Osk"], ["the flood"], ["the mill"])
    found = pairs([relations.Fact(n, cast, [told, thanked]) for n in range(40)])
    roles = [pair for pair in found if pair.kind == "roles" and "thanked" not in pair.claim + pair.evidence]
    assert {pair.label for pair in roles} == {Label.SUPPORTS, Label.AGAINST}
    for pair in roles:
        assert (winner(pair.claim) == winner(pair.evidence)) == (pair.label is Label.SUPPORTS)


def winner(text: str) -> str:
    beat = re.search(r"(Voss|Hale|Brand)(?:, [^,]*,| \(left\))? beat", text)
    lost = re.search(r"lost to (Voss|Hale|Brand)", text)
    found = beat or lost
    assert found is not None
    return found[1]


def test_claims_by_hand_are_whole():
    found = list(claims.load(news.FOLDER))
    assert len({one.id for one in found}) == len(found) > 4_000
    assert 0.35 < sum(not one.kind for one in found) / len(found) < 0.6
    for one in found:
        assert one.text.strip().endswith((".", '"', "”", "!", "?")), one.id
        assert one.evidence and all(one.evidence), one.id
        assert one.kind in ("", *KINDS), one.id


KINDS = "roles name number date negation certainty speaker relation scope extra other".split()


def test_no_claim_by_hand_is_of_the_articles_that_are_measured():
    trained = {one.paragraph.text for one in claims.load(news.FOLDER)}
    measured = Path(__file__).parent.parent / "eval" / "calibration"
    texts = {p.text for folder in measured.glob("*/articles") for p in claims.articles(folder).values()}
    assert texts and not trained & texts


ROW = {
    "file": "a.txt",
    "evidence": ["Lena Voss closed the lock."],
    "right": ["The lock was closed by Voss."],
    "wrong": [["roles", "The lock closed Lena Voss."], ["scope", "All locks were closed."]],
}


def written(folder: Path) -> tuple[Path, Path]:
    (folder / "articles").mkdir()
    (folder / "articles" / "a.txt").write_text(
        "Lock shut\nRain fell on Osk. Lena Voss closed the lock. It was repaired by 12 men in June."
    )
    (folder / "rows.jsonl").write_text(json.dumps(ROW) + "\n")
    return folder / "rows.jsonl", folder / "articles"


def test_claims_by_hand_become_pairs(tmp_path: Path):
    file, articles = written(tmp_path)
    alone = by_hand(file, articles)
    assert [pair.label for pair in alone] == [Label.SUPPORTS, Label.AGAINST, Label.SILENT]
    assert {pair.evidence for pair in alone} == {"Lock shut. Lena Voss closed the lock."}
    read = list(claims.read(file, claims.articles(articles)))
    for pair in pairs(read[:1]):
        if "Lena Voss closed the lock." not in pair.evidence:
            assert pair.label is Label.SILENT
    for pair in pairs(read[1:]):
        itself = "Lena Voss closed the lock." not in pair.evidence
        assert (pair.label is Label.SUPPORTS) == itself
    assert {"Lena Voss closed the lock." in pair.evidence for pair in pairs(read)} == {True, False}


EXPERT = {
    "id": "1",
    "document": "[3] https://osk.test/a\n\nRain fell on Osk. Lena Voss closed the lock. "
    + "Snow fell. " * 90,
    "claim": "The lock was closed by Voss [3][4].",
    "label": "supported",
    "question": "Who closed the lock?",
}


def test_expert_judgements_are_read_and_shown_near_the_claim(tmp_path: Path):
    rows = [EXPERT, EXPERT | {"id": "2", "label": "incomplete", "question": "Who else?"}]
    with gzip.open(tmp_path / "pairs.jsonl.gz", "wt") as file:
        file.write("".join(json.dumps(row) + "\n" for row in rows))
    found = expertqa.load(tmp_path)
    assert [one.label for one in found] == [Label.SUPPORTS, Label.SILENT]
    pair = found[0].shown(12)
    assert pair.claim == "The lock was closed by Voss."
    assert pair.evidence.startswith("Rain fell on Osk. Lena Voss closed the lock.")
    assert len(pair.evidence.split()) <= 12


@pytest.mark.parametrize("content", ["{}", "[]", "\x00"])
def test_what_is_no_expertqa_is_told(tmp_path: Path, content: str):
    (tmp_path / "pairs.jsonl").write_text(content)
    with pytest.raises(InputError, match="holds no ExpertQA"):
        expertqa.load(tmp_path)


def test_all_judgements_of_a_question_are_on_one_side():
    judgements = [
        expertqa.Judgement(f"{n} {again}", "Voss did.", "Voss did.", Label.SUPPORTS, f"Who {n}?")
        for n in range(300)
        for again in range(2)
    ]
    on, off = expertqa.apart(judgements)
    assert not {one.question for one in on} & {one.question for one in off}
    assert 60 < len({one.question for one in off}) < 140


class Knowing:
    """A judge that finds a claim supported where its evidence begins with it."""

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Judged]:
        return [Judged(*((0.9, 0.05, 0.05) if e.startswith(c) else (0.2, 0.7, 0.1))) for c, e in pairs]

    def warm(self) -> None: ...


def test_the_figures_are_what_they_are_called():
    scored = score(
        Knowing(),
        [
            Pair("Voss", "Voss did.", Label.SUPPORTS, ""),
            Pair("Hale", "Voss did.", Label.SUPPORTS, ""),
            Pair("Hale", "Voss did.", Label.AGAINST, "name"),
            Pair("Voss did", "Voss did it.", Label.SILENT, "extra"),
        ],
    )
    found = figures(scored, 0.5)
    assert (found.supported, found.others) == (2, 2)
    assert (found.precision, found.recall, found.auroc) == (0.5, 0.5, 0.5)
    assert found.stopped == {"name": (1, 1), "extra": (0, 1)}
    assert "extra 0.00 of 1, name 1.00 of 1" in str(found)


def test_claims_by_rule_are_the_same_every_time():
    assert by_rule(ASKED, 5) == by_rule(ASKED, 5)


def test_two_claims_as_one_need_the_evidence_of_both(tmp_path: Path):
    file, articles = written(tmp_path)
    more = ROW | {"evidence": ["It was repaired by 12 men in June."], "right": ["Twelve men mended it."]}
    file.write_text(json.dumps(ROW) + "\n" + json.dumps(more) + "\n")
    found = pairs(list(claims.joined(list(claims.read(file, claims.articles(articles))))))
    assert {pair.label for pair in found} == {Label.SUPPORTS, Label.SILENT}
    for pair in found:
        both = "Lena Voss closed" in pair.evidence and "12 men in June" in pair.evidence
        assert (pair.label is Label.SUPPORTS) == both
        assert "closed by Voss" in pair.claim and "mended" in pair.claim


def sources() -> Sources:
    stated = list(made.stated([LOCK]))
    return Sources(stated, stated, [], list(made.answered(ASKED)), stated[:1], stated[1:])


def test_the_stream_is_the_same_every_time_and_has_claims_by_hand_in_later_stages(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("retrieval.training.train_support.STAGES", (STAGES[0]._replace(batches=1),))
    first, again = (list(itertools.islice(stream(sources()), 6)) for _ in range(2))
    assert first == again
    found = sources()
    assert [times for _, times in found.of(STAGES[0], 0)] == [1, 1, 1, 1, 0, 0]


def test_training_learns_goes_on_and_what_is_exported_is_what_was_trained(tmp_path: Path):
    import torch

    examples = [
        Pair("Voss did.", "Voss did it.", Label.SUPPORTS, ""),
        Pair("Voss did.", f"{'word ' * 400}", Label.SILENT, "other"),
    ]
    trainer = SupportTrainer(tmp_path, 400)
    first = trainer.learn(examples)
    trainer.examples = 40
    train(trainer, itertools.repeat(examples))
    assert trainer.is_done and trainer.learn(examples) < first
    assert SupportTrainer(tmp_path, 40).seen == 40
    assert export([tmp_path / "checkpoint.pt"], tmp_path / "model").name == FILE
    judge = TrainedEntailment(tmp_path / "model")
    right, silent = judge.judge([(pair.claim, pair.evidence[:600]) for pair in examples])
    assert right.supports > silent.supports
    held = changed(load_file(wheel_folder() / WEIGHTS), load_file(tmp_path / "model" / FILE))
    whole = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["model"]
    for name, weights in held.items():
        if f"bert.{name}" in whole:
            given_ = whole[f"bert.{name}"]
            assert torch.allclose(
                torch.from_numpy(weights), given_, atol=2e-3, rtol=2**-8
            )  # a byte of change
    assert LONGEST < 512


def test_every_verb_that_may_be_turned_has_its_forms():
    assert set(PASSIVE) <= set(PARTICIPLE)
    assert {PAST[base] for base in BASE.values()} <= set(BASE) | {"fled"}


def test_of_several_checkpoints_the_mean_is_exported(tmp_path: Path):
    import torch
    from safetensors.torch import load_file

    trainer = SupportTrainer(tmp_path, 9)
    for number, bias in enumerate(((1.0, 0.0, 0.0), (0.0, 3.0, 0.0))):
        with torch.no_grad():
            trainer.model.classifier.bias.copy_(torch.tensor(bias))
        trainer.save()
        (tmp_path / "checkpoint.pt").rename(tmp_path / f"{number}.pt")
    file = export([tmp_path / "0.pt", tmp_path / "1.pt"], tmp_path)
    assert load_file(file)["head.bias"].tolist() == [0.5, 1.5, 0.0]


def test_further_training_begins_with_the_judge_that_is_shipped(tmp_path: Path):
    SupportTrainer(tmp_path, 9, further=True).save()
    shipped = load_file(FOLDER / FILE)
    found = load_file(export([tmp_path / "checkpoint.pt"], tmp_path))
    assert found.keys() == shipped.keys()
    for name, weights in shipped.items():  # a byte of change may be rounded the other way
        assert np.allclose(found[name].astype(np.float32), weights.astype(np.float32), atol=1), name
    assert np.array_equal(found["head.weight"], shipped["head.weight"])
