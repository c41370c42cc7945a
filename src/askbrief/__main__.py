"""``python -m askbrief``, and the ``askbrief`` command."""

from __future__ import annotations

import gc
import sys

GARBAGE_THRESHOLD = 100_000
"""New objects after which Python looks for garbage. Its default of 700 has it look a hundred times in a cold start,
where next to everything is there to stay; that took a twentieth of the time."""


def main() -> None:
    """Run the command line; an interruption while it is loaded ends it as quietly as one later."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    try:
        from askbrief.cli.main import run

        code = run()
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
