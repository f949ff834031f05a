from __future__ import annotations

import re
from pathlib import Path

import pytest

from retrieval.types import Answer
from tests.readme import README, rendered


def test_the_readme_shows_what_the_program_prints() -> None:
    text = README.read_text("utf-8")
    assert text == rendered(text), "run python -m tests.readme"


def test_the_three_lines_for_other_programs_work(
    data: Path, quoth: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(README.parent)
    monkeypatch.setenv("QUOTH_DATA", str(data))
    code = re.search(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert code
    exec(code[1], {})  # noqa: S102  # the README's own lines
    assert "Andrei Belousov" in capsys.readouterr().out


def test_the_documented_keys_are_those_of_the_json() -> None:
    from bot.render import answer_json

    table = README.read_text("utf-8").partition("### JSON")[2].partition("### Settings")[0]
    documented = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert documented == list(answer_json(Answer("?", False, ())))
