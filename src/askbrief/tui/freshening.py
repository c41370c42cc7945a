"""The thread that keeps the index like the folder: it looks every few seconds, and at once when a question is asked."""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition, Event
from time import monotonic
from typing import TYPE_CHECKING

from textual.message import Message

from askbrief.errors import AskbriefError
from askbrief.tui.messages import Changes, Refreshed, RefreshFailed
from askbrief.types import Freshness

if TYPE_CHECKING:
    from askbrief.assistant import Assistant

POLL_SECONDS = 2.0
"""Time between two looks at the folder; more if a look takes long."""
_POLL_FACTOR = 20


class Freshener:
    """Refreshes with an assistant of its own, in the thread that calls ``run``.

    Args:
        post: Takes the messages.
    """

    def __init__(self, post: Callable[[Message], object]) -> None:
        self._post = post
        self._changed = Condition()
        self._wake = Event()
        self._is_stopping = False
        self._wanted = 0
        self._done = 0
        self._outcome: Freshness | AskbriefError | None = None
        self._told: str | None = None

    def run(self, assistant: Assistant) -> None:
        """Refreshes until ``stop`` is called."""
        while not self._is_stopping:
            self._wake.clear()
            with self._changed:
                wanted = self._wanted
            began = monotonic()
            outcome = self._refresh(assistant)
            with self._changed:
                self._done, self._outcome = wanted, outcome
                self._changed.notify_all()
                is_wanted = self._wanted > wanted
            if not is_wanted:
                self._wake.wait(max(POLL_SECONDS, _POLL_FACTOR * (monotonic() - began)))

    def ask_for_look(self) -> int:
        """Has the folder looked at once more, soon; returns a ticket for ``wait``."""
        with self._changed:
            self._wanted += 1
            self._wake.set()
            return self._wanted

    def wait(self, ticket: int, *, timeout_seconds: float | None) -> Freshness | AskbriefError | None:
        """What came of a refresh that began after ``ask_for_look``, or None if that takes longer or never ends."""
        with self._changed:
            self._changed.wait_for(lambda: self._done >= ticket or self._is_stopping, timeout_seconds)
            return self._outcome if self._done >= ticket else None

    def stop(self) -> None:
        """Ends ``run`` after the refresh at hand, and every wait."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()
        self._wake.set()

    def _refresh(self, assistant: Assistant) -> Freshness | AskbriefError:
        try:
            freshness = assistant.update()
        except AskbriefError as error:
            self._tell(str(error), RefreshFailed(error))
            return error
        done = assistant.refreshed
        changes = Changes()
        if done is not None:
            old, new = zip(*done.renamed, strict=True) if done.renamed else ((), ())
            changes = Changes((*done.added, *new), done.changed, (*done.removed, *old))
        state = f"{freshness.generation} {freshness.skipped} {assistant.notes}"
        self._tell(state, Refreshed(freshness, changes, tuple(assistant.notes)))
        return freshness

    def _tell(self, state: str, message: Message) -> None:
        if state != self._told:
            self._told = state
            self._post(message)
