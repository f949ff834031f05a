"""What commands import: they start quickly only as long as they load nothing that they do not use."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.terminal import ROOT, Terminal

TRACED = [sys.executable, "-X", "importtime", "-m", "bot.__main__"]  # tells each import on standard error

FRAMEWORKS = ("torch", "transformers", "sentence_transformers")
OF_OTHER_COMMANDS = (  # for indexing, training, measuring, a language model, Discord or the chat
    "bot.discord",
    "bot.repl",
    "dateparser",
    "discord",
    "eval",
    "huggingface_hub",
    "ir_measures",
    "kubernetes",
    "langchain",
    "langchain_core",
    "langsmith",
    "lxml",
    "markdown_it",
    "matplotlib",
    "onnx",
    "prompt_toolkit",
    "py3langid",
    "pypdf",
    "retrieval.training",
    "safetensors",
    "scipy",
    "sklearn",
    "trafilatura",
    "uvicorn",
    "watchfiles",
)
OF_ANSWERS = ("chromadb", "langchain_core", "langsmith", "onnxruntime", "tantivy", "tokenizers")


@pytest.fixture
def environment(quoth: Any, data: Path, seeds: Path) -> dict[str, str]:
    """For a program of its own, on the index of the seeds and with models that are made ready."""
    quoth.warm()
    kept = ("PATH", "HOME", "LANG", "OMP_NUM_THREADS", "HF_HUB_OFFLINE")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "QUOTH_DATA": str(data),
        "QUOTH_FOLDER": str(seeds),
    }


@pytest.fixture
def asking(environment: dict[str, str]) -> str:
    """What a question on an existing index told of its imports."""
    question = "Who met in Moscow on 8 November last year?"
    done = subprocess.run(
        [*TRACED, "ask", question, "--today", "2024-10-14"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Sergei Shoigu" in done.stdout and "indexing first" not in done.stderr
    return done.stderr


def imported(told: str, packages: tuple[str, ...]) -> set[str]:
    """Which modules of these packages were imported."""
    names = {line.rpartition("|")[2].strip() for line in told.splitlines() if "import time:" in line}
    assert "bot" in names
    return {name for name in names for package in packages if f"{name}.".startswith(f"{package}.")}


def test_a_question_imports_nothing_of_other_commands(asking: str):
    assert imported(asking, OF_OTHER_COMMANDS) == set()
    assert imported(asking, OF_ANSWERS) >= {"chromadb", "tantivy"}


def test_a_question_imports_no_framework_for_training(asking: str):
    assert imported(asking, FRAMEWORKS) == set()


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["ask", "--help"], ["--version"], ["eval", "--help"], ["ask"], ["ask", "--nope"]],
)
def test_what_needs_no_index_is_instant(arguments: list[str]):
    done = subprocess.run([*TRACED, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    heavy = (*FRAMEWORKS, *OF_ANSWERS, "numpy", "pydantic_settings", "rich")
    assert imported(done.stderr, heavy) == set()


def test_the_prompt_comes_before_all_that_is_heavy(environment: dict[str, str]):
    with Terminal([*TRACED, "chat"], environment) as terminal:
        terminal.wait(lambda: b"quoth>" in terminal.raw, "a prompt")
        before = terminal.raw.partition(b"quoth>")[0].decode()
    heavy = (*FRAMEWORKS, *OF_ANSWERS, "numpy", "discord", "eval", "watchfiles", "retrieval.index")
    assert imported(before, heavy) == set()
