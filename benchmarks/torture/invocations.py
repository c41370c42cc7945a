"""Invocations: hostile ways to run the command line must end in a right answer or a one-line error with a hint.

    python -m benchmarks.torture.invocations [--cases 500] [--seed 0]

Every case draws a command, a folder, the state of the three standard streams, an encoding, a size of the terminal and,
for some, a signal after a moment. A case fails where it ends with a traceback, with an exit code that is none of ours,
with an error that says nothing or gives no hint, with JSON that cannot be read, with a control character in what it
wrote for no terminal, or not at all.
"""

from __future__ import annotations

import contextlib
import json
import os
import pty
import random
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import termios
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.torture.command import build_parser, end

ROOT = Path(__file__).parent.parent.parent
TIMEOUT_SECONDS = 60.0
PROGRAM = """
import sys
try:
    from benchmarks.torture.models import NumberReader, WordEncoder
    from askbrief import assistant
    from askbrief.__main__ import main
    assistant.load_encoder = lambda *_, **__: WordEncoder()
    assistant.load_reader = lambda *_, **__: NumberReader()
except KeyboardInterrupt:
    sys.exit(130)
main()
"""
"""The command line with models that need no files."""

_RIGHT_CODES = (0, 1, 2, 3, 130)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
_STEERING = "a\x1b[31m\u202eb"
_REPORT = "which report tells of its part"
_QUESTIONS = (
    *(_REPORT,) * 8,
    *("?", "", " ", "x" * 5000, "what is 第三 part?", "who\udcff?", _STEERING, "-", "--"),
    *("\u2028", "%s %d {0} [red]x[/red]", "١٢٣?", "report\ttells\nof"),
)
_COMMANDS = (
    *(("ask",),) * 4,
    *(("search",),) * 2,
    *(("index",), ("index", "--dry-run"), ("index", "--rebuild"), ("status",), ("verify",), ("conversations",)),
    *(("--help",), ("--version",), ("ask", "--help"), ("nonsense",), (), ("completion", "bash"), ("chat",)),
)
_FOLDERS = (
    *("good",) * 5,
    "empty",
    "steering",
    "file",
    "missing",
    "deleted",
    "none",
    "unreadable",
    "settings",
    "link",
    "\0",
)
_ENCODINGS = ("utf-8", "ascii", "latin-1", "cp1251", "utf-16", "utf-8:strict", "ascii:strict", "")
_LOCALES = ("C", "POSIX", "C.UTF-8", "de_DE.ISO-8859-1", "no_SUCH", "")
_COLUMNS = ("0", "1", "7", "40", "80", "400", "100000", "-5", "wide", "")
_STREAMS = ("pipe", "pipe", "pipe", "full", "closed", "broken", "null")
_INPUTS = ("null", "closed", "questions", "noise", "huge")
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)


@dataclass(frozen=True, slots=True)
class Case:
    """A way to run the command line.

    Attributes:
        arguments: The command's.
        folder: Kind of the folder it runs in or is given.
        variables: Added to the environment.
        streams: States of stdin, stdout and stderr.
        size: Rows and columns of a terminal in place of the streams; None is none.
        signal: Sent after ``seconds``; None is none.
        seconds: When.
    """

    arguments: tuple[str, ...]
    folder: str
    variables: dict[str, str]
    streams: tuple[str, str, str]
    size: tuple[int, int] | None = None
    signal: signal.Signals | None = None
    seconds: float = 0.0

    @property
    def is_answerable(self) -> bool:
        """Whether it is a question that must be answered on stdout."""
        is_asked = self.arguments[:2] in (("ask", _REPORT), ("search", _REPORT)) and self.folder == "good"
        return is_asked and (self.streams[1] == "pipe" or self.size is not None)

    def __str__(self) -> str:
        shown = " ".join(f"{name}={value!r}" for name, value in self.variables.items())
        how = f"terminal {self.size}" if self.size else "/".join(self.streams)
        sent = f", {self.signal.name} after {self.seconds:.2f} s" if self.signal else ""
        return f"{shlex.join(self.arguments)!r} in {self.folder} ({how}{sent}) {shown}"


@dataclass(slots=True)
class Found:
    """What the cases came to.

    Attributes:
        outcomes: How often each exit code came.
        errors: What went wrong, a line a case.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)


def draw_case(generator: random.Random) -> Case:
    """A case; equal generators give equal cases."""
    command = generator.choice(_COMMANDS)
    arguments = list(command)
    folder = generator.choice(_FOLDERS)
    if command and command[0] in ("ask", "search"):
        arguments += [generator.choice(_QUESTIONS)] if "--help" not in command else []
        arguments += generator.choice(([], ["--no-refresh"], ["--top", "3"], ["--top", "x"], ["--explain"], ["-v"]))
    if command == ("verify",):
        arguments.append(generator.choice(("-", "none.jsonl", "", "/dev/null")))
    if command and command[0] in ("ask", "search", "index", "status", "verify", "conversations"):
        arguments += generator.choice(([], ["--json"]))
    variables = {
        name: value
        for name, values in (("PYTHONIOENCODING", _ENCODINGS), ("LC_ALL", _LOCALES), ("COLUMNS", _COLUMNS))
        if (value := generator.choice(values))
    }
    variables |= generator.choice(
        ({}, {"NO_COLOR": "1"}, {"TERM": "dumb"}, {"HOME": "/nonexistent"}, {"FORCE_COLOR": "1"})
    )
    streams = (generator.choice(_INPUTS), generator.choice(_STREAMS), generator.choice(_STREAMS))
    has_terminal = generator.random() < 0.15 and command not in ((), ("chat",))
    size = (generator.choice((1, 5, 24)), generator.choice((1, 2, 10, 80, 300))) if has_terminal else None
    sent = generator.choice(_SIGNALS) if generator.random() < 0.2 else None
    return Case(tuple(arguments), folder, variables, streams, size, sent, generator.uniform(0.0, 0.6))


class Folders:
    """The folders of the cases, below ``scratch``."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self.good = self._create("good", "The report tells of its part, für Ankara “twice”.\n")
        (self.good / "empty.txt").touch()
        self._empty = self._create("empty", None)
        self._steering = self._create(_STEERING, f"The report {_STEERING} tells of its part.\n")
        self._settings = self._create("settings", "The report tells.\n")
        (self._settings / "askbrief.toml").write_bytes(b"articles = '\xff'")
        self._link = scratch / "link"
        self._link.symlink_to(scratch / "link")
        (scratch / "questions").write_bytes(b"which report tells?\n???\n\xff\xfe\n\n" + b"\0\x1b[31m report\n")
        (scratch / "noise").write_bytes(random.Random(0).randbytes(5000))
        (scratch / "huge").write_bytes(b"report " * 300_000)

    def _create(self, name: str, text: str | None) -> Path:
        folder = self._scratch / name
        folder.mkdir()
        if text is not None:
            (folder / "a.txt").write_text(text, encoding="utf-8")
        return folder

    def arrange(self, kind: str) -> tuple[Path | None, list[str]]:
        """The folder to run in (None: one that is gone) and the arguments that name the one to ask."""
        places = {
            "good": str(self.good),
            "empty": str(self._empty),
            "steering": str(self._steering),
            "file": str(self.good / "a.txt"),
            "missing": str(self._scratch / "missing"),
            "unreadable": "/proc/1/fd",
            "settings": str(self._settings),
            "link": str(self._link),
        }
        if kind == "deleted":
            return None, []
        return self._scratch, ["--folder", places[kind]] if kind in places else ["--folder", ""] if kind == "\0" else []

    def open_input(self, kind: str) -> int:
        """A file descriptor for stdin."""
        place = {"null": os.devnull, "closed": os.devnull}.get(kind, self._scratch / kind)
        return os.open(place, os.O_RDONLY)


def run_case(case: Case, folders: Folders, found: Found) -> None:
    """Run a case and add what came of it to ``found``."""
    inside, named = folders.arrange(case.folder)
    takes_folder = case.arguments[:1] not in ((), ("--help",), ("--version",), ("completion",), ("nonsense",))
    command = [sys.executable, "-P", "-c", PROGRAM, *case.arguments, *(named if takes_folder else [])]
    with tempfile.TemporaryDirectory() as gone:
        code, out, err = _run([*map(os.fsencode, command)], case, folders, inside or Path(gone), is_gone=inside is None)
    name = f"ended by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    found.outcomes[name] += 1
    found.errors += [
        f"{case}: {problem}: {err[-600:]!r} {out[-200:]!r}" for problem in _iter_problems(case, code, out, err)
    ]


def _run(
    command: list[bytes], case: Case, folders: Folders, inside: Path, *, is_gone: bool
) -> tuple[int, bytes, bytes]:
    variables = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    variables |= {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]), "TERM": "xterm-256color"}
    script = []
    for number, state in enumerate(case.streams):
        script += [f"exec {number}>&-"] if state == "closed" and not case.size else []
    script += ['rmdir -- ../"${PWD##*/}"'] if is_gone else []
    shell = ["/bin/sh", "-c", "; ".join([*script, 'exec "$@"']), "sh", *command]
    descriptors: list[int] = []
    readers: list[int] = []
    if case.size:
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, case.size)
        os.write(ours, b"n\n\4")  # no to whatever is asked
        descriptors, readers = [theirs] * 3, [ours]
    else:
        descriptors.append(folders.open_input(case.streams[0]))
        for state in case.streams[1:]:
            if state in ("full", "null", "closed"):
                descriptors.append(os.open("/dev/full" if state == "full" else os.devnull, os.O_WRONLY))
                readers.append(os.open(os.devnull, os.O_RDONLY))
            else:
                ours, theirs = os.pipe()
                descriptors.append(theirs)
                readers.append(ours)
    process = subprocess.Popen(
        shell,
        env=variables | case.variables,
        cwd=inside,
        stdin=descriptors[0],
        stdout=descriptors[1],
        stderr=descriptors[2],
    )
    for descriptor in set(descriptors):
        os.close(descriptor)
    for number, state in enumerate(case.streams[1:]):
        if state == "broken" and not case.size:
            os.close(readers[number])
            readers[number] = os.open(os.devnull, os.O_RDONLY)
    return _finish(process, case, readers)


def _finish(process: subprocess.Popen[bytes], case: Case, readers: list[int]) -> tuple[int, bytes, bytes]:
    written = [bytearray() for _ in readers]
    began = time.monotonic()
    is_sent = case.signal is None
    for reader in readers:
        os.set_blocking(reader, False)
    while True:
        is_over = process.poll() is not None
        passed = time.monotonic() - began
        if not is_sent and passed >= case.seconds and case.signal is not None:
            process.send_signal(case.signal)
            is_sent = True
        if passed > TIMEOUT_SECONDS:
            process.kill()
        for reader, text in zip(readers, written, strict=True):
            with contextlib.suppress(OSError):
                while block := os.read(reader, 65536):
                    text += block
        if is_over:
            break
        time.sleep(0.01)
    for reader in readers:
        os.close(reader)
    out, err = (written * 2)[:2]
    return process.returncode, bytes(out), bytes(err)


def _iter_problems(case: Case, code: int, out: bytes, err: bytes) -> list[str]:
    problems = []
    if code == -signal.SIGKILL:
        return ["it did not end"]
    if not (code in _RIGHT_CODES or (case.signal is not None and code == -case.signal)):
        problems.append(f"exit code {code}")
    if b"Traceback" in out + err or b"Exception ignored" in out + err:
        problems.append("a traceback")
    is_heard = case.streams[2] == "pipe" or case.size is not None
    if is_heard and code in (1, 2) and case.streams[1] != "broken" and not _has_hint(err, out):
        problems.append("an error without a word or a hint")
    encoding = case.variables.get("PYTHONIOENCODING", "utf-8").split(":")[0]
    if case.size is None and "FORCE_COLOR" not in case.variables and _CONTROL.search(out.decode(encoding, "replace")):
        problems.append("a control character")
    if (
        "--json" in case.arguments
        and "--help" not in case.arguments
        and case.size is None
        and code in (0, 3)
        and case.streams[1] == "pipe"
    ):
        problems += _find_bad_json(out.decode(encoding, "replace"))
    if case.is_answerable and code == 0 and "tells of its part" not in out.decode(encoding, "replace"):
        problems.append("no answer")
    return problems


def _has_hint(err: bytes, out: bytes) -> bool:
    """Whether a message says what to do, or, for a batch, its objects do."""
    said = err.replace(b"\r", b"").replace(b"\0", b"")
    is_usage = b"Usage: " in said
    return is_usage or (b"askbrief: " in said and b"Hint: " in said) or b'"hint": "' in out


def _find_bad_json(text: str) -> list[str]:
    lines = text.splitlines()
    for line in lines:
        try:
            json.loads(line)
        except ValueError as error:
            return [f"not JSON: {error}"]
    return [] if lines else ["no JSON"]


def run(scratch: Path, *, cases: int, seed: int) -> Found:
    """Run ``cases`` cases.

    Args:
        scratch: An empty folder.
        cases: How many.
        seed: Of everything drawn by chance.
    """
    generator, folders, found = random.Random(seed), Folders(scratch), Found()
    for _ in range(cases):
        run_case(draw_case(generator), folders, found)
    return found


def main() -> None:
    parser = build_parser(__doc__)
    parser.add_argument("--cases", type=int, default=500, help="invocations")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = run(Path(folder).resolve(), cases=arguments.cases, seed=arguments.seed)
    figures = {"seed": arguments.seed, "cases": arguments.cases, "outcomes": dict(sorted(found.outcomes.items()))}
    end("torture_invocations", figures, found.errors, is_quick=arguments.quick)


if __name__ == "__main__":
    main()
