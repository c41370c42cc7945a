"""``python -m askbrief``, and the ``askbrief`` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; an interruption while it is loaded ends it as quietly as one later."""
    try:
        from askbrief.cli.main import run

        code = run()
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
