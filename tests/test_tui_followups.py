"""Cards show what a follow-up was taken for, what kind of answer there is, how articles agree, and notes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest
from chat import UNANSWERABLE, Chat, make_factory, open_chat, painted_lit, painted_with, read_card
from conftest import FakeReader
from rich.style import Style

from askbrief.tui.app import ChatApp
from askbrief.tui.card import Card
from askbrief.tui.lit import LitText
from askbrief.tui.parts import Alternative
from askbrief.types import Document, Passage, Reading, Span

pytestmark = pytest.mark.usefixtures("only_margins")

WHO, WHERE = "who met Okay Memis?", "where did the envoy meet Okay Memis?"
CITED = ("The envoy met Okay Memis in Ankara.", "The envoy met Okay Memis in Ankara. · line 1 · a.txt:1")
AS_TYPED, OFFER = f"↳ searched: {WHERE} t as typed", "or: where did someone meet Okay Memis? a ask this"


class AskedReader(FakeReader):
    """Answers each question with the words and the margin given for it; keeps what it was asked."""

    def __init__(self, known: dict[str, tuple[str, float]]) -> None:
        super().__init__()
        self._known = known
        self.asked: list[str] = []

    def read(self, question: str, passages: Sequence[tuple[Document, Passage]]) -> list[list[Reading]]:
        self.asked.append(question)
        words, margin = self._known.get(question, ("?", 0.0))
        found = []
        for _, passage in passages:
            at = passage.text.find(words)
            start = passage.span.start + at
            found.append([] if at < 0 else [Reading(Span(start, start + len(words)), margin)])
        return found


def make_reader() -> AskedReader:
    """Knows who and where; the second reading of "where?" is answered nearly as surely."""
    someone = "where did someone meet Okay Memis?"
    return AskedReader({WHO: ("The envoy", 5.0), WHERE: ("Ankara", 4.0), someone: ("in Ankara", 4.0)})


def run(folder: Path, scenario: Callable[[Chat], object], *, reader: FakeReader | None = None, **how: object) -> None:
    """Runs ``scenario`` in a chat about ``folder``."""

    async def run_scenario() -> None:
        async with open_chat(make_factory(folder, reader=reader), **how) as chat:  # type: ignore[arg-type]
            await scenario(chat)  # type: ignore[misc]

    asyncio.run(run_scenario())


def test_a_follow_up_shows_what_was_searched_and_what_else_it_may_mean(articles: Path) -> None:
    async def scenario(chat: Chat) -> None:
        assert read_card(await chat.ask(WHO))[:2] == [WHO, "The envoy"]
        card = await chat.ask("where?")
        assert read_card(card)[:4] == ["where?", AS_TYPED, OFFER, "Ankara"]
        again = await press_and_wait(chat, card, "r")
        assert read_card(again)[:4] == ["where?", AS_TYPED, OFFER, "Ankara"]

    run(articles, scenario, reader=make_reader())


def test_a_follow_up_is_searched_as_typed_or_in_its_second_reading_by_key(articles: Path) -> None:
    async def scenario(chat: Chat) -> None:
        await chat.ask(WHO)
        card = await chat.ask("where? type:txt")
        assert read_card(card)[1:5] == [AS_TYPED, OFFER, "1 article TXT files", "Ankara"]
        offered = await press_and_wait(chat, card, "a")
        assert read_card(offered)[:3] == [
            "where did someone meet Okay Memis? type:txt",
            "1 article TXT files",
            "in Ankara",
        ]
        typed = await press_and_wait(chat, card, "t")
        assert typed.question == "where? type:txt"
        assert typed.answer is not None
        assert (typed.answer.searched, typed.answer.answers) == ("where?", ())
        again = await press_and_wait(chat, typed, "r")
        assert again.answer is not None
        assert again.answer.searched == "where?"

    run(articles, scenario, reader=make_reader())


async def press_and_wait(chat: Chat, card: Card, key: str) -> Card:
    """Presses a key on a card, and waits for the answer of the new card."""
    count = len(chat.cards)
    card.focus()
    await chat.pilot.press(key)
    await chat.wait_until(lambda: len(chat.cards) == count + 1 and not chat.cards[-1].is_waiting)
    return chat.cards[-1]


def test_questions_asked_at_once_take_up_the_answers_between_them(articles: Path) -> None:
    async def scenario(chat: Chat) -> None:
        await chat.enter(WHO)
        await chat.enter("where?")
        await chat.wait_until(lambda: len(chat.cards) == 2 and not any(card.is_waiting for card in chat.cards))
        assert read_card(chat.cards[1])[:2] == ["where?", AS_TYPED]

    run(articles, scenario, reader=make_reader())


def test_an_error_does_not_hold_up_what_waits_behind_it(articles: Path) -> None:
    async def scenario(chat: Chat) -> None:
        await chat.enter("?!")
        await chat.enter(WHO)
        await chat.wait_until(lambda: len(chat.cards) == 2 and not any(card.is_waiting for card in chat.cards))
        assert read_card(chat.cards[1])[:2] == [WHO, "The envoy"]

    run(articles, scenario, reader=make_reader())


def test_a_resumed_conversation_is_followed_up_and_shows_what_was_searched(articles: Path, tmp_path: Path) -> None:
    async def first(chat: Chat) -> None:
        for question in (WHO, "where?"):
            card = await chat.ask(question)
            await chat.wait_until(lambda card=card: card.entry_id is not None)  # type: ignore[misc]

    async def second(chat: Chat) -> None:
        await chat.wait_until(lambda: len(chat.cards) == 2)
        assert read_card(chat.cards[1])[:4] == ["where?", AS_TYPED, OFFER, "Ankara"]
        card = await press_and_wait(chat, chat.cards[1], "r")
        assert read_card(card)[:2] == ["where?", AS_TYPED]
        assert read_card(await chat.ask("where?"))[:2] == ["where?", AS_TYPED]

    run(articles, first, reader=make_reader(), data=tmp_path / "data")
    run(articles, second, reader=make_reader(), data=tmp_path / "data", resume=0)


def test_a_resumed_card_keeps_the_filters_of_its_question(articles: Path, tmp_path: Path) -> None:
    question = "who met Okay Memis? since:2025-05 type:txt"
    (articles / "a.txt").write_text("2025-05-25\n\nThe envoy met Okay Memis in Ankara.", encoding="utf-8")

    async def first(chat: Chat) -> None:
        card = await chat.ask(question)
        assert card.question == question
        await chat.wait_until(lambda: card.entry_id is not None)

    async def second(chat: Chat) -> None:
        await chat.wait_until(lambda: len(chat.cards) == 1)
        assert chat.cards[0].question == "who met Okay Memis? since:2025-05-01 type:txt"
        again = await press_and_wait(chat, chat.cards[0], "r")
        assert again.answer is not None
        assert again.answer.filtered == "1 article since May 2025, TXT files"

    run(articles, first, reader=make_reader(), data=tmp_path / "data")
    run(articles, second, reader=make_reader(), data=tmp_path / "data", resume=0)


def test_a_new_conversation_forgets_what_was_said(articles: Path) -> None:
    async def scenario(chat: Chat) -> None:
        await chat.ask(WHO)
        await chat.pilot.press("ctrl+n")
        await chat.wait_until(lambda: not chat.cards)
        card = await chat.ask("where?")
        assert card.answer is not None
        assert card.answer.searched == "where?"

    run(articles, scenario, reader=make_reader())


def test_a_statement_is_lit_whole_without_a_headline(articles: Path) -> None:
    question = "Did the envoy meet Okay Memis in Ankara?"

    async def scenario(chat: Chat) -> None:
        card = await chat.ask(question)
        assert read_card(card) == [question, CITED[0], "strong ●", CITED[1]]
        assert painted_lit(card.query_one(LitText)) == [CITED[0]]
        assert not card.query(".answer")

    run(articles, scenario, reader=AskedReader({question: ("Okay Memis", 5.0)}))


def test_the_closest_passages_are_opened_by_digit(articles: Path) -> None:
    async def scenario(chat: Chat) -> None:
        card = await chat.ask(UNANSWERABLE)
        assert read_card(card)[1] == "≈ No short answer found. The closest passages:"
        first, second = card.query(LitText)
        lit = [painted_with(text, partial(is_asked, text)) for text in (first, second)]
        assert "".join(lit[0]) == "envoyOkayMemisAnkara"
        assert "".join(lit[1]) == "TrainsBaghdad"  # "may" is a word of every sentence
        await chat.pilot.press("escape", "2")
        await chat.wait_until(lambda: "closest passage" in chat.source_head and "b.md" in chat.source_head)
        await chat.pilot.press("1")
        await chat.wait_until(lambda: "a.txt" in chat.source_head)
        await chat.pilot.press("3")
        assert card.chosen == 0

    run(articles, scenario)


def is_asked(widget: LitText, style: Style) -> bool:
    """Whether characters have the colour of a question's words, and are not bold."""
    return style.color == widget.get_component_rich_style("lit-text--asked").color and not style.bold


def test_a_digit_opens_a_passage_over_the_cards_of_a_narrow_terminal(articles: Path) -> None:
    async def scenario(chat: Chat) -> None:
        await chat.ask(UNANSWERABLE)
        assert not chat.screen.has_source
        await chat.pilot.press("escape", "2")
        await chat.wait_until(lambda: chat.screen.has_source and "b.md" in chat.source_head)

    run(articles, scenario, size=(60, 18))


def test_what_is_not_in_the_documents_shows_no_passage(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.txt").write_text("the drone of Zoltan fell.\n", encoding="utf-8")

    async def scenario(chat: Chat) -> None:
        assert read_card(await chat.ask("whose drone fell?"))[1] == "Zoltan"
        await chat.wait_until(lambda: "a.txt" in chat.source_head)
        # Cosine 2 / (√17 √2) = 0.17, and no word in common.
        card = await chat.ask("railway railway railway railway?")
        assert read_card(card)[1:] == ["∅ Not in these articles."]
        assert "a.txt" not in chat.source_head
        await chat.pilot.press("escape", "1", "o")
        assert chat.toasts == ["There is no answer yet."]

    run(folder, scenario, reader=AskedReader({"whose drone fell?": ("Zoltan", 5.0)}))


def test_mentions_are_counted_and_each_is_shown_with_its_place(articles: Path) -> None:
    (articles / "c.txt").write_text("A drone over Baghdad.\n", encoding="utf-8")

    async def scenario(chat: Chat) -> None:
        card = await chat.ask("Which articles mention the drone?")
        count, *places = read_card(card)[1:]
        assert count == "“drone” is mentioned 2 times in 2 articles."
        assert sorted((places[1], places[4])) == ["A drone over Baghdad.", "They spoke about the drone."]
        assert [places[0], places[3]] == ["1", "2"]
        assert [painted_lit(text) for text in card.query(LitText)] == [["drone"], ["drone"]]
        assert not card.query(".answer, .fold")
        await chat.pilot.press("escape", "2")
        second = "c.txt" if places[4].startswith("A drone") else "a.txt"
        await chat.wait_until(lambda: second in chat.source_head)

    run(articles, scenario)


def test_small_talk_gets_advice(articles: Path) -> None:
    async def scenario(chat: Chat) -> None:
        card = await chat.ask("thanks!")
        assert read_card(card)[1:] == ["Ask what the articles say: who, when, where, how many, why."]

    run(articles, scenario)


FLOOD = "How many people did the flood in Ankara kill?"


@pytest.fixture
def flood(tmp_path: Path) -> Path:
    """A folder with two articles, a day apart, that count the dead of one flood."""
    folder = tmp_path / "articles"
    folder.mkdir()
    for name, day, count in (("a", "4", "12"), ("b", "5", "19")):
        text = f"Flood {name}\n{day} March 2024\n\nThe flood in Ankara killed {count} people.\n"
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


class CountReader(FakeReader):
    """Answers with the number of the dead; that of the older article with the larger margin.

    Args:
        margins: The margin of each number.
    """

    def __init__(self, **margins: float) -> None:
        super().__init__()
        self._margins = {count.removeprefix("of_"): margin for count, margin in margins.items()}

    def read(self, question: str, passages: Sequence[tuple[Document, Passage]]) -> list[list[Reading]]:
        found = []
        for _, passage in passages:
            starts = [(passage.text.find(f"{count} people"), count, margin) for count, margin in self._margins.items()]
            spans = [(Span(at, at + len(count)), margin) for at, count, margin in starts if at >= 0]
            begin = passage.span.start
            found.append([Reading(Span(begin + s.start, begin + s.end), margin) for s, margin in spans])
        return found


def test_what_changed_is_shown_with_its_dates_the_newest_first(flood: Path) -> None:
    async def scenario(chat: Chat) -> None:
        card = await chat.ask(FLOOD)
        assert read_card(card)[1:] == [
            "What the articles say changed; the newest first.",
            *("1 19", "strong ●", "The flood in Ankara killed 19 people.", "Flood b · 5 March 2024 · line 4 · b.txt:4"),
            "2 12 4 March 2024 · Flood a",
        ]
        await chat.wait_until(lambda: "b.txt" in chat.source_head)
        earlier, newest = card.query_one(Alternative), card.query_one(".answer")
        assert (earlier.styles.color.a < 1.0, newest.styles.color.a) == (True, 1.0)
        await chat.pilot.press("escape", "2")
        await chat.wait_until(lambda: "a.txt" in chat.source_head)
        assert read_card(card)[2] == "1 19 5 March 2024 · Flood b"
        assert read_card(card)[3:5] == ["2 12", "strong ●"]
        assert card.query_one(".answer").styles.color.a < 1.0

    run(flood, scenario, reader=CountReader(of_12=5.0, of_19=4.0))


def test_the_newest_answer_is_shown_even_where_it_is_doubtful(flood: Path) -> None:
    async def scenario(chat: Chat) -> None:
        card = await chat.ask(FLOOD)
        assert [read_card(card)[number] for number in (2, 3, 6)] == ["1 19", "unsure ○", "2 12 4 March 2024 · Flood a"]

    # 1 / (1 + e^1.1) = 0.25, less than MIN_CONFIDENCE, and more than half of 1 / (1 + e^0.4) = 0.40.
    run(flood, scenario, reader=CountReader(of_12=-0.4, of_19=-1.1))


def test_articles_that_agree_are_counted(flood: Path) -> None:
    (flood / "c.txt").write_text(
        "Flood c\n6 March 2024\n\n12 people died as a flood came to Ankara.\n", encoding="utf-8"
    )

    async def scenario(chat: Chat) -> None:
        card = await chat.ask(f"{FLOOD} until:2024-03-04")
        assert "articles agree" not in " ".join(read_card(card))
        (flood / "b.txt").unlink()
        card = await chat.ask(FLOOD)
        assert [read_card(card)[number] for number in (1, 5)] == ["12", "2 articles agree."]

    run(flood, scenario, reader=CountReader(of_12=5.0))


def test_notes_tell_who_and_when_is_meant_below_the_first_answer(flood: Path) -> None:
    text = "Flood d\n25 May 2025\n\n15 people drowned in Ankara on Saturday.\n"
    (flood / "d.txt").write_text(text, encoding="utf-8")

    async def scenario(chat: Chat) -> None:
        card = await chat.ask("How many people drowned in Ankara? since:2025")
        filtered, words, _, _, _, *notes = read_card(card)[1:]
        assert (filtered, words) == ("1 article since 2025", "15")
        assert notes == ["┄ on Saturday = 24 May 2025 (article of Sunday 25 May)"]
        assert card.query_one(".note").styles.color.a < 1.0

    run(flood, scenario, reader=CountReader(of_15=5.0))


def test_how_a_changed_answer_is_copied_with_its_own_article(flood: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    monkeypatch.setattr(ChatApp, "copy_to_clipboard", lambda _, text: copied.append(text))
    (flood / "b.txt").write_text(
        "Flood b\n5 March 2024\nhttps://example.org/b\n\nThe flood in Ankara killed 19 people.\n", encoding="utf-8"
    )

    async def scenario(chat: Chat) -> None:
        await chat.ask(FLOOD)
        await chat.pilot.press("escape", "f")
        assert copied[0].startswith("**19**[^1]")
        assert "*Flood b*" in copied[0]
        assert "https://example.org/b" in copied[0]

    run(flood, scenario, reader=CountReader(of_12=5.0, of_19=4.0))
