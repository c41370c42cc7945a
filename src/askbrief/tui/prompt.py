"""The prompt: where questions are typed, and the memory of those asked before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widgets import TextArea

PLACEHOLDER = "Ask a question"
_NEW_LINE = ("shift+enter", "ctrl+j", "alt+enter")


class History:
    """Earlier questions to walk through, as in a shell; what was being typed comes back at the end.

    Args:
        questions: Newest first.
    """

    def __init__(self, questions: Sequence[str] = ()) -> None:
        self.questions = list(questions)
        self._at = -1
        self._draft = ""

    @property
    def is_walking(self) -> bool:
        """Whether an earlier question was brought back."""
        return self._at >= 0

    def add(self, question: str) -> None:
        """Remember a question as the newest."""
        self.questions = [question, *(known for known in self.questions if known != question)]
        self._at = -1

    def older(self, text: str) -> str | None:
        """The question before, or None at the oldest; ``text`` is what the prompt holds."""
        if self._at + 1 >= len(self.questions):
            return None
        if self._at < 0:
            self._draft = text
        self._at += 1
        return self.questions[self._at]

    def newer(self) -> str | None:
        """The question after, at last what was being typed; None if nothing was brought back."""
        if self._at < 0:
            return None
        self._at -= 1
        return self._draft if self._at < 0 else self.questions[self._at]


class Prompt(TextArea):
    """A field that grows with its text; Enter asks."""

    @dataclass
    class Submitted(Message):
        """A question was asked."""

        question: str

    @dataclass
    class Left(Message):
        """The reader went up from an empty prompt."""

    def __init__(self) -> None:
        super().__init__(id="prompt", placeholder=PLACEHOLDER, highlight_cursor_line=False, tab_behavior="focus")
        self.past = History()

    def put(self, text: str) -> None:
        """Put ``text`` in place of what is there, the cursor at its end."""
        self.text = text
        self.move_cursor(self.document.end)

    def render_line(self, y: int) -> Strip:
        """A blank where there is no column for text: Textual 8 fails to wrap its placeholder there."""
        return super().render_line(y) if self.content_size.width > 0 else Strip.blank(self.size.width)

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self._submit()
        elif event.key in _NEW_LINE:
            event.stop()
            event.prevent_default()
            self.insert("\n")
        else:
            await super()._on_key(event)

    def action_cursor_up(self, select: bool = False) -> None:
        """Up; from the first row to the question before."""
        is_first = self.wrapped_document.location_to_offset(self.cursor_location).y == 0
        if select or not is_first:
            super().action_cursor_up(select)
        elif not self.text and not self.past.is_walking and not select:
            self.post_message(self.Left())
        else:
            self.recall_older()

    def recall_older(self) -> None:
        """Bring back the question before."""
        if (question := self.past.older(self.text)) is not None:
            self.put(question)

    def action_cursor_down(self, select: bool = False) -> None:
        """Down; from the last row to the question after."""
        is_last = self.wrapped_document.location_to_offset(self.cursor_location).y == self.wrapped_document.height - 1
        if select or not is_last:
            super().action_cursor_down(select)
        elif (question := self.past.newer()) is not None:
            self.put(question)

    def _submit(self) -> None:
        question = self.text.strip()
        if question:
            self.past.add(question)
            self.text = ""
            self.post_message(self.Submitted(question))
