"""Hands files to the worker process and reports where it dies or hangs; imports no library that reads files."""

from __future__ import annotations

import contextlib
import json
import mmap
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from askbrief.corpus.extracted import Extraction
from askbrief.corpus.sandbox import MEMORY_BYTES, SECONDS
from askbrief.corpus.wire import unpack

TOO_SLOW = f"took more than {SECONDS} s"
TOO_MUCH_MEMORY = "needed too much memory"
CRASHED = "made its reader crash"
FILE_BYTES = 256 * 1024 * 1024
TOO_LARGE = f"is larger than {FILE_BYTES // (1024 * 1024)} MB"
# Reports on the run rather than on the file: another time the file may be read, so they are not to be kept.
PASSING = frozenset({TOO_SLOW, TOO_MUCH_MEMORY, CRASHED})
_STATUS = Path("/proc/self/statm")
_CHUNK = 1 << 20
_LOOK_EVERY = 0.5


class Extractor:
    """Reads files in a process of its own, which is started when the first one comes.

    One file at a time: it is not for several threads at once. A worker that dies, hangs or grows too large is one
    report; the next file has a new one.

    Args:
        seconds: Wall-clock time that a file may take.
    """

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._worker: _Worker | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the worker."""
        if self._worker:
            self._worker.end()
            self._worker = None

    def extract(self, data: bytes, path: str, *, encoding: str = "") -> Extraction:
        """Read one file.

        Args:
            data: Its bytes.
            path: Its name, for the suffix; the worker opens nothing.
            encoding: The encoding that the settings name for it; "" where they name none.

        Returns:
            Its documents and what was not read; a worker's death is a report too (one of ``PASSING``).
        """
        if len(data) > FILE_BYTES:
            return Extraction(documents=(), reports=(TOO_LARGE,))
        request = json.dumps({"path": path, "encoding": encoding, "size": len(data)}).encode() + b"\n"
        if self._worker is None or not self._worker.is_alive():
            self.close()
            self._worker = _Worker()
        try:
            extraction, is_last = self._worker.ask(request, data, time.monotonic() + self._seconds)
        except _WorkerDiedError as died:
            self._worker = None
            return Extraction(documents=(), reports=(died.report,))
        except BaseException:
            self.close()
            raise
        if is_last:
            self.close()
        return extraction


class _WorkerDiedError(Exception):
    """The worker is gone; its report says why."""

    def __init__(self, report: str) -> None:
        super().__init__(report)
        self.report = report


class _Worker:
    """A running worker process."""

    def __init__(self) -> None:
        # -P: a file of the folder that is named like a module is not imported.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "askbrief.corpus.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the worker has no pipes")
        self._requests: IO[bytes] = self._process.stdin
        self._answers: IO[bytes] = self._process.stdout

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def ask(self, request: bytes, data: bytes, deadline: float) -> tuple[Extraction, bool]:
        """Send a file and wait for what is read of it.

        Raises:
            _WorkerDiedError: The worker ended, or was ended as it took too long or too much memory.
        """
        done: queue.SimpleQueue[tuple[Extraction, bool] | BaseException] = queue.SimpleQueue()
        threading.Thread(target=self._exchange, args=(request, data, done), daemon=True).start()
        while True:
            try:
                answer = done.get(timeout=max(0.0, min(_LOOK_EVERY, deadline - time.monotonic())))
            except queue.Empty:
                if time.monotonic() >= deadline:
                    self.end()
                    raise _WorkerDiedError(TOO_SLOW) from None
                if self._resident_bytes() > MEMORY_BYTES:
                    self.end()
                    raise _WorkerDiedError(TOO_MUCH_MEMORY) from None
                continue
            if isinstance(answer, BaseException):
                raise _WorkerDiedError(self._find_cause()) from answer
            return answer

    def _exchange(
        self, request: bytes, data: bytes, done: queue.SimpleQueue[tuple[Extraction, bool] | BaseException]
    ) -> None:
        try:
            self._requests.write(request)
            view = memoryview(data)
            for at in range(0, len(view), _CHUNK):
                self._requests.write(view[at : at + _CHUNK])
            self._requests.flush()
            line = self._answers.readline()
            if not line.endswith(b"\n"):
                raise EOFError("the worker ended")
            done.put(unpack(line, self._read))
        except (OSError, EOFError, ValueError) as error:
            done.put(error)

    def _read(self, count: int) -> bytes:
        data = self._answers.read(count)
        if len(data) < count:
            raise EOFError("the worker ended")
        return data

    def _find_cause(self) -> str:
        """Why the worker ended, by the signal that ended it."""
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.end()
            return CRASHED
        self.end()
        if code == -getattr(signal, "SIGXCPU", 0):
            return TOO_SLOW
        return TOO_MUCH_MEMORY if code in (-9, -6) else CRASHED

    def _resident_bytes(self) -> int:
        """The memory that the worker holds now; 0 where it cannot be told."""
        try:
            if _STATUS.exists():
                return int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]) * mmap.PAGESIZE
            shown = subprocess.run(["ps", "-o", "rss=", "-p", str(self._process.pid)], capture_output=True, check=False)
            return int(shown.stdout) * 1024
        except (OSError, ValueError, IndexError):
            return 0

    def end(self) -> None:
        """End the process and close its pipes."""
        with contextlib.suppress(OSError):
            self._process.kill()
        self._process.wait()
        for pipe in (self._requests, self._answers):
            with contextlib.suppress(OSError, ValueError):
                pipe.close()
