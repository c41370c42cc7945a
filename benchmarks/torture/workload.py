"""The work that is disturbed: steps that change a folder of articles and bring its index up to date.

Each passage has a word of its own, so that every id in a search index can be traced to the one text that made it.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import askbrief.index.batch
import askbrief.index.refresh
import askbrief.store.store
from askbrief.assistant import Assistant
from askbrief.config import open_folder
from askbrief.errors import StoreNotFoundError
from askbrief.index.refresh import identify
from askbrief.store.audit import audit
from askbrief.store.sqlite import FILE_NAME
from askbrief.store.store import Store
from benchmarks.torture.models import NumberReader, WordEncoder

QUESTION = "which report tells of its part"
INDEX = ".askbrief"
PARTS = 3
_ARTICLES = 10
_BATCH_PASSAGES = 8
_OWN_WORD = re.compile(r"\bx\d+y\d+z\d+\b")
_KNOWN = re.compile(r"askbrief\.sqlite(-wal|-shm)?|generation-\d{6}|write\.lock|damaged-[\d-]+\.sqlite")
_TABLES = (
    "SELECT path, size, mtime_ns, problem, extraction FROM files ORDER BY 1",
    "SELECT key, extractor, encoding, replaced, reports, documents FROM extractions ORDER BY 1",
    "SELECT extraction, number, member, document_id FROM parts ORDER BY 1, 2",
    "SELECT id, title, date, author, text, blocks, places, runs, lines, member FROM documents ORDER BY 1",
    "SELECT document_id, start, end, vector_key FROM passages ORDER BY 1, 2",
    "SELECT key, vector FROM vectors ORDER BY 1",
    "SELECT key, value FROM meta WHERE key IN ('documents', 'passages', 'encoder', 'schema') ORDER BY 1",
)


@dataclass(frozen=True, slots=True)
class Step:
    """A change of the folder and the work that it makes.

    Attributes:
        name: What it is called.
        edit: Changes the folder.
        work: Brings the index up to date.
        is_sharing: Whether the new generation shares the files of the one before; else it is written from nothing.
        is_sound: Whether the index answers before the work is done.
    """

    name: str
    edit: Callable[[Path], None]
    work: Callable[[Assistant], object] = lambda assistant: assistant.update()
    is_sharing: bool = False
    is_sound: bool = True


def create_folder(root: Path) -> None:
    """An empty folder of articles."""
    root.mkdir()
    write_file(root / "askbrief.toml", "passage_words = 20\n")


def write_file(file: Path, text: str) -> None:
    """A file whose time depends on its text alone."""
    file.write_text(text, encoding="utf-8")
    os.utime(file, ns=(10**18, 10**18 + len(text) + sum(map(ord, text)) * 1000))


def write_article(number: int, edition: int) -> str:
    """An article of ``PARTS`` passages."""
    filler = " ".join(["word"] * 10)
    parts = (f"The report x{number}y{part}z{edition} tells of its part {part}, {filler}." for part in range(PARTS))
    return "\n\n".join([f"Report {number}", *parts, ""])


def _write_first(root: Path) -> None:
    for number in range(_ARTICLES):
        write_file(root / f"{number:03}.txt", write_article(number, 1))
    write_file(root / "copy.txt", write_article(3, 1))
    (root / "broken.txt").write_bytes(b"\0\1\2" * 50)
    os.utime(root / "broken.txt", ns=(10**18, 10**18))


def _add(root: Path) -> None:
    for number in range(_ARTICLES, _ARTICLES + 4):
        write_file(root / f"{number:03}.txt", write_article(number, 1))


def _change(root: Path) -> None:
    for number in (0, 11):
        write_file(root / f"{number:03}.txt", write_article(number, 2))


def _rename(root: Path) -> None:
    for number in (1, 12):
        (root / f"{number:03}.txt").rename(root / f"renamed-{number:03}.txt")


def _remove(root: Path) -> None:
    for name in ("002.txt", "003.txt", "013.txt"):
        (root / name).unlink()


def _lose_generation(root: Path) -> None:
    for folder in (root / INDEX).glob("generation-*"):
        shutil.rmtree(folder)


def _damage_database(root: Path) -> None:
    file = root / INDEX / FILE_NAME
    data = file.read_bytes()
    file.write_bytes(data[:4096] + bytes(len(data) - 4096))


STEPS = (
    Step("first index", _write_first),
    Step("add", _add, is_sharing=True),
    Step("change", _change, is_sharing=True),
    Step("rename", _rename, is_sharing=True),
    Step("remove", _remove),
    Step("rebuild", lambda _: None, lambda assistant: assistant.update(rebuild=True)),
    Step("repair", _lose_generation, lambda assistant: assistant.search(QUESTION)),
    Step("set aside", _damage_database, is_sound=False),
)


def open_assistant(root: Path) -> Assistant:
    """The folder, with stand-in models."""
    return Assistant.open(root, encoder=WordEncoder(), reader=NumberReader(root))


def do_work(root: Path, step: Step) -> None:
    """The work of a step, in batches of a few passages; its edit is to be done before."""
    with open_assistant(root) as assistant:
        work_on(assistant, step)


def work_on(assistant: Assistant, step: Step) -> None:
    """``do_work`` with an open assistant, which stays open."""
    askbrief.index.batch.BATCH_PASSAGES = _BATCH_PASSAGES
    askbrief.store.store.MIN_SHARED_PASSAGES = 1 if step.is_sharing else 1_000_000
    askbrief.store.store.MAX_STALE_SHARE = 1e9
    step.work(assistant)


def publish_more(root: Path) -> None:
    """Adds an article, and with it a generation."""
    write_file(root / "more.txt", write_article(999, 1))
    do_work(root, STEPS[0])


def observe(root: Path) -> Any:
    """``look_at`` the index as it is; None if nothing is published."""
    try:
        return look_at(root, refresh=False)
    except StoreNotFoundError:
        return None


def look_at(root: Path, *, refresh: bool) -> Any:
    """All that a question gets from the index: every passage with its paths, the counts, and an answer."""
    with open_assistant(root) as assistant:
        hits = assistant.search(QUESTION, top=1000, refresh=refresh)
        found = sorted([*assistant.load_document(hit.passage.document_id).paths, hit.passage.text] for hit in hits)
        freshness = assistant.find_freshness()
        asked = QUESTION if not found else found[len(found) // 2][-1].split(",")[0]
        answer = assistant.ask(asked, refresh=refresh)
    best = [[span.path, span.text, span.span.start] for span in answer.answers]
    return [found, freshness.documents, freshness.passages, [f.path for f in freshness.skipped], asked, best]


def dump(root: Path) -> Any:
    """What the database says, rows apart: an interrupted run leaves gaps in their numbers."""
    with closing(sqlite3.connect(root / INDEX / FILE_NAME)) as database:
        return [
            [[value.hex() if isinstance(value, bytes) else value for value in row] for row in database.execute(query)]
            for query in _TABLES
        ]


def iter_faults(root: Path) -> Iterator[str]:
    """What is wrong with the index of ``root``: the audit, every vector and every own word worked out anew."""
    encoder = WordEncoder()
    try:
        store = Store.open(root / INDEX, identify(open_folder(root), encoder))
    except StoreNotFoundError:
        return
    with store:
        yield from audit(store)
        if not store.rows.generation:
            return
        with store.inspecting() as derived:
            for row, _, vector, text in store.rows.iter_published():
                if vector.tobytes() != encoder.encode_question(text).astype("<f4").tobytes():
                    yield f"the stored vector of row {row} is not that of its text"
                if row not in [found for found, _ in derived.dense.search(encoder.encode_question(text), top=3)]:
                    yield f"row {row} is not the nearest to its own text"
                for word in _OWN_WORD.findall(text):
                    if [found for found, _ in derived.lexical.search(word, top=5)] != [row]:
                        yield f"{word} does not lead to row {row} alone"
            if len(derived.lexical.load_rows()) != derived.dense.count:
                yield "the two search indexes hold different counts"


def iter_leftovers(root: Path) -> Iterator[str]:
    """What finished work must not leave in the index folder: parts of work that was given up, old generations."""
    names = sorted(path.name for path in (root / INDEX).iterdir())
    yield from (f"{name} was left behind" for name in names if not _KNOWN.fullmatch(name))
    if sum(name.startswith("generation-") for name in names) > 2:
        yield f"more than two generations are there: {', '.join(names)}"
