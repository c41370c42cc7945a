"""The current conversation and the earlier ones, read and written in a thread of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO, TypeAlias, TypeVar

from askbrief.errors import ConversationError
from askbrief.types import Answer

if TYPE_CHECKING:
    from askbrief.conversations.saved import Conversation, Conversations, Entry

ConversationsFactory: TypeAlias = "Callable[[], Conversations]"
"""Opens the conversations; called in the archive's thread."""
Form: TypeAlias = Literal["markdown", "json"]

PAGE = 25
"""Questions that are read at once."""
_ENDINGS: dict[Form, str] = {"markdown": ".md", "json": ".jsonl"}
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Page:
    """Some questions of a conversation.

    Attributes:
        entries: Oldest first.
        has_more: Whether there are others on the side that the page was read towards.
    """

    entries: list[Entry]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A place in the conversations.

    Attributes:
        conversation_id: The conversation; None is the last used one.
        entry_id: The question in it; None is its end.
    """

    conversation_id: int | None
    entry_id: int | None = None


class Archive:
    """Saves each answer to the current conversation.

    Every method raises ``ConversationError`` when the file cannot be used.

    Args:
        conversations: The open conversations.

    Attributes:
        conversations: The open conversations.
        root: The folder that is asked.
        current: Number of the current conversation; None before its first answer.
    """

    def __init__(self, conversations: Conversations) -> None:
        self.conversations = conversations
        self.root = Path()
        self.current: int | None = None

    def take_notes(self) -> list[str]:
        """What there is to tell about the file, such as that it was damaged; told once."""
        notes = list(self.conversations.notes)
        self.conversations.notes.clear()
        return notes

    def save(self, answer: Answer) -> Entry:
        """Save an answer to the current conversation, which begins with the first."""
        if self.current is not None:
            try:
                return self.conversations.append(self.current, answer)
            except ConversationError:
                if any(known.id == self.current for known in self.conversations.list_conversations(self.root)):
                    raise
        entry = self.conversations.begin(self.root, answer)  # the first, or the conversation was deleted meanwhile
        self.current = entry.conversation_id
        return entry

    def load_current(self) -> Conversation | None:
        """The current conversation, None before its first answer."""
        return None if self.current is None else self.conversations.load_conversation(self.current)

    def save_view(self, view: str) -> None:
        """Save how the current conversation is looked at."""
        if self.current is not None:
            self.conversations.set_view(self.current, view)

    def load_page(self, *, before: int | None = None, after: int | None = None) -> Page:
        """A page of the current conversation, oldest entry first; its end unless told otherwise."""
        if self.current is None:
            return Page([], has_more=False)
        found = self.conversations.load_entries(self.current, before=before, after=after, limit=PAGE + 1)
        return Page(found[:PAGE] if after is not None else found[-PAGE:], has_more=len(found) > PAGE)

    def resume(self, conversation_id: int | None) -> None:
        """Make a conversation the current one; None takes the last used one of the folder."""
        if conversation_id is None:
            known = self.conversations.list_conversations(self.root)
            if not known:
                raise ConversationError("there is no conversation about this folder yet", hint="Leave out --resume.")
            conversation_id = known[0].id
        self.conversations.load_conversation(conversation_id)
        self.current = conversation_id

    def delete(self, conversation_id: int) -> bool:
        """Delete a conversation for good; return whether it was the current one."""
        self.conversations.delete(conversation_id)
        was_current = conversation_id == self.current
        if was_current:
            self.current = None
        return was_current

    def export(self, conversation_id: int | None, form: Form, *, folder: Path) -> Path:
        """Write a conversation, or with None the current one, to a new file in ``folder``, and return that."""
        from askbrief.output.markdown import iter_markdown

        number = self.current if conversation_id is None else conversation_id
        if number is None:
            raise ConversationError("nothing was asked yet in this conversation", hint="Ask a question first.")
        entries = self.conversations.iter_entries(number)
        pieces = (
            iter_markdown(self.conversations.load_conversation(number), entries)
            if form == "markdown"
            else (f"{entry.line}\n" for entry in entries)
        )
        return save_new(pieces, folder, f"askbrief-conversation-{number}", _ENDINGS[form])


class ArchiveThread:
    """The thread that owns an archive, which it opens when it is first used.

    Args:
        open_conversations: Called once, in the thread.
    """

    def __init__(self, open_conversations: ConversationsFactory) -> None:
        self._open_conversations = open_conversations
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="askbrief-archive")
        self._archive: Archive | None = None

    async def run(self, work: Callable[[Archive], _T]) -> _T:
        """What ``work`` returns for the archive."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._work, work)

    def close(self) -> None:
        """End the thread after what is queued."""
        self._thread.submit(self._close)
        self._thread.shutdown()

    def _work(self, work: Callable[[Archive], _T]) -> _T:
        if self._archive is None:
            self._archive = Archive(self._open_conversations())
        return work(self._archive)

    def _close(self) -> None:
        if self._archive is not None:
            self._archive.conversations.close()


def save_new(pieces: Iterable[str], folder: Path, stem: str, ending: str) -> Path:
    """Write ``pieces`` to a new file in ``folder``, numbered where there is one of that name, and return it.

    Raises:
        ConversationError: It cannot be written.
    """
    try:
        with _open_new(folder, stem, ending) as stream:
            stream.writelines(pieces)
            return Path(stream.name)
    except OSError as error:
        raise ConversationError(
            f"{folder} cannot be written: {error.strerror}", hint="Start askbrief in another folder."
        ) from error


def _open_new(folder: Path, stem: str, ending: str) -> TextIO:
    for number in count(1):
        with suppress(FileExistsError):
            name = f"{stem}{f'-{number}' if number > 1 else ''}{ending}"
            return open(folder / name, "x", encoding="utf-8", newline="")
    raise AssertionError
