"""Calibration: how the margins of a reader become probabilities. It belongs to the reader and stands in its card."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from askbrief.errors import ModelError
from askbrief.models.cache import find_cache
from askbrief.models.runtime import CARD, CompiledModel

_KEY = "calibration"


@dataclass(frozen=True, slots=True)
class Calibration:
    """The logistic curve of "these words are right", and where silence begins (``docs/decisions.md``).

    The defaults are those of the reader that ships, for a reader whose card has none.

    Attributes:
        slope: What a unit of the strength of a span adds to the log-odds; above 0.
        offset: The log-odds at strength 0.
        threshold: Below this confidence in [0, 1] the answer is "not in these articles".
        retrieval_weight: What the mixed score of a passage, in [0, 1], is worth in units of the margin; at least 0.
    """

    slope: float = 0.253
    offset: float = -3.404
    threshold: float = 0.27
    retrieval_weight: float = 12.0


def load_calibration(model: CompiledModel) -> Calibration:
    """The calibration in the card of ``model``; what the card leaves out is as for the reader that ships.

    Raises:
        ModelError: The card's numbers cannot be a calibration.
    """
    return _parse(model.card.get(_KEY, {}), where=model.folder / CARD)


def save_calibration(folder: Path, calibration: Calibration) -> None:
    """Write ``calibration`` into the card of the compiled reader in ``folder``, which must lie in the user's cache.

    Raises:
        ModelError: It is the reader that ships, or another outside the cache; or the card cannot be written.
    """
    if not folder.resolve().is_relative_to(find_cache().resolve()):
        raise ModelError(
            f"the calibration of the reader in {folder} cannot be changed: it was not compiled here",
            hint=f'Set "{_KEY}" in {folder / CARD} yourself.',
        )
    card = CompiledModel(folder).card
    numbers = asdict(calibration)
    _parse(numbers, where=folder / CARD)
    scratch = folder / f".{CARD}-{os.getpid()}"
    try:
        scratch.write_text(json.dumps(card | {_KEY: numbers}, indent=2) + "\n", encoding="utf-8")
        scratch.replace(folder / CARD)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        raise ModelError(
            f"{folder / CARD} cannot be written: {error.strerror}", hint="Make the cache folder writable."
        ) from error


def _parse(numbers: Mapping[str, Any], *, where: Path) -> Calibration:
    hint = f'Correct "{_KEY}" there, or remove it.'
    known = {field.name for field in fields(Calibration)}
    if not isinstance(numbers, dict) or set(numbers) - known:
        raise ModelError(f"{where} states a calibration other than {', '.join(sorted(known))}", hint=hint)
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ModelError(f"{where} states a calibration whose {name} is no number", hint=hint)
    found = Calibration(**numbers)
    if found.slope <= 0 or found.retrieval_weight < 0 or not 0 <= found.threshold <= 1:
        raise ModelError(f"{where} states a calibration out of range", hint=hint)
    return found
