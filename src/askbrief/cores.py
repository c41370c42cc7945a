"""How many processor cores this process may use."""

from __future__ import annotations

import os


def count_cores() -> int:
    """At least 1; a process that is bound to some cores has only those."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
