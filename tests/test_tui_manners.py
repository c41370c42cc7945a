"""What makes the chat easy to live with: what it shows and teaches, how it cites, opens, copies, exports, resumes."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from chat import ANSWERABLE, UNANSWERABLE, Chat, make_factory, open_chat, painted, painted_lit, painted_with, read_card
from rich.cells import cell_len
from textual.widgets import Input, OptionList, Static

from askbrief.conversations.origin import Origin, find_origin
from askbrief.conversations.quotes import Quote, quotes_as_bibtex, quotes_as_csl, quotes_as_csv
from askbrief.conversations.saved import Conversations
from askbrief.errors import AskbriefError, ConversationError
from askbrief.output.markdown import quotes_as_markdown
from askbrief.output.opening import build_editor_command, open_in_editor
from askbrief.tui import app as app_module
from askbrief.tui.basket import BasketScreen
from askbrief.tui.card import Card
from askbrief.tui.citation import build_citation, cut, cut_path, describe_range
from askbrief.tui.conversation import LAST
from askbrief.tui.highlights import find_asked, find_text
from askbrief.tui.keys import Keys
from askbrief.tui.lists import find_choices
from askbrief.tui.lit import LitText
from askbrief.tui.saved import SavedScreen
from askbrief.tui.starters import find_starter
from askbrief.tui.status import StatusLine
from askbrief.tui.welcome import Suggestion
from askbrief.types import AnswerSpan, Progress, Span

pytestmark = pytest.mark.usefixtures("only_margins")


@pytest.fixture
def dated(tmp_path: Path) -> Path:
    """A folder with three articles, two of them dated."""
    folder = tmp_path / "news"
    folder.mkdir()
    texts = {
        "old.md": "---\ntitle: An old visit\ndate: 2025-03-02\n---\n\nThe envoy met Okay Memis in Ankara.\n",
        "new.md": "---\ntitle: A new visit\ndate: 2026-07-06\nurl: https://gazette.example/7\n---\n\nThe drone"
        " of Zoltan fell in Baghdad. The drone was black, and a second DRONE was seen.\n",
        "bare.md": "# No date\n\nThe railway to Baghdad opens.\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a clipboard tool was given."""
    given: list[str] = []

    def give(text: str, _: object) -> str:
        given.append(text)
        return "xclip"

    monkeypatch.setattr(app_module, "give_to_tool", give)
    return given


async def ask_and_save(chat: Chat, question: str) -> Card:
    card = await chat.ask(question)
    await chat.wait_until(lambda: card.entry_id is not None)
    return card


def rows_of(chat: Chat) -> list[str]:
    return [str(option.prompt) for option in chat.app.screen.query_one(OptionList).options]


def test_the_header_says_which_folder_and_conversation_this_is(dated: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(dated)) as chat:
            await chat.wait_until(lambda: chat.header == "askbrief · news · 3 articles, Mar 2025 – Jul 2026")
            await ask_and_save(chat, ANSWERABLE)
            await chat.wait_until(lambda: chat.header.endswith(f"“{ANSWERABLE}” · #1"))
            assert chat.app.title == f"askbrief · news · {ANSWERABLE}"
            assert chat.app.conversation == 1
            await chat.pilot.press("ctrl+n")
            await chat.wait_until(lambda: "#1" not in chat.header)
            assert chat.app.title == "askbrief · news"
            for columns in (60, 34, 12):
                await chat.pilot.resize_terminal(columns, 30)
                await chat.pilot.pause()
                assert cell_len(chat.header) <= columns - 2
                assert chat.header.startswith("askbrief")

    asyncio.run(scenario())


def test_an_empty_conversation_lists_the_articles_by_date_and_opens_them(dated: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(dated)) as chat:
            await chat.wait_until(lambda: chat.source_head == "3 articles, newest first")
            assert rows_of(chat) == [" 6 Jul 2026  A new visit", " 2 Mar 2025  An old visit", "             No date"]
            await chat.pilot.press("f8", "down", "down", "enter")
            await chat.wait_until(lambda: chat.source_head == "An old visit 2 March 2025 old.md")
            assert "The envoy met" in painted(chat.screen.source.query_one(LitText))
            await chat.pilot.press("escape")
            assert chat.prompt.has_focus
            await chat.ask("the drone?")
            await chat.wait_until(lambda: chat.source_head.startswith("A new visit 6 July 2026 · line"))
            await chat.pilot.press("ctrl+n")
            await chat.wait_until(lambda: chat.source_head == "3 articles, newest first")
            (dated / "later.md").write_text("A drone.\n", encoding="utf-8")
            await chat.pilot.press("f5")
            await chat.wait_until(lambda: chat.source_head == "4 articles, newest first")

    asyncio.run(scenario())


def test_words_are_found_in_the_article(dated: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(dated)) as chat:
            await chat.ask("the drone?")
            await chat.pilot.press("escape", "slash", *"drone")
            field = chat.screen.source.query_one(Input)
            assert field.has_focus
            text = chat.screen.source.query_one(LitText)
            await chat.wait_until(lambda: "◂ 1/3 ▸ · found" in chat.source_head)
            assert painted_lit(text) == ["drone"]
            underlined = painted_with(text, lambda style: bool(style.underline))
            assert "".join(underlined) == "droneDRONE"
            await chat.pilot.press("enter", "enter")
            await chat.wait_until(lambda: painted_lit(text) == ["DRONE"])
            await chat.pilot.press("escape")
            assert not field.display
            await chat.wait_until(lambda: painted_lit(text) == ["Zoltan"])
            await chat.pilot.press("escape")
            assert chat.prompt.has_focus

    asyncio.run(scenario())


def test_places_of_words_and_of_a_question() -> None:
    text = "The drone’s drones fell.\nA second  drone\nfell in Iran."
    assert [span.of(text) for span in find_text(text, "DRONE fell")] == ["drone\nfell"]
    assert find_text(text, "  ") == []
    assert [span.of(text) for span in find_asked(text, "Did the drone of Iran fall?")] == [
        "drone",
        "drones",
        "drone",
        "Iran",
    ]
    assert find_asked(text, "who is it?") == []


def make_span(title: str, day: date | None, path: str, line: int) -> AnswerSpan:
    return AnswerSpan("Memis", 0.9, "d", path, title, day, Span(0, 5), Span(0, 5), "Memis", line, 1, 1.0)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (99, "Visit to Ankara · 6 May 2026 · line 31 · articles/2026/05/visit-to-ankara.txt:31"),
        (50, "Visit to Ankara · 6 May 2026 · line 31\narticles/2026/05/visit-to-ankara.txt:31"),
        (38, "Visit to Ankara · 6 May 2026 · line 31\narticles/2026/…/visit-to-ankara.txt:31"),
        (36, "Visit to Ank… · 6 May 2026 · line 31\narticles/…/visit-to-ankara.txt:31"),
        (25, "Visit t… · 6 May 2026 · line 31\n…/visit-to-ankara.txt:31"),
        (20, "Visit t… · 6 May 2026 · line 31\nvisit…-ankara.txt:31"),
    ],
)
def test_a_citation_is_readable_in_any_width(columns: int, expected: str) -> None:
    path = "articles/2026/05/visit-to-ankara.txt"
    assert build_citation(make_span("Visit to Ankara", date(2026, 5, 6), path, 31), columns=columns).plain == expected


def test_citations_without_title_or_date() -> None:
    assert build_citation(make_span("", None, "a/b.txt", 3), columns=50).plain == "a/b.txt:3"
    assert build_citation(make_span("", date(2026, 5, 6), "a/b.txt", 3), columns=50).plain == "a/b.txt:3 · 6 May 2026"
    assert build_citation(make_span("T\x1b", None, "b.txt", 3), columns=50).plain == "T\ufffd · line 3 · b.txt:3"
    assert cut("日本語の記事", 5) == "日本…"
    assert cut_path("x" * 40 + ".txt:7", 20) == "xxxxx…xxxxxxxx.txt:7"
    assert describe_range([date(2026, 7, 1), date(2025, 3, 2)]) == "Mar 2025 – Jul 2026"
    assert describe_range([date(2026, 7, 1), date(2026, 7, 2)]) == "Jul 2026"
    assert describe_range([]) == ""


def test_the_keys_that_fit_are_shown_whole_and_can_be_clicked(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles), size=(150, 30)) as chat:
            await chat.ask(ANSWERABLE)
            keys = chat.screen.query_one(Keys)
            whole = painted(keys).split("  ")
            assert whole[:2] == ["esc Answers", "f1 Help"]
            assert whole[-1] == "^p All commands"
            for columns in (100, 60, 33, 20):
                await chat.pilot.resize_terminal(columns, 30)
                await chat.pilot.pause()
                shown = painted(keys).split("  ")
                assert set(shown) <= set(whole)
                assert shown[-1] == "^p All commands"
            await chat.pilot.resize_terminal(150, 30)
            await chat.pilot.click(Keys, offset=(4, 0))
            await chat.wait_until(lambda: chat.cards[0].has_focus)
            assert painted(keys).startswith("esc Prompt  ")

    asyncio.run(scenario())


def test_progress_is_a_bar_that_moves(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles)) as chat:
            await chat.wait_until(lambda: "up to date" in chat.status)
            status = chat.screen.query_one(StatusLine)
            status.show_progress(Progress("Reading articles", 5, 20))
            assert chat.status == "━" * 5 + "─" * 15 + " Reading articles 5 of 20 · 2 articles"
            [bar, *_] = status.render().spans
            assert (bar.start, bar.end, bar.style) == (0, 5, "$success")
            status.show_progress(Progress("Reading articles", 20, 20))
            assert chat.status == "2 articles, up to date"

    asyncio.run(scenario())


def test_the_focused_card_stays_in_view_when_the_terminal_changes(articles: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles), size=(90, 40)) as chat:
            cards = [await chat.ask(question) for question in [ANSWERABLE, UNANSWERABLE] * 3]
            cards[3].focus()
            for size in ((44, 14), (90, 20), (44, 16)):
                await chat.pilot.resize_terminal(*size)
                await chat.pilot.pause()
                await chat.pilot.pause()
                region = cards[3].region
                assert chat.screen.query_one("ConversationView").region.contains(region.x, region.y), size

    asyncio.run(scenario())


def test_the_last_conversation_is_resumed_with_its_theme_and_layout(articles: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"

    async def first() -> None:
        async with open_chat(make_factory(articles), data=data) as chat:
            await ask_and_save(chat, ANSWERABLE)
            await chat.pilot.press("ctrl+n")
            await ask_and_save(chat, UNANSWERABLE)
            chat.app.theme = "dracula"
            await chat.pilot.press("f2")
            await chat.wait_until(lambda: not chat.screen.has_source)
            await chat.pilot.pause()

    async def second() -> None:
        async with open_chat(make_factory(articles), data=data, resume=LAST) as chat:
            await chat.wait_until(lambda: [card.question for card in chat.cards] == [UNANSWERABLE])
            await chat.wait_until(lambda: chat.app.theme == "dracula" and not chat.screen.has_source)
            assert chat.app.conversation == 2
            await chat.pilot.press("ctrl+o", "down", "ctrl+e", *"Envoys", "enter")
            await chat.wait_until(lambda: any("Envoys" in row for row in rows_of(chat)))
            await chat.pilot.press("escape", "ctrl+o", "down", "enter")
            await chat.wait_until(lambda: chat.header.endswith("“Envoys” · #1"))

    asyncio.run(first())
    asyncio.run(second())
    with Conversations(data) as saved:
        assert [found.title for found in saved.list_conversations()] == [UNANSWERABLE, "Envoys"]


def test_renaming_can_be_left_and_a_heading_names_the_columns(articles: Path, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles), data=tmp_path / "data") as chat:
            await ask_and_save(chat, ANSWERABLE)
            await chat.pilot.press("ctrl+o")
            await chat.wait_until(lambda: isinstance(chat.app.screen, SavedScreen) and bool(rows_of(chat)))
            heading = chat.app.screen.query_one(".heading", Static).render().plain  # type: ignore[union-attr]
            assert rows_of(chat)[0].index(ANSWERABLE) == heading.index("Name")
            dialog = chat.app.screen.query_one(".dialog")
            assert dialog.size.height < 12
            await chat.pilot.press("ctrl+e", *"x", "escape")
            await chat.wait_until(lambda: ANSWERABLE in rows_of(chat)[0])
            assert isinstance(chat.app.screen, SavedScreen)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("resume", "message"), [(99, "there is no conversation 99"), (LAST, "there is no conversation about")]
)
def test_a_conversation_that_is_not_there_ends_the_chat(articles: Path, resume: int, message: str) -> None:
    async def scenario() -> None:
        async with open_chat(make_factory(articles), resume=resume) as chat:
            async with asyncio.timeout(20):
                while chat.app.return_value is None:
                    await asyncio.sleep(0.01)
            assert isinstance(chat.app.return_value, ConversationError)
            assert message in chat.app.return_value.message

    asyncio.run(scenario())


def test_pinned_quotes_of_all_conversations_are_exported(
    dated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copied: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    async def scenario() -> None:
        async with open_chat(make_factory(dated), data=tmp_path / "data") as chat:
            await chat.pilot.press("ctrl+b")
            await chat.wait_until(lambda: isinstance(chat.app.screen, BasketScreen))
            await chat.pilot.press("escape")
            for question in (ANSWERABLE, "the drone?"):
                card = await ask_and_save(chat, question)
                await chat.pilot.press("escape", "p")
                await chat.wait_until(lambda card=card: card.is_pinned)  # type: ignore[misc]
                await chat.pilot.press("f")
                await chat.pilot.press("ctrl+n")
                await chat.wait_until(lambda: not chat.cards)
            await chat.pilot.press("ctrl+b")
            await chat.wait_until(lambda: isinstance(chat.app.screen, BasketScreen) and len(rows_of(chat)) == 2)
            for key, ending in (("ctrl+s", "md"), ("ctrl+b", "bib"), ("ctrl+j", "json"), ("ctrl+t", "csv")):
                await chat.pilot.press(key)
                hint = chat.app.screen.query_one(".hint", Static)
                told = f"Saved as {tmp_path}/askbrief-quotes.{ending}"
                await chat.wait_until(lambda told=told, hint=hint: str(hint.render()) == told)  # type: ignore[misc]
            await chat.pilot.press(*"zoltan")
            await chat.wait_until(lambda: len(rows_of(chat)) == 1)
            await chat.pilot.press("enter")
            await chat.wait_until(lambda: [card.question for card in chat.cards] == ["the drone?"])
            await chat.pilot.press("ctrl+b", "ctrl+x")
            await chat.wait_until(lambda: len(rows_of(chat)) == 1)

    asyncio.run(scenario())
    rows = list(csv.DictReader(io.StringIO((tmp_path / "askbrief-quotes.csv").read_text(encoding="utf-8"))))
    assert [(row["words"], row["outlet"], row["date"], row["link"]) for row in rows] == [
        ("Okay", "", "2025-03-02", ""),
        ("Zoltan", "gazette.example", "2026-07-06", "https://gazette.example/7"),
    ]
    items = json.loads((tmp_path / "askbrief-quotes.json").read_text(encoding="utf-8"))
    assert items[1]["issued"] == {"date-parts": [[2026, 7, 6]]}
    assert "@misc{a-new-visit-2026,\n  title = {A new visit}" in (tmp_path / "askbrief-quotes.bib").read_text()
    assert "[^2]: *A new visit*, gazette.example, 6 July 2026, new.md:7, <https://gazette.example/7>" in (
        tmp_path / "askbrief-quotes.md"
    ).read_text(encoding="utf-8")
    assert copied[1].endswith(
        "[^1]: *A new visit*, gazette.example, 6 July 2026, new.md:7, <https://gazette.example/7>\n"
    )


def test_quotes_of_one_article_are_one_entry_and_nothing_is_taken_for_a_formula() -> None:
    quotes = [
        Quote(
            "how much?", "=1+1", "It cost {50%} & more.", "Costs", "Gazette", date(2026, 5, 6), "a.txt", "a.txt:3", ""
        ),
        Quote("when?", "May", "In *May*.", "Costs", "Gazette", date(2026, 5, 6), "a.txt", "a.txt:9", ""),
        Quote("who?", "Ann", "Ann.", "", "", None, "b/c.txt", "b/c.txt:1", ""),
    ]
    assert quotes_as_csv(quotes).splitlines()[1] == (
        "how much?,'=1+1,It cost {50%} & more.,Costs,Gazette,2026-05-06,a.txt,a.txt:3,"
    )
    bibtex = quotes_as_bibtex(quotes)
    assert bibtex.count("@misc{") == 2
    assert r"note = {“It cost \{50\%\} \& more.” (a.txt:3) “In *May*.” (a.txt:9)}" in bibtex
    assert [item["id"] for item in json.loads(quotes_as_csl(quotes))] == ["costs-2026", "b-c-txt"]
    assert r"> In \*May\*.[^2]" in quotes_as_markdown(quotes)


@pytest.mark.parametrize(
    ("title", "text", "origin"),
    [
        ("", "---\ntitle: x\nurl: https://www.cnn.com/a/b\n---\nText.", Origin("cnn.com", "https://www.cnn.com/a/b")),
        ("", "Source: The Gazette\n\nText.", Origin("The Gazette")),
        ("Talks fail - Reuters", "Text.", Origin("Reuters")),
        ("", "ANKARA, May 24 (Reuters) - The envoy met.", Origin("Reuters")),
        ("", "Headline\nhttps://x.example/1.\n\nText", Origin("x.example", "https://x.example/1")),
        ("Plain - and simple", "He said (quietly) - no.", Origin()),
        ("", "Text.\n" * 400 + "Source: Late", Origin()),
    ],
)
def test_outlet_and_link_are_what_the_article_states(title: str, text: str, origin: Origin) -> None:
    assert find_origin(title, text) == origin


@pytest.mark.parametrize(
    ("environment", "there", "command"),
    [
        ({"VISUAL": "nvim", "EDITOR": "nano"}, {"nvim", "nano"}, ["nvim", "+31", "/f/a.txt"]),
        ({"EDITOR": "code -n"}, {"code"}, ["code", "-n", "--wait", "--goto", "/f/a.txt:31"]),
        ({"EDITOR": "hx"}, {"hx"}, ["hx", "/f/a.txt:31"]),
        ({"EDITOR": "gone", "PAGER": "less -R"}, {"less"}, ["less", "-R", "+31", "/f/a.txt"]),
        ({"EDITOR": "'"}, {"more"}, ["more", "+31", "/f/a.txt"]),
    ],
)
def test_the_command_that_opens_a_file_at_a_line(
    environment: dict[str, str], there: set[str], command: list[str]
) -> None:
    find: Callable[[str], str | None] = lambda name: name if name in there else None  # noqa: E731
    assert build_editor_command(Path("/f/a.txt"), 31, environment, find=find) == command


def test_a_file_that_is_gone_or_an_editor_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(AskbriefError, match="is gone"):
        open_in_editor(tmp_path / "gone.txt", 1)
    with pytest.raises(AskbriefError, match="no editor"):
        build_editor_command(tmp_path, 1, {}, find=lambda _: None)


@pytest.mark.parametrize(
    ("sentence", "kind", "question"),
    [
        ("Okay Memis met the governor in Ankara.", "who", "Who met the governor in Ankara?"),
        ("Experts met the governor in Ankara.", "who", None),
        ("The bridge was closed by police on Monday, he said.", "when", "When was the bridge closed by police?"),
        ("Officials said that Amini died in custody on Friday.", "when", "When did Amini die in custody?"),
        ("At least 44 people were killed in the fire.", "how many", "How many people were killed in the fire?"),
        (
            "The blast killed more than 1,500 people near Tehran.",
            "how many",
            "How many people were killed near Tehran?",
        ),
        ("There were 15 people near Tehran.", "how many", None),
        ("The Cup was cancelled because of heavy rain.", "why", "Why was the Cup cancelled?"),
        (
            "On Sunday the minister of roads, Farzaneh Sadeq, met with a deputy minister in Baghdad, he said.",
            "who",
            "Who met with a deputy minister in Baghdad?",
        ),
        ("It was closed.", "why", None),
        ("Nobel Peace Prize won by Narges Mohammadi on Friday.", "who", None),
        ("At least 12 others were injured in other cities.", "how many", None),
        ("Amini died three days after she was arrested in Tehran.", "why", None),
    ],
)
def test_starters_keep_the_words_of_their_sentence(sentence: str, kind: str, question: str | None) -> None:
    found = find_starter(sentence, kind)
    assert (found.question if found else None) == question


def test_starters_are_of_different_kinds(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    text = "Zoltan Kovacs met the drone pilots in ankara.\n\nThe drone station was closed by police on Monday."
    (folder / "a.txt").write_text(text, encoding="utf-8")

    async def scenario() -> None:
        async with open_chat(make_factory(folder)) as chat:
            await chat.wait_until(lambda: len(chat.screen.query(Suggestion)) >= 1)
            assert "Who met the drone pilots in ankara?" in [found.question for found in chat.screen.query(Suggestion)]
            await chat.pilot.press("escape", "escape")
            assert chat.prompt.has_focus

    asyncio.run(scenario())


def test_choices_are_found_by_their_letters() -> None:
    choices = ["who met Okay Memis?", "when was it?", "How many WHO staff met?"]
    assert find_choices(choices, "who met")[0] == "who met Okay Memis?"
    assert find_choices(choices, "wit") == ["when was it?"]
    assert find_choices(choices, "zz") == []
    assert find_choices(choices, " ") == choices


def test_one_error_is_told_once(articles: Path, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file, not a folder", encoding="utf-8")

    async def scenario() -> None:
        async with open_chat(make_factory(articles), data=tmp_path / "data") as chat:
            for question in (ANSWERABLE, UNANSWERABLE, ANSWERABLE):
                await chat.ask(question)
            await chat.wait_until(lambda: bool(chat.toasts))
            await chat.pilot.pause()
            assert len(chat.toasts) == 1
            assert read_card(chat.cards[-1])[1] == "Okay"

    asyncio.run(scenario())
