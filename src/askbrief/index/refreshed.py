"""What a refresh did."""

from __future__ import annotations

from dataclasses import dataclass, field

from askbrief.types import SkippedFile


@dataclass(slots=True)
class Refreshed:
    """What a refresh did. ``notes`` are sentences for people, such as why the index was rebuilt."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    removed: tuple[str, ...] = ()
    skipped: tuple[SkippedFile, ...] = ()
    notes: list[str] = field(default_factory=list)
