"""The transcript: a card for each question, with its answer once there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup, VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from askbrief.datatypes import Answer, AnswerSpan, Span
from askbrief.errors import AskbriefError
from askbrief.output import describe_confidence, light_up
from askbrief.text import printable, shorten
from askbrief.tui.lit import LitText, plain
from askbrief.tui.messages import Citation

_NEAREST_CHARACTERS = 300


class Card(VerticalGroup, can_focus=True):
    """One question and what came of it.

    Args:
        question: As asked; '' for what nobody asked, such as an error of the first refresh.

    Attributes:
        question: Likewise.
        citation: The place that the card speaks of, once it is answered.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "open_source", "Show source")]

    @dataclass
    class SourceOpened(Message):
        """The reader wants to see the source of the card."""

        citation: Citation

    def __init__(self, question: str) -> None:
        super().__init__()
        self.question = question
        self.citation: Citation | None = None

    def compose(self) -> ComposeResult:
        """The question, and that it waits."""
        if self.question:
            yield Static(plain(self.question), classes="question")
            yield Static("…", classes="waiting")

    async def show_answer(self, answer: Answer, citation: Citation | None) -> None:
        """Shows what the documents say, or that they do not."""
        self.citation = citation
        if answer.answers:
            await self._show(*(widget for span in answer.answers for widget in _build_answer(span)))
        else:
            await self._show(*_build_no_answer(answer))

    async def show_error(self, error: AskbriefError) -> None:
        """Shows why there is no answer, and what to do about it."""
        await self._show(
            Static(plain(f"{error.message[:1].upper()}{error.message[1:]}."), classes="error"),
            Static(plain(error.hint), classes="hint"),
        )

    def action_open_source(self) -> None:
        """Asks for the source of the card to be shown."""
        if self.citation is not None:
            self.post_message(self.SourceOpened(self.citation))

    async def _show(self, *widgets: Widget) -> None:
        await self.query(".waiting").remove()
        await self.mount(*widgets)


class Transcript(VerticalScroll, can_focus=False):
    """The cards, oldest first; up and down move between them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "focus_card(-1)", "Previous card", show=False),
        Binding("down", "focus_card(1)", "Next card", show=False),
    ]

    @dataclass
    class Left(Message):
        """The reader moved on from the last card."""

    def __init__(self) -> None:
        super().__init__()
        self.cards: list[Card] = []

    async def add_card(self, question: str) -> Card:
        """A new card at the end, brought into view."""
        card = Card(question)
        self.cards.append(card)
        await self.mount(card)
        self.bring_into_view(card)
        return card

    def bring_into_view(self, card: Card) -> None:
        """Scrolls so that as much of the card is seen as fits, its beginning in any case."""
        self.call_after_refresh(self.scroll_to_widget, card, top=True, animate=False)

    def action_focus_card(self, step: int) -> None:
        """Moves the focus by ``step`` cards; past the last one it leaves the transcript."""
        focused = self.screen.focused
        if not isinstance(focused, Card):
            return
        number = self.cards.index(focused) + step
        if number < len(self.cards):
            self.cards[max(0, number)].focus()
        else:
            self.post_message(self.Left())


def _build_answer(span: AnswerSpan) -> list[Widget]:
    sentence = light_up(span)
    lit = sentence.spans[0]
    source = f"{span.path}:{span.line}" + (f" · {span.date}" if span.date else "")
    return [
        Static(plain(" ".join(span.text.split())), classes="answer"),
        LitText(sentence.plain, Span(lit.start, lit.end), classes="sentence"),
        Static(plain(f"{source} · {describe_confidence(span.confidence)}"), classes="source"),
    ]


def _build_no_answer(answer: Answer) -> list[Widget]:
    widgets: list[Widget] = [Static("Not in these documents.", classes="answer")]
    if (hit := answer.nearest) is not None:
        source = f"{hit.path}:{hit.line} · {answer.confidence:.0%} likely to hold the answer"
        widgets += [
            Static("The nearest passage:", classes="source"),
            Static(plain(shorten(printable(hit.passage.text), _NEAREST_CHARACTERS)), classes="sentence"),
            Static(plain(source), classes="source"),
        ]
    return widgets
