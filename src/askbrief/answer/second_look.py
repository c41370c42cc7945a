"""The second look: a larger reader reads the leading passages again, and the scores of both readers become one.

The first reader is quick and reads every passage that was found. The larger one is right more often and costs six times
as much, so it reads again what the first one ranks highest, until the best answer has been read twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from askbrief.answer.decode import say_the_same
from askbrief.answer.rank import rank
from askbrief.answer.reader import Reader
from askbrief.errors import ModelError
from askbrief.models.calibration import Calibration
from askbrief.models.packed import find_unpacked
from askbrief.models.runtime import CARD
from askbrief.types import Candidate, Progress, Reading, Span

LARGE_READER = Path(__file__).parent.parent / "models" / "large_weights"
AT_ONCE = 2
"""Passages that are read again together."""
MOST = 4
"""Most passages that are read again for a question."""
_KEY = "second_look"


@dataclass(frozen=True, slots=True)
class Mix:
    """How the margins of both readers become one, on the scale of the first reader's calibration.

    The margin of a span is ``second`` times the larger reader's, plus ``first`` times the first reader's margin of its
    best span in the passage that overlaps it or says the same, or else of its worst one, plus ``offset``.
    """

    second: float
    first: float
    offset: float


class SecondLook:
    """A larger reader for the leading passages.

    Attributes:
        reader: The larger reader, whose card has the ``Mix`` under "second_look".

    Raises:
        ModelError: The card has none.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        try:
            numbers: Any = reader.card[_KEY]
            self._mix = Mix(**{field.name: float(numbers[field.name]) for field in fields(Mix)})
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"{reader.folder / CARD} does not say how to mix two readers", hint="Reinstall askbrief."
            ) from error

    def read(self, question: str, candidates: Sequence[Candidate], *, calibration: Calibration) -> list[Candidate]:
        """The candidates, the leading ones with what both readers find in them.

        Args:
            question: What they were read for.
            candidates: With what the first reader read in them.
            calibration: That of the first reader.
        """
        found = list(candidates)
        again: set[int] = set()
        while len(again) < MOST:
            leading = _find_leading(question, found, calibration)
            if again.issuperset(leading[:1]):
                break
            chosen = [at for at in leading if at not in again][: min(AT_ONCE, MOST - len(again))]
            passages = [(found[at].document, found[at].passage) for at in chosen]
            for at, readings in zip(chosen, self.reader.read(question, passages), strict=True):
                mixed = self._mix_readings(found[at].document.text, found[at].readings, readings)
                found[at] = replace(found[at], readings=mixed, is_read_twice=True)
            again.update(chosen)
        return found

    def _mix_readings(self, text: str, first: Sequence[Reading], second: Sequence[Reading]) -> tuple[Reading, ...]:
        """The larger reader's spans with the margins of both, best first; both are of one passage, best first.

        A span that the first reader has with its article keeps that.
        """
        mixed = []
        for reading in second:
            alike = (other for other in first if _is_alike(text, other.span, reading.span))
            beside = next(alike, first[-1] if first else reading)
            margin = self._mix.second * reading.margin + self._mix.first * beside.margin + self._mix.offset
            is_fuller = beside.span.contains(reading.span) and say_the_same(text, beside.span, reading.span)
            mixed.append(Reading(beside.span if is_fuller else reading.span, margin))
        return tuple(sorted(mixed, key=lambda reading: (-reading.margin, reading.span)))


def _is_alike(text: str, one: Span, other: Span) -> bool:
    """Whether two spans overlap or say the same in two places, case and articles apart."""
    return one.overlaps(other) or say_the_same(text, one, other)


def _find_leading(question: str, candidates: Sequence[Candidate], calibration: Calibration) -> list[int]:
    """Places of the candidates with a ranked span, the best first."""
    places = {id(candidate): at for at, candidate in enumerate(candidates)}
    spans = sum(len(candidate.readings) for candidate in candidates)
    ranked = rank(question, candidates, top=spans, calibration=calibration)
    return list(dict.fromkeys(places[id(span.candidate)] for span in ranked))


def load_second_look(source: str = "", *, on_progress: Callable[[Progress], None] | None = None) -> SecondLook | None:
    """The larger reader that ships with askbrief, unpacked the first time; None where the settings name a reader.

    Args:
        source: The reader of the settings; '' is what comes with askbrief.
        on_progress: Called before the reader is unpacked.

    Raises:
        ModelError: It is missing or damaged, or the cache cannot be written.
    """
    if source:
        return None
    return SecondLook(Reader(find_unpacked(LARGE_READER, on_progress=on_progress or (lambda _: None))))
