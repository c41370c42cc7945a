"""The folder of articles: which files there are, and each file → Document."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from askbrief.datatypes import Document, SkippedFile, Span
from askbrief.dates import find_dateline, find_file_name_date, parse_date
from askbrief.errors import CorpusError
from askbrief.text import find_sentences, normalise_newlines, shorten, trim

SUFFIXES = (".txt", ".md")
MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_TITLE_CHARACTERS = 120
_MAX_FRONT_MATTER_CHARACTERS = 16_384
_WESTERN = "cp1252"
_NO_VALUE = ("", "~", "null")

_BOMS = (  # the longer first: UTF-32-LE begins like UTF-16-LE
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_HEADING = re.compile(r"^#{1,2}[ \t]+(.+?)[ \t]*#*[ \t]*$", re.MULTILINE)
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_SENTENCE_END = re.compile(r"[.!?…:;][\"'”’)\]]*$")


class ArticleFile(NamedTuple):
    """A file as the folder shows it.

    Attributes:
        path: Relative to the root, with ``/``.
        size: Bytes.
        mtime_ns: Time of the last change, nanoseconds.
    """

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Scan:
    """The state of a folder.

    Attributes:
        files: The articles, sorted by path.
        skipped: What looks like an article, but cannot be one.
        others: Files of other kinds, counted by ending.
    """

    files: tuple[ArticleFile, ...]
    skipped: tuple[SkippedFile, ...]
    others: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's text with newlines normalised, and the encoding it was in."""

    text: str
    encoding: str


def scan_folder(articles: Path, *, root: Path, without: Path | None = None) -> Scan:
    """Lists the articles below a folder.

    Hidden files and folders are left out. Links that lead out of ``root`` are skipped and reported; links to folders
    are not followed (what they lead to inside ``root`` is found where it lies).

    Args:
        articles: Folder to list.
        root: Folder that paths are relative to.
        without: A folder to leave out, such as the index.

    Raises:
        CorpusError: ``articles`` cannot be listed.
    """
    files: list[ArticleFile] = []
    skipped: list[SkippedFile] = []
    others: Counter[str] = Counter()
    for entry, path in _iter_entries(articles, skipped, root=root, without=without):
        if entry.name.lower().endswith(SUFFIXES):
            found = _look_at(entry, path, root)
            if isinstance(found, ArticleFile):
                files.append(found)
            else:
                skipped.append(found)
        else:
            with contextlib.suppress(OSError):  # a link in a circle
                if not entry.is_symlink() or entry.is_file():
                    others[os.path.splitext(entry.name)[1].lower() or "no ending"] += 1
    files.sort(key=itemgetter(0))
    return Scan(tuple(files), tuple(sorted(skipped, key=lambda s: s.path)), others)


def _iter_entries(
    articles: Path, skipped: list[SkippedFile], *, root: Path, without: Path | None
) -> Iterator[tuple[os.DirEntry[str], str]]:
    """All that is no folder, with its path; a folder that cannot be listed is added to ``skipped``.

    One at a time: to hold the entries of a folder of 26,000 files made ``scan_folder`` a third slower.
    """
    prefix = len(os.path.join(root, ""))
    pending = [str(articles)]
    while pending:
        folder = pending.pop()
        place = os.path.join(folder, "")[prefix:].replace(os.sep, "/")
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    if not entry.is_dir(follow_symlinks=False):
                        yield entry, place + entry.name
                    elif without is None or entry.path != str(without):
                        pending.append(entry.path)
        except OSError as error:
            if folder == str(articles):
                raise CorpusError(f"{articles} cannot be read: {error.strerror}", hint="Check the folder.") from error
            skipped.append(SkippedFile(_shown(place[:-1]), f"cannot be listed: {error.strerror}"))


def _look_at(entry: os.DirEntry[str], path: str, root: Path) -> ArticleFile | SkippedFile:
    """What looks like an article by its name, or why it is none."""
    if entry.is_symlink() and not Path(os.path.realpath(entry.path)).is_relative_to(root):
        return SkippedFile(_shown(path), "is a link that leads out of the folder")
    try:
        status = entry.stat()
    except OSError as error:
        return SkippedFile(_shown(path), f"cannot be read: {error.strerror}")
    if not stat.S_ISREG(status.st_mode):
        return SkippedFile(_shown(path), "is not a regular file")
    if not path.isascii() and path != _shown(path):
        return SkippedFile(_shown(path), "has a name that is not valid text")
    return ArticleFile(path, status.st_size, status.st_mtime_ns)


def _shown(path: str) -> str:
    """A path in which bytes that are no text have become U+FFFD."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def load_bytes(file: Path) -> bytes:
    """The content of an article.

    Raises:
        CorpusError: It cannot be read, or is larger than ``MAX_FILE_BYTES``.
    """
    try:
        size = file.stat().st_size
        if size > MAX_FILE_BYTES:
            raise CorpusError(
                f"is larger than {MAX_FILE_BYTES // 2**20} MiB ({size / 2**20:.0f} MiB)", hint="Split the file."
            )
        return file.read_bytes()
    except OSError as error:
        raise CorpusError(f"cannot be read: {error.strerror}", hint="Check the file and its permissions.") from error


def decode(data: bytes) -> Decoded:
    """The text of a file: by its byte-order mark, else strictly as UTF-8, else as charset-normalizer detects it.

    Where Windows-1252 reads as much like a language as the encoding it takes for the best, Windows-1252 is taken: the
    encodings around it differ in a few letters only, and it is by far the most common.

    Raises:
        CorpusError: It is binary, empty, or in no encoding that can be told.
    """
    if not data.strip():
        raise CorpusError("is empty", hint="Remove the file or write something into it.")
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            try:
                return _checked(data.decode(encoding), encoding.removesuffix("-sig"))
            except UnicodeDecodeError as error:
                raise CorpusError(f"is not valid {encoding}: {error.reason}", hint="Save it again as UTF-8.") from error
    if b"\0" in data:
        raise CorpusError("is binary", hint="Only text files can be read.")
    try:
        return _checked(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        pass
    from charset_normalizer import from_bytes

    matches = from_bytes(data)
    best = matches.best()
    if best is None:
        raise CorpusError("is binary, or in an encoding that cannot be told", hint="Save it again as UTF-8.")
    for match in matches:
        if _WESTERN in match.could_be_from_charset and match.coherence >= best.coherence:
            return _checked(str(match), _WESTERN)
    return _checked(str(best), best.encoding)


def _checked(text: str, encoding: str) -> Decoded:
    text = normalise_newlines(text)
    if not text.strip():
        raise CorpusError("is empty", hint="Remove the file or write something into it.")
    controls = sum(text.count(chr(code)) for code in range(32) if chr(code) not in "\t\n\f")
    if controls > max(8, len(text) // 20):
        raise CorpusError("is binary", hint="Only text files can be read.")
    return Decoded(text, encoding)


def build_document(text: str, path: str) -> Document:
    """A document of normalised ``text`` that lies at ``path``.

    The title is that of the front matter, else a Markdown heading, else a headline (a short first line of its own),
    else the beginning of the first sentence. The date is that of the front matter, else of a dateline, else of the
    file name.
    """
    front, body_start = _read_front_matter(text)
    dateline = find_dateline(text[body_start : body_start + 400])
    lead_start = body_start + (dateline[1] if dateline else 0)
    title = front.get("title", "").strip() or _find_title(text, body_start, lead_start, path)
    published = parse_date(front.get("date", "")) or (dateline[0] if dateline else None)
    if published is None:
        published = find_file_name_date(path.rsplit("/", 1)[-1])
    title = " ".join(title.split())
    digest = hashlib.sha256("\0".join((title, str(published), text)).encode("utf-8", "surrogatepass"))
    return Document(digest.hexdigest()[:16], title, text, published, (path,))


def _read_front_matter(text: str) -> tuple[dict[str, str], int]:
    """The front matter's fields that hold one value, as written, and the offset where the body starts."""
    match = _FRONT_MATTER.match(text[:_MAX_FRONT_MATTER_CHARACTERS])
    if match is None:
        return {}, 0
    import yaml

    try:
        fields = yaml.load(match[1], Loader=yaml.BaseLoader)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
        return {}, 0
    if not isinstance(fields, dict):
        return {}, 0
    texts = {name: value for name, value in fields.items() if isinstance(value, str) and value not in _NO_VALUE}
    return {name: _join_surrogates(value) for name, value in texts.items()}, match.end()


def _join_surrogates(text: str) -> str:
    """``text`` with escaped surrogate pairs as the characters they stand for; single ones become U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _find_title(text: str, body_start: int, lead_start: int, path: str) -> str:
    head = text[body_start : body_start + 4000]
    if path.lower().endswith(".md") and (heading := _HEADING.search(head)):
        return heading[1]
    lines = [line.strip() for line in head.lstrip().split("\n", 1)]
    is_headline = len(lines) == 2 and len(lines[0]) <= MAX_TITLE_CHARACTERS and not _SENTENCE_END.search(lines[0])
    if is_headline and find_dateline(lines[0]) is None:
        return lines[0].lstrip("# ")
    lead = text[lead_start : lead_start + 1000]
    sentences = find_sentences(lead)
    first = sentences[0] if sentences else trim(lead, Span(0, len(lead)))
    return shorten(first.of(lead), MAX_TITLE_CHARACTERS)
