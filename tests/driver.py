"""Runs the command line in a process of its own with the shared fake encoder and reader.

python driver.py LOG STALL ARGUMENTS... adds a line to LOG for each text encoded and stands still after STALL of them
(0: never).
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from conftest import FakeEncoder, FakeReader
from numpy.typing import NDArray

from askbrief import assistant
from askbrief.cli import main as cli
from askbrief.output import progress

log, stall = Path(sys.argv[1]), int(sys.argv[2])
SECONDS_A_TEXT, SECONDS_STALLED = 0.001, 60.0


class SlowEncoder(FakeEncoder):
    count = 0

    def encode_passages(self, texts: Sequence[str]) -> Iterator[NDArray[np.float32]]:
        with log.open("a", encoding="utf-8") as stream:
            for vector in super().encode_passages(texts):
                time.sleep(SECONDS_A_TEXT)
                print("encoded", file=stream, flush=True)
                self.count += 1
                if self.count == stall:
                    time.sleep(SECONDS_STALLED)
                yield vector


def load_fake(*_: object, **__: object) -> Any:
    return SlowEncoder()


def make_fake(*_: object, **__: object) -> Any:
    return FakeReader()


def make_none(*_: object, **__: object) -> None:
    return None


signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background inherits that it is ignored
setattr(assistant, "load_encoder", load_fake)  # noqa: B010
setattr(assistant, "load_reader", make_fake)  # noqa: B010
setattr(assistant, "load_second_look", make_none)  # noqa: B010
setattr(progress, "QUIET_SECONDS", 3600.0)  # noqa: B010
sys.exit(cli.run(sys.argv[3:]))
