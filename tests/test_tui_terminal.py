"""The chat in a real terminal: the command in tmux, with the real models, read off the screen with its styles."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import pytest
from conftest import SEED
from rich.console import Console
from rich.text import Text

TMUX = shutil.which("tmux")
WAIT_SECONDS = 120.0
PROMPT_ROWS = 5

pytestmark = [pytest.mark.models, pytest.mark.skipif(TMUX is None, reason="needs tmux")]


class Terminal:
    """A program in a terminal of its own, by way of a tmux server of its own.

    Args:
        command: The program.
        place: A folder with a short name, for the sockets of tmux.
        folder: Where the program runs.
        data: Where it keeps conversations.
    """

    def __init__(self, command: list[str], *, place: Path, folder: Path, data: Path) -> None:
        self._socket = place / "tmux"
        self._output = place / "output"
        os.mkfifo(self._output)
        self._changes = os.open(self._output, os.O_RDONLY | os.O_NONBLOCK)
        self._keep_open = os.open(self._output, os.O_WRONLY)
        environment = [
            f"XDG_DATA_HOME={data}",
            "TERM=xterm-256color",
            "COLORTERM=truecolor",
            "LANG=C.UTF-8",
            "ASKBRIEF_HISTORY=1",
        ]
        then = ["sh", "-c", '"$@"; echo "ended with $?"; exec cat', "sh"]
        not_ours = ["-u", "COLUMNS", "-u", "LINES"]  # of the terminal that the tests run in
        size = ["-x", "120", "-y", "36"]
        self._tmux("-f", "/dev/null", "new-session", "-d", *size, "cat", ";", "set", "-g", "status", "off")
        self._tmux("pipe-pane", f"exec cat > '{self._output}'")
        self._tmux("respawn-pane", "-k", "-c", str(folder), *then, "env", *not_ours, *environment, *command)

    def close(self) -> None:
        """Ends tmux and what runs in it."""
        self._tmux("kill-server")
        os.close(self._keep_open)
        os.close(self._changes)

    def type(self, text: str) -> None:
        """Types characters, as fast as a paste."""
        self._tmux("send-keys", "-l", text)

    def press(self, key: str) -> None:
        """Presses a key, as tmux calls it."""
        self._tmux("send-keys", key)

    def read(self) -> Text:
        """The screen as it is, with its styles."""
        return Text.from_ansi(self._tmux("capture-pane", "-e", "-p"))

    def wait_until(self, is_so: Callable[[str], bool]) -> Text:
        """The screen once its characters are such; it is read again whenever something is written to it."""
        ends = monotonic() + WAIT_SECONDS
        while not is_so((screen := self.read()).plain):
            ready, _, _ = select.select([self._changes], [], [], max(0.0, ends - monotonic()))
            assert ready, screen.plain
            os.read(self._changes, 1 << 16)
        return screen

    def _tmux(self, *arguments: str) -> str:
        assert TMUX is not None
        named = {name: value for name, value in os.environ.items() if not name.startswith("TMUX")}
        command = [TMUX, "-u", "-S", str(self._socket), *arguments]
        return subprocess.run(command, env=named, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.fixture
def terminal(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Terminal]:
    """The chat with the seed, at 120 columns and 36 rows; its parameter is a list of more options."""
    folder = tmp_path / "articles"
    folder.mkdir()
    shutil.copy(SEED, folder)
    command = [sys.executable, "-m", "askbrief", "chat", "--folder", str(folder)]
    command += getattr(request, "param", [])
    with TemporaryDirectory(prefix="askbrief-") as place:
        found = Terminal(command, place=Path(place), folder=tmp_path, data=tmp_path / "data")
        yield found
        found.close()


def read_lit(screen: Text) -> list[str]:
    """What is lit above the prompt, line by line: in bold, on another ground than the screen's."""
    console = Console()
    lines = []
    for line in screen.split("\n")[:-PROMPT_ROWS]:
        styles = [line.get_style_at_offset(console, offset) for offset in range(len(line))]
        such = [s.bgcolor != styles[0].bgcolor and bool(s.bold) for s in styles]
        lit = "".join(character for character, is_lit in zip(line.plain, such, strict=True) if is_lit).strip()
        lines += [lit] if lit else []
    return lines


def test_the_seed_is_asked_in_a_terminal(terminal: Terminal) -> None:
    terminal.wait_until(lambda screen: "Ask a question" in screen)
    terminal.type("who met Okay Memis?")
    terminal.wait_until(lambda screen: "who met Okay Memis?" in screen.splitlines()[-3])
    terminal.press("Enter")
    terminal.wait_until(lambda screen: "25 May 2025 · line" in screen and "◂" in screen)
    terminal.wait_until(lambda _: len(read_lit(terminal.read())) == 2)
    card, source = read_lit(terminal.read())
    assert card == source
    assert card in {"The Iranian diplomat", "Iranian diplomat", "Mohammad-Hassan Habibzadeh"}
    terminal.press("C-q")
    ended = terminal.wait_until(lambda screen: screen.strip().endswith("ended with 0")).plain
    assert "To continue: askbrief chat --folder" in ended
    assert "--resume1" in "".join(ended.split())


@pytest.mark.parametrize("terminal", [["--inline"]], indirect=True)
def test_inline_it_leaves_rows_to_the_shell_and_goes_without_a_trace(terminal: Terminal) -> None:
    screen = terminal.wait_until(lambda screen: "Ask a question" in screen and "^q Quit" in screen)
    lines = screen.plain.splitlines()
    [footer] = [row for row, line in enumerate(lines) if "^q Quit" in line]
    assert footer < 30
    assert not "".join(lines[footer + 2 :]).strip()
    terminal.press("C-q")
    screen = terminal.wait_until(lambda screen: "ended with 0" in screen)
    assert screen.plain.split() == ["ended", "with", "0"]


def test_control_c_never_ends_the_chat(terminal: Terminal) -> None:
    terminal.wait_until(lambda screen: "Ask a question" in screen)
    terminal.press("C-c")
    terminal.type("still here")
    terminal.wait_until(lambda screen: "still here" in screen.splitlines()[-3])
    terminal.press("C-q")
    terminal.wait_until(lambda screen: screen.strip().endswith("ended with 0"))


def test_the_chat_ends_with_its_terminal_even_where_hangups_are_ignored(articles: Path, tmp_path: Path) -> None:
    code = """
import os, pty, signal, sys
process, terminal = pty.fork()
if process == 0:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.alarm(60)
    os.execv(sys.executable, [sys.executable, "-m", "askbrief", "chat", "--folder", sys.argv[1]])
seen = b""
while b"sk a question" not in seen:
    seen += os.read(terminal, 1 << 16)
os.close(terminal)
print(signal.Signals(os.WTERMSIG(os.waitpid(process, 0)[1])).name)
"""
    environment = os.environ | {
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "TERM": "xterm-256color",
        "ASKBRIEF_HISTORY": "1",
    }
    command = [sys.executable, "-c", code, str(articles)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=WAIT_SECONDS)
    assert ran.stdout == "SIGHUP\n"


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_leaves_the_terminal_as_it_was(articles: Path, tmp_path: Path, name: str) -> None:
    code = """
import os, pty, signal, sys
process, terminal = pty.fork()
if process == 0:
    os.execv(sys.executable, [sys.executable, "-m", "askbrief", "chat", "--folder", sys.argv[1]])
seen = b""
while b"sk a question" not in seen:
    seen += os.read(terminal, 1 << 16)
os.kill(process, signal.Signals[sys.argv[2]])
after = b""
try:
    while piece := os.read(terminal, 1 << 16):
        after += piece
except OSError:
    pass
print(signal.Signals(os.WTERMSIG(os.waitpid(process, 0)[1])).name, b"\\x1b[?1049l" in after, b"\\x1b[?1003l" in after,
      b"\\x1b[?25h" in after)
"""
    environment = os.environ | {
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "TERM": "xterm-256color",
        "ASKBRIEF_HISTORY": "1",
    }
    command = [sys.executable, "-c", code, str(articles), name]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=WAIT_SECONDS)
    assert ran.stdout.split() == [name, "True", "True", "True"]
