"""The plan: what bringing an index up to date does, worked out from what differs and what was read of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from askbrief.index.differences import Differences
from askbrief.store.records import ExtractionRecord, FileRecord
from askbrief.types import SkippedFile


@dataclass(frozen=True, slots=True)
class Plan:
    """What bringing an index up to date does. Everything is sorted by path.

    Attributes:
        added: New files.
        changed: Files with another text than before.
        renamed: Files with the text of one that is gone, as (old path, new path).
        removed: Files that are gone.
        unreadable: Files that cannot be read, where that is new.
        touched: Files with another size or time, but the same text.
        characters: Text that may have to be encoded; copies of known texts do not count.
        seconds: How long encoding it takes, as far as can be told.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    removed: tuple[str, ...] = ()
    unreadable: tuple[SkippedFile, ...] = ()
    touched: tuple[str, ...] = ()
    characters: int = 0
    seconds: float = 0.0

    @property
    def gone(self) -> tuple[str, ...]:
        """Paths that the store is to forget."""
        return (*self.removed, *(old for old, _ in self.renamed))


@dataclass(frozen=True, slots=True)
class Found:
    """What reading a file found.

    Attributes:
        record: What the store is to know of the file.
        content: Stands for its texts; "" where nothing could be read.
        characters: Length of its texts.
    """

    record: FileRecord
    content: str = ""
    characters: int = 0


def build_plan(
    differences: Differences, found: Sequence[Found], *, known: Mapping[str, FileRecord], contents: Mapping[bytes, str]
) -> Plan:
    """Sort out what happened to each file.

    Args:
        differences: What ``find_differences`` found.
        found: What reading each of its pending files found, in that order.
        known: What the store knows of files, by path.
        contents: What stands for the texts of each extraction that the store knows, by key.
    """
    before = {path: contents.get(record.extraction or b"", "") for path, record in known.items()}
    unreadable = list(differences.unlisted)
    touched: list[str] = []
    added: list[Found] = []
    changed: list[Found] = []
    for file in found:
        path, problem = file.record.path, file.record.problem
        if problem is not None:
            if path in known and known[path].problem == problem:
                touched.append(path)
            else:
                unreadable.append(SkippedFile(path, problem))
        elif path not in known:
            added.append(file)
        elif before[path] == file.content:
            touched.append(path)
        else:
            changed.append(file)
    renamed = _find_renamed(added, [(path, before[path]) for path in differences.gone])
    olds, news = {old for old, _ in renamed}, {new for _, new in renamed}
    added = [file for file in added if file.record.path not in news]
    fresh = {file.content: file.characters for file in (*added, *changed)}
    known_contents = set(before.values())
    return Plan(
        added=tuple(file.record.path for file in added),
        changed=tuple(file.record.path for file in changed),
        renamed=tuple(sorted(renamed)),
        removed=tuple(path for path in differences.gone if path not in olds),
        unreadable=tuple(sorted(unreadable, key=lambda file: file.path)),
        touched=tuple(touched),
        characters=sum(count for content, count in fresh.items() if content not in known_contents),
    )


def find_contents(extractions: Mapping[bytes, ExtractionRecord]) -> dict[bytes, str]:
    """What stands for the texts of each extraction, by key."""
    return {key: extraction.content for key, extraction in extractions.items()}


def _find_renamed(added: Sequence[Found], gone: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Pairs of a path that is gone and a new one with the same content, each path at most once, in order."""
    leaving: defaultdict[str, list[str]] = defaultdict(list)
    for path, content in reversed(gone):
        leaving[content].append(path)
    return [(leaving[file.content].pop(), file.record.path) for file in added if leaving[file.content]]
