"""How a conversation is looked at is saved as it was, and nothing that is read in its place can break the chat."""

from __future__ import annotations

import pytest

from askbrief.tui.view import View, load_view


@pytest.mark.parametrize("view", [View(), View("textual-light", True), View("nord", False), View("nord", None)])
def test_it_is_read_as_it_was_written(view: View) -> None:
    assert load_view(view.as_json()) == view


@pytest.mark.parametrize(
    ("line", "view"),
    [
        ("", View()),
        ("no JSON", View()),
        ("[1]", View()),
        ('{"theme": 7, "article": "yes", "more": 1}', View()),
        ('{"theme": "nord", "article": 1}', View("nord")),
    ],
)
def test_of_anything_else_what_can_be_used_is(line: str, view: View) -> None:
    assert load_view(line) == view
