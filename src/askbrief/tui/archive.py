"""The conversation at hand and those of before, read and written in a thread of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Literal, ParamSpec, TextIO, TypeAlias, TypeVar

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
_P = ParamSpec("_P")
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


class Archive:
    """Saves each answer to the conversation at hand.

    Every method raises ``ConversationError`` when the file cannot be used.

    Args:
        open_conversations: Called once, in the thread.
    """

    def __init__(self, open_conversations: ConversationsFactory) -> None:
        self._open_conversations = open_conversations
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="askbrief-archive")
        self._saved: Conversations | None = None
        self._root = Path()
        self._at_hand: int | None = None

    def close(self) -> None:
        """Ends the thread after what is queued."""
        self._thread.submit(self._close)
        self._thread.shutdown()

    async def open(self, root: Path) -> tuple[list[str], list[str]]:
        """Saves what is asked about the folder ``root`` from now on; returns its earlier questions and notes."""
        return await self._run(self._open, root)

    async def save(self, answer: Answer) -> int:
        """Saves an answer to the conversation at hand, which begins with the first; returns the entry's number."""
        return await self._run(self._save, answer)

    async def load_page(self, *, before: int | None = None, after: int | None = None) -> Page:
        """A page of the conversation at hand, oldest entry first; its end unless told otherwise."""
        return await self._run(self._load_page, before, after)

    async def resume(self, conversation_id: int) -> None:
        """Makes a conversation the one at hand."""
        await self._run(self._resume, conversation_id)

    async def start_anew(self) -> None:
        """Makes a new conversation the one at hand; it begins with its first answer."""
        await self._run(self._start_anew)

    async def list_conversations(self) -> list[Conversation]:
        """The conversations about this folder, the last used first."""
        return await self._run(lambda: self._require().list_conversations(self._root))

    async def search(self, query: str) -> list[Entry]:
        """The entries about this folder that hold the words of ``query``, newest first."""
        return await self._run(lambda: self._require().search(query, folder=self._root))

    async def set_pinned(self, entry_id: int, *, is_pinned: bool) -> None:
        """Pins an entry, or takes the pin away."""
        await self._run(lambda: self._require().set_pinned(entry_id, is_pinned=is_pinned))

    async def delete(self, conversation_id: int) -> bool:
        """Deletes a conversation for good; returns whether it was the one at hand, which then begins anew."""
        return await self._run(self._delete, conversation_id)

    async def export(self, conversation_id: int | None, form: Form, *, folder: Path) -> Path:
        """Writes a conversation, or with None the one at hand, to a new file in ``folder``, and returns that."""
        return await self._run(self._export, conversation_id, form, folder)

    async def _run(self, work: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(work, *arguments, **named))

    def _require(self) -> Conversations:
        if self._saved is None:
            self._saved = self._open_conversations()
        return self._saved

    def _open(self, root: Path) -> tuple[list[str], list[str]]:
        self._root = root
        saved = self._require()
        notes = list(saved.notes)
        saved.notes.clear()
        return saved.load_questions(root), notes

    def _close(self) -> None:
        if self._saved is not None:
            self._saved.close()

    def _save(self, answer: Answer) -> int:
        saved = self._require()
        if self._at_hand is not None:
            try:
                return saved.append(self._at_hand, answer).id
            except ConversationError:
                if any(known.id == self._at_hand for known in saved.list_conversations(self._root)):
                    raise
        entry = saved.begin(self._root, answer)  # the first, or the conversation was deleted meanwhile
        self._at_hand = entry.conversation_id
        return entry.id

    def _load_page(self, before: int | None, after: int | None) -> Page:
        if self._at_hand is None:
            return Page([], has_more=False)
        found = self._require().load_entries(self._at_hand, before=before, after=after, limit=PAGE + 1)
        return Page(found[:PAGE] if after is not None else found[-PAGE:], has_more=len(found) > PAGE)

    def _resume(self, conversation_id: int) -> None:
        self._require().load_conversation(conversation_id)
        self._at_hand = conversation_id

    def _start_anew(self) -> None:
        self._at_hand = None

    def _delete(self, conversation_id: int) -> bool:
        self._require().delete(conversation_id)
        was_at_hand = conversation_id == self._at_hand
        if was_at_hand:
            self._at_hand = None
        return was_at_hand

    def _export(self, conversation_id: int | None, form: Form, folder: Path) -> Path:
        from askbrief.output.markdown import iter_markdown

        number = self._at_hand if conversation_id is None else conversation_id
        if number is None:
            raise ConversationError("nothing was asked yet in this conversation", hint="Ask a question first.")
        saved = self._require()
        entries = saved.iter_entries(number)
        pieces = (
            iter_markdown(saved.load_conversation(number), entries)
            if form == "markdown"
            else (f"{entry.line}\n" for entry in entries)
        )
        try:
            with _open_new(folder, f"askbrief-conversation-{number}", _ENDINGS[form]) as stream:
                stream.writelines(pieces)
                return Path(stream.name)
        except OSError as error:
            raise ConversationError(
                f"{folder} cannot be written: {error.strerror}", hint="Start askbrief in another folder."
            ) from error


def _open_new(folder: Path, stem: str, ending: str) -> TextIO:
    """A new file, numbered where there is one of that name."""
    for number in count(1):
        with suppress(FileExistsError):
            return open(folder / f"{stem}{f'-{number}' if number > 1 else ''}{ending}", "x", encoding="utf-8")
    raise AssertionError
