"""Layout: lines of text that fit a terminal."""

from __future__ import annotations

from rich.text import Text

MEASURE = 100
"""Most columns of running text; longer lines are hard to read. Locations may be longer."""


def wrap(text: Text, *, width: int | None, indent: int = 0) -> Text:
    """``text`` indented and wrapped to ``width``, at most ``MEASURE``, columns, without blanks at the ends of lines."""
    margin = " " * indent
    if width is None:
        return Text(margin).append_text(text)
    from rich.console import Console  # slow to load: not for text that is not wrapped

    room = max(10, min(width, MEASURE) - indent)
    lines = text.wrap(Console(width=room), room)
    for line in lines:
        line.rstrip()
    return Text("\n").join(Text(margin).append_text(line) for line in lines)
