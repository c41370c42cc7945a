"""The one screen of the chat: where things stand, and what follows when something happens."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Static

from askbrief.errors import AskbriefError
from askbrief.text.display import printable
from askbrief.tui.archive import ConversationsFactory
from askbrief.tui.card import Card
from askbrief.tui.commands import Place, build_bindings
from askbrief.tui.conversation import Conversation
from askbrief.tui.dialogs import ChoiceScreen, TextScreen, build_help, describe_explanation
from askbrief.tui.keys import Keys
from askbrief.tui.messages import (
    Answered,
    Explained,
    Failed,
    Loaded,
    Opened,
    Progressed,
    Refreshed,
    RefreshFailed,
    Stopped,
    Suggested,
)
from askbrief.tui.prompt import History, Prompt
from askbrief.tui.quoting import build_footnote, build_quote
from askbrief.tui.refresher import AssistantFactory
from askbrief.tui.source import SourcePane
from askbrief.tui.status import StatusLine, describe_changes
from askbrief.tui.trail import build_trail
from askbrief.tui.transcript import Transcript
from askbrief.tui.welcome import Suggestion
from askbrief.tui.worker import AssistantWorker
from askbrief.types import Answer

WIDE_COLUMNS = 100
"""From this width on the source pane stands beside the transcript; below it takes its place."""
TALL_ROWS = 12
"""Below it the footer and the frame of the prompt give their rows to the text."""
ROOMY_ROWS = 24
"""From it on there is a blank row at the top."""
CLOSING_SECONDS = 3.0
"""Longest wait for the step at hand when the chat is closed."""


class ChatScreen(Screen[None]):
    """Transcript, source pane, status line and prompt.

    Args:
        open_assistant: Called once, in the thread that owns the assistant.
        open_conversations: Called once, in the thread that owns the conversations.
        resume: A conversation to go on with.

    Attributes:
        root: The folder that is asked, once it is known.
    """

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE_COLUMNS, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL_ROWS, "-tall"), (ROOMY_ROWS, "-roomy")]  # noqa: RUF012
    AUTO_FOCUS = "#prompt"
    BINDINGS: ClassVar[list[BindingType]] = list(build_bindings(Place.ANYWHERE))

    def __init__(
        self, open_assistant: AssistantFactory, open_conversations: ConversationsFactory, *, resume: int | None = None
    ) -> None:
        super().__init__()
        self._worker = AssistantWorker(open_assistant, self.post_message)
        self._conversation = Conversation(open_conversations, resume=resume)
        self.root: Path | None = None
        self._is_wide: bool | None = None
        self._waiting: dict[int, Card] = {}
        self._count = 0
        self._current: Card | None = None

    def compose(self) -> ComposeResult:
        """Places the parts."""
        with Horizontal(id="panes"):
            yield self._conversation
            yield SourcePane()
        yield StatusLine()
        yield Prompt()
        yield Keys()

    def on_mount(self) -> None:
        """Has the assistant opened once the screen is painted."""
        self.call_after_refresh(self._worker.start)

    def on_unmount(self) -> None:
        """Has the assistant closed."""
        self._worker.stop(timeout_seconds=CLOSING_SECONDS)

    def on_resize(self, event: events.Resize) -> None:
        """Folds the source pane away when there is no room for it beside the transcript."""
        is_wide = event.size.width >= WIDE_COLUMNS
        if is_wide != self._is_wide:
            self._is_wide = is_wide
            self.show_source(is_wide)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Remembers which card was at hand, and shows its source if there is room."""
        if isinstance(event.widget, Card):
            self._current = event.widget
            if self._is_wide and event.widget.answer is not None:
                self.source.show(build_trail(event.widget.answer))

    @property
    def prompt(self) -> Prompt:
        """Where questions are typed."""
        return self.query_one(Prompt)

    @property
    def source(self) -> SourcePane:
        """The article."""
        return self.query_one(SourcePane)

    @property
    def has_source(self) -> bool:
        """Whether the source pane is shown."""
        return self.has_class("-source")

    def show_source(self, is_shown: bool) -> None:
        """Shows the source pane or folds it away; what is covered or gone passes the keys on."""
        self.set_class(is_shown, "-source")
        if not is_shown and self.source.has_focus_within:
            self.prompt.focus()
        elif is_shown and not self._is_wide and self._conversation.has_focus_within:
            self.source.focus_text()

    # What the reader does

    @on(Prompt.Submitted)
    async def submit(self, event: Prompt.Submitted) -> None:
        """A question from the prompt."""
        await self.ask(event.question)

    async def ask(self, question: str) -> None:
        """A question: its card, and its place in the queue."""
        await self._conversation.go_to_end()
        card = await self._conversation.add_card(question)
        self._count += 1
        self._waiting[self._count] = card
        self._worker.ask(self._count, question)
        self.query_one(StatusLine).waiting = len(self._waiting)
        if not self._is_wide:
            self.show_source(False)

    @on(Suggestion.Chosen)
    async def take_suggestion(self, event: Suggestion.Chosen) -> None:
        """A suggested question is asked, or put into the prompt."""
        self.prompt.focus()
        if event.is_edited:
            self.prompt.put(event.question)
        else:
            self.prompt.past.add(event.question)
            await self.ask(event.question)

    @on(Card.Acted)
    async def act_on_card(self, event: Card.Acted) -> None:
        """One of the keys of a card."""
        card, answer = event.card, event.card.answer
        match event.action:
            case "edit":
                self.prompt.put(card.question)
                self.prompt.focus()
            case "ask_again" if card.question:
                await self.ask(card.question)
            case "explain" if card.question:
                self.query_one(StatusLine).is_explaining = True
                self._worker.explain(card.question)
            case "toggle_others":
                card.toggle_others()
            case "pin" if answer is not None:
                self._conversation.pin(card)
            case "open_source" if answer is not None and (trail := build_trail(answer)):
                self.source.show(trail)
                self.show_source(True)
            case "copy_answer" | "copy_quote" | "copy_footnote" if answer is not None:
                self._copy_from(answer, event.action)
            case _:
                self.notify("There is no answer yet.", severity="warning")

    def act_on_current(self, action: str) -> None:
        """An action on the card that was at hand last, or else the last one; for the palette."""
        cards = self._conversation.cards
        card = self._current if self._current in cards else cards[-1] if cards else None
        if card is None:
            self.notify("Nothing was asked yet.", severity="warning")
        else:
            card.act(action)

    @on(SourcePane.Copied)
    def copy_span(self, event: SourcePane.Copied) -> None:
        """The lit characters of the source."""
        self.app.copy_to_clipboard(event.text)

    @on(Transcript.Left)
    def leave_transcript(self) -> None:
        """Below the last card is the prompt."""
        self.prompt.focus()

    def action_toggle_source(self) -> None:
        """Shows the source pane, or folds it away."""
        self.show_source(not self.has_source)

    def action_next_span(self) -> None:
        """To the next lit place."""
        self.source.action_next_span()

    def action_previous_span(self) -> None:
        """To the lit place before."""
        self.source.action_previous_span()

    def action_next_source(self) -> None:
        """To the next article."""
        self.source.action_next_source()

    def action_previous_source(self) -> None:
        """To the article before."""
        self.source.action_previous_source()

    def action_copy_span(self) -> None:
        """Copies the lit characters of the source."""
        self.source.action_copy_span()

    def action_check_folder(self) -> None:
        """Looks for changed articles now."""
        self.query_one(StatusLine).progress = "Looking at the folder …"
        self._worker.check_folder()

    def action_switch_focus(self) -> None:
        """From the prompt to the cards, from anywhere else to the prompt; a pane that covers the cards goes."""
        if not self._is_wide and self.has_source:
            self.show_source(False)
            self.prompt.focus()
        elif not self.prompt.has_focus or not self._conversation.focus_last():
            self.prompt.focus()

    def action_help(self) -> None:
        """Shows every key."""
        self.app.push_screen(TextScreen("Keys", *build_help()))

    def action_search_history(self) -> None:
        """Searches earlier questions."""

        def take(question: str | None) -> None:
            if question is not None:
                self.prompt.put(question)
                self.prompt.focus()

        self.app.push_screen(ChoiceScreen("Earlier questions", self.prompt.past.questions), take)

    def action_conversations(self) -> None:
        """Lists the conversations."""
        self._conversation.choose()

    def action_new_conversation(self) -> None:
        """Begins an empty transcript."""
        self._conversation.start_anew()
        self.prompt.focus()

    def action_export_markdown(self) -> None:
        """Writes this conversation as Markdown."""
        self._conversation.export("markdown")

    def action_export_json(self) -> None:
        """Writes this conversation as JSON."""
        self._conversation.export("json")

    # What the assistant tells

    @on(Opened)
    def become_open(self, event: Opened) -> None:
        """The folder is known, and so are the questions asked about it before."""
        self.root = event.folder.root
        self._conversation.open(event.folder.root)

    @on(Conversation.Remembered)
    def remember(self, event: Conversation.Remembered) -> None:
        """Earlier questions, for the prompt."""
        self.prompt.past = History([*self.prompt.past.questions, *event.questions])

    @on(Progressed)
    def show_progress(self, event: Progressed) -> None:
        """Says what takes so long."""
        self.query_one(StatusLine).show_progress(event.progress)

    @on(Refreshed)
    def become_fresh(self, event: Refreshed) -> None:
        """The index is like the folder."""
        status = self.query_one(StatusLine)
        is_first = status.freshness is None
        status.show_freshness(event.freshness)
        if is_first:
            self._worker.suggest()
        elif event.changes:
            self.notify(printable(describe_changes(event.changes)), title="The folder changed", markup=False)
        self._warn(event.notes)

    @on(RefreshFailed)
    def show_refresh_error(self, event: RefreshFailed) -> None:
        """The folder or a model cannot be used now."""
        self.query_one(StatusLine).progress = event.error.message
        self._show_problem(event.error)

    @on(Suggested)
    def suggest(self, event: Suggested) -> None:
        """Questions to begin with."""
        self._conversation.suggest(event.questions)

    @on(Answered)
    async def show_answer(self, event: Answered) -> None:
        """The answer goes to its card, its source to the pane, both to the disk."""
        card = self._end(event.number)
        await card.show_answer(event.answer)
        self._conversation.bring_into_view(card)
        trail = build_trail(event.answer)
        if trail:
            self.source.show(trail)
            self.source.show_document(trail[0].document_id, event.document)
        self.query_one(StatusLine).show_freshness(event.answer.freshness)
        self._conversation.save(card, event.answer)
        self._warn(event.notes)

    @on(Failed)
    async def show_error(self, event: Failed) -> None:
        """The error goes to the card of its question, and the question back to the prompt if that is empty."""
        card = self._end(event.number)
        await card.show_error(event.error)
        self._conversation.bring_into_view(card)
        if not self.prompt.text:
            self.prompt.put(card.question)

    @on(SourcePane.Wanted)
    def load_source(self, event: SourcePane.Wanted) -> None:
        """The pane needs an article."""
        self._worker.load(event.document_id)

    @on(Loaded)
    def show_source_document(self, event: Loaded) -> None:
        """The article is there, or gone."""
        self.source.show_document(event.document_id, event.document)

    @on(Explained)
    def show_explanation(self, event: Explained) -> None:
        """How an answer was found."""
        self.query_one(StatusLine).is_explaining = False
        if isinstance(event.trace, AskbriefError):
            self._show_problem(event.trace)
        else:
            self.app.push_screen(TextScreen("How it was found", Static(describe_explanation(event.trace))))

    @on(Stopped)
    def give_up(self, event: Stopped) -> None:
        """Without an assistant there is no chat."""
        self.app.exit(event.error)

    def _end(self, number: int) -> Card:
        card = self._waiting.pop(number)
        self.query_one(StatusLine).waiting = len(self._waiting)
        return card

    def _copy_from(self, answer: Answer, action: str) -> None:
        if action == "copy_footnote":
            self.app.copy_to_clipboard(build_footnote(answer))
        elif answer.answers:
            best = answer.answers[0]
            self.app.copy_to_clipboard(best.text if action == "copy_answer" else build_quote(best))
        else:
            self.notify("There is no answer to copy.", severity="warning")

    def _show_problem(self, error: AskbriefError) -> None:
        self.notify(printable(f"{error.message}. {error.hint}"), severity="error", markup=False)

    def _warn(self, notes: tuple[str, ...]) -> None:
        for note in notes:
            self.notify(printable(note), severity="warning", markup=False)
