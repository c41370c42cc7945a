"""What stands where on the screen: lines that are not broken, dialogs that fit, and an empty folder that says so."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from pathlib import Path

import pytest
from chat import ANSWERABLE, UNANSWERABLE, make_factory, open_chat, painted, read_card
from textual.widgets import OptionList

from askbrief.tui.dialogs import TextScreen
from askbrief.tui.parts import Searched
from askbrief.tui.saved import SavedScreen

pytestmark = pytest.mark.usefixtures("only_margins")


def test_an_empty_folder_says_so_until_it_has_an_article(tmp_path: Path) -> None:
    folder = tmp_path / "news"
    folder.mkdir()

    async def scenario() -> None:
        async with open_chat(make_factory(folder)) as chat:
            await chat.wait_until(lambda: "holds no articles" in chat.status)
            assert chat.source_head == "There are no articles to show"
            (folder / "a.txt").write_text("The envoy met Okay Memis in Ankara.", encoding="utf-8")
            await chat.pilot.press("f5")
            await chat.wait_until(lambda: chat.source_head == "1 article, newest first")
            assert chat.status == "1 article, up to date"

    asyncio.run(scenario())


@pytest.mark.parametrize(("width", "rows"), [(40, 1), (32, 1), (31, 2), (20, 2), (14, 3)])
def test_the_key_of_a_rewrite_is_never_broken(width: int, rows: int) -> None:
    line = Searched("↳ searched: who met?", "t as typed")
    shown = line._build(width)
    assert [row.plain.strip() for row in shown.wrap(width)][-1].endswith("t as typed")
    assert len(shown.wrap(width)) == rows


def test_passages_are_cited_by_title_and_date_unless_they_begin_with_the_title(tmp_path: Path) -> None:
    text = "---\ntitle: A visit\ndate: 2026-07-06\n---\n\nThe Theyer envoy trains Okay Memis in Ankara or Baghdad.\n"
    (tmp_path / "a.md").write_text(text, encoding="utf-8")
    (tmp_path / "b.md").write_text("# Trains\n\nTrains from Ankara to Baghdad in May.\n", encoding="utf-8")

    async def scenario() -> None:
        async with open_chat(make_factory(tmp_path)) as chat:
            card = await chat.ask(UNANSWERABLE)
            cited = [part for part in read_card(card) if ".md" in part]
            assert cited == ["A visit · 6 July 2026 · line 6 · a.md:6", "b.md:1"]

    asyncio.run(scenario())


def test_the_path_of_an_article_links_to_its_file(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            await chat.ask(ANSWERABLE)
            await chat.wait_until(lambda: "a.txt" in chat.source_head)
            head = chat.screen.source.query_one(".head")
            links = {
                segment.style.link
                for row in range(head.size.height)
                for segment in head.render_line(row)
                if segment.style
            }
            assert (articles / "a.txt").as_uri() in links

    asyncio.run(scenario())


def test_dialogs_are_as_high_as_what_they_hold(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles), size=(150, 45)) as chat:
            await chat.ask(ANSWERABLE)
            await chat.pilot.press("ctrl+o")
            await chat.wait_until(lambda: isinstance(chat.app.screen, SavedScreen))
            await chat.wait_until(lambda: bool(chat.app.screen.query_one(OptionList).option_count))
            assert chat.app.screen.query_one(".dialog").size.height == 8
            await chat.pilot.press("escape", "f1")
            await chat.wait_until(lambda: isinstance(chat.app.screen, TextScreen))
            assert chat.app.screen.query_one(".dialog").size.height > 35

    asyncio.run(scenario())


def test_of_several_keys_for_the_same_the_first_is_shown(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            await chat.ask(ANSWERABLE)
            await chat.pilot.press("escape", "enter")
            await chat.pilot.press("tab")
            chat.screen.source.focus_text()
            await chat.wait_until(lambda: "n Next  p Previous" in painted(chat.screen.query_one("#keys")))

    asyncio.run(scenario())


def test_without_a_shell_to_come_back_to_the_key_that_suspends_undoes(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            await chat.pilot.press(*"who", "ctrl+z")
            assert chat.prompt.text == ""

    asyncio.run(scenario())


def test_garbage_is_collected_again_after_the_first_paint(articles: Path) -> None:
    async def scenario() -> None:
        gc.disable()
        async with open_chat(make_factory(articles)) as chat:
            await chat.wait_until(gc.isenabled)

    try:
        asyncio.run(scenario())
    finally:
        gc.enable()
        gc.unfreeze()


def test_dialogs_are_not_imported_before_the_first_paint() -> None:
    program = "import sys, askbrief.tui.app; print([name for name in sys.modules if name.startswith('askbrief.')])"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert "'askbrief.tui.screen'" in loaded
    later = ("dialogs", "lists", "saved", "basket", "explanation", "starters", "articles")
    assert [name for name in later if f"'askbrief.tui.{name}'" in loaded] == []
