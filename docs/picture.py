"""Draws docs/ask.svg, the README's picture, from a real answer on the seed: python docs/picture.py."""

import io
import re
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI

from askbrief import Assistant
from askbrief.output.text import render_answer

HERE = Path(__file__).parent
QUESTIONS = ("who met Okay Memis?", "What is the population of Ankara?")
WIDTH = 84


def main() -> None:
    """Asks and draws."""
    console = Console(record=True, width=WIDTH, force_terminal=True, highlight=False, file=io.StringIO())
    with Assistant.open(HERE.parent) as assistant:
        for question in QUESTIONS:
            console.print(f'$ askbrief ask "{question}"\n', style="bold green")
            console.print(render_answer(assistant.ask(question), width=WIDTH))
    picture = console.export_svg(title="askbrief", theme=MONOKAI, unique_id="ask")
    without_web_fonts = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)
    (HERE / "ask.svg").write_text(without_web_fonts, encoding="utf-8")


if __name__ == "__main__":
    main()
