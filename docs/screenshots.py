"""Takes the README's pictures of the chat, docs/screenshots/*.svg, from the chat itself on the seed."""

import asyncio
import re
import shutil
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from textual.pilot import Pilot
from textual.screen import ModalScreen

from askbrief import Assistant
from askbrief.conversations.saved import Conversations
from askbrief.tui.app import ChatApp
from askbrief.tui.card import Card
from askbrief.tui.screen import ChatScreen
from askbrief.tui.status import StatusLine
from askbrief.tui.welcome import Suggestion

HERE = Path(__file__).parent
ANSWERED = "who met Okay Memis?"
UNANSWERED = "What is the population of Ankara?"
WAIT_SECONDS = 120.0
_WEB_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def open_app(folder: Path, *, data: Path) -> ChatApp:
    """The chat with the articles in ``folder``, which keeps its conversations in ``data``."""
    return ChatApp(
        lambda on_progress: Assistant.open(folder, on_progress=on_progress),
        lambda: Conversations(data),
        clipboard_folder=data,
    )


async def ask(pilot: Pilot[BaseException], question: str) -> None:
    """Types a question, and waits for its answer."""
    screen = find_chat(pilot)
    asked = len(screen.query(Card))
    screen.prompt.put(question)
    await pilot.press("enter")
    await wait_until(pilot, lambda: len(screen.query(Card)) > asked and not list(screen.query(Card))[-1].is_waiting)


async def press(pilot: Pilot[BaseException], *keys: str) -> None:
    """Presses keys one after the other."""
    for key in keys:
        await pilot.press(key)
        await pilot.pause()


async def wait_until(pilot: Pilot[BaseException], is_so: Callable[[], bool]) -> None:
    """Lets the chat run until something is so."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not is_so():
            await pilot.pause(0.02)


def find_chat(pilot: Pilot[BaseException]) -> ChatScreen:
    """The chat's own screen."""
    return next(screen for screen in pilot.app.screen_stack if isinstance(screen, ChatScreen))


async def show_answer(pilot: Pilot[BaseException]) -> None:
    """An answer with its source."""
    await ask(pilot, ANSWERED)
    await press(pilot, "escape")


async def show_no_answer(pilot: Pilot[BaseException]) -> None:
    """An answer, and a question that the article does not answer."""
    await ask(pilot, ANSWERED)
    await ask(pilot, UNANSWERED)


async def show_explanation(pilot: Pilot[BaseException]) -> None:
    """How an answer was found."""
    await ask(pilot, ANSWERED)
    await press(pilot, "escape", "x")
    await wait_until(pilot, lambda: isinstance(pilot.app.screen, ModalScreen))


async def show_start(pilot: Pilot[BaseException]) -> None:
    """A new conversation, with questions to begin with."""
    await wait_until(pilot, lambda: bool(find_chat(pilot).query(Suggestion)))


async def show_narrow(pilot: Pilot[BaseException]) -> None:
    """A terminal with no room for the source beside the answer."""
    await ask(pilot, ANSWERED)
    await press(pilot, "escape")


Show: TypeAlias = Callable[[Pilot[BaseException]], Awaitable[None]]

PICTURES: dict[str, tuple[tuple[int, int], str, Show]] = {
    "start": ((116, 28), "textual-dark", show_start),
    "answer": ((116, 28), "textual-dark", show_answer),
    "no-answer": ((116, 28), "textual-light", show_no_answer),
    "explain": ((116, 28), "textual-dark", show_explanation),
    "narrow": ((60, 18), "textual-dark", show_narrow),
}


async def take(
    size: tuple[int, int],
    theme: str,
    show: Callable[[Pilot[BaseException]], Awaitable[None]],
) -> str:
    """The picture of a terminal of ``size`` columns and rows, without fonts from the web."""
    with TemporaryDirectory() as name:
        data, folder = Path(name), Path(name) / "news"
        shutil.copytree(HERE.parent / "seeds", folder)
        app = open_app(folder, data=data)
        async with app.run_test(size=size) as pilot:
            app.theme = theme
            await show(pilot)
            status = find_chat(pilot).query_one(StatusLine)
            await wait_until(pilot, lambda: "up to date" in status.render().plain)
            app.clear_notifications()
            find_chat(pilot).prompt.cursor_blink = False
            await pilot.pause(0.5)
            return _WEB_FONTS.sub("", app.export_screenshot(title="askbrief"))


def main(names: Sequence[str] = tuple(PICTURES)) -> None:
    """Takes every picture."""
    folder = HERE / "screenshots"
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f"{name}.svg").write_text(asyncio.run(take(*PICTURES[name])), encoding="utf-8")


if __name__ == "__main__":
    main()
