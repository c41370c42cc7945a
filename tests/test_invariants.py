"""What holds for every document: the five invariants of the design."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from conftest import FakeEncoder, FakeReader
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from askbrief.answer.decode import find_spans
from askbrief.answer.reader import build_context
from askbrief.answer.tidy import tidy
from askbrief.assistant import Assistant
from askbrief.config import open_folder
from askbrief.corpus.chunk import chunk_document
from askbrief.corpus.decode import decode
from askbrief.corpus.document import build_document
from askbrief.corpus.formats.plain import read_plain
from askbrief.corpus.scan import load_bytes
from askbrief.corpus.sentences import find_blocks_within
from askbrief.errors import CorpusError
from askbrief.models.runtime import Tokens
from askbrief.output.text import render_answer
from askbrief.store.dense import DenseIndex, build_dense
from askbrief.store.sqlite import FILE_NAME as DATABASE
from askbrief.text.normalise import normalise_for_reading
from askbrief.text.segment import normalise_newlines
from askbrief.types import Answer, Document, Freshness, Hit, Passage, Reading, Span

PIECES = [
    *("The envoy met Okay Memis in Ankara. ", "A drone fell", "railway", "U.S. ", "Mr. ", "3.5", "-1", "a.m."),
    *(". ", "! ", "?", "…", ", ", "; ", ": ", "'", '"', "“", "”", "‘", "’", "«", "»", "(", ")", "[", "]", "{", "}"),
    *(" ", "\n", "\n\n", "\r\n", "\r\n\r\n", "\r", "\t", "\u00a0", "\u2028", "\u3000", "\u200b", "\ufeff"),
    *("👩‍👩‍👧", "🇹🇷", "e\u0301", "\u0301", "ﬁ", "İ", "ß", "שלום", "مرحبا", "\u202e", "\u200f", "\u2066", "東京。"),
    *("\x1b[31m", "\x07", "\x1c", "\x85", "\x9b", "\x7f", "\x0b", "\f", "[bold]", "<b>", "# ", "---\n", "–", "—", "#"),
]
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(st.characters(exclude_categories=["Cs"]), max_size=4)))
STEERING = {*"\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}
PROPERTY = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
FILE_PROPERTY = settings(PROPERTY, max_examples=12)


class SureReader(FakeReader):
    """As ``FakeReader``, but so sure that every span is an answer."""

    def read(self, question: str, passages: Sequence[tuple[Document, Passage]]) -> list[list[Reading]]:
        return [[replace(found, margin=200.0) for found in spans] for spans in super().read(question, passages)]


@st.composite
def documents(draw: st.DrawFn) -> Document:
    text = normalise_newlines("".join(draw(TEXTS)))
    path = draw(st.sampled_from(["a.txt", "a.md", "2025-05-25.txt"]))
    return build_document(read_plain(text, path), path)


@st.composite
def files(draw: st.DrawFn) -> tuple[str, bytes]:
    """A text in which the reader finds something, as it is read and as it lies in a file."""
    text = "Okay Memis  spoke to\tthe\nenvoy. " + "".join(draw(TEXTS)) + " The drone fell in Ankara."
    data = text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])))
    try:
        decode(data)
    except CorpusError:
        assume(False)
    return normalise_newlines(text).replace("\0", "\ufffd"), data


def chunk(document: Document, *, words: int) -> list[Passage]:
    return chunk_document(document, passage_words=words)


def ask(folder: Path, question: str = "who is it") -> Answer:
    with Assistant.open(folder, encoder=FakeEncoder(), reader=SureReader()) as assistant:
        return assistant.ask(question, top=3)


def lasting(answer: Answer) -> Answer:
    """An answer without what depends on when it was given."""
    freshness = answer.freshness
    lasting = Freshness(freshness.generation, freshness.documents, freshness.passages, skipped=freshness.skipped)
    return replace(answer, timings_ms={}, freshness=lasting)


@PROPERTY
@given(documents(), st.integers(1, 30))
def test_passages_are_the_text_of_their_spans_and_cover_what_is_read(document: Document, words: int) -> None:
    passages = chunk(document, words=words)
    covered: set[int] = set()
    for passage in passages:
        assert passage.span.of(document.text) == passage.text
        assert passage.text.strip() == passage.text != ""
        covered.update(range(passage.span.start, passage.span.end))
    for block in document.blocks:  # what states a date or an author is no passage
        covered.update(range(block.start, block.end) if block.kind in {"metadata", "dateline", "byline"} else ())
    assert [
        document.text[i] for i in range(len(document.text)) if i not in covered and not document.text[i].isspace()
    ] == []
    starts = [passage.span.start for passage in passages]
    assert starts == sorted(set(starts))


@PROPERTY
@given(documents(), st.data())
def test_spans_that_are_read_lie_in_their_passage(document: Document, data: st.DataObject) -> None:
    passages = chunk(document, words=data.draw(st.integers(1, 20)))
    assume(passages)
    passage = data.draw(st.sampled_from(passages))
    context = build_context(document, passage)
    length = len(context.text)
    assert context.text.endswith(normalise_for_reading(passage.text).text)
    cuts = sorted(data.draw(st.sets(st.integers(0, length), min_size=2, max_size=40)) | {0, length})
    offsets = np.array([(0, 0), *pairwise(cuts)], dtype=np.int64)
    count = len(offsets)
    scores = st.lists(st.floats(-20, 20, width=32), min_size=count, max_size=count)
    start, end = (np.array(data.draw(scores), dtype=np.float32) for _ in range(2))
    tokens = Tokens(np.zeros(count, np.int64), np.ones(count, np.int64), np.arange(count) > 0, offsets)
    blocks = find_blocks_within(document, passage.span)
    found = find_spans(tokens, start, end, places=context.places, blocks=blocks)
    tokens_at = [(context.places[s], context.places[e - 1] + 1) for s, e in offsets[1:]]
    assert bool(found) == any(block.start <= s and e <= block.end for block in blocks for s, e in tokens_at)
    for raw, _ in found:
        assert sum(block.contains(raw) for block in blocks) == 1
        assert passage.span.contains(raw)
        span = tidy(document.text, raw, within=passage.span)
        assert passage.span.contains(span)
        assert span.of(document.text).strip() == span.of(document.text)


@PROPERTY
@given(documents(), st.data())
def test_any_range_can_be_tidied(document: Document, data: st.DataObject) -> None:
    ends = st.integers(0, len(document.text))
    within_start, start, end, within_end = sorted(data.draw(st.tuples(ends, ends, ends, ends)))
    within = Span(within_start, within_end)
    assert within.contains(tidy(document.text, Span(start, end), within=within))


@FILE_PROPERTY
@given(files())
def test_answers_are_the_characters_of_their_file(file: tuple[str, bytes]) -> None:
    text, data = file
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.txt").write_bytes(data)
        answer = ask(Path(folder))
        read = decode(load_bytes(Path(folder) / "a.txt")).text
    assert read == text.removeprefix("\ufeff")
    assert answer.answered
    passages = [hit.passage.span for hit in answer.hits]
    lines = read.split("\n")
    for found in answer.answers:
        assert found.span.of(read) == found.text != ""
        assert found.sentence.of(read) == found.sentence_text
        assert found.sentence.contains(found.span)
        assert any(passage.contains(found.sentence) for passage in passages)
        assert found.line is not None
        assert found.column is not None
        assert sum(len(line) + 1 for line in lines[: found.line - 1]) + found.column - 1 == found.span.start
    for hit in answer.hits:
        assert hit.passage.span.of(read) == hit.passage.text


@FILE_PROPERTY
@given(st.lists(files(), min_size=1, max_size=3))
def test_a_saved_index_answers_the_same(articles: list[tuple[str, bytes]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for number, (_, data) in enumerate(articles):
            (Path(folder) / f"{number}.txt").write_bytes(data)
        built = ask(Path(folder))
        loaded = ask(Path(folder))
    assert built.answered
    assert built.freshness.added == len(articles)
    assert loaded.freshness.added == 0
    assert lasting(loaded) == lasting(built)


@FILE_PROPERTY
@given(st.lists(files(), min_size=1, max_size=3))
def test_building_twice_gives_equal_stores(articles: list[tuple[str, bytes]]) -> None:
    with tempfile.TemporaryDirectory() as parent:
        one, other = Path(parent) / "one", Path(parent) / "other"
        one.mkdir()
        for number, (_, data) in enumerate(articles):
            (one / f"{number}.txt").write_bytes(data)
        shutil.copytree(one, other)
        answers = [lasting(ask(folder, "who saw the drone")) for folder in (one, other)]
        assert answers[0] == answers[1]
        assert dump(one) == dump(other)


def dump(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but the manifest of the derived indexes, whose file names are drawn by chance."""
    database = sqlite3.connect(open_folder(folder).index / DATABASE)
    try:
        tables = {
            name: list(database.execute(f"SELECT * FROM {name} ORDER BY 1"))
            for name in ("meta", "documents", "passages", "vectors", "extractions", "parts")
        }
        files = "SELECT path, size, mtime_ns, problem, extraction FROM files ORDER BY 1"
        tables["files"] = list(database.execute(files))
    finally:
        database.close()
    assert tables["passages"]
    tables["meta"] = [row for row in tables["meta"] if row[0] != "manifest"]
    return tables


@settings(PROPERTY, max_examples=60)
@given(st.lists(st.sampled_from([(1, 0), (0, 1), (-1, 0), (0, -1)]), max_size=80), st.integers(1, 60))
def test_of_equal_cosines_the_lower_row_comes_first(vectors: list[tuple[int, int]], top: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "d.faiss"
        build_dense(
            file,
            ((row, np.array(v, dtype=np.float32)) for row, v in enumerate(vectors)),
            count=len(vectors),
            dimension=2,
        )
        found = DenseIndex(file, dimension=2).search(np.array([1, 0], dtype=np.float32), top=top)
    assert found == sorted(((row, float(v[0])) for row, v in enumerate(vectors)), key=lambda p: (-p[1], p[0]))[:top]


@FILE_PROPERTY
@given(st.lists(st.lists(st.sampled_from(["Ankara", "drone", "red", "blue", "green"]), max_size=4), max_size=12))
def test_of_equal_hits_the_lower_row_comes_first(articles: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for number, words in enumerate([["Ankara"], *articles]):
            text = f"Note\n\n{' '.join(words)} x{number}."
            (Path(folder) / f"{number:02}.txt").write_text(text, encoding="utf-8")
        with Assistant.open(folder, encoder=FakeEncoder(), reader=FakeReader()) as assistant:
            hits: list[Hit] = assistant.search("Ankara drone", top=99)
    assert [hit.row for hit in hits] == [hit.row for hit in sorted(hits, key=lambda hit: (-hit.score, hit.row))]
    assert {hit.row for hit in hits} == set(range(1, len(articles) + 2))


def test_results_do_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    for number, name in enumerate(["Memis", "Sadeq", "Maleki", "Sharif", "Habibzadeh", "Pezeshkian"]):
        (tmp_path / f"{number}.txt").write_text(f"note\n\nthe drone of {name} in town.", encoding="utf-8")
    program = (
        "import sys; from pathlib import Path; from test_invariants import ask, lasting\n"
        "answer = lasting(ask(Path(sys.argv[1]), 'whose drone'))\n"
        "print([span.text for span in answer.answers], [hit.row for hit in answer.hits])\n"
        "print(repr(answer))"
    )
    outputs = []
    for seed in ("1", "2"):
        folder = tmp_path.with_name(f"seed-{seed}")
        shutil.copytree(tmp_path, folder)
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "PYTHONHASHSEED": seed}
        outputs.append(
            subprocess.run(
                [sys.executable, "-c", program, str(folder)],
                env=environment,
                capture_output=True,
                text=True,
                check=True,
                encoding="utf-8",
            ).stdout
        )
    assert outputs[0] == outputs[1]
    assert outputs[0].startswith("['Memis', 'Sadeq', 'Maleki'] [1, 2, 3, 4, 5, 6]\n")


def shown(text: str) -> str:
    """What a terminal may show of ``text``: blanks for newlines and tabs, U+FFFD for what would steer it."""
    return "".join(
        " " if character in "\n\t" else "\ufffd" if is_steering(character) else character for character in text
    )


def is_steering(character: str) -> bool:
    return unicodedata.category(character) == "Cc" or character in STEERING


@FILE_PROPERTY
@given(files())
def test_what_is_shown_is_what_the_file_says(file: tuple[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.txt").write_bytes(file[1])
        answer = ask(Path(folder))
        text = decode(load_bytes(Path(folder) / "a.txt")).text
    plain = render_answer(answer).plain
    assert answer.answered
    for found in answer.answers:
        assert shown(found.span.of(text)) in plain
        assert shown(found.sentence.of(text)) in plain
    assert [character for character in plain if is_steering(character) and character != "\n"] == []
