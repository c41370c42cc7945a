"""The chat beside a folder that changes: what is told and answered meanwhile, and what happens when things fail."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from chat import ANSWERABLE, WAIT_SECONDS, Chat, make_factory, open_chat, painted_lit, read_card
from conftest import FakeEncoder, FakeReader
from numpy.typing import NDArray

from askbrief import assistant as assistant_module
from askbrief.assistant import Assistant
from askbrief.errors import ModelError
from askbrief.tui import refresher, worker
from askbrief.tui import screen as screen_module
from askbrief.tui.conversation import LAST
from askbrief.tui.dialogs import TextScreen
from askbrief.tui.lit import LitText
from askbrief.tui.parts import STALE
from askbrief.tui.refresher import AssistantFactory
from askbrief.types import Document, Passage, Progress, Reading, Span

pytestmark = pytest.mark.usefixtures("only_margins")

UP_TO_DATE = "2 articles, up to date"


class GatedEncoder(FakeEncoder):
    """Stands still at passages that name a gate, until it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.has_begun = threading.Event(), threading.Event()

    def encode_passages(self, texts: Sequence[str]) -> Iterator[NDArray[np.float32]]:
        for text in texts:
            if "gate" in text:
                self.has_begun.set()
                assert self.gate.wait(WAIT_SECONDS)
            yield self.encode_question(text)


class GatedReader(FakeReader):
    """Reads nothing before the gate is opened."""

    def __init__(self) -> None:
        self.gate, self.has_begun = threading.Event(), threading.Event()

    def read(self, question: str, passages: Sequence[tuple[Document, Passage]]) -> list[list[Reading]]:
        self.has_begun.set()
        assert self.gate.wait(WAIT_SECONDS)
        return super().read(question, passages)


def open_with(encoder: FakeEncoder, folder: Path, *, reader: FakeReader | None = None) -> AssistantFactory:
    def open_assistant(on_progress: Callable[[Progress], None]) -> Assistant:
        return Assistant.open(folder, encoder=encoder, reader=reader or FakeReader(), on_progress=on_progress)

    return open_assistant


def open_unloaded(folder: Path) -> AssistantFactory:
    """Opens ``folder`` with models that are loaded when they are needed."""
    return lambda on_progress: Assistant.open(folder, on_progress=on_progress)


@pytest.fixture
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is looked at all the time."""
    monkeypatch.setattr(refresher, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(refresher, "_POLL_FACTOR", 1)


async def wait_for_toast(chat: Chat, text: str) -> None:
    await chat.wait_until(lambda: text in chat.toasts)


@pytest.mark.usefixtures("quick_looks")
def test_a_change_in_the_folder_is_told_without_being_asked_for(articles: Path) -> None:
    file = articles / "c.txt"

    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            await chat.wait_until(lambda: chat.status == UP_TO_DATE)
            assert chat.toasts == []
            file.write_text("The envoy met Zoltan in Ankara.", encoding="utf-8")
            await wait_for_toast(chat, "Added: c.txt")
            assert chat.status == "3 articles, up to date"
            file.write_text("The envoy met Xaver in Ankara.", encoding="utf-8")
            await wait_for_toast(chat, "Changed: c.txt")
            (articles / "a.txt").unlink()
            await wait_for_toast(chat, "Removed: a.txt")
            assert read_card(await chat.ask(ANSWERABLE))[1] == "Xaver"

    asyncio.run(scenario())


def test_questions_are_answered_while_the_folder_is_read(articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PATIENCE_SECONDS", 0.05)
    encoder = GatedEncoder()

    async def scenario() -> None:
        async with open_chat(open_with(encoder, articles)) as chat:
            await chat.wait_until(lambda: chat.status == UP_TO_DATE)
            (articles / "c.txt").write_text("A gate in Baghdad.", encoding="utf-8")
            await chat.pilot.press("f5")
            await chat.wait_until(encoder.has_begun.is_set)
            card = await chat.ask(ANSWERABLE)
            assert read_card(card)[1] == "Okay"
            assert read_card(card)[-1] == STALE
            assert "2 articles" in chat.status
            assert "up to date" not in chat.status
            encoder.gate.set()
            await wait_for_toast(chat, "Added: c.txt")
            await chat.wait_until(lambda: chat.status == "3 articles, up to date")
            monkeypatch.setattr(worker, "PATIENCE_SECONDS", WAIT_SECONDS)  # nothing keeps the folder from being read
            card.focus()
            await chat.pilot.press("r")
            await chat.wait_until(lambda: len(chat.cards) == 2 and not chat.cards[1].is_waiting)
            assert STALE not in read_card(chat.cards[1])

    asyncio.run(scenario())


def test_questions_wait_for_the_models_in_their_order(articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()

    def load(*_: object, **__: object) -> FakeEncoder:
        assert gate.wait(WAIT_SECONDS)
        return FakeEncoder()

    monkeypatch.setattr(assistant_module, "load_encoder", load)
    monkeypatch.setattr(assistant_module, "load_reader", lambda *_, **__: FakeReader())
    monkeypatch.setattr(assistant_module, "load_second_look", lambda *_, **__: None)

    async def scenario() -> None:
        async with open_chat(open_unloaded(articles)) as chat:
            await chat.enter(ANSWERABLE)
            await chat.enter("what opens in May?")
            await chat.pilot.press(*"and")
            assert chat.prompt.text == "and"
            assert [card.is_waiting for card in chat.cards] == [True, True]
            assert "2 questions waiting" in chat.status
            gate.set()
            await chat.wait_until(lambda: not any(card.is_waiting for card in chat.cards))
            assert [read_card(card)[:2] for card in chat.cards] == [
                [ANSWERABLE, "Okay"],
                ["what opens in May?", "Trains"],
            ]
            assert "waiting" not in chat.status
            assert chat.prompt.text == "and"

    asyncio.run(scenario())


def test_a_missing_model_is_said_and_tried_again(articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    is_there = threading.Event()

    def load(*_: object, **__: object) -> FakeEncoder:
        if not is_there.is_set():
            raise ModelError("the encoder is missing", hint="Install it again.")
        return FakeEncoder()

    monkeypatch.setattr(assistant_module, "load_encoder", load)
    monkeypatch.setattr(assistant_module, "load_reader", lambda *_, **__: FakeReader())
    monkeypatch.setattr(assistant_module, "load_second_look", lambda *_, **__: None)

    async def scenario() -> None:
        async with open_chat(open_unloaded(articles)) as chat:
            card = await chat.ask(ANSWERABLE)
            assert read_card(card)[1:] == ["✗ The encoder is missing.", "Install it again."]
            assert chat.prompt.text == ANSWERABLE
            assert chat.status == "The encoder is missing. Install it again."
            assert chat.toasts == []
            is_there.set()
            assert read_card(await chat.ask(ANSWERABLE))[1] == "Okay"
            await chat.wait_until(lambda: chat.status == UP_TO_DATE)

    asyncio.run(scenario())


def test_an_index_damaged_meanwhile_is_made_anew(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            assert read_card(await chat.ask(ANSWERABLE))[1] == "Okay"
            for file in (articles / ".askbrief").rglob("*"):
                if file.is_file() and not file.name.endswith("lock"):
                    # Cutting a file short that another thread has mapped into memory would end the process (SIGBUS).
                    with open(file, "r+b") as stream:
                        stream.write((b"damaged" * 1000)[: file.stat().st_size])
            assert read_card(await chat.ask(ANSWERABLE))[1] == "Okay"
            await chat.wait_until(lambda: any("damaged" in toast for toast in chat.toasts))
            await chat.wait_until(lambda: chat.status == UP_TO_DATE)

    asyncio.run(scenario())


@pytest.mark.usefixtures("quick_looks")
def test_a_folder_that_vanishes_is_said_and_welcomed_back(
    articles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "PATIENCE_SECONDS", WAIT_SECONDS)  # a slow machine answers as the folder is now, too
    elsewhere = tmp_path / "elsewhere"

    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            assert read_card(await chat.ask(ANSWERABLE))[1] == "Okay"
            shutil.move(articles, elsewhere)
            card = await chat.ask(ANSWERABLE)
            assert read_card(card)[1].startswith("✗ ")
            assert str(articles) in "".join(read_card(card)[1].split())
            assert chat.prompt.text == ANSWERABLE
            shutil.move(elsewhere, articles)
            await chat.wait_until(lambda: chat.status == UP_TO_DATE)
            assert read_card(await chat.ask(ANSWERABLE))[1] == "Okay"

    asyncio.run(scenario())


def test_quitting_while_the_folder_is_read_keeps_the_index(articles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen_module, "CLOSING_SECONDS", 0.05)
    encoder = GatedEncoder()

    async def scenario() -> threading.Thread:
        async with open_chat(open_with(encoder, articles)) as chat:
            await chat.wait_until(lambda: chat.status == UP_TO_DATE)
            (articles / "c.txt").write_text("A gate in Baghdad.", encoding="utf-8")
            await chat.pilot.press("f5")
            await chat.wait_until(encoder.has_begun.is_set)
            [thread] = [thread for thread in threading.enumerate() if thread.name == "askbrief-refresher"]
            await chat.pilot.press("ctrl+q")
        return thread

    thread = asyncio.run(scenario())
    encoder.gate.set()
    thread.join(WAIT_SECONDS)
    assert not thread.is_alive()
    with Assistant.open(articles, encoder=FakeEncoder(), reader=FakeReader()) as again:
        assert again.ask(ANSWERABLE, refresh=False).text == "Okay"
        assert again.ask(ANSWERABLE).freshness.documents == 3


def test_resizing_while_an_answer_comes(articles: Path) -> None:
    reader = GatedReader()

    async def scenario() -> None:
        async with open_chat(make_factory(articles, reader=reader)) as chat:
            await chat.enter(ANSWERABLE)
            await chat.wait_until(reader.has_begun.is_set)
            await chat.pilot.resize_terminal(60, 18)
            await chat.wait_until(lambda: not chat.screen.has_source)
            assert chat.cards[0].is_waiting
            reader.gate.set()
            await chat.wait_until(lambda: not chat.cards[0].is_waiting)
            assert painted_lit(chat.cards[0].query(LitText)[0]) == ["Okay"]
            await chat.pilot.resize_terminal(160, 48)
            await chat.wait_until(lambda: chat.screen.has_source)
            assert painted_lit(chat.screen.source.query_one(LitText)) == ["Okay"]

    asyncio.run(scenario())


def test_an_explanation_of_an_earlier_answer_is_announced_until_it_is_there(articles: Path, tmp_path: Path) -> None:
    reader = GatedReader()
    reader.gate.set()

    async def first() -> None:
        async with open_chat(make_factory(articles), data=tmp_path / "data") as chat:
            await chat.ask(ANSWERABLE)
            await chat.wait_until(lambda: chat.cards[0].entry_id is not None)

    async def second() -> None:
        async with open_chat(make_factory(articles, reader=reader), data=tmp_path / "data", resume=LAST) as chat:
            await chat.wait_until(lambda: chat.status == UP_TO_DATE and bool(chat.cards))
            reader.gate.clear()
            await chat.pilot.press("escape", "x")
            await chat.wait_until(lambda: chat.status == f"{UP_TO_DATE} · explaining …")
            reader.gate.set()
            await chat.wait_until(lambda: isinstance(chat.app.screen, TextScreen))
            assert chat.status == UP_TO_DATE
            assert chat.toasts == []

    asyncio.run(first())
    asyncio.run(second())


def test_two_chats_share_a_folder(articles: Path) -> None:
    async def scenario(*, meet: asyncio.Barrier) -> None:
        async with open_chat(make_factory(articles)) as chat:
            await meet.wait()
            assert read_card(await chat.ask(ANSWERABLE))[1] == "Okay"
            await meet.wait()
            (articles / "c.txt").write_text("The envoy met Zoltan in Ankara.", encoding="utf-8")
            (articles / "a.txt").unlink(missing_ok=True)
            assert read_card(await chat.ask(ANSWERABLE))[1] == "Zoltan"
            await chat.wait_until(lambda: chat.status == UP_TO_DATE)

    async def both() -> None:
        meet = asyncio.Barrier(2)
        await asyncio.gather(scenario(meet=meet), scenario(meet=meet))

    asyncio.run(both())


def test_words_of_right_to_left_scripts_and_emoji_are_lit_exactly(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    words = "שלום עולם 👩\u200d🚀 e\u0301"
    text = f"In ankara 日本語 they said {words} – مرحبا – and left."
    (folder / "a.txt").write_text(text, encoding="utf-8")

    class Exact(FakeReader):
        def read(self, question: str, passages: Sequence[tuple[Document, Passage]]) -> list[list[Reading]]:
            start = text.index(words)
            return [[Reading(Span(start, start + len(words)), 5.0)] for _ in passages]

    async def scenario() -> None:
        async with open_chat(make_factory(folder, reader=Exact())) as chat:
            card = await chat.ask("ankara מה?")
            assert read_card(card)[:4] == ["ankara מה?", words, "strong ●", text]
            assert painted_lit(card.query_one(LitText)) == [words]
            assert painted_lit(chat.screen.source.query_one(LitText)) == [words]
            chat.screen.source.query_one(LitText).text_select_all()
            await chat.pilot.pause()
            assert chat.screen.get_selected_text() == text

    asyncio.run(scenario())
