"""A card: one question and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalGroup
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from askbrief.errors import AskbriefError
from askbrief.output.location import describe_date
from askbrief.output.text import describe_confidence
from askbrief.text.display import printable, shorten
from askbrief.tui.citation import build_citation, cut
from askbrief.tui.commands import Place, build_bindings
from askbrief.tui.lit import Light, LitSpan, LitText, plain
from askbrief.types import Answer, AnswerSpan, Hit, Span, Trace

QUESTION_CHARACTERS = 500
_NEAREST_CHARACTERS = 300
STALE = "The folder was still being read: this is from the index before. Press r to ask again."
NOT_HERE = "∅ Not in these documents"
_SIGNS = {"strong": "●", "likely": "◐", "unsure": "○"}


class Card(VerticalGroup, can_focus=True):
    """One question, with its answers once there are any.

    Args:
        question: As asked; '' for what nobody asked.
        answer: Its answer, if it has one already.
        entry_id: The number it is saved under, if it is.
        is_pinned: Whether the user pinned it.

    Attributes:
        question: As asked.
        answer: Its answer; None while it waits and after an error.
        trace: What led to the answer; None where that is not known any more.
        entry_id: The number it is saved under, if it is.
        is_pinned: Whether the user pinned it.
        is_waiting: Whether the answer is still to come.
        chosen: Which of the answers is shown in full, from 0.
        is_open: Whether the other answers are shown too.
    """

    FOCUS_ON_CLICK = False
    BINDINGS: ClassVar[list[BindingType]] = [
        *build_bindings(Place.CARD),
        *(Binding(str(number), f"choose({number - 1})", f"Answer {number}", show=False) for number in range(1, 10)),
    ]

    @dataclass
    class Acted(Message):
        """The reader wants something done with a card.

        Attributes:
            card: The card.
            action: The name of the command; "select" after a click.
        """

        card: Card
        action: str

    def __init__(
        self, question: str, answer: Answer | None = None, *, entry_id: int | None = None, is_pinned: bool = False
    ) -> None:
        super().__init__()
        self.question = question
        self.answer = answer
        self.trace: Trace | None = None
        self.entry_id = entry_id
        self.is_pinned = is_pinned
        self.is_waiting = answer is None
        self.chosen = 0
        self.is_open = False

    def compose(self) -> ComposeResult:
        """The question, and its answers or that it waits."""
        yield Static(self._describe_question(), classes="question")
        with VerticalGroup(classes="body"):
            if self.answer is not None:
                yield from build_parts(self.answer, chosen=self.chosen, is_open=self.is_open)
            else:
                yield Static("…", classes="waiting")

    def on_mount(self) -> None:
        """Take the looks of the outcome."""
        self._mark_outcome()

    @property
    def span(self) -> AnswerSpan | None:
        """The answer that is shown in full; None without one."""
        return self.answer.answers[self.chosen] if self.answer is not None and self.answer.answers else None

    async def show_answer(self, answer: Answer) -> None:
        """Show what the documents say, or that they do not."""
        self.answer = answer
        await self._show(build_parts(answer, chosen=self.chosen, is_open=self.is_open))

    async def show_error(self, error: AskbriefError) -> None:
        """Show why there is no answer, and what to do about it."""
        self.add_class("-error")
        await self._show(
            [
                Static(plain(f"✗ {error.message[:1].upper()}{error.message[1:]}."), classes="error"),
                Static(plain(error.hint), classes="hint"),
            ]
        )

    async def choose(self, chosen: int) -> bool:
        """Show another of the answers in full; return whether there is one of that number, from 0."""
        if self.answer is None or not 0 <= chosen < len(self.answer.answers):
            return False
        self.is_open |= chosen > 0
        self.chosen = chosen
        await self._show(build_parts(self.answer, chosen=chosen, is_open=self.is_open))
        return True

    async def toggle_others(self) -> None:
        """Show the other answers, or hide them."""
        if self.answer is not None and len(self.answer.answers) > 1:
            self.is_open = not self.is_open
            self.chosen = self.chosen if self.is_open else 0
            await self._show(build_parts(self.answer, chosen=self.chosen, is_open=self.is_open))

    def show_pin(self, *, is_pinned: bool) -> None:
        """Show whether the question is pinned."""
        self.is_pinned = is_pinned
        self.query_one(".question", Static).update(self._describe_question())

    def on_click(self, event: events.Click) -> None:
        """A click shows the source; a double click goes to it; one on another answer takes that."""
        widget = event.widget
        if isinstance(widget, Alternative):
            self.act(f"choose_{widget.number}")
        elif widget is not None and widget.has_class("fold"):
            self.act("toggle_others")
        else:
            self.act("open_source" if event.chain == 2 else "select")

    def act(self, action: str) -> None:
        """Ask for something to be done with this card."""
        self.post_message(self.Acted(self, action))

    def action_act(self, action: str) -> None:
        """As ``act``, from a key."""
        self.act(action)

    def action_choose(self, chosen: int) -> None:
        """As ``act``, from a digit."""
        self.act(f"choose_{chosen}")

    async def _show(self, widgets: Sequence[Widget]) -> None:
        self.is_waiting = False
        self._mark_outcome()
        body = self.query_one(".body")
        await body.remove_children()
        await body.mount(*widgets)

    def _mark_outcome(self) -> None:
        self.set_class(self.answer is not None and bool(self.answer.answers), "-answered")
        self.set_class(self.answer is not None and not self.answer.answers, "-refused")

    def _describe_question(self) -> Content:
        return plain(("★ " if self.is_pinned else "") + shorten(self.question, QUESTION_CHARACTERS))


class Citation(Static):
    """Where words stand: title, date and line, and the path after it or below.

    Args:
        found: The answer or passage.
    """

    def __init__(self, found: AnswerSpan | Hit) -> None:
        super().__init__(classes="cited")
        self._build = partial(build_citation, found)

    def render(self) -> Content:
        """The citation in the columns that there are."""
        return self._build(columns=self.size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One row or two."""
        return self._build(columns=width).plain.count("\n") + 1


class Alternative(Static):
    """An answer on one line, to be taken by its number or a click.

    Args:
        number: Which of the answers, from 0.
        span: The answer.
    """

    def __init__(self, number: int, span: AnswerSpan) -> None:
        super().__init__(classes="alternative")
        self.number = number
        self._span = span

    def render(self) -> Content:
        """Number, words, and where they stand, as far as there is room."""
        span, columns = self._span, self.size.width
        where = " · ".join(filter(None, [span.title or span.path, describe_date(span.date) if span.date else ""]))
        words = cut(span.text, max(columns * 2 // 5, columns - cell_len(where) - 7))
        rest = columns - cell_len(words) - 7
        return Content.assemble(
            (f"{self.number + 1}  ", "$text-accent"),
            plain(words).stylize("bold"),
            (f"  {cut(where, rest)}" if rest > 6 else "", "dim"),
        )


def build_parts(answer: Answer, *, chosen: int, is_open: bool) -> list[Widget]:
    """The parts of a card below its question.

    Args:
        answer: What came of the question.
        chosen: Which answer is shown in full, from 0.
        is_open: Whether the others are shown, each on a line, or only counted.
    """
    parts: list[Widget] = []
    for number, span in enumerate(answer.answers):
        if number == chosen:
            parts += _build_answer(span, label=f"{number + 1}  " if is_open else "")
        elif is_open:
            parts.append(Alternative(number, span))
    if len(answer.answers) > 1:
        parts.append(Static(plain(_describe_others(answer.answers, is_open=is_open)), classes="fold"))
    if not answer.answers:
        parts += _build_no_answer(answer)
    if not answer.freshness.checked:
        parts.append(Static(STALE, classes="stale"))
    return parts


def _build_answer(span: AnswerSpan, *, label: str) -> list[Widget]:
    start = span.span.start - span.sentence.start
    lit = LitSpan(Span(start, start + len(span.span)), Light.WORDS)
    word = describe_confidence(span.confidence)
    words = Content.assemble((label, "not bold $text-accent"), plain(" ".join(span.text.split())))
    return [
        HorizontalGroup(
            Static(words, classes="answer"),
            Static(f"{word} {_SIGNS[word]}", classes=f"confidence -{word}"),
        ),
        LitText(span.sentence_text, [lit], classes="sentence"),
        Citation(span),
    ]


def _describe_others(answers: Sequence[AnswerSpan], *, is_open: bool) -> str:
    count = len(answers) - 1
    more = f"{count} other answer{'s' if count > 1 else ''}"
    if is_open:
        return f"▾ {more} · 1–{len(answers)} to choose"
    words = " · ".join(f"{number}: {cut(span.text, 24)}" for number, span in enumerate(answers[1:], start=2))
    return f"▸ {more}: {words}"


def _build_no_answer(answer: Answer) -> list[Widget]:
    widgets: list[Widget] = [Static(NOT_HERE, classes="refusal")]
    if (hit := answer.nearest) is not None:
        widgets += [
            Static("The nearest passage:", classes="note"),
            Static(plain(shorten(printable(hit.passage.text), _NEAREST_CHARACTERS)), classes="sentence"),
            Citation(hit),
        ]
    return widgets
