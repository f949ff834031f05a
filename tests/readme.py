"""The parts of README.md that are made from the program: `python -m tests.readme` writes them anew."""

from __future__ import annotations

import json
import re
from pathlib import Path

from typer.testing import CliRunner

from bot.__main__ import app
from retrieval.settings import Settings

README = Path(__file__).parent.parent / "README.md"
RESULTS = README.parent / "eval" / "results.json"

_MEASURES = {
    "first": "the right sentence is cited first",
    "cited": "the right sentence is among the cited",
    "short": "questions for who, when, where, how many or how old whose short answer is right",
    "declined_right": "unanswerable questions that are declined",
    "declined_wrong": "answerable questions that are declined",
    "turns": "turns of conversations that are answered with the right evidence, or rightly declined",
    "dated": "questions on time whose first citation is of the right article",
    "sides": "disagreements of which every side is cited",
    "exact": "citations that are exact to the character",
}


def rendered(text: str) -> str:
    """`text` with every made part as the program has it now."""
    for name, body in (("help", _help()), ("settings", _settings()), ("figures", _figures())):
        text = re.sub(
            rf"<!-- {name} -->\n.*?(?=\n#|\n<!--)",
            lambda _, n=name, b=body: f"<!-- {n} -->\n{b}\n",
            text,
            flags=re.DOTALL,
        )
    return text


def _help() -> str:
    runner = CliRunner(env={"COLUMNS": "100", "TERM": "dumb"})
    pages = []
    named = ([command.callback.__name__] for command in app.registered_commands if command.callback)
    for command in ([], *named):
        shown = runner.invoke(app, [*command, "--help"], prog_name="quoth").output
        pages.append("\n".join(line.rstrip() for line in shown.strip().splitlines()))
    return "```text\n" + "\n\n\n".join(pages) + "\n```"


def _settings() -> str:
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        rows.append(f"| `QUOTH_{name.upper()}` | `{field.default}` | {field.description} |")
    return "\n".join(rows)


def _figures() -> str:
    results = json.loads(RESULTS.read_text("utf-8"))
    systems = list(results["scores"])
    sizes = results["scores"][systems[0]]
    rows = [f"| on the `test` questions | {' | '.join(systems)} |", "|---|" + "---|" * len(systems)]
    for measure, meaning in _MEASURES.items():
        rows.append(
            f"| {meaning} | " + " | ".join(f"{results['scores'][s][measure]:.3f}" for s in systems) + " |"
        )
    return (
        f"`python -m eval.run --split test --out eval/results.json`: {sizes['answerable']} answerable and "
        f"{sizes['unanswerable']} unanswerable questions on `seeds/`; weights and threshold are fitted "
        "without them. The tutorial is the usual pipeline with the same model: chunks of 1,000 characters, "
        "the best 4 whole.\n\n" + "\n".join(rows)
    )


if __name__ == "__main__":
    README.write_text(rendered(README.read_text("utf-8")), "utf-8")
