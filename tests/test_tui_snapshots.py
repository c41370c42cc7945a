"""The chat as its users see it, kept as text; ``make snapshots`` takes the pictures anew."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from chat import make_factory, open_chat, read_screen

from askbrief import reading

SNAPSHOTS = Path(__file__).parent / "snapshots"
ANSWERABLE = "the envoy met whom in Ankara?"
UNANSWERABLE = "the envoy okay memis ankara they trains baghdad may?"


@pytest.mark.parametrize(
    ("name", "size", "theme", "question", "keys"),
    [
        ("answer", (120, 36), "textual-dark", ANSWERABLE, ()),
        ("answer_narrow", (60, 18), "textual-dark", ANSWERABLE, ()),
        ("no_answer", (120, 36), "textual-light", UNANSWERABLE, ()),
        ("source_folded", (120, 36), "textual-dark", ANSWERABLE, ("f2",)),
        ("source_narrow", (60, 18), "textual-dark", ANSWERABLE, ("shift+tab", "enter")),
    ],
)
def test_screen(
    name: str,
    size: tuple[int, int],
    theme: str,
    question: str,
    keys: tuple[str, ...],
    articles: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for weight, value in (("CONFIDENCE_SLOPE", 1.0), ("CONFIDENCE_OFFSET", 0.0)):
        monkeypatch.setattr(reading, weight, value)

    async def take() -> str:
        async with open_chat(make_factory(articles), size=size) as chat:
            chat.app.theme = theme
            await chat.ask(question)
            await chat.pilot.press(*keys)
            await chat.pilot.pause(0.1)
            return read_screen(chat.app)

    seen = asyncio.run(take())
    file = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.write_text(seen, encoding="utf-8")
    assert seen == file.read_text(encoding="utf-8")
