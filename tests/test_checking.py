from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot import checking as command
from retrieval.chain import Quoth, assemble
from retrieval.checking import Checked, check
from retrieval.entailment import Judged
from retrieval.errors import InputError
from retrieval.support import Gate
from retrieval.types import Filters
from tests.program import Done, call
from tests.quick import QuickModel

ARTICLES = {
    "old.txt": "Tarn lock shut\n\nDate: 3 May 2023\n\nHarbour master Lena Voss closed the Tarn lock.\n",
    "new.txt": "Tarn lock opened\n\nDate: 3 May 2024\n\nHarbour master Lena Voss opened the Tarn lock.\n",
    "far.txt": "Osk market\n\nDate: 1 May 2024\n\nThe Osk market near the Tarn lock sells fish.\n",
}
CLOSED = "Lena Voss closed the Tarn lock."


class WordJudge:
    """Evidence with all words of a claim supports it; "opened" speaks against "closed", and the reverse."""

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Judged]:
        return [self._one(claim.lower().rstrip("."), evidence.lower()) for claim, evidence in pairs]

    def warm(self) -> None:
        pass

    def _one(self, claim: str, evidence: str) -> Judged:
        if all(word in evidence for word in claim.split()):
            return Judged(0.9, 0.05, 0.05)
        swapped = claim.replace("closed", "\0").replace("opened", "closed").replace("\0", "opened")
        is_against = swapped != claim and all(word in evidence for word in swapped.split())
        return Judged(0.05, 0.9, 0.05) if is_against else Judged(0.05, 0.05, 0.9)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("retrieval.opening.Transformer", QuickModel)
    monkeypatch.setattr(command, "open_entailment", lambda _: WordJudge())
    monkeypatch.setenv("QUOTH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("QUOTH_FOLDER", str(tmp_path / "articles"))
    (tmp_path / "articles").mkdir()
    for name, text in ARTICLES.items():
        (tmp_path / "articles" / name).write_text(text, "utf-8")
    return tmp_path / "articles"


@pytest.fixture
def small(folder: Path) -> Quoth:
    return assemble()


def checked(claim: str, small: Quoth, filters: Filters | None = None) -> Checked:
    return check(claim, small, Gate(WordJudge()), filters)


def files(found: Checked) -> tuple[list[str], list[str], list[str]]:
    return (
        [one.source.file for one in found.supports],
        [one.citation.source.file for one in found.against],
        [one.file for one in found.silent],
    )


@pytest.mark.parametrize(("chance", "result"), [(0.45, "unknown"), (0.55, "supported")])
def test_the_likeliest_of_many_sentences_must_be_surer_than_a_citation(
    chance: float, result: str, small: Quoth
) -> None:
    class Unsure(WordJudge):
        def _one(self, claim: str, evidence: str) -> Judged:
            return super()._one(claim, evidence)._replace(supports=chance, against=0.05, silent=0.95 - chance)

    gate = Gate(Unsure(), threshold=0.42)
    assert check("The Osk market near the lock sold fish.", small, gate).result == result


@pytest.mark.parametrize(
    ("claim", "result", "supports", "against"),
    [
        (CLOSED, "disputed", ["old.txt"], ["new.txt"]),
        ("The Osk market sells fish.", "supported", ["far.txt"], []),
        ("Lena Voss sells fish at the Tarn lock.", "unknown", [], []),
    ],
)
def test_which_articles_support_a_claim_and_which_speak_against_it(
    small: Quoth, claim: str, result: str, supports: list[str], against: list[str]
):
    found = checked(claim, small)
    assert found.result == result
    assert files(found)[:2] == (supports, against)
    assert set(files(found)[2]) == {*ARTICLES} - {*supports, *against}


def test_citations_are_exact_and_numbered_through(small: Quoth, folder: Path):
    found = checked(CLOSED, small)
    cited = [*found.supports, *(one.citation for one in found.against)]
    assert [one.number for one in cited] == [1, 2]
    for one in cited:
        text = (folder / one.source.file).read_text("utf-8")
        assert one.span.of(text) == one.quote
        assert one.line == 5
    assert found.against[0].reason == 'the cited text says the opposite of "closed"'


def test_filters_say_which_articles_are_asked(small: Quoth):
    filters = Filters(until=small.index.sources()[-1][0].date)
    assert files(checked(CLOSED, small, filters)) == (["old.txt"], [], [])


def test_by_rules_alone_another_number_speaks_against(small: Quoth, folder: Path):
    (folder / "count.txt").write_text("Count\n\nThe harbour of Osk holds 40 boats in winter.\n", "utf-8")
    found = check("The harbour of Osk holds 50 boats in winter.", assemble(), Gate(None))
    assert (found.result, found.against[0].reason) == (
        "contradicted",
        'the number "50" is not in the cited text',
    )


# The command


def test_a_claim_is_told_with_both_sides(folder: Path):
    done = call("check", CLOSED)
    assert done.status == 0
    said = done.out
    assert said.startswith("The articles differ.\n\nFor it:\n")
    assert (
        said.index("closed the Tarn lock.") < said.index("Against it:") < said.index("opened the Tarn lock.")
    )
    assert str(folder / "old.txt") + ":5" in said


def test_a_claim_the_articles_do_not_tell_of_names_the_nearest(folder: Path):
    done = call("check", "Lena Voss sells fish at the Tarn lock.")
    assert done.out.splitlines()[0] == "The articles don't say."
    assert "Nearest, but silent on it: " in done.out and "Osk market" in done.out


def test_a_draft_is_printed_with_its_marks(folder: Path, tmp_path: Path):
    draft = tmp_path / "draft.md"
    draft.write_text(f"# News\r\n\r\n{CLOSED} The Osk market sells fish.\n\nAnd why?\n{CLOSED}\n", "utf-8")
    done = call("check", "--file", str(draft))
    lines = done.out.splitlines()
    assert lines[2] == f"{CLOSED} [± 1, 2] The Osk market sells fish. [✓ 3]"
    assert lines[5] == f"{CLOSED} [± 1, 2]"
    assert done.out.count("\n[1] ") == 1
    assert lines[-1] == "3 statements: ✓ 1 supported, ✗ 0 contradicted, ± 2 disputed, ? 0 unknown."


def test_what_a_draft_holds_cannot_act_on_a_terminal(folder: Path, tmp_path: Path):
    draft = tmp_path / "draft.txt"
    draft.write_text("The \x1b[31mOsk\x1b]8;;http://x\x07 market \u202e sells fish.\n", "utf-8")
    done = call("check", "--file", str(draft))
    assert "\x1b" not in done.out and "\u202e" not in done.out and "Osk" in done.out


@pytest.mark.parametrize(
    ("claim", "status"), [("The Osk market sells fish.", 0), (CLOSED, 1), ("It snowed in Osk.", 1)]
)
def test_strict_fails_unless_all_is_supported(folder: Path, claim: str, status: int):
    assert call("check", "--strict", claim).status == status


def test_json_of_a_claim_and_of_a_draft(folder: Path, tmp_path: Path):
    one = json.loads(call("check", "--json", CLOSED).out)
    assert list(one) == ["claim", "result", "supports", "against", "silent"]
    assert (one["claim"], one["result"]) == (CLOSED, "disputed")
    assert one["supports"][0]["file"] == "old.txt" and one["against"][0]["reason"]
    draft = tmp_path / "draft.md"
    draft.write_text(f"# News\n\n{CLOSED}\n", "utf-8")
    rows = json.loads(call("check", "--json", "--file", str(draft)).out)
    assert [(row["start"], row["end"], row["claim"]) for row in rows] == [(8, 8 + len(CLOSED), CLOSED)]


def failed(done: Done, *parts: str) -> None:
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("quoth: ") and done.err.count("\n") == 1
    assert all(part in done.err for part in parts)


def test_what_cannot_be_checked_is_told_in_a_sentence(folder: Path, tmp_path: Path):
    empty, binary = tmp_path / "empty.md", tmp_path / "binary.md"
    empty.write_text("# Heading\n\nWhy?\n", "utf-8")
    binary.write_bytes(b"The lock \xff is shut.")
    failed(call("check"), "Give a claim")
    failed(call("check", CLOSED, "--file", str(empty)), "not both")
    failed(call("check", " "), "empty")
    failed(call("check", "--file", str(tmp_path / "none.md")), "none.md", "No such file")
    failed(call("check", "--file", str(tmp_path)), "cannot be read")
    failed(call("check", "--file", str(empty)), "states nothing")
    failed(call("check", "--file", str(binary)), "not UTF-8 (byte 10)")
    assert "No article is by 'Nobody'" in call("check", "--publisher", "Nobody", CLOSED).err


def test_a_large_draft_is_refused(tmp_path: Path):
    draft = tmp_path / "long.md"
    draft.write_bytes(b"The lock is shut. " * 60_000)
    with pytest.raises(InputError, match=r"more than 1,000,000 bytes"):
        command.read(None, draft)
