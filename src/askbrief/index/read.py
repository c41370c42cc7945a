"""Reading: a file → what the store is to know of it, and its documents where it does not know them yet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from askbrief.corpus.dates import find_file_name_date, find_file_name_year
from askbrief.corpus.document import build_document
from askbrief.corpus.extract import FileExtractor, find_extractor, is_final
from askbrief.corpus.extracted import Extraction
from askbrief.corpus.scan import ArticleFile, load_bytes
from askbrief.errors import CorpusError
from askbrief.index.differences import RETRY_SIZE
from askbrief.index.plan import Found
from askbrief.store.records import ExtractionRecord, FileRecord
from askbrief.types import Document


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file as it was read.

    Attributes:
        found: What planning needs to know.
        extraction: What was read; None where nothing was, and where the store has it already.
        documents: The documents of ``extraction``.
    """

    found: Found
    extraction: ExtractionRecord | None = None
    documents: tuple[Document, ...] = ()


def iter_files(
    files: Sequence[ArticleFile],
    *,
    root: Path,
    known: Mapping[bytes, ExtractionRecord],
    find_encoding: Callable[[str], str] = lambda _: "",
) -> Generator[ReadFile, None, None]:
    """Read each of ``files`` once; what the store knows by its bytes is not extracted again.

    Args:
        files: The files.
        root: Folder that their paths are relative to.
        known: What the store knows, by key.
        find_encoding: The encoding that the settings name for the file at a path; '' where they name none.
    """
    with FileExtractor(find_encoding) as extractor:
        for file in files:
            try:
                data = load_bytes(root / file.path)
            except CorpusError as error:
                size = RETRY_SIZE if isinstance(error.__cause__, OSError) else file.size
                yield ReadFile(Found(FileRecord(file.path, size, file.mtime_ns, file.ctime_ns, problem=error.message)))
                continue
            key = find_extraction_key(data, file.path, encoding=find_encoding(file.path))
            yield _recall(file, known[key]) if key in known else _build(file, extractor.extract(data, file.path), key)


def find_extraction_key(data: bytes, path: str, *, encoding: str = "") -> bytes:
    """What stands for the content of a file, and for all else that decides what is read of it: 16 bytes."""
    name = path.rsplit("/", 1)[-1]
    suffix = name.rpartition(".")[2].lower()
    context = "\0".join(
        (
            find_extractor(path, encoding=encoding),
            suffix,
            str(find_file_name_date(name)),
            str(find_file_name_year(name)),
            "",
        )
    )
    return hashlib.blake2b(context.encode("utf-8", "surrogatepass") + data, digest_size=16).digest()


def _recall(file: ArticleFile, extraction: ExtractionRecord) -> ReadFile:
    problem = None if extraction.parts else "; ".join(extraction.reports)
    record = FileRecord(file.path, file.size, file.mtime_ns, file.ctime_ns, problem, extraction.key)
    return ReadFile(Found(record, extraction.content))


def _build(file: ArticleFile, extraction: Extraction, key: bytes) -> ReadFile:
    documents = tuple(build_document(extracted, file.path) for extracted in extraction.documents)
    record = ExtractionRecord(
        key=key,
        extractor=extraction.extractor,
        encoding=extraction.encoding,
        certainty=extraction.certainty,
        replaced=extraction.replaced,
        reports=extraction.reports,
        parts=tuple(
            (extracted.member, document.id) for extracted, document in zip(extraction.documents, documents, strict=True)
        ),
    )
    problem = None if documents else "; ".join(extraction.reports)
    if not is_final(extraction):
        return ReadFile(Found(FileRecord(file.path, file.size, file.mtime_ns, file.ctime_ns, problem)))
    found = Found(
        FileRecord(file.path, file.size, file.mtime_ns, file.ctime_ns, problem, key),
        record.content,
        sum(len(document.text) for document in documents),
    )
    return ReadFile(found, record, documents)
