"""What can be done with a card and a source, by key, by mouse and from the palette; and the clipboard."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

import pytest
from chat import ANSWERABLE, UNANSWERABLE, Chat, make_factory, open_chat, painted_lit, read_card
from conftest import FakeReader
from textual.command import CommandPalette
from textual.widgets import Input, OptionList, Static

from askbrief.tui import app as app_module
from askbrief.tui import card_actions, clipboard
from askbrief.tui.app import ChatApp
from askbrief.tui.basket import BasketScreen
from askbrief.tui.commands import COMMANDS, Place, describe_keys, list_help, list_palette
from askbrief.tui.dialogs import TextScreen
from askbrief.tui.lists import ChoiceScreen
from askbrief.tui.lit import LitText
from askbrief.tui.parts import Alternative
from askbrief.tui.saved import SavedScreen
from askbrief.types import Document, Passage, Reading

pytestmark = pytest.mark.usefixtures("only_margins")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, int]]:
    """The files that were opened outside the chat."""
    found: list[tuple[str, str, int]] = []
    monkeypatch.setattr(card_actions, "open_in_editor", lambda file, line: found.append(("editor", file.name, line)))
    monkeypatch.setattr(card_actions, "open_in_viewer", lambda file: found.append(("viewer", file.name, 1)))
    monkeypatch.setattr(ChatApp, "suspend", lambda _: nullcontext())
    return found


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a clipboard tool was given."""
    given: list[str] = []

    def give(text: str, environment: object) -> str:
        given.append(text)
        return "xclip"

    monkeypatch.setattr(app_module, "give_to_tool", give)
    return given


def dialog_texts(chat: Chat) -> list[str]:
    """The texts of a dialog, top to bottom."""
    screen = chat.app.screen
    assert isinstance(screen, TextScreen)
    return [static.render().plain for static in screen.query(Static)]  # type: ignore[union-attr]


def test_copying_an_answer(articles: Path, copied: list[str]) -> None:
    cited = "*The envoy met Okay Memis in Ankara.*, a.txt:1"
    texts = {
        "c": "Okay",
        "y": "“The envoy met Okay Memis in Ankara.” (The envoy met Okay Memis in Ankara., a.txt:1)",
        "f": f"**Okay**[^1]\n\n> The envoy met **Okay** Memis in Ankara.\n\n[^1]: {cited}\n",
    }

    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            await chat.ask(ANSWERABLE)
            await chat.pilot.press("escape")
            for number, (key, text) in enumerate(texts.items(), start=1):
                await chat.pilot.press(key)
                await chat.wait_until(lambda number=number: len(chat.toasts) == number)  # type: ignore[misc]
                assert copied[-1] == text
            assert chat.toasts[0] == "Copied “Okay”"
            assert chat.toasts[1].startswith("Copied “The envoy met Okay")
            await chat.pilot.press("2", "f")
            await chat.wait_until(lambda: len(copied) == 4)
            assert copied[-1].startswith("> **Trains**[^2]")

    asyncio.run(scenario())


def test_copying_takes_what_the_mouse_selected(articles: Path, copied: list[str]) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            await chat.ask(ANSWERABLE)
            await chat.pilot.press("escape")
            chat.screen.source.query_one(LitText).text_select_all()
            await chat.pilot.pause()
            await chat.pilot.press("c")
            await chat.wait_until(lambda: bool(copied))
            assert copied == [(articles / "a.txt").read_text(encoding="utf-8").strip()]
            chat.screen.source.focus_text()
            await chat.pilot.press("c")
            await chat.wait_until(lambda: len(copied) == 2)
            assert copied[1] == copied[0]

    asyncio.run(scenario())


def test_copying_when_there_is_no_answer(articles: Path, copied: list[str]) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            await chat.ask(UNANSWERABLE)
            await chat.pilot.press("escape", "c", "y", "f")
            await chat.wait_until(lambda: len(chat.toasts) == 3)
            assert set(chat.toasts) == {"There is no answer to copy."}
            assert copied == []

    asyncio.run(scenario())


def test_copying_the_lit_characters_of_the_source(articles: Path, copied: list[str]) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            await chat.ask(ANSWERABLE)
            chat.screen.source.focus_text()
            await chat.pilot.press("c")
            await chat.wait_until(lambda: copied == ["Okay"])
            await chat.pilot.press("p", "c")
            text = (articles / "a.txt").read_text(encoding="utf-8").strip()
            await chat.wait_until(lambda: copied == ["Okay", text])

    asyncio.run(scenario())


def test_opening_a_source_by_key_and_by_double_click(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles), size=(60, 18)) as chat:
            card = await chat.ask(ANSWERABLE)
            for act in (lambda: chat.pilot.press("escape", "enter"), lambda: chat.pilot.click(card, times=2)):
                assert not chat.screen.has_source
                await act()
                await chat.wait_until(lambda: chat.screen.has_source)
                assert painted_lit(chat.screen.source.query_one(LitText)) == ["Okay"]
                await chat.pilot.press("escape")

    asyncio.run(scenario())


def test_explaining_an_answer_and_an_abstention_runs_nothing_again(articles: Path) -> None:
    class Counting(FakeReader):
        count = 0

        def read(self, question: str, passages: Sequence[tuple[Document, Passage]]) -> list[list[Reading]]:
            self.count += question in (ANSWERABLE, UNANSWERABLE)
            return super().read(question, passages)

    reader = Counting()

    async def scenario() -> None:
        async with open_chat(make_factory(articles, reader=reader)) as chat:
            await chat.ask(ANSWERABLE)
            await chat.pilot.press("escape", "x")
            await chat.wait_until(lambda: isinstance(chat.app.screen, TextScreen))
            title, question, reason, table, formulas, *_ = dialog_texts(chat)
            assert (title, question) == ("Why this answer", ANSWERABLE)
            assert reason == (
                "“Okay” was chosen because its passage names “met”, “envoy” and “Ankara”;"
                " the next best, “Trains”, was close behind."
            )
            heads, first, second = table.splitlines()
            for words, row in (("Okay", first), ("Trains", second)):
                assert row.index(words) == heads.index("Words")
                assert row.index("strong") == heads.index("Confidence")
            assert first.split()[0] == "1"
            assert first.endswith("1.00")
            assert "Score = 0.5 × cosine + 0.5 × BM25" in formulas
            await chat.pilot.press("escape")

            await chat.ask(UNANSWERABLE)
            await chat.pilot.press("escape", "x")
            await chat.wait_until(lambda: isinstance(chat.app.screen, TextScreen))
            title, _, reason, table, *_ = dialog_texts(chat)
            assert title == "Why no answer"
            assert reason == "There is no answer: in the 2 nearest passages no words answer the question."
            assert table.splitlines()[1].startswith(" –  no words that answer")

    asyncio.run(scenario())
    assert reader.count == 2


def test_editing_and_asking_again(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            await chat.ask(ANSWERABLE)
            await chat.pilot.press("escape", "e")
            assert (chat.prompt.text, chat.prompt.has_focus) == (ANSWERABLE, True)
            await chat.pilot.press("backspace", "!")
            assert chat.prompt.text == ANSWERABLE[:-1] + "!"
            chat.cards[0].focus()
            await chat.pilot.press("r")
            await chat.wait_until(lambda: len(chat.cards) == 2 and not chat.cards[1].is_waiting)
            assert read_card(chat.cards[1])[:2] == [ANSWERABLE, "Okay"]

    asyncio.run(scenario())


def test_keys_of_a_card_that_has_no_answer_say_so(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            await chat.ask("?!")
            chat.cards[0].focus()
            await chat.pilot.press("c", "enter", "p")
            await chat.wait_until(lambda: len(chat.toasts) == 3)
            assert set(chat.toasts) == {"There is no answer yet."}

    asyncio.run(scenario())


def test_help_lists_every_key(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            await chat.pilot.press("f1")
            await chat.wait_until(lambda: isinstance(chat.app.screen, TextScreen))
            text = "\n".join(dialog_texts(chat))
            for command in COMMANDS:
                assert describe_keys(command.keys) in text
            for what in ("ctrl+p", "ctrl+q", "shift+enter, ctrl+j", "In the prompt", "On an answer", "In the article"):
                assert what in text
            await chat.pilot.press("f1")
            assert not isinstance(chat.app.screen, TextScreen)

    asyncio.run(scenario())


def test_every_command_has_a_help_text_and_no_key_has_two_meanings_in_a_place() -> None:
    assert all(what for _, keys in list_help() for _, what in keys)
    assert {c.name for c in COMMANDS} == {c.name for c in list_palette()} | {"leave"}
    for place in Place:
        keys = [key for command in COMMANDS if command.place is place for key in command.keys]
        assert len(keys) == len(set(keys))


def test_the_palette_runs_every_command_of_ours_and_no_other(
    articles: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    copied: list[str],
    opened: list[tuple[str, str, int]],
) -> None:
    monkeypatch.chdir(tmp_path)

    def is_dialog(kind: type) -> Callable[[Chat], bool]:
        return lambda chat: isinstance(chat.app.screen, kind)

    expected: dict[str, Callable[[Chat], bool]] = {
        "Help": is_dialog(TextScreen),
        "Conversations": is_dialog(SavedScreen),
        "Pinned quotes": is_dialog(BasketScreen),
        "Earlier questions": is_dialog(ChoiceScreen),
        "Explain": is_dialog(TextScreen),
        "Previous highlight": lambda chat: "◂ 1/2 ▸" in chat.source_head,
        "Next highlight": lambda chat: "◂ 2/2 ▸" in chat.source_head,
        "Next article": lambda chat: "b.md" in chat.source_head,
        "Previous article": lambda chat: "a.txt" in chat.source_head,
        "Copy highlight": lambda _: copied[-1:] == ["Okay"],
        "Copy quote": lambda _: copied[-1:] != ["Okay"] and "“The envoy" in copied[-1],
        "Copy footnote": lambda _: "**Okay**[^1]" in copied[-1],
        "Copy": lambda _: copied[3:] == ["Okay"],
        "Open in editor": lambda _: opened[-1:] == [("editor", "a.txt", 1)],
        "Open in viewer": lambda _: opened[-1:] == [("viewer", "a.txt", 1)],
        "Article": lambda chat: not chat.screen.has_source,
        "Show in article": lambda chat: chat.screen.has_source,
        "Find in article": lambda chat: isinstance(chat.app.focused, Input),
        "All articles": lambda chat: chat.source_head == "2 articles, newest first",
        "Check folder": lambda chat: "Looking at the folder" in chat.status or "up to date" in chat.status,
        "Export as Markdown": lambda _: bool(list(tmp_path.glob("askbrief-conversation-*.md"))),
        "Export as JSON": lambda _: bool(list(tmp_path.glob("askbrief-conversation-*.jsonl"))),
        "Other answers": lambda chat: bool(chat.cards[0].query(Alternative)),
        "Pin": lambda chat: chat.cards[0].is_pinned,
        "Edit question": lambda chat: chat.prompt.text == ANSWERABLE,
        "Answers": lambda chat: chat.cards[0].has_focus,
        "Search as typed": lambda chat: chat.toasts[-1:] == ["The question was taken as it was typed."],
        "Second reading": lambda chat: chat.toasts.count("The question was taken as it was typed.") == 2,
        "Ask again": lambda chat: len(chat.cards) == 2,
        "New conversation": lambda chat: not chat.cards,
    }

    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            card = await chat.ask(ANSWERABLE)
            await chat.wait_until(lambda: card.entry_id is not None)
            commands = {command.title: command for command in chat.app.get_system_commands(chat.screen)}
            assert set(commands) == {*expected, "Theme", "Quit"}
            for title, is_so in expected.items():
                ran = commands[title].callback()
                if ran is not None:
                    await ran
                await chat.wait_until(lambda is_so=is_so: is_so(chat))  # type: ignore[misc]
                if chat.app.screen is not chat.screen:
                    await chat.pilot.press("escape")

    asyncio.run(scenario())


def test_the_palette_finds_commands_by_name(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            await chat.pilot.press("ctrl+p", *"New conv")
            await chat.wait_until(lambda: isinstance(chat.app.screen, CommandPalette))
            options = chat.app.screen.query_one(OptionList)
            await chat.wait_until(lambda: options.option_count == 1)
            assert "Start a new conversation. Key: ctrl+n" in str(options.get_option_at_index(0).prompt)

    asyncio.run(scenario())


def test_without_a_card_the_palette_says_so(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            chat.screen.action_act_on_current("copy_answer")
            await chat.pilot.pause()
            assert chat.toasts == ["Nothing was asked yet."]

    asyncio.run(scenario())


def test_the_best_clipboard_tool_for_the_display() -> None:
    def find(*there: str) -> Callable[[str], str | None]:
        return lambda name: f"/bin/{name}" if name in there else None

    def names(environment: dict[str, str], *there: str) -> list[str]:
        return [tool[0] for tool in clipboard.find_tools(environment, find=find(*there))]

    everything = ("pbcopy", "wl-copy", "xclip", "xsel", "tmux")
    assert names({}, *everything) == ["pbcopy"]
    assert names({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, "xclip", "wl-copy") == ["wl-copy", "xclip"]
    assert names({"DISPLAY": ":0"}, "xsel", "wl-copy") == ["xsel"]
    assert names({"TMUX": "/tmp/tmux"}, "xsel", "tmux") == ["tmux"]
    assert names({"DISPLAY": ""}, "xsel") == []


@pytest.mark.parametrize(
    ("environment", "takes"),
    [
        ({}, True),
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "linux"}, False),
        ({"TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"VTE_VERSION": "7600"}, False),
    ],
)
def test_terminals_without_osc_52(environment: dict[str, str], takes: bool) -> None:
    assert clipboard.takes_escape_sequence(environment) is takes


def test_a_tool_gets_the_text_and_one_that_fails_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, script in (("wl-copy", "exit 1"), ("xclip", f'cat > "{tmp_path}/got"; echo noise')):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    environment = {"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}
    assert clipboard.give_to_tool("“Okay”\n", environment) == "xclip"
    assert (tmp_path / "got").read_text(encoding="utf-8") == "“Okay”\n"
    assert clipboard.give_to_tool("x", {"WAYLAND_DISPLAY": "wayland-0"}) is None
    assert clipboard.give_to_tool("x", {}) is None


@pytest.mark.parametrize("terminal", ["xterm-kitty", "linux"])
def test_without_a_tool_the_terminal_is_asked_or_a_file_written(
    articles: Path, tmp_path: Path, terminal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WAYLAND_DISPLAY", "DISPLAY", "TMUX", "VTE_VERSION", "TERM_PROGRAM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", terminal)
    monkeypatch.setattr(clipboard, "find_tools", lambda _: [])
    file = tmp_path / "data" / "cache" / "clipboard.txt"

    async def scenario() -> None:
        async with open_chat(make_factory(articles), data=tmp_path / "data") as chat:
            written: list[str] = []
            assert chat.app._driver is not None
            monkeypatch.setattr(chat.app._driver, "write", written.append)
            await chat.ask(ANSWERABLE)
            await chat.pilot.press("escape", "c")
            await chat.wait_until(lambda: bool(chat.toasts))
            if terminal == "linux":
                assert chat.toasts == [f"There is no clipboard here. Saved to {file}"]
                assert file.read_text(encoding="utf-8") == "Okay"
                assert stat.S_IMODE(file.stat().st_mode) == 0o600
            else:
                assert chat.toasts == ["Copied “Okay”"]
                assert "\x1b]52;c;T2theQ==\a" in written
                assert not file.exists()

    asyncio.run(scenario())


def test_a_file_that_cannot_be_written_is_said(articles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clipboard, "find_tools", lambda _: [])
    monkeypatch.setenv("TERM", "linux")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "cache").write_text("in the way", encoding="utf-8")

    async def scenario() -> None:
        async with open_chat(make_factory(articles), data=tmp_path / "data") as chat:
            chat.app.copy_to_clipboard("words")
            await chat.wait_until(lambda: bool(chat.toasts))
            assert chat.toasts == ["Nothing was copied: File exists."]

    asyncio.run(scenario())
