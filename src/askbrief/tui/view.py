"""How a conversation is looked at: what is saved with it, so that it looks the same when it is resumed. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """The looks of a conversation.

    Attributes:
        theme: Name of the theme; '' for whatever there is.
        has_article: Whether the article is shown beside the cards; None where that was not for the reader to choose.
    """

    theme: str = ""
    has_article: bool | None = None

    def as_json(self) -> str:
        """The looks as one line of JSON."""
        return json.dumps({"theme": self.theme, "article": self.has_article})


def load_view(line: str) -> View:
    """What ``as_json`` wrote; of anything else as much as can be used."""
    try:
        found = json.loads(line or "{}")
    except ValueError:
        return View()
    if not isinstance(found, dict):
        return View()
    theme, has_article = found.get("theme"), found.get("article")
    return View(theme if isinstance(theme, str) else "", has_article if isinstance(has_article, bool) else None)
