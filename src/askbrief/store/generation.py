"""The indexes derived from a store's database, as one thing: built, extended, checked, opened and removed together.

Each generation is a folder that is complete in itself:

    generation-000007/base.faiss     the vectors up to a row, perhaps some of them gone since
    generation-000007/recent.faiss   the vectors after it; only where there are any
    generation-000007/lexical/       the words of all passages

A generation is never changed. The next one shares by hard links the files that it keeps, so that a small change costs
little however large the index is. The database keeps the ``Manifest`` of the generation in force, with the checksum of
each file, so that files that are missing, damaged or of another generation are noticed before they are used. A file
that is the same (inode, size and time of change) as when its checksum was taken is not read for that again, so that
opening costs the same whatever the size; a thorough check reads all.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from askbrief.errors import StoreDamagedError, StoreError
from askbrief.store.dense import DenseIndex, build_dense
from askbrief.store.lexical import LexicalIndex, build_lexical, extend_lexical

BASE, RECENT, LEXICAL = "base.faiss", "recent.faiss", "lexical"
_BLOCK_BYTES = 1 << 20

FORMAT = 1
"""Version of what the dense and the lexical index hold; another one is rebuilt from the database, without encoding."""

Vectors = Iterable[tuple[int, NDArray[np.float32]]]
Texts = Iterable[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation consists of.

    Attributes:
        generation: Its number.
        base_row: Last row of the base; later ones are recent.
        base_count: Vectors in the base, those that are gone included.
        files: Size in bytes and CRC-32 of each file, by path inside the generation's folder.
        seen: Inode and time of change, in nanoseconds, of each file when its checksum was taken.
        format: ``FORMAT`` when it was written.
    """

    generation: int
    base_row: int
    base_count: int
    files: Mapping[str, tuple[int, int]]
    seen: Mapping[str, tuple[int, int]]
    format: int = FORMAT

    def to_json(self) -> str:
        """One line that ``from_json`` takes."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__})

    @classmethod
    def from_json(cls, line: str) -> Manifest:
        """The manifest that ``to_json`` wrote.

        Raises:
            StoreDamagedError: It is none.
        """
        try:
            fields = json.loads(line)
            files, seen = (
                {str(name): (int(one), int(other)) for name, (one, other) in pairs.items()}
                for pairs in (fields["files"], fields.get("seen", {}))
            )
            generation, base_row, base_count, version = (
                int(fields[name]) for name in ("generation", "base_row", "base_count", "format")
            )
            manifest = cls(generation, base_row, base_count, files, seen, version)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise StoreDamagedError("the manifest of the index is damaged", hint="Run: askbrief index") from error
        if manifest.format != FORMAT:
            raise StoreDamagedError("the search indexes have another format", hint="Run: askbrief index")
        return manifest


@dataclass(frozen=True, slots=True)
class Derived:
    """The opened indexes of one generation."""

    generation: int
    dense: DenseIndex
    lexical: LexicalIndex


def build_derived(
    folder: Path, generation: int, *, vectors: Vectors, texts: Texts, base_row: int, count: int, dimension: int
) -> Manifest:
    """Writes a generation from nothing.

    Args:
        folder: The index folder.
        generation: Its number.
        vectors: Row and unit vector, shape (dimension,), of every passage.
        texts: Row and text of every passage.
        base_row: A number that no row exceeds and every later row will.
        count: Number of passages.
        dimension: Length of a vector.

    Raises:
        StoreError: The folder cannot be written.
    """
    target = _find_folder(folder, generation)
    with _writing(folder):
        shutil.rmtree(target, ignore_errors=True)
        for made in (target, target / LEXICAL):
            made.mkdir(mode=0o700)
    build_dense(target / BASE, vectors, count=count, dimension=dimension)
    build_lexical(target / LEXICAL, texts)
    with _writing(folder):
        _make_private(target)
        names = _list_files(target)
        files = {name: _measure(target / name) for name in names}
        return Manifest(generation, base_row, count, files, {name: _identify(target / name) for name in names})


def extend_derived(
    folder: Path,
    before: Manifest,
    *,
    vectors: Vectors,
    texts: Texts,
    without: Iterable[int],
    count: int,
    dimension: int,
) -> Manifest:
    """Writes the generation after ``before``, sharing its base.

    Args:
        folder: The index folder.
        before: What is there.
        vectors: Row and unit vector of every passage after ``before.base_row``.
        texts: Row and text of the passages that are new since ``before``.
        without: Rows of the passages that are gone since ``before``.
        count: Number of ``vectors``.
        dimension: Length of a vector.

    Raises:
        StoreDamagedError: What is there is damaged; nothing was made of it.
        StoreError: The folder cannot be written.
    """
    check_files(folder, before, within=LEXICAL)
    source, target = _find_folder(folder, before.generation), _find_folder(folder, before.generation + 1)
    with _writing(folder):
        shutil.rmtree(target, ignore_errors=True)
        for made in (target, target / LEXICAL):
            made.mkdir(mode=0o700)
        for name in before.files:
            if name != RECENT:
                _link(source / name, target / name)
    if count:
        build_dense(target / RECENT, vectors, count=count, dimension=dimension)
    extend_lexical(target / LEXICAL, texts, without=without)
    with _writing(folder):
        _make_private(target)
        files, seen = {}, {}
        for name in _list_files(target):
            if _is_shared(source / name, target / name):
                files[name] = before.files[name]
                if name in before.seen:
                    seen[name] = before.seen[name]
            else:
                files[name], seen[name] = _measure(target / name), _identify(target / name)
    return Manifest(before.generation + 1, before.base_row, before.base_count, files, seen)


def open_derived(folder: Path, manifest: Manifest, *, dimension: int, without: Sequence[int]) -> Derived:
    """Opens a generation that ``check_files`` found sound.

    Args:
        folder: The index folder.
        manifest: What is there.
        dimension: Length of a vector.
        without: Rows of the base that are gone.

    Raises:
        StoreDamagedError: A file cannot be opened.
    """
    target = _find_folder(folder, manifest.generation)
    dense = DenseIndex(
        *(target / name for name in (BASE, RECENT) if name in manifest.files), dimension=dimension, without=without
    )
    return Derived(manifest.generation, dense, LexicalIndex(target / LEXICAL))


def check_files(folder: Path, manifest: Manifest, *, within: str = "", is_thorough: bool = False) -> Manifest:
    """Compares the sizes of all files of a generation, and the checksums of those below ``within`` that changed.

    Args:
        folder: The index folder.
        manifest: What must be there.
        within: Where the paths of files start whose checksums count.
        is_thorough: Whether the checksums of files count too that are the same as when they were taken.

    Returns:
        ``manifest`` with what is now known of the files that were read.

    Raises:
        StoreDamagedError: A file is missing, or not what ``manifest`` says.
    """
    target = _find_folder(folder, manifest.generation)
    seen = dict(manifest.seen)
    try:
        is_sound = BASE in manifest.files
        for name, (size, checksum) in manifest.files.items():
            identity = _identify(target / name)
            is_sound &= (target / name).stat().st_size == size
            if name.startswith(within) and (is_thorough or seen.get(name) != identity):
                is_sound = is_sound and _measure(target / name) == (size, checksum)
                seen[name] = identity
    except OSError:
        is_sound = False
    if not is_sound:
        raise StoreDamagedError(f"the search indexes in {folder} are missing or damaged", hint="Run: askbrief index")
    return replace(manifest, seen=seen)


def move_derived(source: Path, target: Path, generation: int) -> None:
    """Moves a generation from one index folder to another on the same disk, in place of what is there.

    Does nothing if it was moved already.

    Raises:
        StoreError: A folder cannot be written.
    """
    origin, place = _find_folder(source, generation), _find_folder(target, generation)
    if origin.is_dir():
        with _writing(target):
            shutil.rmtree(place, ignore_errors=True)
            origin.rename(place)


def remove_derived(folder: Path, *, keep: int | None) -> None:
    """Removes every generation but ``keep`` and the one before it, which a reader may be about to open."""
    kept = [_find_folder(folder, keep - age) for age in (0, 1)] if keep is not None else []
    for path in folder.glob("generation-*"):
        if path not in kept:
            shutil.rmtree(path, ignore_errors=True)


def _find_folder(folder: Path, generation: int) -> Path:
    return folder / f"generation-{generation:06}"


def _list_files(target: Path) -> list[str]:
    """The files of a generation in order, without locks."""
    names = (file.relative_to(target).as_posix() for file in target.rglob("*") if file.is_file())
    return sorted(name for name in names if not name.endswith(".lock"))


def _make_private(target: Path) -> None:
    for file in target.rglob("*"):
        if file.is_file():
            file.chmod(0o600)


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        shutil.copy2(source, target)


def _is_shared(source: Path, target: Path) -> bool:
    try:
        return source.samefile(target)
    except FileNotFoundError:
        return False


def _identify(file: Path) -> tuple[int, int]:
    """Inode and time of change of a file."""
    status = file.stat()
    return status.st_ino, status.st_mtime_ns


def _measure(file: Path) -> tuple[int, int]:
    """Size in bytes and CRC-32 of a file."""
    size = checksum = 0
    for block in _iter_blocks(file):
        size += len(block)
        checksum = zlib.crc32(block, checksum)
    return size, checksum


def _iter_blocks(file: Path) -> Iterator[bytes]:
    with open(file, "rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            yield block


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"{folder} cannot be written: {error.strerror}", hint="Check its permissions.") from error
