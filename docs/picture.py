"""Draws docs/ask.svg, the README's picture, from a real answer on the seed: python docs/picture.py."""

from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI

from askbrief import Assistant
from askbrief.output import render_answer

HERE = Path(__file__).parent
QUESTIONS = ("who met Okay Memis?", "What is the population of Ankara?")
WIDTH = 84


def main() -> None:
    """Asks and draws."""
    console = Console(record=True, width=WIDTH, force_terminal=True, highlight=False, file=(HERE / "ask.txt").open("w"))
    with Assistant.open(HERE.parent) as assistant:
        for question in QUESTIONS:
            console.print(f'$ askbrief ask "{question}"\n', style="bold green")
            console.print(render_answer(assistant.ask(question), width=WIDTH))
    console.save_svg(str(HERE / "ask.svg"), title="askbrief", theme=MONOKAI)
    (HERE / "ask.txt").unlink()


if __name__ == "__main__":
    main()
