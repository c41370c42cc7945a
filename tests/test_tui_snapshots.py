"""The chat as its users see it: pictures of twenty screens, kept as SVG; ``make snapshots`` takes them again."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from chat import ANSWERABLE, UNANSWERABLE, Chat, make_factory, open_chat
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

pytestmark = pytest.mark.usefixtures("only_margins")

SNAPSHOTS = Path(__file__).parent / "snapshots"
TINY, SMALL, USUAL, MIDDLE, LARGE = (20, 5), (60, 18), (80, 24), (100, 30), (150, 45)
BROWSER, PHONE = (155, 33), (46, 38)
DARK, LIGHT, ANSI = "textual-dark", "textual-light", "ansi-dark"
_NUMBERED = re.compile(r"terminal-\d+")
_WEB_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def press(*keys: str) -> Callable[[Chat], Awaitable[None]]:
    """Presses keys one after the other."""

    async def do(chat: Chat) -> None:
        for key in keys:
            await chat.pilot.press(key)
            await chat.pilot.pause()

    return do


def ask(*questions: str, then: tuple[str, ...] = ()) -> Callable[[Chat], Awaitable[None]]:
    """Asks, waits for the answers to be saved, and presses keys."""

    async def do(chat: Chat) -> None:
        for question in questions:
            card = await chat.ask(question)
            await chat.wait_until(lambda card=card: card.answer is None or card.entry_id is not None)  # type: ignore[misc]
        await press(*then)(chat)

    return do


async def explain(chat: Chat) -> None:
    await ask(ANSWERABLE, then=("escape", "x"))(chat)
    await chat.wait_until(lambda: isinstance(chat.app.screen, ModalScreen))


async def change_folder(chat: Chat) -> None:
    await chat.wait_until(lambda: "up to date" in chat.status)
    (chat.folder / "c.txt").write_text("A drone over Baghdad.", encoding="utf-8")
    await chat.pilot.press("f5")
    await chat.wait_until(lambda: bool(chat.toasts) and chat.status.startswith("3 articles"))


async def find(chat: Chat) -> None:
    await ask(ANSWERABLE, then=("escape", "slash", *"the"))(chat)
    await chat.wait_until(lambda: "found" in chat.source_head)


BOTH = (ANSWERABLE, UNANSWERABLE)
SCREENS = {
    "answer": (MIDDLE, DARK, ask(ANSWERABLE)),
    "answer_ansi": (MIDDLE, ANSI, ask(*BOTH)),
    "answer_browser": (BROWSER, DARK, ask(*BOTH, ANSWERABLE)),
    "answer_large": (LARGE, LIGHT, ask(*BOTH, then=("escape", "up"))),
    "answer_no_color": (MIDDLE, DARK, ask(*BOTH)),
    "answer_phone": (PHONE, DARK, ask(ANSWERABLE)),
    "answer_small": (SMALL, DARK, ask(ANSWERABLE)),
    "answer_tiny": (TINY, DARK, ask(ANSWERABLE)),
    "answer_usual": (USUAL, LIGHT, ask(*BOTH)),
    "basket": (MIDDLE, DARK, ask(ANSWERABLE, then=("escape", "p", "ctrl+b"))),
    "changed": (MIDDLE, DARK, change_folder),
    "empty": (MIDDLE, LIGHT, press()),
    "empty_small": (SMALL, ANSI, press()),
    "error": (SMALL, ANSI, ask("?!")),
    "explain": (MIDDLE, LIGHT, explain),
    "find": (MIDDLE, DARK, find),
    "help": (LARGE, LIGHT, press("f1")),
    "history": (MIDDLE, LIGHT, ask(*BOTH, then=("ctrl+r",))),
    "no_answer": (MIDDLE, LIGHT, ask(UNANSWERABLE)),
    "others": (USUAL, ANSI, ask(ANSWERABLE, then=("escape", "2"))),
    "source_small": (SMALL, DARK, ask(ANSWERABLE, then=("escape", "enter"))),
    "two_lines": (USUAL, DARK, press(*"Who met Okay", "ctrl+j", *"Memis?")),
}


@pytest.mark.parametrize("name", SCREENS)
def test_screen(name: str, articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size, theme, do = SCREENS[name]
    if "no_color" in name:
        monkeypatch.setenv("NO_COLOR", "1")

    async def take() -> str:
        async with open_chat(make_factory(articles), size=size) as chat:
            chat.app.theme = theme
            chat.prompt.cursor_blink = False
            await do(chat)
            await chat.wait_until(lambda: "up to date" in chat.status and " articles" in chat.header_text)
            for scroll in chat.app.screen.query(VerticalScroll):
                scroll.refresh()
            await chat.pilot.pause(0.05)
            return _NUMBERED.sub("terminal", _WEB_FONTS.sub("", chat.app.export_screenshot(title="askbrief")))

    seen = asyncio.run(take())
    file = SNAPSHOTS / f"{name}.svg"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.write_text(seen, encoding="utf-8")
    assert seen == file.read_text(encoding="utf-8")


def test_pictures_hold_the_colours_of_their_theme() -> None:
    for name, color in (("answer", "#fea62b"), ("answer_large", "#fea62b")):
        assert color in (SNAPSHOTS / f"{name}.svg").read_text(encoding="utf-8")
    plain = (SNAPSHOTS / "answer_no_color.svg").read_text(encoding="utf-8")
    colors = set(re.findall(r"#([0-9a-f]{6})", plain)) - {"ff5f57", "febc2e", "28c840", "c5c8c6"}
    assert {color for color in colors if len({color[:2], color[2:4], color[4:]}) > 1} == set()


def test_no_picture_is_left_over() -> None:
    assert {file.stem for file in SNAPSHOTS.iterdir()} == set(SCREENS)
