"""How a torture ends: its figures are kept or printed, its errors told, and any error fails it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks.common import save_result


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
