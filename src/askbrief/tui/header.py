"""The header: which folder is asked, what it holds, and which conversation this is."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from askbrief.tui.citation import cut
from askbrief.tui.lit import plain

_NAME_COLUMNS = 60


class Header(Static):
    """One line at the top.

    Attributes:
        folder: Name of the folder; '' until it is known.
        holds: What it holds: "43 articles, Mar 2025 – Jul 2026".
        conversation: Name of the conversation; '' before its first answer.
        number: Its number.
    """

    folder: reactive[str] = reactive("")
    holds: reactive[str] = reactive("")
    conversation: reactive[str] = reactive("")
    number: reactive[int] = reactive(0)

    def __init__(self) -> None:
        super().__init__(id="header")

    def render(self) -> Content:
        """As much as fits, the folder first."""
        columns = self.size.width
        left = cut(" · ".join(filter(None, ["askbrief", self.folder, self.holds])), columns)
        number = f" · #{self.number}" if self.number else ""
        room = min(_NAME_COLUMNS, columns - cell_len(left) - cell_len(number) - 4)
        right = f"“{cut(self.conversation, room)}”{number}" if self.conversation and room > 8 else ""
        gap = " " * max(0, columns - cell_len(left) - cell_len(right))
        return Content.assemble(plain(left).stylize("bold", 0, len("askbrief")), gap, (right, "dim"))

    @property
    def title(self) -> str:
        """The title of the window."""
        return " · ".join(filter(None, ["askbrief", self.folder, self.conversation]))
