"""The line of keys at the bottom: those that work where the cursor is, as many as fit whole."""

from __future__ import annotations

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.style import Style
from textual.widgets import Static

_PALETTE = ("ctrl+p", "^p", "All commands")


class Keys(Static):
    """Keys with what they do; a click on one does it."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__(id="keys")

    def on_mount(self) -> None:
        """Follow the cursor."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.refresh())

    def on_click(self, event: events.Click) -> None:
        """A click on a key presses it."""
        if (key := event.style.meta.get("key")) is not None:
            self.app.simulate_key(key)

    def render(self) -> Content:
        """The keys that fit, the palette last."""
        shown: dict[str, tuple[str, str, str]] = {}
        for _, binding, is_enabled, _ in self.screen.active_bindings.values():
            if binding.show and is_enabled and binding.key != _PALETTE[0]:
                found = (binding.key, self.app.get_key_display(binding), binding.description)
                shown.setdefault(binding.action, found)  # of several keys the first
        items = [_PALETTE, *shown.values()]
        pieces, columns = [], self.size.width
        for key, display, what in items:
            needed = cell_len(display) + cell_len(what) + 3
            if needed > columns:
                break
            columns -= needed
            item = Content.assemble((display, "bold $foreground"), f" {what}").stylize(Style.from_meta({"key": key}))
            pieces.append(item.pad_right(2))
        return Content("").join([*pieces[1:], *pieces[:1]])
