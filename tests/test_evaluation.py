"""The commands of `quoth eval` that a language model and the support gate have a part in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from eval import results
from retrieval.entailment import Judged
from tests.fake_openai import FakeOpenAI
from tests.fake_openai_replies import Fails, Says
from tests.program import call

QUOTE = "Harbour master Lena Voss shut the Tarn lock."
WROTE = "Lena Voss shut the Tarn lock"
ROW = {
    "id": "lock",
    "kind": "fact",
    "split": "test",
    "question": "Who shut the Tarn lock?",
    "answerable": True,
    "answers": ["Lena Voss"],
    "evidence": [{"file": "lock.txt", "quote": QUOTE}],
}


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The arguments that run one question about one article with a language model."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "lock.txt").write_text(f"Tarn lock\n\n{QUOTE}\n", "utf-8")
    (tmp_path / "set.jsonl").write_text(json.dumps(ROW), "utf-8")
    return "eval run --system llm --questions set.jsonl --folder articles --name run.json".split()


def test_without_a_language_model_there_is_one_sentence(asked: list[str]):
    done = call(*asked)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("quoth: --system llm needs a language model: set QUOTH_LLM")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("reply", "fell_back", "said"),
    [(Says(f"{WROTE} [1]."), 0, f"{WROTE}."), (Fails(401), 1, QUOTE)],
)
def test_a_language_model_on_a_server_is_measured(
    asked: list[str], reply: Says | Fails, fell_back: int, said: str, monkeypatch: pytest.MonkeyPatch
):
    with FakeOpenAI(reply) as server:
        monkeypatch.setenv("OPENAI_API_KEY", server.key)
        monkeypatch.setenv("QUOTH_LLM", "openai:test")
        monkeypatch.setenv("QUOTH_LLM_BASE_URL", server.url)
        done = call(*asked, "--fail-under", "fell_back=0")
    assert done.status == fell_back
    found = results.load(Path("run.json"))
    assert (found.metrics["fell_back"], found.metrics["calls"]) == (fell_back, 1)
    assert [one.text for one in found.outcomes[0].sentences] == [said]
    assert [one.quote for one in found.outcomes[0].citations] == [QUOTE]
    assert (found.metrics["tokens_in"] or 0) > 100
    assert "tokens_in (less is better)" in done.out
    for told in (done.out, done.err, Path("run.json").read_text("utf-8")):
        assert server.key not in told and server.url not in told


class Words:
    """Supports claims whose words the evidence has, most of them."""

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Judged]:
        shares = [len(set(claim.split()) & set(told.split())) / len(claim.split()) for claim, told in pairs]
        return [Judged(share, 0.0, 1 - share) for share in shares]

    def warm(self) -> None:
        pass


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retrieval.opening.open_entailment", Words)


def test_the_gate_is_shown_for_each_half(judge: None):
    done = call("eval", "gate", "--limit", "1")
    assert (done.status, done.err) == (0, "")
    assert "dev: 36 sentences" in done.out and "test: 24 sentences" in done.out
    for row in ("roles", "stopped", "miscited", "removed (less is better)", "auroc"):
        assert f" {row} " in done.out


def test_the_gate_as_json_and_with_a_bound(judge: None):
    bounds = "--fail-under removed=-1 --fail-under roles=0"
    done = call(*f"eval gate --limit 1 --split dev --json {bounds}".split())
    (found,) = json.loads(done.out)
    assert (found["split"], found["removed"]["count"]) == ("dev", 6)
    assert found["score"]["auroc"] is not None
    assert done.status == 1
    assert done.err.startswith("quoth: dev: removed is ") and done.err.endswith(", over -1.\n")


def test_a_bound_that_the_gate_does_not_have_is_refused_at_once():
    done = call("eval", "gate", "--fail-under", "first=0.7")
    assert (done.status, done.out) == (2, "")
    assert "'first=0.7' names no measure: it is one of stopped, removed, roles," in done.err


def test_without_a_learned_score_that_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("retrieval.opening.open_entailment", lambda: None)
    done = call(*"eval gate --limit 1 --split test --fail-under auroc=0.5".split())
    assert "by rules alone: there is no learned score" in done.out
    assert done.status == 1 and "test: auroc was not measured" in done.err
