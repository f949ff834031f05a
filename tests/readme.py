"""The parts of README.md that are made from the program: `python -m tests.readme` writes them anew."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import typer
from pydantic_settings import BaseSettings
from typer.testing import CliRunner

from bot.__main__ import app
from bot.discord.settings import DiscordSettings
from eval import results
from eval.bench import record, table
from eval.measures import MEASURES
from retrieval.settings import Settings

README = Path(__file__).parent.parent / "README.md"
RESULTS = README.parent / "eval" / "results"

SYSTEMS = ("quoth", "lexical", "dense", "tutorial")
_MEASURES = (
    "first cited short exact_match f1 declined_right declined_wrong auroc coverage@5% truth ece "
    "turns dated sides exact citation_recall citation_precision recall@1 recall@5 recall@10 mrr@10 ndcg@10"
).split()


def rendered(text: str) -> str:
    """`text` with every made part as the program has it now."""
    made = {
        "help": _help(),
        "settings": _settings(Settings),
        "discord": _settings(DiscordSettings),
        "figures": _figures(),
        "bench": table.rendered(record.load(RESULTS / "bench")),
    }
    for name, body in made.items():
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
    for command in ([], *_commands(app)):
        shown = runner.invoke(app, [*command, "--help"], prog_name="quoth").output
        pages.append("\n".join(line.rstrip() for line in shown.strip().splitlines()))
    return "```text\n" + "\n\n\n".join(pages) + "\n```"


def _commands(of: typer.Typer) -> Iterator[list[str]]:
    yield from ([command.callback.__name__] for command in of.registered_commands if command.callback)
    for group in of.registered_groups:
        if group.typer_instance:
            name = str(group.typer_instance.info.name)
            yield from ([name, *command] for command in ([], *_commands(group.typer_instance)))


def _settings(kind: type[BaseSettings]) -> str:
    prefix = kind.model_config["env_prefix"]
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in kind.model_fields.items():
        default = f"`{field.default}`" if str(field.default) else ""
        rows.append(f"| `{prefix}{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows)


def _figures() -> str:
    runs = {system: results.load(RESULTS / f"{system}.json") for system in SYSTEMS}
    outcomes = runs["quoth"].outcomes
    kinds = Counter(
        "small talk" if one.kind == "smalltalk" else "answerable" if one.answerable else "unanswerable"
        for one in outcomes
    )
    counted = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    rows = [f"| measure | {' | '.join(runs)} | meaning |", "|---|" + "--:|" * len(runs) + "---|"]
    meanings = {measure.name: measure.meaning for measure in MEASURES}
    for name in _MEASURES:
        values = (_value(run.metrics[name]) for run in runs.values())
        rows.append(f"| {name} | {' | '.join(values)} | {meanings[name]} |")
    return f"{len(outcomes)} questions: {counted}.\n\n" + "\n".join(rows)


def _value(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    README.write_text(rendered(README.read_text("utf-8")), "utf-8")
