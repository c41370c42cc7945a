from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from chat import (
    ANSWERABLE,
    UNANSWERABLE,
    Chat,
    make_factory,
    open_chat,
    painted,
    painted_bar,
    painted_lit,
    painted_rows,
    painted_with,
    read_card,
)
from click.testing import CliRunner
from conftest import FakeReader
from rich.color import Color
from textual.containers import VerticalScroll

from askbrief.cli import chatting, streams
from askbrief.cli import main as cli
from askbrief.errors import AskbriefError, ConfigError
from askbrief.tui import screen as screen_module
from askbrief.tui.app import ChatApp
from askbrief.tui.lit import LitText
from askbrief.tui.parts import Alternative
from askbrief.tui.source import SourcePane
from askbrief.types import Document, Passage, Reading

pytestmark = pytest.mark.usefixtures("only_margins")

SENTENCE = "The envoy met Okay Memis in Ankara."


def source_text(chat: Chat) -> LitText:
    return chat.screen.query_one(SourcePane).query_one(LitText)


def test_answer_shows_the_exact_words_and_lights_them(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            card = await chat.ask(ANSWERABLE)
            assert read_card(card) == [
                ANSWERABLE,
                "Okay",
                "strong ●",
                SENTENCE,
                f"{SENTENCE} · line 1 · a.txt:1",
                "▸ 1 other answer: 2: Trains",
            ]
            lit = card.query(LitText)[0]
            assert painted_lit(lit) == ["Okay"]
            assert painted(lit).index("Okay") == SENTENCE.index("Okay")
            await chat.wait_until(lambda: chat.status == "2 articles, up to date")

    asyncio.run(scenario())


def test_other_answers_are_answers_by_digit_and_by_click(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            card = await chat.ask(ANSWERABLE)
            for unfold in (lambda: chat.pilot.press("space"), lambda: chat.pilot.click(".fold")):
                card.focus()
                assert not card.query(Alternative)
                await unfold()
                await chat.wait_until(lambda: bool(card.query(Alternative)))
                assert painted(card.query_one(".fold")) == "▾ 1 other answer · 1–2 to choose"
                assert painted(card.query_one(Alternative)) == "2  Trains  Trains"
                await chat.pilot.press("space")
                await chat.wait_until(lambda: not card.query(Alternative))

            await chat.pilot.press("2")
            await chat.wait_until(lambda: "b.md" in chat.source_head)
            assert read_card(card)[1:4] == [
                f"1 Okay {SENTENCE}",
                "2 Trains",
                "strong ●",
            ]
            assert painted_lit(source_text(chat)) == ["Trains"]
            await chat.pilot.press("1", "7")
            await chat.wait_until(lambda: painted_lit(source_text(chat)) == ["Okay"])
            await chat.pilot.click(Alternative)
            await chat.wait_until(lambda: painted_lit(source_text(chat)) == ["Trains"])

    asyncio.run(scenario())


def test_the_article_has_the_same_characters_lit_and_a_bar_at_the_passage(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    filler = "nothing is said of anything here today.\n\n" * 15
    text = f"{filler}the drone of Zoltan fell in ankara.\n\n{filler}".strip()
    (folder / "a.txt").write_text(text, encoding="utf-8")

    async def scenario() -> None:
        async with open_chat(make_factory(folder)) as chat:
            await chat.ask("drone in ankara?")
            await chat.wait_until(lambda: bool(painted_bar(chat)))
            assert painted(source_text(chat)) == text
            assert painted_lit(source_text(chat)) == ["Zoltan"]
            [row] = [row for row, line in enumerate(painted_rows(source_text(chat))) if "Zoltan" in line]
            bar = painted_bar(chat)
            assert row == 30
            assert row in bar
            assert bar == list(range(bar[0], bar[-1] + 1))
            assert len(bar) < 31
            asked = painted_with(source_text(chat), lambda style: style.color != plain_color(chat) and not style.bold)
            assert asked == ["droneankara"]

    asyncio.run(scenario())


def plain_color(chat: Chat) -> Color | None:
    """The colour of the article's characters."""
    [first, *_] = source_text(chat).render_line(0)
    assert first.style is not None
    return first.style.color


def test_keys_go_through_places_and_sources(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            await chat.ask(ANSWERABLE)
            assert chat.source_head == f"{SENTENCE} line 1 ◂ 2/2 ▸ · article 1/2 a.txt"
            await chat.pilot.press("f3")
            await chat.pilot.pause()
            assert "◂ 1/2 ▸ · passage · article 1/2" in chat.source_head
            assert painted_lit(source_text(chat)) == []
            assert painted_bar(chat) == [0, 1, 2]
            await chat.pilot.press("shift+f3")
            await chat.pilot.pause()
            assert painted_lit(source_text(chat)) == ["Okay"]
            await chat.pilot.press("f4")
            await chat.wait_until(lambda: "line 1 other answer · article 2/2 b.md" in chat.source_head)
            assert painted_lit(source_text(chat)) == ["Trains"]
            await chat.pilot.press("shift+f4")
            await chat.wait_until(lambda: "a.txt" in chat.source_head)
            chat.screen.source.focus_text()
            for key, head in (
                ("n", "◂ 1/2 ▸"),
                ("p", "◂ 2/2 ▸"),
                ("right_square_bracket", "article 2/2"),
                ("left_square_bracket", "article 1/2"),
            ):
                await chat.pilot.press(key)
                await chat.wait_until(lambda head=head: head in chat.source_head)  # type: ignore[misc]

    asyncio.run(scenario())


def test_what_has_no_short_answer_is_dim_and_has_a_sign_of_its_own(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            card = await chat.ask(UNANSWERABLE)
            assert read_card(card)[1:] == [
                "≈ No short answer found. The closest passages:",
                *("1", f"{SENTENCE} They spoke about the drone.", "a.txt:1"),
                *("2", "Trains The railway to Baghdad opens in May.", "b.md:1"),
            ]
            assert painted_lit(source_text(chat)) == []
            assert painted_bar(chat) == [0, 1, 2]
            answered = await chat.ask(ANSWERABLE)
            refusal, answer = card.query_one(".refusal"), answered.query_one(".answer")
            assert refusal.styles.color.a < answer.styles.color.a == 1.0
            assert "-refused" in card.classes
            assert (card.has_class("-newest"), answered.has_class("-newest")) == (False, True)

    asyncio.run(scenario())


def test_error_is_a_card_and_gives_the_question_back(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            card = await chat.ask("?!")
            assert read_card(card)[:2] == ["?!", "✗ The question is empty."]
            assert chat.prompt.text == "?!"
            assert read_card(await chat.ask(ANSWERABLE))[1] == "Okay"

    asyncio.run(scenario())


def test_a_very_long_question_is_refused_and_given_back(articles: Path) -> None:
    question = "why " * 2500

    async def scenario() -> None:
        async with open_chat(make_factory(articles), size=(60, 18)) as chat:
            card = await chat.ask(question)
            assert "9,999 characters" in " ".join(read_card(card)[1].split())
            assert len(read_card(card)[0]) < 600
            assert chat.prompt.text == question.strip()
            assert chat.prompt.size.height <= 8
            assert chat.prompt.region.bottom <= 18

    asyncio.run(scenario())


def test_error_does_not_overwrite_what_is_typed_meanwhile(articles: Path) -> None:
    gate = threading.Event()

    class Failing(FakeReader):
        def read(self, question: str, passages: Sequence[tuple[Document, Passage]]) -> list[list[Reading]]:
            assert gate.wait(20)
            raise AskbriefError("no [b]such[/b] thing", hint="Ask \x1banother.")

    async def scenario() -> None:
        async with open_chat(make_factory(articles, reader=Failing())) as chat:
            await chat.enter(ANSWERABLE)
            chat.prompt.text = "and then"
            gate.set()
            await chat.wait_until(lambda: bool(chat.screen.query(".error")))
            assert read_card(chat.cards[0])[1:] == ["✗ No [b]such[/b] thing.", "Ask \ufffdanother."]
            assert chat.prompt.text == "and then"

    asyncio.run(scenario())


@pytest.mark.parametrize("width", [60, 120])
def test_markup_and_control_characters_stay_text(tmp_path: Path, width: int) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    text = "A report: [bold red]Zoltan[/] \x1b[31mleft \U0001f469\u200d\U0001f680 e\u0301 “Ankara”\tשלום\x07 [link=x]."
    (folder / "[b]a.txt").write_text(text, encoding="utf-8")

    async def scenario() -> None:
        async with open_chat(make_factory(folder), size=(width, 36)) as chat:
            card = await chat.ask("a report [i]who[/i] left ankara?")
            question, answer, _, sentence, source = read_card(card)
            assert question == "a report [i]who[/i] left ankara?"
            assert answer == "Zoltan"
            assert painted_lit(card.query_one(LitText)) == ["Zoltan"]
            shown = text.replace("\x1b", "\ufffd").replace("\x07", "\ufffd").replace("\t", " ")
            assert " ".join(sentence.split()) == shown
            assert source.endswith("[b]a.txt:1")
            await chat.pilot.press("escape", "enter")
            await chat.wait_until(lambda: painted_lit(source_text(chat)) == ["Zoltan"])

    asyncio.run(scenario())


@pytest.mark.parametrize("size", [(20, 5), (60, 18), (100, 30), (240, 70)])
def test_sizes(articles: Path, size: tuple[int, int]) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles), size=size) as chat:
            assert read_card(await chat.ask(ANSWERABLE))[1] == "Okay"
            is_wide = size[0] >= 100
            assert chat.screen.has_source is is_wide
            for _ in range(2):
                await chat.pilot.press("f2")
                await chat.pilot.pause()
            assert chat.screen.has_source is is_wide
            assert chat.prompt.has_focus
            assert chat.prompt.region.bottom <= size[1]
            assert chat.prompt.size.height == 1

    asyncio.run(scenario())


def test_every_screen_survives_the_smallest_terminals(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            await chat.ask(ANSWERABLE)
            for size in ((20, 5), (4, 6), (1, 1)):
                await chat.pilot.resize_terminal(*size)
                await chat.wait_until(lambda: not chat.screen.has_source)
                for keys in (
                    ["f2"],
                    ["escape", "escape"],
                    ["f1", "escape"],
                    ["ctrl+o", "escape"],
                    ["ctrl+r", "escape"],
                ):
                    await chat.pilot.press(*keys)
                    await chat.pilot.pause()
            await chat.pilot.resize_terminal(120, 36)
            await chat.wait_until(lambda: chat.screen.has_source)
            assert painted_lit(source_text(chat)) == ["Okay"]

    asyncio.run(scenario())


@pytest.mark.parametrize("size", [(60, 18), (120, 36)])
def test_source_pane_scrolls_to_the_words(tmp_path: Path, size: tuple[int, int]) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    before = "nothing is said of the drone here.\n\n" * 60
    (folder / "long.txt").write_text(f"{before}a drone of Zoltan fell in ankara.\n\n{before}", encoding="utf-8")

    async def scenario() -> None:
        async with open_chat(make_factory(folder), size=size) as chat:
            await chat.ask("ankara?")
            await chat.pilot.press("escape", "enter")
            pane = chat.screen.query_one(SourcePane)
            scroll = pane.query_one(VerticalScroll)
            await chat.wait_until(lambda: scroll.scroll_offset.y > 0)
            [line] = [n for n, text in enumerate(painted(source_text(chat)).splitlines()) if "Zoltan" in text]
            assert line == 120
            assert abs(line - scroll.scroll_offset.y - scroll.size.height // 2) <= 1

            chat.app.action_focus_previous()
            await chat.pilot.resize_terminal(size[0] + 20, size[1])
            await chat.pilot.pause(0.1)
            assert scroll.scroll_offset.y < line < scroll.scroll_offset.y + scroll.size.height

    asyncio.run(scenario())


def test_source_pane_folds_away(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            pane = chat.screen.query_one(SourcePane)
            seen = [pane.display]
            for _ in range(2):
                await chat.pilot.press("f2")
                seen.append(pane.display)
            assert seen == [True, False, True]
            pane.focus_text()
            await chat.pilot.press("f2")
            assert chat.prompt.has_focus
            await chat.pilot.press("f2")
            await chat.pilot.resize_terminal(99, 36)
            await chat.wait_until(lambda: not pane.display)
            await chat.pilot.resize_terminal(100, 36)
            await chat.wait_until(lambda: pane.display)

    asyncio.run(scenario())


def test_keys_move_the_cursor_between_cards_and_the_source_follows(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            first = await chat.ask(ANSWERABLE)
            second = await chat.ask(UNANSWERABLE)
            assert chat.prompt.has_focus
            for enter in ("escape", "up"):
                await chat.pilot.press(enter)
                assert second.has_focus
                await chat.pilot.press("escape")
                assert chat.prompt.has_focus
            await chat.pilot.press("escape")
            for key, card in (("up", first), ("up", first), ("down", second), ("k", first), ("j", second)):
                await chat.pilot.press(key)
                assert card.has_focus
            for key, card in (("home", first), ("end", second), ("home", first)):
                await chat.pilot.press(key)
                assert card.has_focus
            await chat.wait_until(lambda: painted_lit(source_text(chat)) == ["Okay"])
            await chat.pilot.press("down", "down")
            assert chat.prompt.has_focus

    asyncio.run(scenario())


def test_typing_goes_to_the_prompt_after_a_click_and_from_anywhere(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            first = await chat.ask(ANSWERABLE)
            await chat.ask(UNANSWERABLE)
            await chat.wait_until(lambda: painted_lit(source_text(chat)) == [])
            await chat.pilot.click(first)
            await chat.wait_until(lambda: painted_lit(source_text(chat)) == ["Okay"])
            assert chat.prompt.has_focus
            assert first.has_class("-current")
            await chat.pilot.click(LitText)
            await chat.pilot.press(*"price of oil?")
            assert chat.prompt.text == "price of oil?"
            assert not first.is_pinned
            assert len(chat.cards) == 2
            chat.prompt.text = ""
            await chat.pilot.press("escape", "w", "h")
            assert (chat.prompt.text, chat.prompt.has_focus) == ("wh", True)

    asyncio.run(scenario())


def test_narrow_source_takes_the_place_of_the_transcript_until_escape(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles), size=(60, 18)) as chat:
            card = await chat.ask(ANSWERABLE)
            card.focus()
            await chat.pilot.press("enter")
            await chat.pilot.pause()
            assert (chat.screen.has_source, card.is_on_screen) == (True, False)
            assert painted_lit(source_text(chat)) == ["Okay"]
            assert chat.screen.query_one(SourcePane).has_focus_within
            await chat.pilot.press("escape")
            await chat.pilot.pause()
            assert (chat.screen.has_source, card.is_on_screen, chat.prompt.has_focus) == (False, True, True)

    asyncio.run(scenario())


def test_prompt_grows_and_enter_asks(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            assert chat.prompt.size.height == 1
            await chat.pilot.press(*"who met", "ctrl+j", *"the envoy in Ankara?")
            await chat.wait_until(lambda: chat.prompt.size.height == 2)
            assert chat.prompt.text == "who met\nthe envoy in Ankara?"
            await chat.pilot.press("enter")
            await chat.wait_until(lambda: bool(chat.cards) and not chat.cards[0].is_waiting)
            assert read_card(chat.cards[0])[:2] == [ANSWERABLE, "Okay"]
            assert chat.prompt.text == ""
            await chat.pilot.press("enter")
            assert len(chat.cards) == 1

    asyncio.run(scenario())


def test_history_comes_back_with_up_and_down_and_by_search(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            await chat.ask(ANSWERABLE)
            await chat.ask(UNANSWERABLE)
            await chat.pilot.press(*"draft")
            for key, text in (
                ("up", UNANSWERABLE),
                ("up", ANSWERABLE),
                ("up", ANSWERABLE),
                ("down", UNANSWERABLE),
                ("down", "draft"),
                ("down", "draft"),
            ):
                await chat.pilot.press(key)
                assert chat.prompt.text == text
            await chat.pilot.press("ctrl+r", *"Whom ANK")
            await chat.pilot.press("enter")
            assert (chat.prompt.text, chat.prompt.has_focus) == (ANSWERABLE, True)
            await chat.pilot.press("ctrl+r", "down", "enter")
            assert chat.prompt.text == ANSWERABLE
            await chat.pilot.press("ctrl+r", *"nothing like it", "enter", "escape")
            assert chat.prompt.text == ANSWERABLE

    asyncio.run(scenario())


def test_lit_words_differ_by_more_than_colour_in_every_theme(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            card = await chat.ask(ANSWERABLE)
            for theme in sorted(chat.app.available_themes):
                chat.app.theme = theme
                await chat.pilot.pause()
                [words] = [s for s in card.query(LitText)[0].render_line(0) if s.style is not None and s.style.bold]
                assert words.text == "Okay", theme
                assert words.style is not None
                assert words.style.color != words.style.bgcolor, theme
                [here] = {s.text for s in source_text(chat).render_line(0) if s.style is not None and s.style.bold}
                assert here == "Okay", theme
                assert painted_bar(chat) == [0, 1, 2], theme

    asyncio.run(scenario())


def test_no_color_underlines_the_words(articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            lit = (await chat.ask(ANSWERABLE)).query(LitText)[0]
            assert painted_with(lit, lambda style: bool(style.underline and style.bold)) == ["Okay"]

    asyncio.run(scenario())


def test_selected_text_is_copied_as_the_file_has_it(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    words = "ankara " * 30
    text = f"A\tdrone\x07 of Zoltan\u2028fell {words}\nand “then” \U0001f600 more ankara.\n"
    (folder / "a.txt").write_text(text, encoding="utf-8")

    async def scenario() -> None:
        async with open_chat(make_factory(folder)) as chat:
            await chat.ask("ankara?")
            shown = source_text(chat)
            shown.text_select_all()
            await chat.pilot.pause()
            assert chat.screen.get_selected_text() == text.rstrip("\n")
            assert len(painted(shown).splitlines()) > 3

    asyncio.run(scenario())


class Panic(BaseException):
    """As a library in Rust raises it: no Exception."""


@pytest.mark.parametrize("error", [ConfigError("there is no such folder"), ZeroDivisionError(), Panic()])
def test_without_an_assistant_the_chat_ends_with_the_error(error: BaseException, tmp_path: Path) -> None:
    def open_assistant(on_progress: Callable[..., None]) -> None:
        raise error

    async def scenario() -> None:
        async with open_chat(open_assistant) as chat:  # type: ignore[arg-type]
            async with asyncio.timeout(20):
                while chat.app.return_value is None:
                    await asyncio.sleep(0.01)
            assert chat.app.return_value is error

    asyncio.run(scenario())


@pytest.mark.parametrize("fault", [ZeroDivisionError(), Panic()])
def test_a_fault_while_answering_ends_the_chat_with_it(articles: Path, fault: BaseException) -> None:
    class Faulty(FakeReader):
        def read(self, question: str, passages: Sequence[tuple[Document, Passage]]) -> list[list[Reading]]:
            raise fault

    async def scenario() -> None:
        async with open_chat(make_factory(articles, reader=Faulty())) as chat:
            await chat.enter(ANSWERABLE)
            async with asyncio.timeout(20):
                while chat.app.return_value is None:
                    await asyncio.sleep(0.01)
            assert chat.app.return_value is fault

    asyncio.run(scenario())


def test_quitting_does_not_wait_for_a_long_question(articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen_module, "CLOSING_SECONDS", 0.05)
    reading_now, gate = threading.Event(), threading.Event()

    class Slow(FakeReader):
        def read(self, question: str, passages: Sequence[tuple[Document, Passage]]) -> list[list[Reading]]:
            reading_now.set()
            assert gate.wait(20)
            return super().read(question, passages)

    async def scenario() -> threading.Thread:
        async with open_chat(make_factory(articles, reader=Slow())) as chat:
            await chat.enter(ANSWERABLE)
            await chat.wait_until(reading_now.is_set)
            [thread] = [thread for thread in threading.enumerate() if thread.name == "askbrief-assistant"]
            await chat.pilot.press("ctrl+q")
        assert thread.is_alive()
        assert thread.daemon
        return thread

    thread = asyncio.run(scenario())
    gate.set()
    thread.join(20)
    assert not thread.is_alive()


def test_chat_needs_a_terminal() -> None:
    result = CliRunner().invoke(cli.commands, ["chat"])
    assert isinstance(result.exception, AskbriefError)
    assert result.exception.message == "the chat needs a terminal"
    assert "askbrief ask" in result.exception.hint


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], (False, None)),
        (["chat"], (False, None)),
        (["chat", "--inline", "--resume", "7"], (True, 7)),
        (["chat", "--resume"], (False, 0)),
    ],
)
def test_on_a_terminal_no_command_is_the_chat(
    arguments: list[str], expected: tuple[bool, int | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[tuple[bool, int | None]] = []

    def run(app: ChatApp, *, inline: bool) -> None:
        ran.append((inline, app._resume))

    for module in (chatting, streams):
        monkeypatch.setattr(module, "has_terminal", lambda: True)
    monkeypatch.setattr(ChatApp, "run", run)
    assert cli.run(arguments) == 0
    assert ran == [expected]


def test_the_thread_of_the_screen_loads_no_index_and_no_model() -> None:
    heavy = ("torch", "transformers", "sentence_transformers", "faiss", "onnxruntime", "tantivy", "numpy", "sqlite3")
    code = f"import sys, askbrief.tui.app; print([name for name in {heavy!r} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
