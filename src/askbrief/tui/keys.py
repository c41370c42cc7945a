"""The line of keys at the bottom."""

from __future__ import annotations

from textual.widgets import Footer


class Keys(Footer):
    """Textual's footer, which lets go of the keys that it shows no longer.

    Each of its keys watches it, and is forgotten when that is next told of a change: in a footer whose look never
    changes, never (Textual 8).
    """

    async def recompose(self) -> None:
        """Shows the keys of where the cursor is now."""
        await super().recompose()
        self.mutate_reactive(Footer.compact)
