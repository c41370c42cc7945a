"""The chat over fake models, driven by key presses and read as it is painted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import textual.app
import textual.pilot
from conftest import FakeEncoder, FakeReader
from rich.style import Style
from textual.containers import HorizontalGroup, VerticalGroup
from textual.pilot import Pilot
from textual.widget import Widget

from askbrief.assistant import Assistant
from askbrief.conversations.saved import Conversations
from askbrief.tui.app import ChatApp
from askbrief.tui.card import Card
from askbrief.tui.header import Header
from askbrief.tui.lit import LitText
from askbrief.tui.prompt import Prompt
from askbrief.tui.refresher import AssistantFactory
from askbrief.tui.screen import ChatScreen
from askbrief.tui.status import StatusLine
from askbrief.types import Progress

WAIT_SECONDS = 20.0
ANSWERABLE = "who met the envoy in Ankara?"
UNANSWERABLE = "Which Theyer envoy trains Okay Memis in Ankara or Baghdad in May?"
SIZE = (120, 36)


def make_factory(folder: Path, *, reader: FakeReader | None = None) -> AssistantFactory:
    """Opens ``folder`` with the fake models."""

    def open_assistant(on_progress: Callable[[Progress], None]) -> Assistant:
        return Assistant.open(folder, encoder=FakeEncoder(), reader=reader or FakeReader(), on_progress=on_progress)

    return open_assistant


class Chat:
    """A running chat."""

    def __init__(self, app: ChatApp, pilot: Pilot[BaseException]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def folder(self) -> Path:
        """The folder that is asked, once it is known."""
        assert self.screen.root is not None
        return self.screen.root

    @property
    def screen(self) -> ChatScreen:
        """The chat's own screen, whatever dialog lies over it."""
        [screen] = [screen for screen in self.app.screen_stack if isinstance(screen, ChatScreen)]
        return screen

    @property
    def prompt(self) -> Prompt:
        return self.screen.prompt

    @property
    def cards(self) -> list[Card]:
        return list(self.screen.query(Card))

    @property
    def status(self) -> str:
        return self.screen.query_one(StatusLine).render().plain

    @property
    def source_head(self) -> str:
        """What stands over the article, on one line."""
        return " ".join(painted(self.screen.source.query_one(".head")).split())

    @property
    def header_text(self) -> str:
        """What the header knows, shown or not."""
        return f"{self.screen.query_one(Header).holds} "

    @property
    def header(self) -> str:
        """The line at the top."""
        return " ".join(painted(self.screen.query_one("#header")).split())

    @property
    def toasts(self) -> list[str]:
        """What was said in toasts, oldest first."""
        return [notification.message for notification in self.app._notifications]

    async def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Lets the chat run until something is so."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not is_so():
                await self.pilot.pause(0.01)
        await self.pilot.pause()

    async def enter(self, question: str) -> None:
        """Asks, without waiting for the answer."""
        self.prompt.focus()
        self.prompt.text = question
        await self.pilot.press("enter")
        await self.pilot.pause()

    async def ask(self, question: str) -> Card:
        """Asks and waits for the answer."""
        known = self.cards
        await self.enter(question)

        def is_answered() -> bool:
            new = [card for card in self.cards if card not in known]
            return bool(new) and new[-1].question == question.strip() and not new[-1].is_waiting

        await self.wait_until(is_answered)
        return self.cards[-1]


async def settle(min_sleep: float = 0, max_sleep: float = 0) -> None:
    """Let what is queued be done; in place of Textual's wait until the whole process uses no CPU, threads included."""
    for _ in range(5):
        await asyncio.sleep(0.001)


textual.app.wait_for_idle = textual.pilot.wait_for_idle = settle  # type: ignore[attr-defined]


@asynccontextmanager
async def open_chat(
    open_assistant: AssistantFactory,
    *,
    data: Path | None = None,
    size: tuple[int, int] = SIZE,
    resume: int | None = None,
) -> AsyncIterator[Chat]:
    """A chat in a terminal of ``size`` columns and rows, whose conversations are in ``data``, or else not kept."""
    with TemporaryDirectory() as nowhere, pytest.MonkeyPatch.context() as patch:
        patch.delenv("ASKBRIEF_HISTORY", raising=False)
        patch.setattr(ChatApp, "NOTIFICATION_TIMEOUT", 3600.0)  # a slow machine still finds the toast
        folder = data or Path(nowhere)
        app = ChatApp(open_assistant, lambda: Conversations(folder), clipboard_folder=folder / "cache", resume=resume)
        app.animation_level = "none"
        async with app.run_test(size=size, notifications=True) as pilot:
            await pilot.pause()
            yield Chat(app, pilot)


def painted(widget: Widget) -> str:
    """The characters of a widget as it is painted, line by line, without blanks at the ends."""
    lines = [widget.render_line(row).text.rstrip() for row in range(widget.size.height)]
    return "\n".join(lines).strip("\n")


def painted_with(widget: LitText, is_such: Callable[[Style], bool]) -> list[str]:
    """The characters whose style is such, line by line, as far as lines have any."""
    lines = []
    for row in range(widget.size.height):
        segments = widget.render_line(row)
        line = "".join(segment.text for segment in segments if segment.style is not None and is_such(segment.style))
        lines += [line] if line.strip() else []
    return lines


def painted_lit(widget: LitText) -> list[str]:
    """The characters that are painted in bold, line by line, as far as lines have any."""
    return painted_with(widget, lambda style: bool(style.bold))


def read_card(card: Card) -> list[str]:
    """The painted parts of a card, top to bottom; a confidence after its answer."""
    parts = [card.query_one(".question"), *iter_parts(card.query_one(".body"))]
    return [" ".join(painted(part).split()) for part in parts]


def iter_parts(group: Widget) -> Iterator[Widget]:
    """The widgets of a group, top to bottom, those of the groups in it included."""
    for part in group.children:
        if isinstance(part, HorizontalGroup | VerticalGroup):
            yield from iter_parts(part)
        else:
            yield part


def painted_bar(chat: Chat) -> list[int]:
    """The rows of the article, from 0, that have the bright bar of the current passage."""
    gutter = chat.screen.source.query_one(".gutter")
    return [row for row, line in enumerate(painted_rows(gutter)) if line.startswith("▌")]


def painted_rows(widget: Widget) -> list[str]:
    """The rows of a widget as they are painted."""
    return [widget.render_line(row).text for row in range(widget.size.height)]
