"""What is shown of long work, and when."""

from __future__ import annotations

import io

import pytest

from askbrief.output import progress
from askbrief.output.progress import ProgressDisplay
from askbrief.types import Progress

COMPILED = Progress("Prepared the encoder", 3, 3, is_slow=True, details="cosine 0.991")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Full(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def show(*steps: Progress, stream: io.StringIO | None = None, verbose: bool = False) -> str:
    stream = stream or io.StringIO()
    display = ProgressDisplay(stream, advice=" Advice.", verbose=verbose)
    for step in steps:
        display.update(step)
    display.stop()
    return stream.getvalue()


def test_technical_figures_are_shown_on_request_only() -> None:
    assert show(COMPILED) == "Prepared the encoder\n"
    assert show(COMPILED, verbose=True) == "Prepared the encoder (cosine 0.991)\n"


def test_long_work_is_announced_without_a_promise() -> None:
    steps = [Progress("Indexing", n, 300, seconds=90.0) for n in (0, 1)]
    assert show(*steps) == "askbrief: 300 files to index, about 2 minutes. Advice.\n"


def test_a_bar_counts_files_and_passages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "QUIET_SECONDS", -1.0)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")
    shown = show(Progress("Indexing", 127, 300, passages=1280), stream=Terminal())
    assert "Indexing" in shown
    assert "127 of 300 files, 1,280 passages" in shown


def test_a_bar_counts_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "QUIET_SECONDS", -1.0)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")
    assert "12 of 300 questions" in show(Progress("Asking", 12, 300, unit="question"), stream=Terminal())


def test_short_work_is_not_shown() -> None:
    assert show(Progress("Indexing", 1, 2), stream=Terminal()) == ""


def test_a_stream_that_cannot_be_written_disturbs_nobody() -> None:
    assert show(COMPILED, Progress("Indexing", 0, 9, seconds=60.0), stream=Full()) == ""
