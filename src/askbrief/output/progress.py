"""Progress: the steps of long work, shown on stderr."""

from __future__ import annotations

import time
from typing import Any, TextIO

from askbrief.text.display import count_noun, describe_seconds, printable
from askbrief.types import Progress

QUIET_SECONDS = 1.0
"""Nothing is shown of what takes less."""


class ProgressDisplay:
    """Progress for whatever takes longer than a second: a bar on a terminal, else a line for each stage.

    Args:
        stream: Where it goes, stderr. An error in writing to it is ignored.
        advice: A sentence that goes with the warning of long work.
        verbose: Whether technical figures are shown.
    """

    def __init__(self, stream: TextIO, *, advice: str, verbose: bool = False) -> None:
        self._stream = stream
        self._advice = advice
        self._verbose = verbose
        self._began = time.monotonic()
        self._live: Any = None
        self._stage = ""
        self._has_warned = False

    def update(self, progress: Progress) -> None:
        """Show the next step of the work; the last step of a stage removes the bar."""
        try:
            self._show(progress)
        except OSError:
            self._live = None

    def _show(self, progress: Progress) -> None:
        if progress.seconds is not None and not self._has_warned:
            self._warn(progress)
        if not progress.is_slow and time.monotonic() - self._began < QUIET_SECONDS:
            return
        is_done = 0 < progress.total <= progress.done
        if not self._stream.isatty() or (is_done and progress.is_slow):
            self.stop()
            details = f" ({progress.details})" if progress.details and self._verbose else ""
            if progress.stage + details != self._stage:
                self._write(f"{progress.stage}{details}")
            self._stage = progress.stage + details
            return
        if self._live is None:
            self._live = _start_bar(self._stream)
        total = None if progress.is_slow and not progress.done else progress.total or None  # without one it pulses
        count = (
            "" if progress.is_slow or not total else f"{progress.done:,} of {count_noun(progress.total, progress.unit)}"
        )
        count += f", {count_noun(progress.passages, 'passage')}" if progress.passages else ""
        self._live.update(
            self._live.task_ids[0], description=progress.stage, completed=progress.done, total=total, count=count
        )
        if is_done:
            self.stop()

    def _warn(self, progress: Progress) -> None:
        """Say before long work how long it takes."""
        self._has_warned = True
        work = count_noun(progress.total, "file")
        self._write(f"askbrief: {work} to index, {describe_seconds(progress.seconds or 0)}.{self._advice}")

    def _write(self, line: str) -> None:
        self._stream.write(f"{printable(line)}\n")
        self._stream.flush()

    def stop(self) -> None:
        """Remove the bar."""
        if self._live is not None:
            live, self._live = self._live, None
            live.stop()


def _start_bar(stream: TextIO) -> Any:
    import shutil

    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = max(20, shutil.get_terminal_size().columns)
    bar = Bar(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[count]}", markup=False),
        TimeRemainingColumn(),
        console=Console(file=stream, width=columns),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    bar.start()
    bar.add_task("", count="")
    return bar
