"""Planning: what differs between a folder and its index, and what bringing the index up to date will do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from askbrief.corpus.chunk import find_content
from askbrief.corpus.decode import decode
from askbrief.corpus.scan import ArticleFile, Scan, load_bytes
from askbrief.errors import CorpusError
from askbrief.store.rows import FileRecord
from askbrief.types import Progress, SkippedFile

RETRY_SIZE = -1
"""Size recorded for a file that could not be opened, so that the next refresh tries it again."""


@dataclass(frozen=True, slots=True)
class Differences:
    """What differs by names, sizes and times alone.

    Attributes:
        pending: Files to read: new ones and those whose size or time changed.
        gone: Paths in the store that the folder no longer has.
        unlisted: Links and other entries that cannot be articles, where the store does not know it yet.
    """

    pending: tuple[ArticleFile, ...]
    gone: tuple[str, ...]
    unlisted: tuple[SkippedFile, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the store is up to date."""
        return not (self.pending or self.gone or self.unlisted)


@dataclass(frozen=True, slots=True)
class Plan:
    """What bringing an index up to date will do. Everything is sorted by path.

    Attributes:
        added: New files.
        changed: Files with another text than before.
        renamed: Files with the text of one that is gone, as (old path, new path).
        removed: Files that are gone.
        unreadable: Files that cannot be read, where that is new.
        touched: Files with another size or time, but the same text; as they are to be recorded.
        characters: Text that may have to be encoded; copies of known texts do not count.
        seconds: How long encoding it takes, at most, as far as can be told.
        reading: The files behind ``added``, ``changed`` and the new paths of ``renamed``.
        problems: The records of ``unreadable``.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    removed: tuple[str, ...] = ()
    unreadable: tuple[SkippedFile, ...] = ()
    touched: tuple[FileRecord, ...] = ()
    characters: int = 0
    seconds: float = 0.0
    reading: tuple[ArticleFile, ...] = ()
    problems: tuple[FileRecord, ...] = ()

    @property
    def gone(self) -> tuple[str, ...]:
        """Paths that the store is to forget."""
        return (*self.removed, *(old for old, _ in self.renamed))


@dataclass(frozen=True, slots=True)
class _Text:
    """A file as it was read: either its text's hash, length and encoding, or the record of a problem."""

    content: str = ""
    characters: int = 0
    encoding: str = ""
    problem: FileRecord | None = None


def find_differences(scan: Scan, known: Mapping[str, tuple[int, int, str | None]]) -> Differences:
    """Compares a folder with what the store knows (size, time and problem by path), without reading a file."""
    pending = []
    for file in scan.files:
        record = known.get(file.path)
        if record is None or record[0] != file.size or record[1] != file.mtime_ns:
            pending.append(file)
    unlisted = tuple(s for s in scan.skipped if known.get(s.path) != (RETRY_SIZE, 0, s.reason))
    gone: tuple[str, ...] = ()
    if pending or unlisted or len(known) != len(scan.files) + len(scan.skipped):
        present = {file.path for file in scan.files} | {file.path for file in scan.skipped}
        gone = tuple(sorted(path for path in known if path not in present))
    return Differences(tuple(pending), gone, unlisted)


def build_plan(
    differences: Differences, known: Mapping[str, FileRecord], *, root: Path
) -> Generator[Progress, None, Plan]:
    """Reads what differs and says what is to be done; yields progress.

    Args:
        differences: What ``find_differences`` found.
        known: What the store knows, by path.
        root: Folder that paths are relative to.
    """
    texts: dict[str, _Text] = {}
    for number, file in enumerate(differences.pending):
        yield Progress("Comparing", number, len(differences.pending))
        texts[file.path] = _load(file, root)
    return _sort_out(differences, known, texts)


def _load(file: ArticleFile, root: Path) -> _Text:
    try:
        decoded = decode(load_bytes(root / file.path))
    except CorpusError as error:
        return _Text(problem=record_problem(file, error))
    return _Text(find_content(decoded.text), len(decoded.text), decoded.encoding)


def record_problem(file: ArticleFile, error: CorpusError) -> FileRecord:
    """The record of a file that cannot be read; one that the system does not let us open is tried again next time."""
    size = RETRY_SIZE if isinstance(error.__cause__, OSError) else file.size
    return FileRecord(file.path, size, file.mtime_ns, problem=error.message)


def _sort_out(differences: Differences, known: Mapping[str, FileRecord], texts: Mapping[str, _Text]) -> Plan:
    problems = [FileRecord(s.path, RETRY_SIZE, 0, problem=s.reason) for s in differences.unlisted]
    touched: list[FileRecord] = []
    added: list[str] = []
    changed: list[str] = []
    for file in differences.pending:
        text, before = texts[file.path], known.get(file.path)
        if text.problem is not None:
            is_known = before is not None and before.problem == text.problem.problem
            (touched if is_known else problems).append(text.problem)
        elif before is None:
            added.append(file.path)
        elif before.content == text.content:
            touched.append(replace(before, size=file.size, mtime_ns=file.mtime_ns, encoding=text.encoding))
        else:
            changed.append(file.path)

    leaving: defaultdict[str, list[str]] = defaultdict(list)
    for path in reversed(differences.gone):
        leaving[known[path].content or ""].append(path)
    renamed = [(leaving[texts[path].content].pop(), path) for path in added if leaving[texts[path].content]]
    olds, news = {old for old, _ in renamed}, {new for _, new in renamed}
    added = [path for path in added if path not in news]

    contents = {record.content for record in known.values()}
    fresh = {texts[path].content: texts[path].characters for path in (*added, *changed)}
    reading = {*added, *changed, *news}
    return Plan(
        added=tuple(added),
        changed=tuple(changed),
        renamed=tuple(sorted(renamed)),
        removed=tuple(path for path in differences.gone if path not in olds),
        unreadable=tuple(SkippedFile(r.path, r.problem or "") for r in sorted(problems, key=lambda r: r.path)),
        touched=tuple(touched),
        characters=sum(characters for content, characters in fresh.items() if content not in contents),
        reading=tuple(file for file in differences.pending if file.path in reading),
        problems=tuple(problems),
    )
