"""askbrief under strace: which sockets a run opens, as its system calls show."""

from __future__ import annotations

import contextlib
import os
import pty
import shutil
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path
from threading import Thread

SEED = Path(__file__).parent.parent / "seeds" / "000_278bca0f8ddf4b0f.txt"
KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH")
"""The libraries send nothing under CI and in unit tests: none of the variables that tell them so may be passed on."""
CHAT_SECONDS = 60.0
PAINTED_BYTES = 4000
"""More than the chat writes before it reads keys."""


def create_home(home: Path) -> None:
    """An otherwise empty home folder, with an article to ask."""
    (home / "articles").mkdir()
    shutil.copy(SEED, home / "articles")


def build_environment(home: Path) -> dict[str, str]:
    """The variables of a run by a user whose home folder is ``home``."""
    variables = {name: os.environ[name] for name in KEPT if name in os.environ}
    if "PYTHONPATH" in variables:
        variables["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, variables["PYTHONPATH"].split(os.pathsep)))
    return variables | {"HOME": str(home), "TERM": "xterm-256color"}


def build_command(home: Path, *arguments: str) -> list[str]:
    """askbrief under strace, where there is one; the trace goes beside ``home``."""
    command = [sys.executable, "-m", "askbrief", *arguments, "--folder", str(home / "articles")]
    strace = shutil.which("strace")
    trace = ["-f", "-qq", "-e", "trace=socket", "-o", str(find_trace(home))]
    return [strace, *trace, *command] if strace else command


def find_trace(home: Path) -> Path:
    """The file that a run with ``home`` as its home folder is traced to."""
    return home.with_suffix(".trace")


def find_network_sockets(home: Path) -> list[str]:
    """The traced calls that ask for a network socket."""
    trace = find_trace(home)
    return [line for line in trace.read_text().splitlines() if "AF_INET" in line] if trace.exists() else []


class TracedChat:
    """A chat in a terminal of its own, traced.

    Attributes:
        home: Its home folder.
        output: What it painted.
    """

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.output = bytearray()
        self._began = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_open(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Opens the chat, and asks a question in it once it shows its screen."""
        self.home.mkdir()
        create_home(self.home)
        master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (36, 120))
        self._began = time.monotonic()
        self._process = subprocess.Popen(
            build_command(self.home, "chat"),
            env=build_environment(self.home),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        Thread(target=self._read, args=(master,), daemon=True).start()

    def _read(self, terminal: int) -> None:
        has_asked = False
        with contextlib.suppress(OSError):
            while block := os.read(terminal, 65536):
                self.output += block
                if not has_asked and len(self.output) > PAINTED_BYTES:
                    has_asked = True
                    os.write(terminal, b"Which city does Maleki represent?\r")
        os.close(terminal)

    def wait(self) -> None:
        """Waits until it was open for ``CHAT_SECONDS``."""
        time.sleep(max(0.0, self._began + CHAT_SECONDS - time.monotonic()))

    def stop(self) -> None:
        """Ends it, if it runs."""
        if self._process is not None and self.is_open:
            os.killpg(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
