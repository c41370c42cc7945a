from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from chat import Chat, make_factory, open_chat, painted, painted_lit, read_card
from click.testing import CliRunner
from conftest import FakeEncoder, FakeReader
from textual.containers import VerticalScroll

from askbrief import cli, reading
from askbrief.assistant import Assistant
from askbrief.datatypes import Document, Passage, Progress
from askbrief.errors import AskbriefError, ConfigError, QuestionError, StoreBusyError
from askbrief.reading import Reading
from askbrief.tui import screen as screen_module
from askbrief.tui.app import ChatApp
from askbrief.tui.lit import LitText
from askbrief.tui.source import SourcePane
from askbrief.tui.worker import AssistantFactory

ANSWERABLE = "the envoy met whom in Ankara?"
UNANSWERABLE = "the envoy okay memis ankara they trains baghdad may?"
SENTENCE = "The envoy met Okay Memis in Ankara."


@pytest.fixture(autouse=True)
def only_margins(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("CONFIDENCE_SLOPE", 1.0), ("CONFIDENCE_OFFSET", 0.0)):
        monkeypatch.setattr(reading, name, value)


def source_text(chat: Chat) -> LitText:
    return chat.screen.query_one(SourcePane).query_one(LitText)


def test_answer_shows_the_exact_words_and_lights_them(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            card = await chat.ask(ANSWERABLE)
            assert read_card(card) == [ANSWERABLE, "Okay", SENTENCE, "a.txt:1 · high confidence (99%)"]
            lit = card.query_one(LitText)
            assert painted_lit(lit) == ["Okay"]
            assert painted(lit).index("Okay") == SENTENCE.index("Okay")
            assert chat.status == "2 documents, 2 passages, nothing changed"

    asyncio.run(scenario())


def test_source_pane_shows_the_whole_article_with_the_same_characters_lit(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            await chat.ask(ANSWERABLE)
            assert painted(source_text(chat)) == (articles / "a.txt").read_text(encoding="utf-8").strip()
            assert painted_lit(source_text(chat)) == ["Okay"]

    asyncio.run(scenario())


def test_what_the_documents_do_not_say(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            card = await chat.ask(UNANSWERABLE)
            assert read_card(card)[1:4] == [
                "Not in these documents.",
                "The nearest passage:",
                f"{SENTENCE} They spoke about the drone.",
            ]
            assert read_card(card)[4] == "a.txt:1 · 0% likely to hold the answer"
            assert painted_lit(source_text(chat)) == [SENTENCE, "They spoke about the drone."]
            assert source_text(chat).find_lit_rows() == range(3)

    asyncio.run(scenario())


def test_question_asked_before_the_assistant_is_ready_is_answered_later(articles: Path) -> None:
    gate = threading.Event()

    def open_assistant(on_progress: Callable[[Progress], None]) -> Assistant:
        assert gate.wait(20)
        return make_factory(articles)(on_progress)

    async def scenario() -> None:
        async with open_chat(open_assistant) as chat:
            await chat.enter(ANSWERABLE)
            await chat.enter(UNANSWERABLE)
            assert [read_card(card)[1] for card in chat.cards] == ["…", "…"]
            assert chat.status == "Opening the index … · 2 questions waiting"
            gate.set()
            await chat.wait_until(lambda: not chat.screen.query(".waiting"))
            assert [read_card(card)[1] for card in chat.cards] == ["Okay", "Not in these documents."]

    asyncio.run(scenario())


def test_error_is_a_card_and_gives_the_question_back(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            card = await chat.ask("?!")
            assert read_card(card)[:2] == ["?!", "The question is empty."]
            assert chat.prompt.value == "?!"
            assert read_card(await chat.ask(ANSWERABLE))[1] == "Okay"

    asyncio.run(scenario())


def test_error_does_not_overwrite_what_is_typed_meanwhile(articles: Path) -> None:
    gate = threading.Event()

    class Failing(FakeReader):
        def read(self, question: str, passages: Sequence[tuple[Document, Passage]]) -> list[list[Reading]]:
            assert gate.wait(20)
            raise QuestionError("no [b]such[/b] thing", hint="Ask \x1banother.")

    async def scenario() -> None:
        async with open_chat(make_factory(articles, reader=Failing())) as chat:
            await chat.enter(ANSWERABLE)
            chat.prompt.value = "and then"
            gate.set()
            await chat.wait_until(lambda: bool(chat.screen.query(".error")))
            assert read_card(chat.cards[0])[1:] == ["No [b]such[/b] thing.", "Ask \ufffdanother."]
            assert chat.prompt.value == "and then"

    asyncio.run(scenario())


def test_failed_first_refresh_is_told_and_the_next_question_tries_again(articles: Path) -> None:
    class BusyOnce(Assistant):
        is_busy = True

        def update(self) -> object:  # type: ignore[override]
            if self.is_busy:
                self.is_busy = False
                raise StoreBusyError("another process is writing", hint="Wait.")
            return super().update()

    async def scenario() -> None:
        factory: AssistantFactory = lambda progress: BusyOnce.open(  # noqa: E731
            articles, encoder=FakeEncoder(), reader=FakeReader(), on_progress=progress
        )
        async with open_chat(factory) as chat:
            await chat.wait_until(lambda: bool(chat.cards))
            assert read_card(chat.cards[0]) == ["Another process is writing.", "Wait."]
            assert read_card(await chat.ask(ANSWERABLE))[1] == "Okay"

    asyncio.run(scenario())


@pytest.mark.parametrize("width", [60, 120])
def test_markup_and_control_characters_stay_text(tmp_path: Path, width: int) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    text = "A report: [bold red]Zoltan[/] \x1b[31mleft \U0001f469\u200d\U0001f680 e\u0301 “Ankara”\x07 [link=x]."
    (folder / "[b]a.txt").write_text(text, encoding="utf-8")

    async def scenario() -> None:
        async with open_chat(make_factory(folder), size=(width, 36)) as chat:
            card = await chat.ask("a report [i]who[/i] left ankara?")
            question, answer, sentence, source = read_card(card)
            assert question == "a report [i]who[/i] left ankara?"
            assert answer == "Zoltan"
            assert painted_lit(card.query_one(LitText)) == ["Zoltan"]
            assert " ".join(sentence.split()) == text.replace("\x1b", "\ufffd").replace("\x07", "\ufffd")
            assert source.startswith("[b]a.txt:1")
            await chat.pilot.press("escape", "shift+tab", *(["shift+tab"] if width >= 100 else []), "enter")
            await chat.pilot.pause()
            assert painted_lit(source_text(chat)) == ["Zoltan"]

    asyncio.run(scenario())


@pytest.mark.parametrize("size", [(20, 5), (60, 18), (160, 50)])
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


@pytest.mark.parametrize("size", [(60, 18), (120, 36)])
def test_source_pane_scrolls_to_the_words(tmp_path: Path, size: tuple[int, int]) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    before = "nothing is said of the drone here.\n\n" * 60
    (folder / "long.txt").write_text(f"{before}a drone of Zoltan fell in ankara.\n\n{before}", encoding="utf-8")

    async def scenario() -> None:
        async with open_chat(make_factory(folder), size=size) as chat:
            await chat.ask("ankara?")
            await chat.pilot.press("escape", "shift+tab", *(["shift+tab"] if size[0] >= 100 else []), "enter")
            await chat.pilot.pause()
            pane = chat.screen.query_one(SourcePane)
            scroll = pane.query_one(VerticalScroll)
            [row] = source_text(chat).find_lit_rows()
            assert row == 120
            assert abs(row - scroll.scroll_offset.y - scroll.size.height // 2) <= 1
            assert "a drone of Zoltan fell in ankara." in painted(source_text(chat)).splitlines()[row]

            chat.app.action_focus_previous()
            await chat.pilot.resize_terminal(size[0] + 20, size[1])
            await chat.pilot.pause(0.1)
            assert scroll.scroll_offset.y < row < scroll.scroll_offset.y + scroll.size.height

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


def test_keys_move_between_cards(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            first = await chat.ask(ANSWERABLE)
            second = await chat.ask(UNANSWERABLE)
            second.focus()
            await chat.pilot.press("up", "up")
            assert first.has_focus
            await chat.pilot.press("enter")
            await chat.pilot.pause()
            assert painted_lit(source_text(chat)) == ["Okay"]
            assert first.has_focus
            await chat.pilot.press("down")
            assert second.has_focus
            await chat.pilot.press("down")
            assert chat.prompt.has_focus
            first.focus()
            await chat.pilot.press("escape")
            assert chat.prompt.has_focus

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


def test_palette_offers_the_source_pane(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            commands = {command.title: command for command in chat.app.get_system_commands(chat.screen)}
            commands["Source"].callback()
            assert not chat.screen.has_source

    asyncio.run(scenario())


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark", "ansi-light"])
def test_lit_words_differ_by_more_than_colour(articles: Path, theme: str) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            chat.app.theme = theme
            lit = (await chat.ask(ANSWERABLE)).query_one(LitText)
            [words] = [s for s in lit.render_line(0) if s.style is not None and s.style.bold]
            assert words.text == "Okay"
            assert words.style is not None
            assert words.style.color != words.style.bgcolor

    asyncio.run(scenario())


def test_no_color_underlines_the_words(articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            lit = (await chat.ask(ANSWERABLE)).query_one(LitText)
            assert [s.text for s in lit.render_line(0) if s.style is not None and s.style.underline] == ["Okay"]

    asyncio.run(scenario())


def test_quitting_closes_the_assistant_in_its_own_thread(articles: Path) -> None:
    closed_in: list[str] = []

    class Watched(Assistant):
        def __exit__(self, *error: object) -> None:
            closed_in.append(threading.current_thread().name)
            super().__exit__(*error)

    async def scenario() -> None:
        factory: AssistantFactory = lambda progress: Watched.open(  # noqa: E731
            articles, encoder=FakeEncoder(), reader=FakeReader(), on_progress=progress
        )
        async with open_chat(factory) as chat:
            await chat.ask(ANSWERABLE)
            assert closed_in == []
            await chat.pilot.press("ctrl+q")
        assert closed_in == ["askbrief-assistant"]

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


def test_quitting_breaks_off_a_refresh(articles: Path) -> None:
    encoding, gate = threading.Event(), threading.Event()
    progress_seen: list[Progress] = []

    def open_assistant(on_progress: Callable[[Progress], None]) -> Assistant:
        def watch(progress: Progress) -> None:
            progress_seen.append(progress)
            encoding.set()
            assert gate.wait(20)
            on_progress(progress)

        return make_factory(articles)(watch)

    async def scenario() -> None:
        async with open_chat(open_assistant) as chat:
            await chat.wait_until(encoding.is_set)
            threading.Timer(0.2, gate.set).start()
            await chat.pilot.press("ctrl+q")
        assert len(progress_seen) == 1

    asyncio.run(scenario())


@pytest.mark.parametrize("error", [ConfigError("there is no such folder"), ZeroDivisionError()])
def test_without_an_assistant_the_chat_ends_with_the_error(error: Exception) -> None:
    def open_assistant(on_progress: Callable[[Progress], None]) -> Assistant:
        raise error

    async def scenario() -> None:
        app = ChatApp(open_assistant)
        async with app.run_test() as pilot:
            async with asyncio.timeout(20):
                while app.return_value is None:
                    await pilot.pause(0.01)
        assert app.return_value is error

    asyncio.run(scenario())


def test_chat_needs_a_terminal() -> None:
    result = CliRunner().invoke(cli.commands, ["chat"])
    assert isinstance(result.exception, AskbriefError)
    assert result.exception.message == "the chat needs a terminal"
    assert "askbrief ask" in result.exception.hint


def test_chat_loads_no_index_and_no_model_in_the_thread_of_the_screen() -> None:
    heavy = ("torch", "transformers", "sentence_transformers", "faiss", "onnxruntime", "tantivy", "numpy", "sqlite3")
    code = f"import sys, askbrief.tui.app; print([name for name in {heavy!r} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
