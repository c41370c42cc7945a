"""Runs the command line in a process of its own with the shared fake encoder and reader.

python driver.py LOG SECONDS ARGUMENTS... encodes one text in SECONDS and adds a line to LOG for each.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from conftest import FakeEncoder, FakeReader
from numpy.typing import NDArray

from askbrief import assistant
from askbrief.cli import main

log, seconds = Path(sys.argv[1]), float(sys.argv[2])


class SlowEncoder(FakeEncoder):
    def encode_passages(self, texts: Sequence[str]) -> Iterator[NDArray[np.float32]]:
        with log.open("a", encoding="utf-8") as stream:
            for vector in super().encode_passages(texts):
                time.sleep(seconds)
                print("encoded", file=stream, flush=True)
                yield vector


def load_fake(*_: object, **__: object) -> Any:
    return SlowEncoder()


def make_fake(*_: object) -> Any:
    return FakeReader()


setattr(assistant, "load_encoder", load_fake)  # noqa: B010
setattr(assistant, "Reader", make_fake)  # noqa: B010
main(sys.argv[3:])
