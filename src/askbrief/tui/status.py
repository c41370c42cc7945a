"""The status line: what the index holds, what is being done, what waits."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from askbrief.tui.lit import plain
from askbrief.tui.messages import Changes
from askbrief.types import Freshness, Progress

OPENING = "Opening the index …"
EXPLAINING = "looking up how it was found …"
_NAMES = 3


class StatusLine(Static):
    """One line above the prompt.

    Attributes:
        waiting: Questions that wait for their answer.
        progress: What is being done; '' when nothing is.
        is_explaining: Whether it is looked up how an answer was found.
        freshness: What the index holds; None until it was compared with the folder.
    """

    waiting: reactive[int] = reactive(0)
    progress: reactive[str] = reactive(OPENING)
    is_explaining: reactive[bool] = reactive(False)
    freshness: reactive[Freshness | None] = reactive(None)

    def __init__(self) -> None:
        super().__init__(id="status")

    def render(self) -> Content:
        """The line."""
        text = describe_state(self.freshness, progress=self.progress, waiting=self.waiting)
        return plain(f"{text} · {EXPLAINING}" if self.is_explaining else text)

    def show_progress(self, progress: Progress) -> None:
        """Shows a step of a long task; its last step takes it away."""
        self.progress = describe_progress(progress)

    def show_freshness(self, freshness: Freshness) -> None:
        """Shows what the index holds; if the folder was compared, nothing is being done any more."""
        self.freshness = freshness
        if freshness.checked:
            self.progress = ""


def describe_progress(progress: Progress) -> str:
    """A step of a long task, '' if it is its last."""
    if 0 < progress.total <= progress.done and not progress.is_slow:
        return ""
    return progress.stage + (f" {progress.done:,}/{progress.total:,}" if progress.total else "")


def describe_state(freshness: Freshness | None, *, progress: str, waiting: int) -> str:
    """The line as text."""
    parts = []
    if freshness is not None:
        parts.append(f"{_count(freshness.documents, 'document')}, {_count(freshness.passages, 'passage')}")
        if freshness.skipped:
            parts.append(f"{_count(len(freshness.skipped), 'file')} skipped")
    if progress:
        parts.append(progress)
    elif freshness is not None:
        parts.append("up to date" if freshness.checked else "not compared with the folder")
    if waiting:
        parts.append(f"{_count(waiting, 'question')} waiting")
    return " · ".join(parts)


def describe_changes(changes: Changes) -> str:
    """What changed in the folder, the first few files by name."""
    kinds = ((changes.added, "added"), (changes.changed, "changed"), (changes.removed, "removed"))
    return "; ".join(f"{what}: {_list(paths)}" for paths, what in kinds if paths)


def _list(paths: tuple[str, ...]) -> str:
    more = len(paths) - _NAMES
    return ", ".join(paths[:_NAMES]) + (f" and {more:,} more" if more > 0 else "")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
