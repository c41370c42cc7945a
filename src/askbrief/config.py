"""Settings: which folder, which articles, which models. Read once, then frozen."""

from __future__ import annotations

import codecs
import os
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from pathlib import Path
from reprlib import repr as shown

from askbrief.errors import ConfigError, FolderNotFoundError

FILE_NAME = "askbrief.toml"
INDEX = ".askbrief"
SHARDS = ".shards"
HISTORY_VARIABLE = "ASKBRIEF_HISTORY"
MAX_FILE_BYTES = 64 * 1024
MAX_VALUE_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``askbrief.toml`` may say; every value has a default.

    Attributes:
        articles: Folder of the articles, relative to the folder of ``askbrief.toml``.
        index: Folder of the index, relative to the same folder; made when missing.
        encoder: Folder or installed name of a sentence-transformers model; '' is the one that comes with askbrief.
        reader: Folder of a compiled reader; '' is the one that comes with askbrief.
        passage_words: Most words a passage is filled up to (20 to 400).
        encoding: Encoding of text that is not UTF-8, has no byte-order mark and stands in a file that names none but in
            the text itself (text, Markdown, CSV, HTML, mail without a charset); '' to tell it from each.
        encodings: The same for some files: pairs of a pattern for paths, in which * stands for any characters, and an
            encoding; the first that fits counts.
        history: Whether questions are saved with their answers.
        open: Command that ``askbrief open`` runs, with %f for the file, %p for the page, %l for the line and %s for the
            words; '' opens an editor, a pager or a viewer.
    """

    articles: str = "."
    index: str = INDEX
    encoder: str = ""
    reader: str = ""
    passage_words: int = 100
    encoding: str = ""
    encodings: tuple[tuple[str, str], ...] = ()
    history: bool = True
    open: str = ""

    def find_encoding(self, path: str) -> str:
        """The encoding that is set for the file at ``path``; '' for none."""
        return next((encoding for glob, encoding in self.encodings if fnmatchcase(path, glob)), self.encoding)


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a folder's files, told by a stable hash of their paths, so that a changed file touches one shard.

    Attributes:
        number: From 0.
        count: Shards that the folder has.
        whole: Absolute index folder of the whole folder; those of the shards lie in it.
    """

    number: int
    count: int
    whole: Path

    def holds(self, path: str) -> bool:
        """Whether the file at ``path``, relative to the folder, belongs to this shard."""
        import hashlib

        digest = hashlib.blake2b(path.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        return int.from_bytes(digest, "big") % self.count == self.number


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that can be asked: where its articles and its index are.

    Attributes:
        root: Absolute folder that every shown path is relative to.
        articles: Absolute folder of the articles, inside ``root``.
        index: Absolute folder of the index: inside ``root``, or in the user's cache where ``root`` cannot be written.
        settings: The settings in force.
        shard: The part of the articles that the index is of; None for all.
    """

    root: Path
    articles: Path
    index: Path
    settings: Settings
    shard: Shard | None = None

    def take_shard(self, number: int, *, count: int) -> Folder:
        """The same folder, reduced to one of ``count`` shards; its index is an ordinary one, in a folder of its own."""
        index = find_shards(self) / f"{count:04}" / f"{number:04}"
        return replace(self, index=index, shard=Shard(number, count, self.index))


def find_folder(start: Path | None = None) -> Folder:
    """Find the folder that ``start`` belongs to: the nearest, upwards, with ``askbrief.toml`` or an index.

    Args:
        start: Where to begin; None is the current folder.

    Raises:
        FolderNotFoundError: There is none.
        ConfigError: Its settings are wrong, or ``start`` no longer exists.
    """
    start = resolve_folder(start or Path())
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file() or (folder / INDEX).is_dir() or find_cached_index(folder).is_dir():
            return open_folder(folder)
    raise FolderNotFoundError(
        f"no folder named: neither {start} nor a folder above it has an index or {FILE_NAME}",
        hint="Name the folder of your texts with --folder.",
    )


def open_folder(root: Path) -> Folder:
    """Open the folder ``root`` itself: everything in it, unless its ``askbrief.toml`` says otherwise.

    Raises:
        ConfigError: It is no folder, or its settings are wrong.
    """
    root = resolve_folder(root)
    if not root.is_dir():
        problem = "is not a folder" if root.exists() else "does not exist"
        raise ConfigError(f"{root} {problem}", hint="Give the folder that holds your articles.")
    try:
        str(root).encode()
    except UnicodeEncodeError as error:
        raise ConfigError(f"the name of {root} is not valid text", hint="Rename the folder.") from error
    settings = load_settings(root)
    places = {}
    for name in ("articles", "index"):
        try:
            place = (root / getattr(settings, name)).resolve()
        except (OSError, ValueError, RuntimeError) as error:
            raise ConfigError(f"{FILE_NAME}: {name} cannot be found: {error}", hint="Correct the value.") from error
        if not place.is_relative_to(root):
            raise ConfigError(
                f"{FILE_NAME}: {name} = {shown(getattr(settings, name))} leads out of {root}",
                hint="Use a folder inside the one that holds askbrief.toml.",
            )
        places[name] = place
    if places["articles"].is_relative_to(places["index"]):
        raise ConfigError(
            f"{FILE_NAME}: index = {settings.index!r} would hold the articles", hint="Use a folder of its own."
        )
    index = places["index"]
    if settings.index == INDEX and not index.exists() and not os.access(root, os.W_OK | os.X_OK):
        index = find_cached_index(root)
    return Folder(root, places["articles"], index, settings)


def find_shards(folder: Folder) -> Path:
    """Where the shards of a folder lie: hidden, as an index folder holds nothing else that can be seen."""
    return folder.index / SHARDS


def keeps_history(settings: Settings) -> bool:
    """Whether questions are saved: not with ``history = false`` in askbrief.toml or ``ASKBRIEF_HISTORY=0``."""
    return settings.history and os.environ.get(HISTORY_VARIABLE) != "0"


def find_cached_index(root: Path) -> Path:
    """Where the index of a folder that cannot be written is kept, in the user's cache."""
    import hashlib

    import platformdirs

    name = hashlib.sha256(os.fsencode(root)).hexdigest()[:16]
    return platformdirs.user_cache_path("askbrief", appauthor=False) / "indexes" / name


def resolve_folder(folder: Path) -> Path:
    """The absolute path of a folder, without links; it need not exist.

    Raises:
        ConfigError: The current folder is gone, or links lead in a circle.
    """
    try:
        return folder.resolve()
    except FileNotFoundError as error:
        raise ConfigError("the current folder no longer exists", hint="Change to another folder.") from error
    except (OSError, ValueError, RuntimeError) as error:
        raise ConfigError(f"{str(folder)!r} cannot be found: {error}", hint="Give another folder.") from error


def load_settings(root: Path) -> Settings:
    """The settings of ``root/askbrief.toml`` over the defaults.

    Raises:
        ConfigError: The file cannot be read, is no TOML, or names an unknown setting or a wrong value.
    """
    values: dict[str, object] = {}
    file = root / FILE_NAME
    if file.exists():
        import tomllib

        try:
            values = tomllib.loads(_load_text(file))
        except (OSError, ValueError, RecursionError) as error:
            raise ConfigError(f"{file} cannot be read: {error}", hint="Correct the file or remove it.") from error
    return _check(values, file)


def _load_text(file: Path) -> str:
    if not file.is_file():
        raise ValueError("it is not a regular file")
    with open(file, "rb") as stream:
        data = stream.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise ValueError(f"it is larger than {MAX_FILE_BYTES // 1024} KiB")
    return data.decode("utf-8")


def _check(values: dict[str, object], file: Path) -> Settings:
    defaults = Settings()
    values = values | ({"encodings": _check_encodings(values["encodings"], file)} if "encodings" in values else {})
    known = {field.name: type(getattr(defaults, field.name)) for field in fields(Settings)}
    for name, value in values.items():
        if name not in known:
            raise ConfigError(f"{file}: unknown setting {shown(name)}", hint=f"Known are: {', '.join(known)}.")
        if type(value) is not known[name]:
            raise ConfigError(
                f"{file}: {name} must be {known[name].__name__}, not {shown(value)}", hint="Correct the value."
            )
        if isinstance(value, str) and len(value) > MAX_VALUE_CHARACTERS:
            raise ConfigError(f"{file}: {name} is too long", hint="Correct the value.")
    settings = Settings(**values)  # type: ignore[arg-type]
    for encoding in (settings.encoding, *(encoding for _, encoding in settings.encodings)):
        if encoding and not _is_encoding(encoding):
            raise ConfigError(
                f"{file}: the encoding {shown(encoding)} is not known", hint="Name one that Python knows."
            )
    if not 20 <= settings.passage_words <= 400:
        raise ConfigError(f"{file}: passage_words must lie between 20 and 400", hint="Correct the value.")
    return settings


def _check_encodings(value: object, file: Path) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict) or not all(isinstance(encoding, str) for encoding in value.values()):
        raise ConfigError(
            f"{file}: encodings must be a table of patterns with encodings",
            hint='Write [encodings] and below it lines such as "old/*.txt" = "cp850".',
        )
    return tuple(value.items())


def _is_encoding(name: str) -> bool:
    try:
        "".encode(codecs.lookup(name).name)
    except (LookupError, ValueError):
        return False
    return True
