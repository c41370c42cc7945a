"""Questions asked at the shell's prompt, saved beside the chat's: one conversation for each folder and day."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Self

from askbrief.answer.dialogue import Turn, build_turn
from askbrief.conversations.saved import Conversations
from askbrief.types import Answer

VIEW = '{"shell": true}'
"""How the conversations of the shell are told from those of the chat."""


class ShellConversation:
    """The saved conversation that the questions of a command belong to. Close it.

    Attributes:
        notes: Sentences for people about the file, such as that it was damaged.
    """

    def __init__(self, root: Path, *, continues: bool = False, begins: bool = False) -> None:
        """Open it; it is made with its first answer.

        Args:
            root: The folder that is asked.
            continues: Whether it is the last conversation about the folder, the chat's too, rather than today's.
            begins: Whether it is a new one.

        Raises:
            ConversationError: The file cannot be used.
        """
        self._root = root
        self._saved = Conversations()
        self.notes = self._saved.notes
        found = None if begins else self._saved.find_last(root, view=None if continues else VIEW)
        is_open = found is not None and (continues or _is_today(found.updated))
        self._number = found.id if found is not None and is_open else None

    def load_turns(self) -> tuple[Turn, ...]:
        """The last questions and answers in it, oldest first.

        Raises:
            ConversationError: They cannot be read.
        """
        if self._number is None:
            return ()
        from askbrief.answer.rewrite import MAX_TURNS  # loads all of rewriting: only for a follow-up

        return tuple(build_turn(entry.answer) for entry in self._saved.load_entries(self._number, limit=MAX_TURNS))

    def save(self, answer: Answer) -> None:
        """Add an answer.

        Raises:
            ConversationError: It cannot be written.
        """
        if self._number is not None:
            self._saved.append(self._number, answer)
            return
        self._number = self._saved.begin(self._root, answer, view=VIEW).conversation_id

    def close(self) -> None:
        """Close the file."""
        self._saved.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _is_today(moment: datetime) -> bool:
    return moment.astimezone().date() == datetime.now().astimezone().date()
