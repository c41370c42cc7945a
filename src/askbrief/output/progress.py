"""Progress: the steps of long work, shown on stderr."""

from __future__ import annotations

import sys
import time
from typing import Any

import click

from askbrief.text.display import count_noun, describe_seconds
from askbrief.types import Progress

QUIET_SECONDS = 1.0
"""Nothing is shown of what takes less."""


class ProgressDisplay:
    """Progress on stderr for whatever takes longer than a second: a bar on a terminal, else a line a stage."""

    def __init__(self, *, advice: str) -> None:
        self._advice = advice
        self._began = time.monotonic()
        self._live: Any = None
        self._stage = ""
        self._has_warned = False

    def update(self, progress: Progress) -> None:
        """Takes the next step of the work; the last step of a stage takes the bar away."""
        if progress.seconds is not None and not self._has_warned:
            self._warn(progress)
        if not progress.is_slow and time.monotonic() - self._began < QUIET_SECONDS:
            return
        is_done = 0 < progress.total <= progress.done
        if not sys.stderr.isatty() or (is_done and progress.is_slow):
            self.stop()
            if progress.stage != self._stage:
                click.echo(progress.stage, err=True)
            self._stage = progress.stage
            return
        if self._live is None:
            self._live = _start_bar()
        total = progress.total or None
        self._live.update(self._live.task_ids[0], description=progress.stage, completed=progress.done, total=total)
        if is_done:
            self.stop()

    def _warn(self, progress: Progress) -> None:
        """Says before long work how long it takes."""
        self._has_warned = True
        long = describe_seconds(progress.seconds or 0)
        click.echo(f"askbrief: {count_noun(progress.total, 'file')} to read, {long} at most.{self._advice}", err=True)

    def stop(self) -> None:
        """Takes the bar away."""
        if self._live is not None:
            self._live.stop()
            self._live = None


def _start_bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Bar(*columns, console=Console(stderr=True), transient=True)
    bar.start()
    bar.add_task("")
    return bar
