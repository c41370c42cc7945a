"""A card: one question and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalGroup
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from askbrief.errors import AskbriefError
from askbrief.output.text import describe_confidence
from askbrief.text.display import printable, shorten
from askbrief.tui.commands import Place, build_bindings
from askbrief.tui.lit import Light, LitSpan, LitText, plain
from askbrief.types import Answer, AnswerSpan, Span

QUESTION_CHARACTERS = 500
_NEAREST_CHARACTERS = 300
STALE = "From the index as it was: the folder was still being read. Press r to ask again."


class Card(VerticalGroup, can_focus=True):
    """One question, with its answer once there is one.

    Args:
        question: As asked; '' for what nobody asked.
        answer: Its answer, if it has one already.
        entry_id: The number it is saved under, if it is.
        is_pinned: Whether the user pinned it.

    Attributes:
        question: Likewise.
        answer: Likewise; None while it waits and after an error.
        entry_id: Likewise.
        is_pinned: Likewise.
        is_waiting: Whether the answer is still to come.
    """

    BINDINGS: ClassVar[list[BindingType]] = list(build_bindings(Place.CARD))

    @dataclass
    class Acted(Message):
        """The reader wants something done with a card.

        Attributes:
            card: The card.
            action: The name of the command.
        """

        card: Card
        action: str

    def __init__(
        self, question: str, answer: Answer | None = None, *, entry_id: int | None = None, is_pinned: bool = False
    ) -> None:
        super().__init__()
        self.question = question
        self.answer = answer
        self.entry_id = entry_id
        self.is_pinned = is_pinned
        self.is_waiting = answer is None

    def compose(self) -> ComposeResult:
        """The question, and its answer or that it waits."""
        if self.question:
            yield Static(self._describe_question(), classes="question")
        if self.answer is not None:
            yield from _build_parts(self.answer)
        elif self.question:
            yield Static("…", classes="waiting")

    async def show_answer(self, answer: Answer) -> None:
        """Shows what the documents say, or that they do not."""
        self.answer = answer
        await self._show(*_build_parts(answer))

    async def show_error(self, error: AskbriefError) -> None:
        """Shows why there is no answer, and what to do about it."""
        await self._show(
            Static(plain(f"✗ {error.message[:1].upper()}{error.message[1:]}."), classes="error"),
            Static(plain(error.hint), classes="hint"),
        )

    def show_pin(self, *, is_pinned: bool) -> None:
        """Shows whether the question is pinned."""
        self.is_pinned = is_pinned
        self.query_one(".question", Static).update(self._describe_question())

    def toggle_others(self) -> None:
        """Unfolds the other answers, or folds them away."""
        for others in self.query(Others):
            others.toggle()

    def on_click(self, event: events.Click) -> None:
        """A double click opens the source."""
        if event.chain == 2:
            self.act("open_source")

    def act(self, action: str) -> None:
        """Asks for something to be done with this card."""
        self.post_message(self.Acted(self, action))

    def action_act(self, action: str) -> None:
        """As ``act``, from a key."""
        self.act(action)

    async def _show(self, *widgets: Widget) -> None:
        self.is_waiting = False
        await self.query(".waiting").remove()
        await self.mount(*widgets)

    def _describe_question(self) -> Content:
        pin = "★ " if self.is_pinned else ""
        return plain(pin + shorten(self.question, QUESTION_CHARACTERS))


class Others(VerticalGroup):
    """The other answers, folded away at first, and built when they are first wanted: most never are.

    Args:
        answers: The answers after the best.
    """

    def __init__(self, answers: tuple[AnswerSpan, ...]) -> None:
        super().__init__()
        self._answers = answers

    def compose(self) -> ComposeResult:
        """The line to unfold them with, and where the answers go."""
        yield Static(self._describe(), classes="fold")
        yield VerticalGroup(classes="folded")

    def toggle(self) -> None:
        """Unfolds the answers, or folds them away."""
        self.toggle_class("-open")
        folded = self.query_one(".folded")
        if not folded.children:
            folded.mount(*(part for span in self._answers for part in _build_answer(span)))
        self.query_one(".fold", Static).update(self._describe())

    def on_click(self, event: events.Click) -> None:
        """A click on the line unfolds or folds."""
        if isinstance(event.widget, Static) and event.widget.has_class("fold"):
            self.toggle()

    def _describe(self) -> str:
        count = len(self._answers)
        return f"{'▾' if self.has_class('-open') else '▸'} {count} other answer{'s' if count > 1 else ''}"


def _build_parts(answer: Answer) -> list[Widget]:
    parts = _build_answer(answer.answers[0]) if answer.answers else _build_no_answer(answer)
    if len(answer.answers) > 1:
        parts.append(Others(answer.answers[1:]))
    if not answer.freshness.checked:
        parts.append(Static(STALE, classes="stale"))
    return parts


def _build_answer(span: AnswerSpan) -> list[Widget]:
    start = span.span.start - span.sentence.start
    lit = LitSpan(Span(start, start + len(span.span)), Light.WORDS)
    source = f"{span.path}:{span.line}" + (f" · {span.date}" if span.date else "")
    return [
        Static(plain(" ".join(span.text.split())), classes="answer"),
        LitText(span.sentence_text, [lit], classes="sentence"),
        Static(plain(f"{source} · {describe_confidence(span.confidence)}"), classes="cited"),
    ]


def _build_no_answer(answer: Answer) -> list[Widget]:
    widgets: list[Widget] = [Static("Not in these documents.", classes="answer")]
    if (hit := answer.nearest) is not None:
        source = f"{hit.path}:{hit.line} · {answer.confidence:.0%} likely to hold the answer"
        widgets += [
            Static("The nearest passage:", classes="cited"),
            Static(plain(shorten(printable(hit.passage.text), _NEAREST_CHARACTERS)), classes="sentence"),
            Static(plain(source), classes="cited"),
        ]
    return widgets
