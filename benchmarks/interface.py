"""The chat in a terminal: first paint, from key to echo, longest gap between frames, memory.

    python -m benchmarks.interface [--runs 15] [--keys 200] [--articles 5000] [--cards 10000]

The command runs in a pseudo-terminal of 120 × 36 and is judged by what it writes there: "first paint" is from the start
of the process to the prompt, "ready" to the index compared with the folder. The starts take turns with those of a
Textual application that has nothing but a prompt: no chat made with Textual is faster. Keys are typed while
``--articles`` new articles are read and encoded with the real models, and before that when nothing is done; the echo is
the prompt painted again. Frames are counted inside the process: a timer of 60 Hz asks for one, and the gap is the time
between two.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import os
import pty
import random
import re
import select
import shutil
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from askbrief import Assistant
from askbrief.conversations.saved import Conversations
from askbrief.text.segment import find_sentences
from askbrief.tui.app import ChatApp
from askbrief.tui.archive import PAGE
from askbrief.tui.status import StatusLine
from benchmarks.common import save_result

ROOT = Path(__file__).parent.parent
SEED = next((ROOT / "seeds").glob("*.txt"))
QUESTION = "who met Okay Memis?"
COLUMNS, ROWS = 120, 36
WAIT_SECONDS = 600.0
FRAME_SECONDS = 1 / 60
PROMPT = "sk a question"
"""The prompt's hint without its first letter, which the cursor covers."""
UP_TO_DATE = "up to date"
QUIT = "\x11"
CHECK_FOLDER = "\x1b[15~"
ESCAPE, HOME, UP = "\x1b", "\x1b[H", "\x1b[A"
BARE = f"""
from textual.app import App
from textual.widgets import TextArea
class Bare(App):
    def compose(self):
        yield TextArea(placeholder="A{PROMPT}")
Bare().run()
"""
_LETTERS = "GHJKQVWXZ"
_LINE = 40
_SENTENCES = 8
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9]|P[^\x1b]*\x1b\\|[=>])")


class Terminal:
    """A program in a pseudo-terminal.

    Args:
        arguments: Arguments of Python.
        data: Where conversations are kept.
    """

    def __init__(self, *arguments: str, data: Path) -> None:
        command = [sys.executable, *arguments]
        environment = os.environ | {"XDG_DATA_HOME": str(data), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self.began = time.perf_counter()
        self._process, self._terminal = pty.fork()
        if self._process == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.execvpe(command[0], command, environment)
        self._written = ""
        self._last_key = 0

    @classmethod
    def open_chat(cls, folder: Path, *, data: Path, more: Sequence[str] = ()) -> Terminal:
        """The chat with a folder of articles."""
        return cls("-m", "askbrief", "chat", "--folder", str(folder), *more, data=data)

    def type(self, keys: str) -> float:
        """Types keys, and returns the time."""
        self._read(0.0)
        self._last_key = len(self._written)
        os.write(self._terminal, keys.encode())
        return time.perf_counter()

    def wait_for(self, text: str) -> float:
        """The time at which ``text`` was there, since the last key."""
        ends = time.perf_counter() + WAIT_SECONDS
        while text not in self.read(since=self._last_key):
            if not self._read(ends - time.perf_counter()):
                raise SystemExit(f"{text!r} never came: {self.read(since=self._last_key)[-2000:]!r}")
        return time.perf_counter()

    def read(self, *, since: int) -> str:
        """The characters that were written after the first ``since``, without escape sequences."""
        return _ESCAPES.sub("", self._written[since:])

    @property
    def position(self) -> int:
        """How much was written until now, escape sequences too."""
        return len(self._written)

    def rest(self, seconds: float) -> None:
        """Takes what is written for a while."""
        ends = time.perf_counter() + seconds
        while (left := ends - time.perf_counter()) > 0:
            self._read(left)

    def find_memory(self, name: str) -> int:
        """The resident memory in MB now (VmRSS), or the most that it ever was (VmHWM)."""
        status = Path(f"/proc/{self._process}/status").read_text(encoding="utf-8")
        return round(int(re.findall(rf"{name}:\s*(\d+) kB", status)[0]) / 1024)

    def find_cpu_seconds(self) -> float:
        """The time that all threads spent on a processor until now, in user and system mode."""
        times = [
            path.read_text(encoding="utf-8").split()[0]
            for path in Path(f"/proc/{self._process}/task").glob("*/schedstat")
        ]
        return sum(map(int, times)) / 1e9

    def close(self) -> None:
        """Quits."""
        self.type(QUIT)
        ends = time.monotonic() + WAIT_SECONDS
        while not os.waitpid(self._process, os.WNOHANG)[0]:
            self._read(0.05)
            if time.monotonic() > ends:
                os.kill(self._process, signal.SIGKILL)
        os.close(self._terminal)

    def _read(self, timeout_seconds: float) -> bool:
        """Takes what is written within a time; returns whether anything was."""
        if not select.select([self._terminal], [], [], max(0.0, timeout_seconds))[0]:
            return False
        try:
            self._written += os.read(self._terminal, 1 << 16).decode(errors="replace")
        except OSError:
            return False
        return True


def write_articles(folder: Path, count: int) -> None:
    """Articles of a few sentences of the seed, each another choice and order; the same each time."""
    text = SEED.read_text(encoding="utf-8")
    sentences = [span.of(text).strip() for span in find_sentences(text)]
    for number in range(count):
        chosen = random.Random(number).sample(sentences, _SENTENCES)
        (folder / f"{number:05}.txt").write_text(f"Note {number}\n\n{' '.join(chosen)}\n", encoding="utf-8")


def measure_start(runs: int, scratch: Path) -> dict[str, Any]:
    """From the start of the process to the prompt, to a compared index, and the memory after an answer."""
    painted, ready, answered, idle, peak, bare = [], [], [], [], [], []
    for _ in range(runs + 1):
        terminal = Terminal("-c", BARE, data=scratch)
        bare.append((terminal.wait_for(PROMPT) - terminal.began, terminal.find_cpu_seconds()))
        terminal.close()
        terminal = Terminal.open_chat(ROOT, data=scratch)
        painted.append((terminal.wait_for(PROMPT) - terminal.began, terminal.find_cpu_seconds()))
        ready.append(terminal.wait_for(UP_TO_DATE) - terminal.began)
        terminal.rest(1.0)  # the suggested questions are looked for
        idle.append(terminal.find_memory("VmRSS"))
        asked = terminal.type(f"{QUESTION}\r")
        answered.append(terminal.wait_for(" · line ") - asked)
        peak.append(terminal.find_memory("VmHWM"))
        terminal.close()
    (seconds, cpu_seconds), (bare_seconds, bare_cpu_seconds) = (
        zip(*found[1:], strict=True) for found in (painted, bare)
    )
    return {
        "runs": runs,
        "first paint, seconds median": round(statistics.median(seconds), 3),
        "first paint, seconds max": round(max(seconds), 3),
        "first paint, CPU seconds median": round(statistics.median(cpu_seconds), 3),
        "first paint of a bare prompt, seconds median": round(statistics.median(bare_seconds), 3),
        "first paint of a bare prompt, CPU seconds median": round(statistics.median(bare_cpu_seconds), 3),
        "ready, seconds median": round(statistics.median(ready[1:]), 3),
        "question to answer, seconds median": round(statistics.median(answered[1:]), 3),
        "memory when idle, MB": statistics.median(idle[1:]),
        "peak memory, MB": statistics.median(peak[1:]),
    }


def measure_echo(terminal: Terminal, keys: int) -> dict[str, float]:
    """Milliseconds from a key to its echo, over keys at the pace of a quick typist."""
    chance = random.Random(keys)
    seconds = []
    typed = ""
    for number in range(keys):
        if number % _LINE == 0:
            terminal.type("\x15")
            terminal.rest(0.2)
            typed = ""
        typed += chance.choice(_LETTERS)
        pressed = terminal.type(typed[-1])
        seconds.append(terminal.wait_for(typed[-4:]) - pressed)
        terminal.rest(chance.uniform(0.05, 0.15))
    hundredths = statistics.quantiles(seconds, n=100)
    return {
        "p50": round(1000 * hundredths[49], 1),
        "p95": round(1000 * hundredths[94], 1),
        "max": round(1000 * max(seconds), 1),
    }


def measure_typing(articles: int, keys: int, scratch: Path) -> dict[str, Any]:
    """Key to echo while new articles are read and encoded, and when nothing is done; and the memory of that."""
    folder = scratch / "typing"
    folder.mkdir()
    shutil.copy(SEED, folder)
    terminal = Terminal.open_chat(folder, data=scratch)
    terminal.wait_for(UP_TO_DATE)
    terminal.rest(2.0)
    idle = measure_echo(terminal, keys)
    write_articles(folder, articles)
    terminal.type(CHECK_FOLDER)  # unless it was noticed already
    terminal.wait_for(f" of {articles:,}")
    begun = terminal.position
    indexing = measure_echo(terminal, keys)
    if UP_TO_DATE in terminal.read(since=begun):
        raise SystemExit("the articles were read before the last key: try more of them")
    terminal.type("\x15")
    began = time.perf_counter()
    terminal.wait_for(UP_TO_DATE)
    result = {
        "articles": articles,
        "keys": keys,
        "key to echo, ms, while indexing": indexing,
        "key to echo, ms, idle": idle,
        "seconds of indexing left after the last key": round(time.perf_counter() - began, 1),
        "peak memory, MB": terminal.find_memory("VmHWM"),
    }
    terminal.close()
    return result


async def measure_frames(articles: int, scratch: Path) -> dict[str, Any]:
    """Gaps between frames while new articles are read, encoded and published."""
    folder = scratch / "frames"
    folder.mkdir()
    shutil.copy(SEED, folder)
    app = ChatApp(
        lambda on_progress: Assistant.open(folder, on_progress=on_progress),
        lambda: Conversations(scratch / "frames-data"),
        clipboard_folder=scratch,
    )
    async with app.run_test(size=(COLUMNS, ROWS)) as pilot:
        status = app.screen.query_one(StatusLine)
        await _wait_for_status(status, "1 article,")
        await asyncio.to_thread(write_articles, folder, articles)
        frames: list[float] = []

        def draw() -> None:
            status.refresh()
            frames.append(time.perf_counter())

        timer = status.set_interval(FRAME_SECONDS, draw)
        await pilot.press("f5")
        await _wait_for_status(status, f"{articles + 1:,} articles")
        timer.stop()
    gaps = [after - before for before, after in pairwise(frames)]
    hundredths = statistics.quantiles(gaps, n=100)
    return {
        "articles": articles,
        "seconds": round(frames[-1] - frames[0], 1),
        "gap, ms p50": round(1000 * hundredths[49], 1),
        "gap, ms p99": round(1000 * hundredths[98], 1),
        "longest gap, ms": round(1000 * max(gaps), 1),
    }


async def _wait_for_status(status: StatusLine, beginning: str) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while not ((text := status.render().plain).startswith(beginning) and text.endswith(UP_TO_DATE)):
            await asyncio.sleep(0.05)


def measure_cards(cards: int, scratch: Path) -> dict[str, Any]:
    """Memory with a long conversation: when it is resumed, and after every card was shown once."""
    data = scratch / "cards"
    with Assistant.open(ROOT) as assistant:
        answer = assistant.ask(QUESTION, top=5)
    with Conversations(data / "askbrief") as saved:
        number = saved.begin(ROOT, replace(answer, question="question 0?")).conversation_id
        for at in range(1, cards):
            saved.append(number, replace(answer, question=f"question {at}?"))
    terminal = Terminal.open_chat(ROOT, data=data, more=["--resume", str(number)])
    terminal.wait_for(f"question {cards - 1}?")
    terminal.rest(2.0)
    resumed = terminal.find_memory("VmRSS")
    terminal.type(ESCAPE)
    terminal.rest(0.5)
    began = time.perf_counter()
    for first in range(cards - 2 * PAGE, -1, -PAGE):
        terminal.type(HOME)
        terminal.wait_for(f"question {first + PAGE}?")
        terminal.type(UP)
        terminal.wait_for(f"question {first + PAGE - 1}?")
    result = {
        "cards": cards,
        "resumed, MB": resumed,
        "after all were shown, MB": terminal.find_memory("VmRSS"),
        "peak memory, MB": terminal.find_memory("VmHWM"),
        "seconds a page": round((time.perf_counter() - began) / (cards // PAGE - 1), 3),
    }
    terminal.close()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15, help="starts of the chat")
    parser.add_argument("--keys", type=int, default=200, help="keys that are typed")
    parser.add_argument("--articles", type=int, default=5000, help="new articles while the chat runs")
    parser.add_argument("--cards", type=int, default=10_000, help="questions of the long conversation")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        figures = {
            "start": measure_start(arguments.runs, scratch),
            "typing": measure_typing(arguments.articles, arguments.keys, scratch),
            "frames": asyncio.run(measure_frames(arguments.articles, scratch)),
            "long conversation": measure_cards(arguments.cards, scratch),
        }
    save_result("interface", figures)


if __name__ == "__main__":
    main()
