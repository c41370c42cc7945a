"""The chat as its users see it: characters, colours and styles, kept as text; ``make snapshots`` takes them anew."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from chat import ANSWERABLE, RULE, UNANSWERABLE, Chat, make_factory, open_chat, read_screen
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

pytestmark = pytest.mark.usefixtures("only_margins")

SNAPSHOTS = Path(__file__).parent / "snapshots"
SMALL, MIDDLE, LARGE = (60, 18), (100, 30), (160, 48)
DARK, LIGHT, ANSI = "textual-dark", "textual-light", "ansi-dark"


def press(*keys: str) -> Callable[[Chat], Awaitable[None]]:
    """Presses keys one after the other."""

    async def do(chat: Chat) -> None:
        for key in keys:
            await chat.pilot.press(key)
            await chat.pilot.pause()

    return do


def ask(*questions: str, then: tuple[str, ...] = ()) -> Callable[[Chat], Awaitable[None]]:
    """Asks, waits for the answers, and presses keys."""

    async def do(chat: Chat) -> None:
        for question in questions:
            await chat.ask(question)
        await press(*then)(chat)

    return do


async def explain(chat: Chat) -> None:
    await ask(ANSWERABLE, then=("escape", "x"))(chat)
    await chat.wait_until(lambda: isinstance(chat.app.screen, ModalScreen))


async def change_folder(chat: Chat) -> None:
    await chat.wait_until(lambda: "up to date" in chat.status)
    (chat.folder / "c.txt").write_text("A drone over Baghdad.", encoding="utf-8")
    await chat.pilot.press("f5")
    await chat.wait_until(lambda: bool(chat.toasts) and chat.status.startswith("3 documents"))


SCREENS = {
    "empty": (SMALL, LIGHT, press()),
    "answer": (MIDDLE, DARK, ask(ANSWERABLE)),
    "answer_small": (SMALL, DARK, ask(ANSWERABLE)),
    "answer_large": (LARGE, LIGHT, ask(ANSWERABLE, UNANSWERABLE, then=("escape", "up"))),
    "no_answer": (MIDDLE, LIGHT, ask(UNANSWERABLE)),
    "error": (SMALL, ANSI, ask("?!")),
    "source_folded": (MIDDLE, ANSI, ask(ANSWERABLE, then=("f2",))),
    "source_small": (SMALL, DARK, ask(ANSWERABLE, then=("escape", "enter"))),
    "second_place": (MIDDLE, DARK, ask(ANSWERABLE, then=("f3",))),
    "others": (MIDDLE, ANSI, ask(ANSWERABLE, then=("escape", "space"))),
    "explain": (MIDDLE, DARK, explain),
    "help": (LARGE, LIGHT, press("f1")),
    "help_small": (SMALL, ANSI, press("f1")),
    "history": (MIDDLE, LIGHT, ask(ANSWERABLE, UNANSWERABLE, then=("ctrl+r",))),
    "two_lines": (SMALL, LIGHT, press(*"Who met Okay", "ctrl+j", *"Memis?")),
    "changed": (MIDDLE, DARK, change_folder),
    "tiny": ((20, 5), DARK, ask(ANSWERABLE)),
}


@pytest.mark.parametrize("name", SCREENS)
def test_screen(name: str, articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size, theme, do = SCREENS[name]

    async def take() -> str:
        async with open_chat(make_factory(articles), size=size) as chat:
            chat.app.theme = theme
            await do(chat)
            await chat.wait_until(lambda: "up to date" in chat.status)
            chat.prompt.cursor_blink = False
            for scroll in chat.app.screen.query(VerticalScroll):
                scroll.refresh()
            await chat.pilot.pause(0.1)
            return read_screen(chat.app)

    seen = asyncio.run(take())
    file = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.write_text(seen, encoding="utf-8")
    assert seen == file.read_text(encoding="utf-8")


def test_pictures_hold_the_colours_of_their_theme() -> None:
    for name, style in (("answer", "bold #000000 on #fea62b"), ("others", "bold color(0) on color(3)")):
        *_, styles, legend = (SNAPSHOTS / f"{name}.txt").read_text(encoding="utf-8").split(f"{RULE}\n")
        [letter] = [line[1] for line in legend.splitlines() if line.endswith(f": {style}")]
        assert letter * len("Okay") in styles


def test_no_picture_is_left_over() -> None:
    assert {file.stem for file in SNAPSHOTS.glob("*.txt")} == set(SCREENS)
