"""The process that reads foreign files: bytes in, an extraction out, one file at a time, with no way out of it."""

from __future__ import annotations

import gc
import json
import os
import sys
from typing import BinaryIO

from askbrief.corpus import sandbox
from askbrief.corpus.formats.dispatch import extract
from askbrief.corpus.wire import pack

# A worker that ever held so many bytes ends after its file, as freed memory does not all go back to the system.
_LARGE = 600_000_000


def main() -> None:
    """Read requests from standard input and write extractions to standard output until the input ends."""
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sandbox.limit_memory()
    sandbox.forbid_side_effects()
    while serve(requests, answers):
        pass


def serve(requests: BinaryIO, answers: BinaryIO) -> bool:
    """Answer one request: a line of JSON with path, encoding and size, and the file's bytes.

    Returns:
        Whether more can be answered.
    """
    line = requests.readline()
    if not line:
        return False
    request = json.loads(line)
    data = requests.read(request["size"])
    if len(data) < request["size"]:
        return False
    sandbox.limit_time()
    extraction = extract(data, request["path"], encoding=request["encoding"])
    del data
    is_last = _peak_memory() > _LARGE
    for part in pack(extraction, is_last=is_last):
        answers.write(part)
    answers.flush()
    del extraction
    gc.collect()
    return not is_last


def _peak_memory() -> int:
    """The most bytes that this program ever held; 0 where the system does not tell.

    Not ``ru_maxrss`` on Linux: it counts what the process that started this one held.
    """
    if sys.platform == "win32":
        return 0
    if sys.platform != "linux":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with open("/proc/self/status", "rb") as status:
        return next((int(line.split()[1]) * 1024 for line in status if line.startswith(b"VmHWM")), 0)


if __name__ == "__main__":
    main()
