"""The command line of a torture: its options, and its end: figures kept or printed, errors told, any error fails."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks.common import save_result


def build_parser(description: str | None) -> argparse.ArgumentParser:
    """A parser that knows ``--seed`` and ``--quick``; the description is the first line of a module's docstring."""
    parser = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn by chance")
    parser.add_argument("--quick", action="store_true", help="print what came of it, and keep nothing")
    return parser


def end(name: str, figures: dict[str, Any], errors: Sequence[str], *, is_quick: bool) -> None:
    """Saves ``figures`` as the result ``name``, or only prints them if ``is_quick``.

    Raises:
        SystemExit: There are errors; each is a line on stderr.
    """
    figures = {**figures, "errors": len(errors)}
    if is_quick:
        print(json.dumps(figures))
    else:
        save_result(name, figures)
    for error in errors:
        print(error, file=sys.stderr)
    if errors:
        raise SystemExit(1)
