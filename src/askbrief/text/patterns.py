"""Patterns: regular expressions that are compiled when they are first used."""

from __future__ import annotations

import re
from functools import cache


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The compiled pattern, kept for the life of the process; flags stand in the pattern, such as ``(?i)``.

    For constant patterns that a question may do without: compiling all of them would make every start slower.
    """
    return re.compile(pattern)
