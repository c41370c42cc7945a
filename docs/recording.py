"""Records docs/session.svg, a conversation about the seed as an animated picture: python docs/recording.py."""

from __future__ import annotations

import asyncio
import re
import shutil
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.color import Color
from rich.segment import Segment
from screenshots import ask, find_chat, open_app, press, wait_until
from textual.pilot import Pilot
from textual.strip import Strip

from askbrief.tui.welcome import Suggestion

HERE = Path(__file__).parent
SIZE = (104, 30)
QUESTIONS = (
    "who met Okay Memis?",
    "where?",
    "when was that?",
    "what did they discuss?",
    "and who met the deputy minister of transport?",
    "which countries will Sharif visit?",
    "did Iran welcome the PKK's announcement?",
)
KEYS_A_FRAME, SECONDS_A_KEY, SECONDS_AN_ANSWER = 3, 0.05, 3.0
CELL_WIDTH, CELL_HEIGHT, FONT_SIZE, MARGIN = 8.4, 18, 14, 8
BACKGROUND, FOREGROUND = "#121212", "#e0e0e0"
STYLE = f"""
text {{ font: {FONT_SIZE}px Menlo, Consolas, 'DejaVu Sans Mono', monospace; white-space: pre }}
.f {{ visibility: hidden }} .b {{ font-weight: bold }} .i {{ font-style: italic }}
.u {{ text-decoration: underline }}"""
_KINDS = {"b": "bold", "i": "italic", "u": "underline"}


@dataclass
class Recording:
    """The frames of a film, each row of cells drawn once however many frames have it.

    Attributes:
        rows: The number of each row that was drawn, by its drawing.
        frames: For each frame the numbers of its rows, top to bottom, and its seconds.
    """

    rows: dict[str, int] = field(default_factory=dict)
    frames: list[tuple[list[int], float]] = field(default_factory=list)

    def add(self, strips: list[Strip], *, seconds: float) -> None:
        """Add a frame."""
        numbers = [self.rows.setdefault(draw_row(strip), len(self.rows)) for strip in strips]
        if self.frames and self.frames[-1][0] == numbers:
            self.frames[-1] = (numbers, self.frames[-1][1] + seconds)
        else:
            self.frames.append((numbers, seconds))

    def draw(self) -> str:
        """The film as SVG, shown again and again by its style sheet alone."""
        columns, rows = SIZE
        width, height = columns * CELL_WIDTH + 2 * MARGIN, rows * CELL_HEIGHT + 2 * MARGIN
        defined = [f'<g id="r{number}">{row}</g>' for row, number in self.rows.items() if row]
        frames = [f'<g class="f" id="f{at}">{self._draw_frame(at)}</g>' for at in range(len(self.frames))]
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}">',
            f"<style>{STYLE}\n{self._build_times()}</style>",
            f'<rect width="100%" height="100%" rx="6" fill="{BACKGROUND}"/>',
            *("<defs>", *defined, "</defs>"),
            f'<g transform="translate({MARGIN} {MARGIN})" fill="{FOREGROUND}">',
            *(*frames, "</g>", "</svg>", ""),
        ]
        return "\n".join(lines)

    def _draw_frame(self, at: int) -> str:
        rows, _ = self.frames[at]
        shown = [(line, row) for line, row in enumerate(rows) if row != self.rows.get("")]
        return "".join(f'<use href="#r{row}" y="{line * CELL_HEIGHT}"/>' for line, row in shown)

    def _build_times(self) -> str:
        """For each frame when it is visible, in percent of the whole."""
        total = sum(seconds for _, seconds in self.frames)
        rules, start = [f".f {{ animation: {total:.2f}s step-end infinite }}"], 0.0
        for at, (_, seconds) in enumerate(self.frames):
            end = start + 100 * seconds / total
            before = "0% { visibility: hidden } " if at else ""
            times = f"{start:.3f}% {{ visibility: visible }} {end:.3f}%, 100% {{ visibility: hidden }}"
            rules.append(f"#f{at} {{ animation-name: k{at} }} @keyframes k{at} {{ {before}{times} }}")
            start = end
        return "\n".join(rules)


def draw_row(strip: Strip) -> str:
    """A row of cells: its grounds, and its text at fixed widths, so that any font keeps the columns."""
    grounds, texts, column = [], [], 0
    for segment in Segment.simplify(strip):
        style, cells = segment.style, segment.cell_length
        x, width = column * CELL_WIDTH, cells * CELL_WIDTH
        column += cells
        fore, back = (style.color, style.bgcolor) if style is not None else (None, None)
        if style is not None and style.reverse:
            fore, back = back, fore
        ground = find_color(back, BACKGROUND)
        if ground != BACKGROUND:
            grounds.append(f'<rect x="{x:.1f}" width="{width + 0.2:.1f}" height="{CELL_HEIGHT}.2" fill="{ground}"/>')
        for words in re.finditer(r"\S+(?: \S+)*", segment.text):
            start = column - cells + Segment(segment.text[: words.start()]).cell_length
            length = Segment(words[0]).cell_length * CELL_WIDTH
            kinds = "".join(name for name in "biu" if style is not None and getattr(style, _KINDS[name]))
            marks = f' class="{" ".join(kinds)}"' if kinds else ""
            color = find_color(fore, FOREGROUND)
            marks += f' fill="{color}"' if color != FOREGROUND else ""
            marks += ' opacity=".65"' if style is not None and style.dim else ""
            texts.append(
                f'<text x="{start * CELL_WIDTH:.1f}" y="{0.76 * CELL_HEIGHT:.1f}" textLength="{length:.1f}"'
                f"{marks}>{escape(words[0])}</text>"
            )
    return "".join([*grounds, *texts])


def find_color(color: Color | None, default: str) -> str:
    """A colour as SVG writes it."""
    return default if color is None or color.is_default else color.get_truecolor().hex


async def record() -> Recording:
    """Asks the questions, and looks at the screen."""
    film = Recording()

    def look(pilot: Pilot[BaseException], seconds: float) -> None:
        film.add(pilot.app.screen._compositor.render_strips(), seconds=seconds)

    with TemporaryDirectory() as name:
        folder = Path(name) / "news"
        shutil.copytree(HERE.parent / "seeds", folder)
        app = open_app(folder, data=Path(name))
        async with app.run_test(size=SIZE) as pilot:
            screen = find_chat(pilot)
            screen.prompt.cursor_blink = False
            await wait_until(pilot, lambda: bool(screen.query(Suggestion)))
            await pilot.pause(0.5)
            for question in QUESTIONS:
                for end in range(0, len(question) + KEYS_A_FRAME, KEYS_A_FRAME):
                    screen.prompt.put(question[:end])
                    await pilot.pause(0.02)
                    look(pilot, KEYS_A_FRAME * SECONDS_A_KEY)
                await ask(pilot, question)
                await pilot.pause(0.5)
                look(pilot, SECONDS_AN_ANSWER)
            await press(pilot, "escape", "x")
            await pilot.pause(0.5)
            look(pilot, SECONDS_AN_ANSWER)
    return film


def main() -> None:
    """Records."""
    (HERE / "session.svg").write_text(asyncio.run(record()).draw(), encoding="utf-8")


if __name__ == "__main__":
    main()
