"""The column beside the article: a bar at each row of a passage."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class Gutter(Static):
    """The column beside the article: a bar at each row of a passage.

    Attributes:
        rows: The passages' rows; the first is the current one.
    """

    def __init__(self) -> None:
        super().__init__(classes="gutter")
        self.rows: list[range] = []

    def show(self, rows: list[range]) -> None:
        """Show a bar at ``rows``."""
        self.rows = rows
        last = max((found.stop for found in rows), default=0)
        here, others = set(rows[0]) if rows else set(), {row for found in rows for row in found}
        lines = [
            ("▌", "$accent") if row in here else ("▏", "dim") if row in others else (" ", "") for row in range(last)
        ]
        self.update(Content("\n").join([Content.styled(*line) for line in lines]) if lines else "")
