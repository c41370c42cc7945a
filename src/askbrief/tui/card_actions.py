"""What the keys of a card do, and a click on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from askbrief.errors import AskbriefError
from askbrief.output.opening import open_in_editor, open_in_viewer
from askbrief.tui.card import Card
from askbrief.tui.conversation import ConversationView
from askbrief.tui.quoting import build_footnote, build_quote
from askbrief.tui.status import StatusLine
from askbrief.tui.trail import build_trail
from askbrief.tui.worker import AssistantWorker
from askbrief.types import Answer, Hit, Trace

if TYPE_CHECKING:
    from askbrief.tui.screen import ChatScreen


class CardActions:
    """The actions of the cards on a screen.

    Args:
        screen: The screen.
        conversation: Its cards.
        worker: What answers and explains.

    Attributes:
        footnotes: How many footnotes were copied in this conversation: the next one has the number after.
    """

    def __init__(self, screen: ChatScreen, *, conversation: ConversationView, worker: AssistantWorker) -> None:
        self._screen = screen
        self._conversation = conversation
        self._worker = worker
        self.footnotes = 0

    async def act(self, card: Card, action: str) -> None:
        """Do what a command of a card is for; what needs an answer says so where there is none."""
        screen = self._screen
        if action.startswith("choose_"):
            await self._choose(card, int(action.removeprefix("choose_")))
            return
        match action:
            case "select":
                screen.make_current(card)
            case "leave":
                screen.action_switch_focus()
            case "edit":
                screen.prompt.put(card.question)
                screen.prompt.focus()
            case "ask_again" if card.question:
                await screen.ask(card.question, history=self._conversation.list_history(card))
            case "toggle_others":
                await card.toggle_others()
            case "copy_answer" if selected := screen.get_selected_text():
                screen.app.copy_to_clipboard(selected)
            case _ if card.answer is not None:
                await self._act_on_answer(card, card.answer, action)
            case _:
                screen.notify("There is no answer yet.", severity="warning")

    async def _act_on_answer(self, card: Card, answer: Answer, action: str) -> None:
        match action:
            case "ask_as_typed" if answer.searched != answer.question:
                await self._screen.ask(card.question, history=())
            case "ask_offered" if answer.offered:
                await self._ask_offered(card.question, answer.offered)
            case "ask_as_typed" | "ask_offered":
                self._screen.notify("The question was taken as it was typed.", severity="warning")
            case "explain":
                self._explain(card)
            case "pin":
                self._conversation.pin(card)
            case "copy_answer" | "copy_quote" | "copy_footnote":
                self._copy(card, action)
            case _ if (found := card.place) is None:
                self._screen.notify("There is no answer yet.", severity="warning")
            case "open_editor" | "open_viewer":
                self.open_file(found.path, found.line, by_editor=action == "open_editor")
            case "open_source" | "find":
                self._show_source(card, answer)
                if action == "find":
                    self._screen.source.action_find()

    async def _choose(self, card: Card, number: int) -> None:
        if await card.choose(number):
            self._screen.make_current(card)
            if isinstance(card.place, Hit):
                card.act("open_source")

    async def _ask_offered(self, question: str, offered: str) -> None:
        """Ask the second reading of a question, in the articles that the question was about."""
        from askbrief.answer.filters import keep_filters  # not before the first paint

        await self._screen.ask(keep_filters(question, question=offered), history=())

    def _show_source(self, card: Card, answer: Answer) -> None:
        self._screen.source.show(build_trail(answer, chosen=card.chosen), question=answer.searched)
        self._screen.show_source(True)

    def _explain(self, card: Card) -> None:
        if card.trace is not None:
            self.show_explanation(card.trace)
        else:
            self._screen.query_one(StatusLine).is_explaining = True
            self._worker.explain(card.question, history=self._conversation.list_history(card))

    def show_explanation(self, trace: Trace) -> None:
        """Show how an answer was found."""
        from askbrief.tui.dialogs import TextScreen  # not before the first paint
        from askbrief.tui.explanation import build_explanation

        title = "Why this answer" if trace.is_answered else "Why no answer"
        self._screen.app.push_screen(TextScreen(title, *build_explanation(trace)))

    def _copy(self, card: Card, action: str) -> None:
        if (span := card.span) is None:
            self._screen.notify("There is no answer to copy.", severity="warning")
        elif action == "copy_footnote":
            self.footnotes += 1
            document = card.trace.find_document(span.document_id) if card.trace is not None else None
            self._screen.app.copy_to_clipboard(build_footnote(span, number=self.footnotes, document=document))
        else:
            self._screen.app.copy_to_clipboard(span.text if action == "copy_answer" else build_quote(span))

    def open_file(self, path: str, line: int | None, *, by_editor: bool) -> None:
        """Open a file of the folder, in an editor at a line where it has lines, else in the system's viewer."""
        screen = self._screen
        if screen.root is None:
            return
        try:
            if by_editor and line is not None:
                with screen.app.suspend():
                    open_in_editor(screen.root / path, line)
            elif screen.app.is_web:
                raise SuspendNotSupported
            else:
                open_in_viewer(screen.root / path)
        except AskbriefError as error:
            screen.show_problem(error)
        except SuspendNotSupported:
            screen.notify("Files cannot be opened from the browser.", severity="warning")
