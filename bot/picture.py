"""Draw the README's picture, an answer as a terminal shows it: `python -m bot.picture`."""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich.console import Console
from rich.text import Text

from bot import render
from retrieval.chain import assemble

_PICTURE = Path(__file__).parent / "answer.svg"
_QUESTION = "Who met in Moscow on 8 November?"
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)  # they would be fetched from elsewhere


def main() -> None:
    quoth = assemble(folder=Path("seeds"))
    console = Console(
        record=True, width=100, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(Text(f'$ quoth ask "{_QUESTION}"', style="bold"))
    console.print(render.answer(quoth.invoke(_QUESTION), quoth.index.folder))
    svg = console.export_svg(title="quoth", unique_id="quoth")
    _PICTURE.write_text(_FONTS.sub("", svg).replace("Fira Code", "monospace"), "utf-8")


if __name__ == "__main__":
    main()
