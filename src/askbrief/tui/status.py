"""The status line: what the index holds, what is being done, what waits."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from askbrief.text.display import count_noun
from askbrief.tui.citation import cut
from askbrief.tui.lit import plain
from askbrief.tui.messages import Changes
from askbrief.types import Freshness, Progress

OPENING = Progress("Opening the index", 0, 0)
_NAMES = 3
_BAR_COLUMNS = 20


class StatusLine(Static):
    """One line above the prompt.

    Attributes:
        waiting: Questions that wait for their answer.
        progress: What is being done; None when nothing is.
        problem: Why the index cannot be used now; '' if it can.
        is_explaining: Whether it is looked up how an answer was found.
        freshness: What the index holds; None until it was compared with the folder.
    """

    waiting: reactive[int] = reactive(0)
    progress: reactive[Progress | None] = reactive(OPENING)
    problem: reactive[str] = reactive("")
    is_explaining: reactive[bool] = reactive(False)
    freshness: reactive[Freshness | None] = reactive(None)

    def __init__(self) -> None:
        super().__init__(id="status")

    def render(self) -> Content:
        """The line, with a bar while something takes long."""
        parts = describe_state(self.freshness, progress=self.progress, waiting=self.waiting)
        parts += ["explaining …"] if self.is_explaining else []
        text = plain(" · ".join(parts))
        if self.problem:
            return plain(cut(self.problem, self.size.width)).stylize("$text-error")
        if self.progress is not None and self.progress.total and cell_len(text.plain) + _BAR_COLUMNS < self.size.width:
            return Content.assemble(_build_bar(self.progress), " ", text)
        return text

    def show_progress(self, progress: Progress) -> None:
        """Show a step of a long task; its last step takes it away."""
        is_last = 0 < progress.total <= progress.done and not progress.is_slow
        self.progress = None if is_last else progress

    def show_freshness(self, freshness: Freshness) -> None:
        """Show what the index holds; if the folder was compared, nothing is being done any more."""
        self.freshness = freshness
        self.problem = ""
        if freshness.checked:
            self.progress = None


def describe_state(freshness: Freshness | None, *, progress: Progress | None, waiting: int) -> list[str]:
    """The parts of the line."""
    parts = []
    if progress is not None:
        steps = f" {progress.done:,} of {progress.total:,}" if progress.total else " …"
        parts.append(progress.stage.removesuffix(" …") + steps)
    if freshness is not None:
        count = count_noun(freshness.documents, "article")
        state = "up to date" if freshness.checked else "not compared with the folder yet"
        parts.append(f"{count}, {state}" if progress is None else count)
        if freshness.skipped:
            parts.append(f"{count_noun(len(freshness.skipped), 'file')} skipped")
    if waiting:
        parts.append(f"{count_noun(waiting, 'question')} waiting")
    return parts


def describe_changes(changes: Changes) -> str:
    """What changed in the folder, the first few files by name."""
    kinds = ((changes.added, "Added"), (changes.changed, "Changed"), (changes.removed, "Removed"))
    return "; ".join(f"{what}: {_list(paths)}" for paths, what in kinds if paths)


def _build_bar(progress: Progress) -> Content:
    done = min(_BAR_COLUMNS, _BAR_COLUMNS * progress.done // progress.total)
    return Content.assemble(("━" * done, "$success"), ("─" * (_BAR_COLUMNS - done), "$foreground 40%"))


def _list(paths: tuple[str, ...]) -> str:
    more = len(paths) - _NAMES
    return ", ".join(paths[:_NAMES]) + (f" and {more:,} more" if more > 0 else "")
