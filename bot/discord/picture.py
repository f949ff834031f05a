"""Draw the README's picture, an answer as Discord shows it: `python -m bot.discord.picture`.

The page is made from the message that the bot would send; headless Chromium makes the picture.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from bot.discord import message, views
from bot.discord.buttons import of_answer
from bot.discord.records import Given, new_id
from retrieval.chain import assemble
from retrieval.types import Answer, Question

_PICTURE = Path(__file__).parent.parent / "discord.png"
_QUESTION = "Who is China's defence minister?"
_WIDTH = 720  # pixels of the page
_HEIGHT = re.compile(r'data-height="(\d+)"')
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--force-device-scale-factor=1.4",
)

_PRIMARY = 1  # style of a button
_MARK = re.compile(r"\\([^0-9A-Za-z\s])|\*\*((?:\\.|[^\\])+?)\*\*")


def main() -> None:
    quoth = assemble(folder=Path("seeds"))
    quoth.warm()  # as the bot does before it answers
    answer = quoth.invoke(_QUESTION)
    told = message.told(answer, len(quoth.index.sources()), quoth.index.folder)
    html = page(_QUESTION, asyncio.run(components(told, answer)))
    with tempfile.TemporaryDirectory() as there:
        file = Path(there) / "page.html"
        file.write_text(html, "utf-8")
        _draw(file, _PICTURE)


async def components(told: message.Message, answer: Answer) -> list[dict[str, Any]]:
    """What Discord would be sent; discord.py makes it in an event loop only."""
    asked = Question(answer.question)
    given = Given(new_id(), 1, 1, None, asked, answer, dt.datetime.now(dt.UTC), answer.seconds)
    view: Any = views.answer(told, of_answer(given, can_follow=True))
    shown: list[dict[str, Any]] = view.to_components()
    return shown


def page(question: str, components: Iterable[Mapping[str, Any]]) -> str:
    """A page with a person's question, and the message, of these components, that answers it."""
    asked = f'<span class="mention">@Quoth</span> {escape(question)}'
    answer = "".join(map(drawn, components))
    return _PAGE.format(style=_STYLE, asked=asked, answer=answer, quill=_QUILL)


def drawn(component: Mapping[str, Any]) -> str:
    """A component of a message as HTML. Raises ValueError for one that has no picture yet."""
    inner = "".join(map(drawn, component.get("components", ())))
    match component["type"]:
        case 1:
            return f'<div class="row">{inner}</div>'
        case 2:
            kind = "primary" if component["style"] == _PRIMARY else "secondary"
            return f'<span class="button {kind}">{_label(component)}</span>'
        case 10:
            return f'<div class="text">{"".join(map(_line, component["content"].splitlines()))}</div>'
        case 14:
            return "<hr>"
        case 17:
            colour = f"#{component['accent_color']:06x}"
            return f'<div class="container" style="border-left-color: {colour}">{inner}</div>'
        case other:
            raise ValueError(f"There is no picture of a component of type {other}.")


def _label(button: Mapping[str, Any]) -> str:
    emoji = (button.get("emoji") or {}).get("name", "")
    return _THUMBS.get(emoji, escape(emoji)) + escape(button.get("label") or "")


def _line(text: str) -> str:
    """A line of Discord's Markdown, as far as the bot's own goes."""
    for mark, tag in (("> ", "blockquote"), ("-# ", "small")):
        if text.startswith(mark):
            return f"<{tag}>{_words(text.removeprefix(mark))}</{tag}>"
    return f"<p>{_words(text)}</p>"


def _words(text: str) -> str:
    """Words with `**bold**` and escaped marks."""
    html, last = "", 0
    for found in _MARK.finditer(text):
        html += escape(text[last : found.start()])
        html += escape(found[1]) if found[1] else f"<strong>{_words(found[2])}</strong>"
        last = found.end()
    return html + escape(text[last:])


def _draw(page: Path, picture: Path) -> None:
    """Let Chromium draw the whole page, which tells it how high it is."""
    shown = _chromium(page, "--dump-dom").decode()
    height = _HEIGHT.search(shown)
    if not height:
        raise SystemExit("Chromium did not show the page: run it by hand to see why.")
    _chromium(page, f"--screenshot={picture}", f"--window-size={_WIDTH},{height[1]}")


def _chromium(page: Path, *flags: str) -> bytes:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if not program:
        raise SystemExit("Chromium is not installed, which draws the picture: apt-get install chromium")
    command = [program, *_FLAGS, f"--window-size={_WIDTH},100", *flags, page.as_uri()]
    return subprocess.run(command, check=True, capture_output=True).stdout


_THUMB = """<svg viewBox="0 0 20 20" width="16" height="16"{turn}><path fill="#ffcc4d" d="
M7 9.2 10.6 3c.5-1.3 2.5-1 2.7.5.2 1.3-.4 2.9-.8 4.1h4c1.3 0 2 1.2 1.5 2.3.6.6.6 1.6 0 2.2
.4.8.1 1.7-.6 2.2.2 1.3-.6 2.2-1.9 2.2h-4.2c-1.6 0-2.8-.4-4.3-1.2z"/>
<rect x="2" y="8.6" width="4" height="7.8" rx="1" fill="#3b88c3"/></svg>"""
_THUMBS = {"👍": _THUMB.format(turn=""), "👎": _THUMB.format(turn=' style="transform: scaleY(-1)"')}
_QUILL = '<svg viewBox="0 0 40 40" width="40" height="40"><text x="20" y="44">“</text></svg>'

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Quoth on Discord</title><style>{style}</style></head>
<body>
<div class="message"><div class="avatar person">A</div><div class="said">
<div class="head"><b class="ana">Ana</b><time>Today at 09:41</time></div>
<div class="text"><p>{asked}</p></div></div></div>
<div class="reply"><i></i><span class="tiny person">A</span><b class="ana">@Ana</b><span>{asked}</span></div>
<div class="message"><div class="avatar bot">{quill}</div><div class="said">
<div class="head"><b>Quoth</b><span class="app">APP</span><time>Today at 09:41</time></div>
{answer}
</div></div>
<script>document.documentElement.dataset.height = document.body.offsetHeight</script>
</body></html>
"""

_STYLE = """
* { box-sizing: border-box; margin: 0 }
body { background: #313338; color: #dbdee1; padding: 18px 24px 22px 16px;
  font: 15px/1.375 "Noto Sans", "Helvetica Neue", Helvetica, "DejaVu Sans Condensed", sans-serif }
.message { display: flex; gap: 16px }
.said { flex: 1; min-width: 0 }
.avatar { width: 40px; height: 40px; border-radius: 50%; flex: none; margin-top: 2px; text-align: center;
  font-size: 18px; line-height: 40px; color: #fff; overflow: hidden }
.person { background: linear-gradient(135deg, #c2557a, #7a4fc2) }
.bot { background: #2e8b57 }
.bot text { font: bold 46px Georgia, "DejaVu Serif", serif; fill: #fff; text-anchor: middle }
.head { display: flex; align-items: baseline; gap: 6px; line-height: 22px }
.head b { font-weight: 500; font-size: 16px; color: #f2f3f5 }
b.ana, .head b.ana { color: #e8a0bf; font-weight: 500 }
time { font-size: 12px; color: #949ba4; margin-left: 2px }
.app { background: #5865f2; color: #fff; border-radius: 4px; font-size: 10px; font-weight: 600;
  line-height: 15px; padding: 0 4px; align-self: center }
.mention { background: #3c4270; color: #c9cdfb; border-radius: 3px; padding: 0 2px; font-weight: 500 }
.reply { display: flex; align-items: center; gap: 5px; margin: 18px 0 3px 20px; font-size: 13px;
  color: #b5bac1 }
.reply i { width: 30px; height: 11px; border: 2px solid #4e5058; border-width: 2px 0 0 2px;
  border-radius: 6px 0 0 0; margin: 9px 2px 0 0 }
.tiny { width: 16px; height: 16px; border-radius: 50%; font-size: 9px; line-height: 16px; color: #fff;
  text-align: center }
.container { border: 1px solid #3f4147; border-left: 4px solid; border-radius: 8px; background: #2b2d31;
  padding: 14px 16px; margin-top: 6px; max-width: 660px }
.text p { min-height: 1.375em; overflow-wrap: anywhere }
.text + .text { margin-top: 8px }
strong { color: #f2f3f5; font-weight: 700 }
blockquote { border-left: 4px solid #4e5058; border-radius: 4px; padding-left: 12px }
small { font-size: 12.5px; color: #949ba4 }
hr { border: 0; border-top: 1px solid #45474d; margin: 12px 0 }
.row { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 8px }
.button { display: inline-flex; align-items: center; height: 32px; padding: 0 16px; border-radius: 8px;
  color: #fff; font-size: 14px; font-weight: 500 }
.primary { background: #5865f2 }
.secondary { background: #4e5058 }
"""


if __name__ == "__main__":
    main()
