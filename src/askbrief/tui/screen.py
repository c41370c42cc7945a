"""The one screen of the chat: where things stand, and what follows when something happens."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from askbrief.datatypes import Freshness
from askbrief.output import describe_freshness
from askbrief.text import printable
from askbrief.tui.lit import plain
from askbrief.tui.messages import Answered, Citation, Failed, Progressed, Ready, Stopped
from askbrief.tui.source import SourcePane
from askbrief.tui.transcript import Card, Transcript
from askbrief.tui.worker import AssistantFactory, AssistantWorker

WIDE_COLUMNS = 100
"""From this width on the source pane stands beside the transcript; below it takes its place."""
TALL_ROWS = 12
CLOSING_SECONDS = 3.0
"""Longest wait for the step at hand when the chat is closed."""


class ChatScreen(Screen[None]):
    """Transcript, source pane, status line and prompt.

    Args:
        open_assistant: Called once, in the thread that owns the assistant.
    """

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE_COLUMNS, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL_ROWS, "-tall")]  # noqa: RUF012
    AUTO_FOCUS = "#prompt"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "toggle_source", "Source"),
        Binding("escape", "focus_prompt", "Prompt"),
    ]

    def __init__(self, open_assistant: AssistantFactory) -> None:
        super().__init__()
        self._worker = AssistantWorker(open_assistant, self.post_message)
        self._is_wide: bool | None = None
        self._waiting: set[int] = set()
        self._freshness: Freshness | None = None

    def compose(self) -> ComposeResult:
        """Places the parts."""
        with Horizontal(id="panes"):
            yield Transcript()
            yield SourcePane()
        yield Static("Opening the index …", id="status")
        yield Input(placeholder="Ask a question, for example: who met Okay Memis?", id="prompt")
        yield Footer()

    def on_mount(self) -> None:
        """Has the assistant opened while the screen is painted."""
        self._worker.start()

    def on_unmount(self) -> None:
        """Has the assistant closed."""
        self._worker.stop(timeout_seconds=CLOSING_SECONDS)

    def on_resize(self, event: events.Resize) -> None:
        """Folds the source pane away when there is no room for it beside the transcript."""
        is_wide = event.size.width >= WIDE_COLUMNS
        if is_wide != self._is_wide:
            self._is_wide = is_wide
            self.show_source(is_wide)

    @property
    def has_source(self) -> bool:
        """Whether the source pane is shown."""
        return self.has_class("-source")

    def show_source(self, is_shown: bool) -> None:
        """Shows the source pane or folds it away; what is covered or gone passes the keys on."""
        self.set_class(is_shown, "-source")
        source = self.query_one(SourcePane)
        if not is_shown and source.has_focus_within:
            self.query_one("#prompt").focus()
        elif is_shown and not self._is_wide and self.query_one(Transcript).has_focus_within:
            source.focus_text()

    def action_toggle_source(self) -> None:
        """Shows the source pane, or folds it away."""
        self.show_source(not self.has_source)

    def action_focus_prompt(self) -> None:
        """Back to the prompt; where the source pane covers the transcript, it goes."""
        if not self._is_wide:
            self.show_source(False)
        self.query_one("#prompt").focus()

    @on(Input.Submitted, "#prompt")
    async def ask(self, event: Input.Submitted) -> None:
        """A question: its card, and its place in the queue."""
        question = event.value.strip()
        if not question:
            return
        event.input.clear()
        transcript = self.query_one(Transcript)
        number = len(transcript.cards)
        await transcript.add_card(question)
        self._waiting.add(number)
        self._worker.ask(number, question)
        self._show_status()
        if not self._is_wide:
            self.show_source(False)

    @on(Card.SourceOpened)
    def open_source(self, event: Card.SourceOpened) -> None:
        """Shows what a card cites."""
        self._cite(event.citation)
        self.show_source(True)

    @on(Transcript.Left)
    def leave_transcript(self) -> None:
        """Below the last card is the prompt."""
        self.query_one("#prompt").focus()

    @on(Progressed)
    def show_progress(self, event: Progressed) -> None:
        """Says what takes so long."""
        progress = event.progress
        count = f" {progress.done:,}/{progress.total:,}" if progress.total else ""
        self._set_status(f"{progress.stage}{count}")

    @on(Ready)
    def become_ready(self, event: Ready) -> None:
        """The index is up to date."""
        self._freshness = event.freshness
        self._show_status()
        self._notify(event.notes)

    @on(Answered)
    async def show_answer(self, event: Answered) -> None:
        """The answer goes to its card, its source to the pane."""
        transcript = self.query_one(Transcript)
        card = transcript.cards[event.number]
        await card.show_answer(event.answer, event.citation)
        transcript.bring_into_view(card)
        if event.citation is not None:
            self._cite(event.citation)
        self._freshness = event.answer.freshness
        self._end(event.number)
        self._notify(event.notes)

    @on(Failed)
    async def show_error(self, event: Failed) -> None:
        """The error goes to the card of its question, and the question back to the prompt if that is empty."""
        transcript = self.query_one(Transcript)
        card = await transcript.add_card("") if event.number is None else transcript.cards[event.number]
        await card.show_error(event.error)
        transcript.bring_into_view(card)
        prompt = self.query_one("#prompt", Input)
        if not prompt.value:
            prompt.value = card.question
        self._end(event.number)

    @on(Stopped)
    def give_up(self, event: Stopped) -> None:
        """Without an assistant there is no chat."""
        self.app.exit(event.error)

    def _cite(self, citation: Citation) -> None:
        self.query_one(SourcePane).show(citation)

    def _end(self, number: int | None) -> None:
        if number is not None:
            self._waiting.discard(number)
        self._show_status()

    def _show_status(self) -> None:
        state = describe_freshness(self._freshness) if self._freshness else "Opening the index …"
        waiting = len(self._waiting)
        searching = f" · {waiting} {'question' if waiting == 1 else 'questions'} waiting" if waiting else ""
        self._set_status(state + searching)

    def _set_status(self, text: str) -> None:
        self.query_one("#status", Static).update(plain(text))

    def _notify(self, notes: tuple[str, ...]) -> None:
        for note in notes:
            self.notify(printable(note), severity="warning", markup=False)
