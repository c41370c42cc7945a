"""The manifest of a sharded index: how many shards, made with what, and in which state each was left."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from msgspec import DecodeError, Struct
from msgspec.json import decode, encode
from msgspec.json import format as indent
from msgspec.structs import replace

from askbrief.config import Folder, find_shards
from askbrief.errors import StoreDamagedError, StoreError, StoreNotFoundError, StoreOutdatedError
from askbrief.store.store import Identity

FILE_NAME = "manifest.json"
FORMAT = 1
MAX_SHARDS = 4096
_HINT = "Run: askbrief index --cluster ADDRESS"


class ShardState(Struct, frozen=True, kw_only=True):
    """How a shard was left when it was last indexed.

    Attributes:
        number: From 0.
        generation: Of its store; 0 = nothing published yet.
        documents: In that generation.
        passages: In that generation.
        problem: Why it could not be brought up to date then; '' if it could.
    """

    number: int
    generation: int = 0
    documents: int = 0
    passages: int = 0
    problem: str = ""


class Manifest(Struct, frozen=True, kw_only=True):
    """A sharded index.

    Attributes:
        format: Version of this file.
        generation: Grows by one with each change of a shard.
        encoder: Fingerprint of the encoder.
        dimension: Length of its vectors.
        chunker: Version of the chunking.
        passage_words: As in the settings.
        schema: Version of the tables of each store.
        shards: One for each, by number.
    """

    format: int = FORMAT
    generation: int = 0
    encoder: str
    dimension: int
    chunker: int
    passage_words: int
    schema: int
    shards: tuple[ShardState, ...]

    @property
    def count(self) -> int:
        """How many shards there are."""
        return len(self.shards)

    @property
    def identity(self) -> Identity:
        """What the store of each shard must have been made with."""
        return Identity(self.encoder, self.dimension, self.chunker, self.passage_words, self.schema)

    @property
    def problems(self) -> tuple[ShardState, ...]:
        """The shards that could not be brought up to date."""
        return tuple(shard for shard in self.shards if shard.problem)

    def put(self, shard: ShardState) -> Manifest:
        """The manifest with the new state of a shard."""
        before = self.shards[shard.number]
        shards = tuple(shard if other.number == shard.number else other for other in self.shards)
        grown = self.generation + (shard.generation != before.generation)
        return replace(self, shards=shards, generation=grown)


def build_manifest(identity: Identity, *, count: int, before: Manifest | None = None) -> Manifest:
    """The manifest of ``count`` shards; what ``before`` says of the same shards stays."""
    known: Sequence[ShardState] = before.shards if before is not None and before.count == count else ()
    shards = known or [ShardState(number=number) for number in range(count)]
    return Manifest(generation=before.generation if before else 0, shards=tuple(shards), **asdict(identity))


def save_manifest(folder: Folder, manifest: Manifest) -> None:
    """Write the manifest of ``folder`` in one step: others see the old one or the new one.

    Raises:
        StoreError: It cannot be written.
    """
    place = find_shards(folder)
    unfinished = place / f"{FILE_NAME}.{os.getpid()}"
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
            stream.write(indent(encode(manifest)) + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(place / FILE_NAME)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise StoreError(f"{place} cannot be written: {error.strerror}", hint="Check its permissions.") from error


def load_manifest(folder: Folder) -> Manifest:
    """The manifest of ``folder``.

    Raises:
        StoreNotFoundError: There is none.
        StoreOutdatedError: Another version of askbrief wrote it.
        StoreDamagedError: It is damaged.
        StoreError: It cannot be read.
    """
    file = find_shards(folder) / FILE_NAME
    try:
        manifest = decode(file.read_bytes(), type=Manifest)
    except FileNotFoundError as error:
        raise StoreNotFoundError(f"{folder.root} has no sharded index", hint=f"{_HINT} --shards N") from error
    except (DecodeError, RecursionError) as error:
        raise StoreDamagedError(f"{file} is damaged", hint=_HINT) from error
    except OSError as error:
        raise StoreError(f"{file} cannot be read: {error.strerror}", hint="Check its permissions.") from error
    if manifest.format != FORMAT:
        raise StoreOutdatedError(f"{file} is of another version of askbrief", hint=_HINT)
    if [shard.number for shard in manifest.shards] != list(range(manifest.count)) or not manifest.count:
        raise StoreDamagedError(f"{file} is damaged: a shard is missing", hint=_HINT)
    return manifest


def find_lock(folder: Folder) -> Path:
    """The folder whose lock is held by the one process that indexes the shards of ``folder``."""
    return find_shards(folder) / "lock"


def refuse_links(folder: Folder) -> None:
    """Keep askbrief from writing through a link to elsewhere; it makes none where the shards lie.

    Raises:
        StoreError: There is one.
    """
    places = find_layouts(folder).values()
    shards = [path for place in places if not place.is_symlink() for path in place.iterdir()]
    for path in (find_shards(folder), find_lock(folder), *places, *shards):
        if path.is_symlink():
            raise StoreError(f"{path} is a link, which askbrief did not make", hint="Remove it.")


def find_layouts(folder: Folder) -> dict[int, Path]:
    """The folders in which shards lie, by the number of shards that the index was divided into."""
    place = find_shards(folder)
    found = place.iterdir() if place.is_dir() else ()
    return {int(path.name): path for path in sorted(found) if path.is_dir() and path.name.isdecimal()}
