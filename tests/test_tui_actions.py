"""What can be done with a card and a source, by key, by mouse and from the palette; and the clipboard."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from chat import ANSWERABLE, UNANSWERABLE, Chat, make_factory, open_chat, painted_lit, read_card
from textual.command import CommandPalette
from textual.widgets import OptionList, Static

from askbrief.answer.pipeline import MIN_CONFIDENCE
from askbrief.tui import app as app_module
from askbrief.tui import clipboard
from askbrief.tui.commands import COMMANDS, Place, describe_keys, list_help, list_palette
from askbrief.tui.dialogs import ChoiceScreen, TextScreen
from askbrief.tui.lit import LitText
from askbrief.tui.saved import SavedScreen

pytestmark = pytest.mark.usefixtures("only_margins")


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a clipboard tool was given."""
    given: list[str] = []

    def give(text: str, environment: object) -> str:
        given.append(text)
        return "xclip"

    monkeypatch.setattr(app_module, "give_to_tool", give)
    return given


def dialog_text(chat: Chat) -> str:
    screen = chat.app.screen
    assert isinstance(screen, TextScreen)
    return "\n".join(static.render().plain for static in screen.query(Static))  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("c", "Okay"),
        ("y", "“The envoy met Okay Memis in Ankara.” (The envoy met Okay Memis in Ankara., a.txt:1)"),
        (
            "f",
            "**Okay**[^1]\n\n> The envoy met **Okay** Memis in Ankara.\n\n"
            "[^1]: *The envoy met Okay Memis in Ankara.*, a.txt:1, high confidence (99%)\n",
        ),
    ],
)
def test_copying_an_answer(articles: Path, copied: list[str], key: str, text: str) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            await chat.ask(ANSWERABLE)
            await chat.pilot.press("escape", key)
            await chat.wait_until(lambda: bool(chat.toasts))
            assert copied == [text]
            assert chat.toasts == [f"Copied {len(text)} characters with xclip."]

    asyncio.run(scenario())


def test_copying_when_there_is_no_answer(articles: Path, copied: list[str]) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            await chat.ask(UNANSWERABLE)
            await chat.pilot.press("escape", "c", "y")
            await chat.wait_until(lambda: len(chat.toasts) == 2)
            assert set(chat.toasts) == {"There is no answer to copy."}
            assert copied == []
            await chat.pilot.press("f")
            await chat.wait_until(lambda: bool(copied))
            assert copied[0].startswith("*Not in these documents.* The nearest passage:[^1]")

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
            for act in (
                lambda: chat.pilot.press("escape", "enter"),
                lambda: chat.pilot.press("escape", "o"),
                lambda: chat.pilot.click(card, times=2),
            ):
                assert not chat.screen.has_source
                await act()
                await chat.wait_until(lambda: chat.screen.has_source)
                assert painted_lit(chat.screen.source.query_one(LitText)) == ["Okay"]
                await chat.pilot.press("escape")

    asyncio.run(scenario())


def test_explaining_an_answer_and_an_abstention(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            await chat.ask(ANSWERABLE)
            await chat.pilot.press("escape", "x")
            await chat.wait_until(lambda: isinstance(chat.app.screen, TextScreen))
            text = dialog_text(chat)
            assert "2 candidates from dense and lexical search. Score = 0.5 × cosine + 0.5 × BM25" in text
            assert "1. a.txt:1 · score 1.00\n   cosine 0.87 (no. 1) · BM25 " in text
            assert "+5.0 =  99%  “Okay”" in text
            threshold = f"{MIN_CONFIDENCE:.0%}"
            assert f"“Okay” ranks first with 99%, ahead of “Trains” with 99%: at least {threshold}, so it is" in text
            await chat.pilot.press("escape")

            await chat.ask(UNANSWERABLE)
            await chat.pilot.press("escape", "x")
            await chat.wait_until(lambda: isinstance(chat.app.screen, TextScreen))
            assert "no words that could answer" in dialog_text(chat)
            assert "so there is no answer" in dialog_text(chat)

    asyncio.run(scenario())


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
            text = dialog_text(chat)
            for command in COMMANDS:
                assert describe_keys(command.keys) in text
            for what in ("ctrl+p", "ctrl+q", "shift+enter, ctrl+j", "In the prompt", "On a question", "In the source"):
                assert what in text
            await chat.pilot.press("f1")
            assert not isinstance(chat.app.screen, TextScreen)

    asyncio.run(scenario())


def test_every_command_has_a_help_text_and_no_key_has_two_meanings_in_a_place() -> None:
    assert all(what for _, keys in list_help() for _, what in keys)
    assert {command.name for command in COMMANDS} == {command.name for command in list_palette()}
    for place in Place:
        keys = [key for command in COMMANDS if command.place is place for key in command.keys]
        assert len(keys) == len(set(keys))


@pytest.mark.parametrize("title", [command.title for command in list_palette()])
def test_the_palette_runs_every_command(
    articles: Path, tmp_path: Path, title: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    expected: dict[str, Callable[[Chat], bool]] = {
        "Help": lambda chat: isinstance(chat.app.screen, TextScreen),
        "Source": lambda chat: not chat.screen.has_source,
        "Next span": lambda chat: "place 1 of 2" in chat.source_head,
        "Previous span": lambda chat: "place 1 of 2" in chat.source_head,
        "Next source": lambda chat: "b.md" in chat.source_head,
        "Previous source": lambda chat: "b.md" in chat.source_head,
        "Check folder": lambda chat: "Looking at the folder" in chat.status or "up to date" in chat.status,
        "Conversations": lambda chat: isinstance(chat.app.screen, SavedScreen),
        "New conversation": lambda chat: not chat.cards,
        "Export Markdown": lambda _: bool(list(tmp_path.glob("askbrief-conversation-*.md"))),
        "Export JSON": lambda _: bool(list(tmp_path.glob("askbrief-conversation-*.jsonl"))),
        "Prompt": lambda chat: chat.cards[0].has_focus,
        "History": lambda chat: isinstance(chat.app.screen, ChoiceScreen),
        "Open source": lambda chat: chat.screen.has_source,
        "Copy answer": lambda chat: bool(chat.toasts),
        "Copy quote": lambda chat: bool(chat.toasts),
        "Copy footnote": lambda chat: bool(chat.toasts),
        "Copy lit words": lambda chat: bool(chat.toasts),
        "Explain": lambda chat: isinstance(chat.app.screen, TextScreen),
        "Edit question": lambda chat: chat.prompt.text == ANSWERABLE,
        "Ask again": lambda chat: len(chat.cards) == 2,
        "Pin": lambda chat: chat.cards[0].is_pinned,
        "Other answers": lambda chat: bool(chat.cards[0].query_one(".folded").display),
    }
    assert set(expected) == {command.title for command in list_palette()}

    async def run(title: str) -> None:
        async with open_chat(make_factory(articles)) as chat:
            card = await chat.ask(ANSWERABLE)
            await chat.wait_until(lambda: card.entry_id is not None)
            [command] = [c for c in chat.app.get_system_commands(chat.screen) if c.title == title]
            command.callback()
            await chat.wait_until(lambda: expected[title](chat))

    asyncio.run(run(title))


def test_the_palette_finds_commands_by_name(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            await chat.pilot.press("ctrl+p", *"New conv")
            await chat.wait_until(lambda: isinstance(chat.app.screen, CommandPalette))
            options = chat.app.screen.query_one(OptionList)
            await chat.wait_until(lambda: options.option_count == 1)
            assert "Begins an empty transcript. Key: ctrl+n." in str(options.get_option_at_index(0).prompt)

    asyncio.run(scenario())


def test_without_a_card_the_palette_says_so(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            chat.screen.act_on_current("copy_answer")
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
        ({"TEXTUAL_DRIVER": "web"}, False),
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
                assert chat.toasts == [f"There is no clipboard here; written to {file}"]
                assert file.read_text(encoding="utf-8") == "Okay"
                assert stat.S_IMODE(file.stat().st_mode) == 0o600
            else:
                assert chat.toasts == ["Copied 4 characters through the terminal (OSC 52)."]
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
