"""The chat over fake models, driven by key presses and read as it is painted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from xml.etree import ElementTree

from conftest import FakeEncoder, FakeReader
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Input, Static

from askbrief.assistant import Assistant
from askbrief.datatypes import Progress
from askbrief.tui.app import ChatApp
from askbrief.tui.lit import LitText
from askbrief.tui.screen import ChatScreen
from askbrief.tui.transcript import Card
from askbrief.tui.worker import AssistantFactory

WAIT_SECONDS = 20.0
SIZE = (120, 36)


def make_factory(folder: Path, *, reader: FakeReader | None = None) -> AssistantFactory:
    """Opens ``folder`` with the fake models."""

    def open_assistant(on_progress: Callable[[Progress], None]) -> Assistant:
        return Assistant.open(folder, encoder=FakeEncoder(), reader=reader or FakeReader(), on_progress=on_progress)

    return open_assistant


class Chat:
    """A running chat."""

    def __init__(self, app: ChatApp, pilot: Pilot[Exception]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def screen(self) -> ChatScreen:
        assert isinstance(self.app.screen, ChatScreen)
        return self.app.screen

    @property
    def prompt(self) -> Input:
        return self.screen.query_one("#prompt", Input)

    @property
    def cards(self) -> list[Card]:
        return list(self.screen.query(Card))

    @property
    def status(self) -> str:
        return str(self.screen.query_one("#status", Static).render())

    async def wait_until(self, is_so: Callable[[], bool]) -> None:
        """Lets the chat run until something is so."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not is_so():
                await self.pilot.pause(0.01)
        await self.pilot.pause()

    async def enter(self, question: str) -> None:
        """Asks, without waiting for the answer."""
        self.prompt.focus()
        self.prompt.value = question
        await self.pilot.press("enter")
        await self.pilot.pause()

    async def ask(self, question: str) -> Card:
        """Asks and waits for the answer."""
        count = len(self.cards)
        await self.enter(question)
        await self.wait_until(lambda: len(self.cards) > count and not self.cards[-1].query(".waiting"))
        return self.cards[-1]


@asynccontextmanager
async def open_chat(open_assistant: AssistantFactory, *, size: tuple[int, int] = SIZE) -> AsyncIterator[Chat]:
    """A chat in a terminal of ``size`` columns and rows."""
    app = ChatApp(open_assistant)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield Chat(app, pilot)


def painted(widget: Widget) -> str:
    """The characters of a widget as it is painted, line by line, without blanks at the ends."""
    lines = [widget.render_line(row).text.rstrip() for row in range(widget.size.height)]
    return "\n".join(lines).strip("\n")


def painted_lit(widget: LitText) -> list[str]:
    """The characters that are painted in bold, line by line, as far as lines have any."""
    lines = []
    for row in range(widget.size.height):
        segments = widget.render_line(row)
        line = "".join(segment.text for segment in segments if segment.style is not None and segment.style.bold)
        lines += [line] if line else []
    return lines


def read_card(card: Card) -> list[str]:
    """The painted parts of a card, top to bottom."""
    return [painted(part) for part in card.children]


def read_screen(app: ChatApp) -> str:
    """The whole terminal as text, by way of its picture."""
    svg = ElementTree.fromstring(app.export_screenshot())
    rows: dict[float, list[tuple[float, str]]] = {}
    for element in svg.iter("{http://www.w3.org/2000/svg}text"):
        if "clip-path" in element.attrib:
            piece = (float(element.attrib["x"]), (element.text or "").replace("\xa0", " "))
            rows.setdefault(float(element.attrib["y"]), []).append(piece)
    cell_width = 12.2
    lines = []
    for _, pieces in sorted(rows.items()):
        line = ""
        for x, text in sorted(pieces):
            line = line.ljust(round(x / cell_width)) + text
        lines.append(line.rstrip())
    return "\n".join(lines) + "\n"
