"""The one screen of the chat: where things stand, and what follows when something happens."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.screen import Screen

from askbrief.answer.dialogue import Turn
from askbrief.config import keeps_history
from askbrief.errors import AskbriefError
from askbrief.text.display import count_noun, printable
from askbrief.tui.archive import ConversationsFactory
from askbrief.tui.card import Card
from askbrief.tui.card_actions import CardActions
from askbrief.tui.citation import describe_range
from askbrief.tui.commands import Place, build_bindings
from askbrief.tui.conversation import ConversationView
from askbrief.tui.header import Header
from askbrief.tui.keys import Keys
from askbrief.tui.messages import (
    Answered,
    Explained,
    Failed,
    Listed,
    Loaded,
    Opened,
    Progressed,
    Refreshed,
    RefreshFailed,
    Stopped,
    Suggested,
    Titled,
)
from askbrief.tui.prompt import History, Prompt
from askbrief.tui.questions import Questions
from askbrief.tui.refresher import AssistantFactory
from askbrief.tui.source import SourcePane
from askbrief.tui.status import StatusLine, describe_changes
from askbrief.tui.trail import build_trail
from askbrief.tui.transcript import Transcript
from askbrief.tui.view import View, load_view
from askbrief.tui.welcome import Suggestion
from askbrief.tui.worker import AssistantWorker
from askbrief.types import Progress

WIDE_COLUMNS = 100
"""From this width on the article stands beside the transcript; below it takes its place."""
TALL_ROWS = 12
"""Below it header, footer and the frame of the prompt give their rows to the text."""
ROOMY_ROWS = 24
"""From it on there are blank rows around the parts."""
CLOSING_SECONDS = 3.0
"""Longest wait for the current step when the chat is closed."""
LOOKING = Progress("Looking at the folder", 0, 0)


class ChatScreen(Screen[None]):
    """Header, transcript, article, status line, prompt and keys.

    Args:
        open_assistant: Called once, in the thread that owns the assistant.
        open_conversations: Called once, in the thread that owns the conversations.
        resume: A conversation to go on with; 0 is the last used one.

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
        self._conversation = ConversationView(open_conversations, resume=resume)
        self.root: Path | None = None
        self._is_wide: bool | None = None
        self._waiting = Questions()
        self._current: Card | None = None
        self._keeps_history = True
        self._card_actions = CardActions(self, conversation=self._conversation, worker=self._worker)

    def compose(self) -> ComposeResult:
        """Place the parts, where they belong in a terminal of this size from the start."""
        width, height = self.app.size
        self._is_wide = width >= WIDE_COLUMNS
        self.set_class(self._is_wide, "-source")
        for length, breakpoints in ((width, self.HORIZONTAL_BREAKPOINTS), (height, self.VERTICAL_BREAKPOINTS)):
            self.add_class([name for least, name in breakpoints if least <= length][-1])
        yield Header()
        with Horizontal(id="panes"):
            yield self._conversation
            yield SourcePane()
        yield StatusLine()
        yield Prompt()
        yield Keys()

    def on_mount(self) -> None:
        """Have the assistant opened once the screen is painted."""
        self.call_after_refresh(self._begin)
        self.app.theme_changed_signal.subscribe(self, lambda _: self._save_view())

    def _begin(self) -> None:
        if not gc.isenabled():
            gc.freeze()
            gc.enable()
        self._worker.start()

    def on_unmount(self) -> None:
        """Have the assistant closed."""
        self._worker.stop(timeout_seconds=CLOSING_SECONDS)

    def on_resize(self, event: events.Resize) -> None:
        """Fold the article away when there is no room for it beside the transcript."""
        is_wide = event.size.width >= WIDE_COLUMNS
        if is_wide != self._is_wide:
            self._is_wide = is_wide
            self.show_source(is_wide)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Show the source of the card with the keys if there is room."""
        if isinstance(event.widget, Card):
            self.make_current(event.widget)

    def on_key(self, event: events.Key) -> None:
        """A character that means nothing to what has the keys goes to the prompt."""
        if event.is_printable and event.character and event.key not in self.active_bindings:
            event.stop()
            self.prompt.focus()
            self.prompt.insert(event.character)

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
        """Whether the article is shown."""
        return self.has_class("-source")

    def show_source(self, is_shown: bool) -> None:
        """Show the article or fold it away; what is covered or gone passes the keys on."""
        self.set_class(is_shown, "-source")
        if not is_shown and self.source.has_focus_within:
            self.prompt.focus()
        elif is_shown and not self._is_wide and self._conversation.has_focus_within:
            self.source.focus_text()

    def make_current(self, card: Card) -> None:
        """Mark a card as the current one, and show its source if there is room."""
        self._current = card
        self._conversation.mark_current(card)
        if self._is_wide and card.answer is not None:
            self.source.show(build_trail(card.answer, chosen=card.chosen), question=card.answer.searched)

    # What the reader does

    @on(Prompt.Submitted)
    async def submit(self, event: Prompt.Submitted) -> None:
        """A question from the prompt."""
        await self.ask(event.question)

    @on(Prompt.Left)
    def enter_answers(self) -> None:
        """Above an empty prompt are the answers; without any, the questions of before."""
        if self._conversation.cards or not self.prompt.past.questions:
            self._conversation.focus_last()
        else:
            self.prompt.recall_older()

    async def ask(self, question: str, *, history: Sequence[Turn] | None = None) -> None:
        """A question: its card, and its place in the queue.

        Args:
            question: As typed.
            history: The turns that it may take up; None for those of the conversation.
        """
        await self._conversation.go_to_end()
        card = await self._conversation.add_card(question)
        card.history = history
        self._waiting.add(card)
        if len(self._waiting) == 1:
            self._ask_next()
        self.query_one(StatusLine).waiting = len(self._waiting)
        if not self._is_wide:
            self.show_source(False)

    def _ask_next(self) -> None:
        """Have the first question that waits answered: one at a time, as each may take up the answer before."""
        if (found := self._waiting.find_first()) is not None:
            number, card = found
            if card.history is None:
                card.history = self._conversation.list_turns(before=card)
            self._worker.ask(number, card.question, history=card.history)

    @on(Suggestion.Chosen)
    async def take_suggestion(self, event: Suggestion.Chosen) -> None:
        """A suggested question is asked, or put into the prompt."""
        self.prompt.focus()
        if event.is_edited:
            self.prompt.put(event.question or self.prompt.text)
        else:
            self.prompt.past.add(event.question)
            await self.ask(event.question)

    @on(Card.Acted)
    async def act_on_card(self, event: Card.Acted) -> None:
        """One of the keys of a card, or a click on it."""
        await self._card_actions.act(event.card, event.action)

    def action_act_on_current(self, action: str) -> None:
        """An action on the current card, or else the last one; for the palette."""
        cards = self._conversation.cards
        card = self._current if self._current in cards else cards[-1] if cards else None
        if card is None:
            self.notify("Nothing was asked yet.", severity="warning")
        else:
            card.act(action)

    @on(SourcePane.Copied)
    def copy_span(self, event: SourcePane.Copied) -> None:
        """The selected or highlighted characters of the article."""
        self.app.copy_to_clipboard(event.text)

    @on(SourcePane.Opened)
    def open_source_file(self, event: SourcePane.Opened) -> None:
        """The file of the article."""
        self._card_actions.open_file(event.path, event.line, by_editor=event.by_editor)

    @on(Transcript.Left)
    def leave_transcript(self) -> None:
        """Below the last card is the prompt."""
        self.prompt.focus()

    @on(SourcePane.Left)
    def leave_source(self) -> None:
        """Go back to the prompt; an article that covers the transcript goes."""
        if not self._is_wide:
            self.show_source(False)
        self.prompt.focus()

    def action_act_on_source(self, action: str) -> None:
        """One of the actions of the article, from anywhere."""
        getattr(self.source, f"action_{action}")()

    def action_toggle_source(self) -> None:
        """Show the article, or fold it away."""
        self.show_source(not self.has_source)
        self._save_view()

    def action_browse(self) -> None:
        """List the articles."""
        self.source.browse()
        self.show_source(True)
        self.source.focus_text()

    def action_check_folder(self) -> None:
        """Look for changed articles now."""
        self.query_one(StatusLine).progress = LOOKING
        self._worker.check_folder()

    def action_switch_focus(self) -> None:
        """From the prompt to the answers, from anywhere else to the prompt; an article that covers them goes."""
        if not self._is_wide and self.has_source:
            self.leave_source()
        elif not self.prompt.has_focus or not self._conversation.focus_last():
            self.prompt.focus()

    def action_help(self) -> None:
        """Show all keys."""
        from askbrief.tui.dialogs import TextScreen, build_help  # not before the first paint

        self.app.push_screen(TextScreen("Keys", *build_help()))

    def action_search_history(self) -> None:
        """Search the questions asked before."""
        from askbrief.tui.lists import ChoiceScreen  # not before the first paint

        def take(question: str | None) -> None:
            if question is not None:
                self.prompt.put(question)
                self.prompt.focus()

        self.app.push_screen(ChoiceScreen(self.prompt.past.questions), take)

    def action_conversations(self) -> None:
        """List the conversations."""
        self._conversation.choose()

    def action_basket(self) -> None:
        """List the pinned quotes."""
        self._conversation.show_basket(self._worker.find_document)

    def action_new_conversation(self) -> None:
        """Start a new conversation."""
        self._conversation.start_new()
        self.source.browse()
        self.prompt.focus()

    def action_export(self, form: str) -> None:
        """Write this conversation as "markdown" or "json"."""
        self._conversation.export("json" if form == "json" else "markdown")

    # What the assistant tells

    @on(Opened)
    def become_open(self, event: Opened) -> None:
        """The folder is known, and so are the questions asked about it before."""
        self.root = self.source.root = event.folder.root
        self.query_one(Header).folder = event.folder.root.name
        self._keeps_history = keeps_history(event.folder.settings)
        self._conversation.open(event.folder.root)
        self._tell_title()

    @on(ConversationView.Remembered)
    def remember(self, event: ConversationView.Remembered) -> None:
        """Earlier questions, for the prompt."""
        self.prompt.past = History([*self.prompt.past.questions, *event.questions])

    @on(ConversationView.Changed)
    def show_conversation(self, event: ConversationView.Changed) -> None:
        """Name the conversation, and look as it did when it was left."""
        header, found = self.query_one(Header), event.conversation
        is_other = header.number != (found.id if found is not None else 0)
        header.conversation, header.number = (found.title, found.id) if found is not None else ("", 0)
        if found is None or event.is_resumed:
            self._card_actions.footnotes = 0
        if found is not None and event.is_resumed:
            self._load_view(found.view)
        elif found is not None and is_other:
            self._save_view()
        self._tell_title()

    @on(ConversationView.NotFound)
    def refuse(self, event: ConversationView.NotFound) -> None:
        """Without the conversation that was to be resumed there is no chat."""
        self.app.exit(event.error)

    @on(Progressed)
    def show_progress(self, event: Progressed) -> None:
        """Say what takes so long."""
        self.query_one(StatusLine).show_progress(event.progress)

    @on(Refreshed)
    def become_fresh(self, event: Refreshed) -> None:
        """The index is like the folder."""
        status = self.query_one(StatusLine)
        is_first = status.freshness is None
        status.show_freshness(event.freshness)
        self.query_one(Header).holds = count_noun(event.freshness.documents, "article")
        if is_first or event.changes:
            self._worker.list_articles()
        if is_first:
            self._worker.suggest()
        elif event.changes:
            self.notify(printable(describe_changes(event.changes)), title="The folder changed", markup=False)
        for note in event.notes:
            self.notify(printable(note), severity="warning", markup=False)

    @on(RefreshFailed)
    def show_refresh_error(self, event: RefreshFailed) -> None:
        """The folder or a model cannot be used now; where a question waits, its card says so."""
        error, status = event.error, self.query_one(StatusLine)
        status.problem = f"{error.message[:1].upper()}{error.message[1:]}. {error.hint}"
        if status.freshness is None:
            self.source.show_articles([])

    @on(Listed)
    def show_articles(self, event: Listed) -> None:
        """The articles, for the list and the header."""
        self.source.show_articles(event.articles)
        header = self.query_one(Header)
        days = [article.day for article in event.articles if article.day is not None]
        if event.is_whole:
            count = count_noun(len(event.articles), "article")
            header.holds = ", ".join(filter(None, [count, describe_range(days)]))

    @on(Suggested)
    def suggest(self, event: Suggested) -> None:
        """Questions to begin with."""
        self._conversation.suggest(event.questions)

    @on(Answered)
    async def show_answer(self, event: Answered) -> None:
        """The answer goes to its card, its source to the pane, both to the disk."""
        card = self._end(event.number)
        card.trace = event.trace
        await card.show_answer(event.answer)
        self._conversation.bring_into_view(card)
        self._current = card
        self._conversation.mark_current(card)
        trail = build_trail(event.answer)
        self.source.show(trail, question=event.answer.searched)
        if trail:
            self.source.show_document(trail[0].document_id, event.document)
        self._ask_next()
        self.query_one(StatusLine).show_freshness(event.answer.freshness)
        if self._keeps_history:
            self._conversation.save(card, event.answer)
        for note in event.notes:
            self.notify(printable(note), severity="warning", markup=False)

    @on(Failed)
    async def show_error(self, event: Failed) -> None:
        """The error goes to the card of its question, and the question back to the prompt if that is empty."""
        card = self._end(event.number)
        await card.show_error(event.error)
        self._conversation.bring_into_view(card)
        if not self.prompt.text:
            self.prompt.put(card.question)
        self._ask_next()

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
        """How an answer of an earlier conversation is found."""
        self.query_one(StatusLine).is_explaining = False
        if isinstance(event.trace, AskbriefError):
            self.show_problem(event.trace)
        else:
            self._card_actions.show_explanation(event.trace)

    @on(Stopped)
    def give_up(self, event: Stopped) -> None:
        """Without an assistant there is no chat."""
        self.app.exit(event.error)

    def _end(self, number: int) -> Card:
        card = self._waiting.take(number)
        self.query_one(StatusLine).waiting = len(self._waiting)
        return card

    def show_problem(self, error: AskbriefError) -> None:
        """Tell what went wrong, and what to do about it."""
        self.notify(printable(f"{error.message}. {error.hint}"), severity="error", markup=False)

    def _save_view(self) -> None:
        if self.query_one(Header).number:
            view = View(self.app.theme, self.has_source if self._is_wide else None)
            self._conversation.save_view(view.as_json())

    def _load_view(self, line: str) -> None:
        view = load_view(line)
        if view.theme in self.app.available_themes:
            self.app.theme = view.theme
        if self._is_wide and view.has_article is not None:
            self.show_source(view.has_article)

    def _tell_title(self) -> None:
        header = self.query_one(Header)
        self.post_message(Titled(header.title, header.number))
