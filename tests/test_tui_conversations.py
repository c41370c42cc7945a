"""Conversations in the chat: saved as they grow, resumed, searched, exported, deleted, and longer than what is held."""

from __future__ import annotations

import asyncio
import gc
import json
from pathlib import Path

import pytest
from chat import ANSWERABLE, UNANSWERABLE, Chat, make_factory, open_chat, read_card
from textual.widgets import Input, OptionList, Static
from textual.widgets._footer import FooterKey

from askbrief.conversations.saved import Conversations
from askbrief.tui import archive as archive_module
from askbrief.tui import transcript as transcript_module
from askbrief.tui.card import Card
from askbrief.tui.saved import SavedScreen
from askbrief.tui.transcript import Transcript
from askbrief.tui.welcome import Suggestion, Welcome
from askbrief.types import Answer, Freshness

pytestmark = pytest.mark.usefixtures("only_margins")


def make_answer(question: str) -> Answer:
    return Answer(question, question, (), (), 0.0, None, Freshness(1, 2, 2))


def save_questions(data: Path, folder: Path, questions: list[str]) -> int:
    """A saved conversation, each question of which has no answer; returns its number."""
    with Conversations(data) as saved:
        number = saved.begin(folder, make_answer(questions[0])).conversation_id
        for question in questions[1:]:
            saved.append(number, make_answer(question))
    return number


async def open_list(chat: Chat) -> OptionList:
    """Opens the list of conversations and waits for it."""
    await chat.pilot.press("ctrl+o")
    await chat.wait_until(lambda: isinstance(chat.app.screen, SavedScreen))
    options = chat.app.screen.query_one(OptionList)
    await chat.wait_until(lambda: options.option_count > 0)
    return options


def hint(chat: Chat) -> str:
    """What a dialog says at its end; '' before there is one."""
    return "".join(str(found.render()) for found in chat.app.screen.query(".dialog .hint").results(Static))


def is_in_view(card: Card) -> bool:
    assert card.parent is not None
    return card.region in card.parent.region  # type: ignore[attr-defined]


def questions_of(chat: Chat) -> list[str]:
    return [card.question for card in chat.cards]


def test_a_conversation_is_saved_and_resumed_with_its_pin(articles: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"

    async def first() -> None:
        async with open_chat(make_factory(articles), data=data) as chat:
            await chat.ask(ANSWERABLE)
            card = await chat.ask(UNANSWERABLE)
            await chat.wait_until(lambda: card.entry_id is not None)
            await chat.pilot.press("escape", "p")
            await chat.wait_until(lambda: card.is_pinned)
            assert read_card(card)[0] == f"★ {UNANSWERABLE}"
            await chat.pilot.press("p")
            await chat.wait_until(lambda: not card.is_pinned)
            await chat.pilot.press("p")
            await chat.wait_until(lambda: card.is_pinned)

    async def second() -> None:
        async with open_chat(make_factory(articles), data=data) as chat:
            await chat.wait_until(lambda: chat.prompt.past.questions == [UNANSWERABLE, ANSWERABLE])
            await chat.pilot.press("up")
            assert chat.prompt.text == UNANSWERABLE
            chat.prompt.text = ""
            options = await open_list(chat)
            assert str(options.get_option_at_index(0).prompt).split()[3:] == ["2", *ANSWERABLE.split()]
            await chat.pilot.press("enter")
            await chat.wait_until(lambda: len(chat.cards) == 2)
            assert read_card(chat.cards[0])[:2] == [ANSWERABLE, "Okay"]
            assert read_card(chat.cards[1])[:2] == [
                f"★ {UNANSWERABLE}",
                "≈ No short answer found. The closest passages:",
            ]
            chat.cards[0].focus()
            await chat.wait_until(lambda: chat.source_head.startswith("The envoy met Okay Memis in Ankara. line 1"))
            await chat.ask("baghdad?")
            await chat.wait_until(lambda: chat.cards[-1].entry_id is not None)

    asyncio.run(first())
    asyncio.run(second())
    with Conversations(data) as saved:
        [conversation] = saved.list_conversations()
        assert [e.answer.question for e in saved.iter_entries(conversation.id)] == [
            ANSWERABLE,
            UNANSWERABLE,
            "baghdad?",
        ]
        assert conversation.folder == str(articles.resolve())


def test_an_article_that_changed_since_is_said_to_be_gone(articles: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"

    async def first() -> None:
        async with open_chat(make_factory(articles), data=data) as chat:
            await chat.ask(ANSWERABLE)
            await chat.wait_until(lambda: chat.cards[0].entry_id is not None)

    async def second() -> None:
        async with open_chat(make_factory(articles), data=data, resume=1) as chat:
            await chat.wait_until(lambda: len(chat.cards) == 1)
            await chat.wait_until(lambda: "up to date" in chat.status)
            chat.cards[0].focus()
            await chat.wait_until(lambda: "no longer in the index" in chat.source_head)
            assert read_card(chat.cards[0])[1] == "Okay"

    asyncio.run(first())
    (articles / "a.txt").write_text("Something else about ankara.", encoding="utf-8")
    asyncio.run(second())


def test_searching_all_conversations_goes_to_the_question(articles: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    save_questions(data, articles, [f"old question {n}?" for n in range(40)])
    save_questions(data, articles, ["a newer one?"])

    async def scenario() -> None:
        async with open_chat(make_factory(articles), data=data) as chat:
            options = await open_list(chat)
            assert options.option_count == 2
            chat.app.screen.query_one(Input).value = "question 30"
            await chat.wait_until(
                lambda: options.option_count == 1 and "30" in str(options.get_option_at_index(0).prompt)
            )
            await chat.pilot.press("enter")
            await chat.wait_until(lambda: bool(chat.cards))
            assert questions_of(chat) == [f"old question {n}?" for n in range(6, 31)]
            assert chat.cards[-1].has_focus
            await chat.pilot.press("down")
            await chat.wait_until(lambda: len(chat.cards) == 34)
            assert questions_of(chat)[-1] == "old question 39?"
            assert chat.screen.focused is chat.cards[25]

    asyncio.run(scenario())


def test_nothing_found(articles: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles), data=tmp_path) as chat:
            await chat.pilot.press("ctrl+o")
            await chat.wait_until(lambda: hint(chat) == "Nothing was asked yet.")
            await chat.pilot.press("z", "enter", "ctrl+x", "ctrl+s")
            await chat.wait_until(lambda: hint(chat) == "Nothing found.")
            await chat.pilot.press("escape")
            assert chat.app.screen is chat.screen

    asyncio.run(scenario())


def test_deleting_takes_two_presses(articles: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    for name in ("one", "two", "three"):
        save_questions(data, articles, [f"{name}?"])

    async def scenario() -> None:
        async with open_chat(make_factory(articles), data=data, resume=2) as chat:
            await chat.wait_until(lambda: questions_of(chat) == ["two?"])
            options = await open_list(chat)
            await chat.pilot.press("ctrl+x")
            await chat.wait_until(lambda: "again to delete" in hint(chat))
            await chat.pilot.press("down", "ctrl+x")
            await chat.pilot.pause()
            assert options.option_count == 3
            await chat.pilot.press("ctrl+x")
            await chat.wait_until(lambda: options.option_count == 2)
            assert [str(o.prompt).split()[-1] for o in options.options] == ["three?", "one?"]
            await chat.pilot.press("escape")
            await chat.wait_until(lambda: chat.cards == [])
            assert chat.screen.query_one(Welcome).display

    asyncio.run(scenario())
    with Conversations(data) as saved:
        assert [conversation.title for conversation in saved.list_conversations()] == ["three?", "one?"]


def test_exporting_never_overwrites(articles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    async def scenario() -> None:
        async with open_chat(make_factory(articles), data=tmp_path / "data") as chat:
            chat.screen.action_export("markdown")
            await chat.wait_until(lambda: len(chat.toasts) == 1)
            assert chat.toasts == ["Nothing was asked yet in this conversation. Ask a question first."]
            await chat.ask(ANSWERABLE)
            await chat.wait_until(lambda: chat.cards[0].entry_id is not None)
            chat.screen.action_export("markdown")
            await chat.wait_until(lambda: len(chat.toasts) == 2)
            assert chat.toasts[1] == f"Saved as {tmp_path}/askbrief-conversation-1.md"
            await open_list(chat)
            await chat.pilot.press("ctrl+s")
            await chat.wait_until(lambda: hint(chat).startswith("Saved as"))
            await chat.pilot.press("ctrl+t")
            await chat.wait_until(lambda: hint(chat).endswith(".jsonl"))

    asyncio.run(scenario())
    first, second = (tmp_path / f"askbrief-conversation-1{n}.md" for n in ("", "-2"))
    assert first.read_text(encoding="utf-8") == second.read_text(encoding="utf-8")
    assert "> The envoy met **Okay** Memis in Ankara." in first.read_text(encoding="utf-8")
    [line] = (tmp_path / "askbrief-conversation-1.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["answers"][0]["text"] == "Okay"


def test_exporting_where_nothing_can_be_written(
    articles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    monkeypatch.setattr(Path, "cwd", lambda: gone / "not there")

    async def scenario() -> None:
        async with open_chat(make_factory(articles), data=tmp_path / "data") as chat:
            await chat.ask(ANSWERABLE)
            await chat.wait_until(lambda: chat.cards[0].entry_id is not None)
            chat.screen.action_export("json")
            await chat.wait_until(lambda: bool(chat.toasts))
            assert "cannot be written: No such file or directory" in chat.toasts[0]

    asyncio.run(scenario())


def test_nothing_is_saved_where_the_folder_says_so(articles: Path, tmp_path: Path) -> None:
    (articles.parent / "askbrief.toml").write_text(f'articles = "{articles.name}"\nhistory = false\n')
    data = tmp_path / "data"

    async def use() -> None:
        async with open_chat(make_factory(articles.parent), data=data) as chat:
            card = await chat.ask(ANSWERABLE)
            await chat.pilot.press("escape", "p")
            await chat.wait_until(lambda: "cannot be pinned" in "".join(n.message for n in chat.app._notifications))
            assert card.entry_id is None

    asyncio.run(use())
    with Conversations(data) as saved:
        assert saved.list_conversations(articles.parent) == []


def test_a_new_conversation_begins_empty(articles: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles), data=tmp_path) as chat:
            await chat.ask(ANSWERABLE)
            await chat.wait_until(lambda: chat.cards[0].entry_id is not None)
            await chat.pilot.press("ctrl+n")
            await chat.wait_until(lambda: not chat.cards)
            assert chat.screen.query_one(Welcome).display
            await chat.ask(UNANSWERABLE)
            await chat.wait_until(lambda: chat.cards[0].entry_id is not None)

    asyncio.run(scenario())
    with Conversations(tmp_path) as saved:
        assert [c.title for c in saved.list_conversations()] == [UNANSWERABLE, ANSWERABLE]


def test_questions_can_be_asked_when_nothing_can_be_saved(articles: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.write_text("a file, not a folder", encoding="utf-8")

    async def scenario() -> None:
        async with open_chat(make_factory(articles), data=data) as chat:
            assert read_card(await chat.ask(ANSWERABLE))[1] == "Okay"
            await chat.wait_until(lambda: bool(chat.toasts))
            assert "Conversations cannot be saved" in chat.toasts[0]
            chat.cards[0].focus()
            await chat.pilot.press("p")
            await chat.wait_until(lambda: "The question is not saved, so it cannot be pinned." in chat.toasts)
            await chat.pilot.press("ctrl+o")
            await chat.wait_until(lambda: "cannot be saved" in hint(chat))

    asyncio.run(scenario())


def test_a_conversation_deleted_elsewhere_is_begun_anew(articles: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles), data=tmp_path) as chat:
            await chat.ask(ANSWERABLE)
            await chat.wait_until(lambda: chat.cards[0].entry_id is not None)
            with Conversations(tmp_path) as saved:
                saved.delete(1)
            await chat.ask(UNANSWERABLE)
            await chat.wait_until(lambda: chat.cards[1].entry_id is not None)

    asyncio.run(scenario())
    with Conversations(tmp_path) as saved:
        assert [c.title for c in saved.list_conversations()] == [UNANSWERABLE]


def test_a_card_brought_into_view_ends_a_scrolling_to_elsewhere(articles: Path, tmp_path: Path) -> None:
    number = save_questions(tmp_path, articles, [f"q{n}?" for n in range(12)])

    async def scenario() -> None:
        async with open_chat(make_factory(articles), data=tmp_path, size=(60, 18), resume=number) as chat:
            await chat.wait_until(lambda: len(chat.cards) == 12 and is_in_view(chat.cards[-1]))
            transcript = chat.screen.query_one(Transcript)
            transcript.scroll_to(y=0, duration=0.2, immediate=True)
            transcript.bring_into_view(chat.cards[-1])
            await chat.pilot.pause(0.6)
            assert is_in_view(chat.cards[-1])
            transcript.bring_into_view(chat.cards[0])
            await chat.wait_until(lambda: is_in_view(chat.cards[0]))

    asyncio.run(scenario())


def test_a_long_conversation_is_held_in_part_and_read_from_disk_on_the_way(
    articles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcript_module, "MAX_CARDS", 12)
    monkeypatch.setattr(archive_module, "PAGE", 5)
    number = save_questions(tmp_path, articles, [f"q{n}?" for n in range(30)])

    async def scenario() -> None:
        async with open_chat(make_factory(articles), data=tmp_path, size=(60, 18), resume=number) as chat:
            await chat.wait_until(lambda: questions_of(chat) == [f"q{n}?" for n in range(25, 30)])
            transcript = chat.screen.query_one("ConversationView")
            assert transcript.query_one("#earlier").display
            for first in (20, 15, 10, 5, 0):
                chat.cards[0].focus()
                await chat.pilot.press("up")
                await chat.wait_until(lambda first=first: chat.cards[0].question == f"q{first}?")  # type: ignore[misc]
                await chat.wait_until(lambda: chat.screen.focused is chat.cards[4])
                assert len(chat.cards) <= 12
                await chat.wait_until(lambda: is_in_view(chat.cards[4]))
            assert questions_of(chat) == [f"q{n}?" for n in range(12)]
            assert not transcript.query_one("#earlier").display
            assert transcript.query_one("#later").display

            chat.cards[-1].focus()
            await chat.pilot.press("down")
            await chat.wait_until(lambda: questions_of(chat) == [f"q{n}?" for n in range(5, 17)])
            await chat.wait_until(lambda: chat.screen.focused is chat.cards[7])
            await chat.wait_until(lambda: is_in_view(chat.cards[7]))
            transcript.scroll_home(animate=False)
            await chat.pilot.pause()
            await chat.pilot.click("#earlier")
            await chat.wait_until(lambda: questions_of(chat) == [f"q{n}?" for n in range(12)])

            await chat.ask(ANSWERABLE)
            assert questions_of(chat) == [*(f"q{n}?" for n in range(25, 30)), ANSWERABLE]
            for _ in range(9):
                await chat.ask(UNANSWERABLE)
            await chat.wait_until(lambda: all(card.entry_id for card in chat.cards))
            await chat.ask(UNANSWERABLE)
            assert len(chat.cards) == 12
            assert len(chat.screen.query("Card")) == 12
            assert transcript.query_one("#earlier").display

    asyncio.run(scenario())


def test_suggestions_are_questions_that_the_articles_answer(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.txt").write_text(
        "Zoltan Kovacs met the drone pilots in ankara. They talked. Nothing was agreed there.", encoding="utf-8"
    )

    async def scenario() -> None:
        async with open_chat(make_factory(folder)) as chat:
            await chat.wait_until(lambda: bool(chat.screen.query(Suggestion)))
            [suggestion] = chat.screen.query(Suggestion)
            assert suggestion.question == "Who met the drone pilots in ankara?"
            await chat.pilot.press("escape")
            assert suggestion.has_focus
            await chat.pilot.press("e")
            assert (chat.prompt.text, chat.prompt.has_focus) == (suggestion.question, True)
            chat.prompt.text = ""
            await chat.pilot.press("escape", "enter")
            await chat.wait_until(lambda: bool(chat.cards) and not chat.cards[0].is_waiting)
            assert read_card(chat.cards[0])[:2] == [suggestion.question, "Zoltan"]
            assert not chat.screen.query_one(Welcome).display

    asyncio.run(scenario())


def count_keys() -> int:
    """The keys of footers that are in memory."""
    gc.collect()
    return sum(type(thing) is FooterKey for thing in gc.get_objects())


def test_keys_that_are_shown_no_longer_are_forgotten(articles: Path) -> None:
    async def run() -> None:
        async with open_chat(make_factory(articles)) as chat:
            await chat.ask(ANSWERABLE)
            before = count_keys()  # those of other apps too
            for _ in range(8):
                await chat.pilot.press("escape")
                await chat.pilot.pause()
            assert count_keys() <= before + len(chat.app.screen.query(FooterKey))

    asyncio.run(run())
