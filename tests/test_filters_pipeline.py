"""Filters on the way of a question: a filtered search is a search of a folder with only the allowed articles."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from conftest import FakeEncoder, FakeReader
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from askbrief.answer import retrieve
from askbrief.answer.allowed import find_allowed
from askbrief.answer.filters import Filters
from askbrief.assistant import Assistant
from askbrief.errors import QuestionError
from askbrief.store import dense

FIRST = date(2025, 5, 1)


class HashingEncoder(FakeEncoder):
    """Counts words into 32 places, so that passages of different words have different vectors."""

    dimension = 32

    def encode_question(self, text: str) -> NDArray[np.float32]:
        vector = np.full(32, 0.1, dtype=np.float32)
        for word in text.lower().split():
            vector[sum(word.strip(".?").encode()) % 32] += 1
        return vector / np.float32(np.linalg.norm(vector))


WORDS = ("ankara", "baghdad", "basra", "tehran", "railway", "drone", "envoy", "bridge", "harbour", "minister")


@st.composite
def folders(draw: st.DrawFn) -> list[tuple[str, date | None, str]]:
    """Articles: path, date, words; all with different words."""
    texts = draw(
        st.lists(st.lists(st.sampled_from(WORDS), min_size=2, max_size=6), min_size=5, max_size=12, unique_by=tuple)
    )
    found = []
    for number, words in enumerate(texts):
        day = draw(st.none() | st.integers(0, 5).map(lambda days: FIRST + timedelta(days)))
        folder = draw(st.sampled_from(["", "reports/", "reports/", "reports/old/"]))
        found.append((f"{folder}n{number}.{draw(st.sampled_from(['txt', 'md']))}", day, f"{' '.join(words)} {number}."))
    return found


def write(root: Path, article: tuple[str, date | None, str]) -> None:
    path, day, text = article
    file = root / (path if day is None else str(Path(path).with_name(f"{day}-{Path(path).name}")))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"It is said: {text}\n", encoding="utf-8")


def search(root: Path, question: str) -> list[tuple[str, float]]:
    """The first 50 passages with their cosines, nearest first."""
    with Assistant.open(root, encoder=HashingEncoder(), reader=FakeReader()) as assistant:
        hits = assistant.search(question, top=50)
    return sorted(((hit.passage.text, round(hit.cosine, 5)) for hit in hits), key=lambda hit: (-hit[1], hit[0]))


def is_allowed(article: tuple[str, date | None, str]) -> bool:
    path, day, _ = article
    return path.startswith("reports/") and day is not None and date(2025, 5, 2) <= day <= date(2025, 5, 4)


@pytest.mark.parametrize(("few_rows", "exact_rows"), [(1000, 50_000), (0, 50_000), (1000, 0)])
def test_a_filtered_search_is_one_of_a_folder_with_the_allowed_articles_alone(
    few_rows: int, exact_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By their own vectors beside an exact index, by an exact index with a selection, and beside a compact index."""
    monkeypatch.setattr(retrieve, "FEW_ROWS", few_rows)

    @settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
    @given(folders(), st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))
    def check(found: list[tuple[str, date | None, str]], asked: list[str]) -> None:
        with tempfile.TemporaryDirectory() as whole, tempfile.TemporaryDirectory() as part:
            for article in found:
                write(Path(whole), article)
                if is_allowed(article):
                    write(Path(part), article)
            question = " ".join(asked)
            with monkeypatch.context() as patch:
                patch.setattr(dense, "EXACT_ROWS", exact_rows)
                filtered = search(Path(whole), f"{question} in:reports/ since:2025-05-02 until:2025-05-04")
            assert filtered == (search(Path(part), question) if any(map(is_allowed, found)) else [])
            assert len(filtered) == sum(map(is_allowed, found))

    check()


@pytest.mark.parametrize("exact_rows", [50_000, 100])
def test_beyond_few_rows_the_nearest_allowed_are_found(exact_rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense, "EXACT_ROWS", exact_rows)
    random = np.random.default_rng(7)
    vectors = random.normal(size=(3000, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "dense")
        dense.build_dense(file, enumerate(vectors), count=3000, dimension=32)
        index = dense.DenseIndex(file, dimension=32)
        allowed = np.arange(1, 3000, 2)  # 1,500 rows
        found = index.search(vectors[0], top=50 * index.oversampling, allowed=allowed)
    assert all(row % 2 for row, _ in found)
    exact = sorted(allowed.tolist(), key=lambda row: -float(vectors[row] @ vectors[0]))
    nearest = sorted((row for row, _ in found), key=lambda row: -float(vectors[row] @ vectors[0]))[:50]
    if exact_rows == 50_000:
        assert nearest == exact[:50]
    else:  # what two bits for a dimension lose: at most the last of them
        assert nearest[:5] == exact[:5]
        assert len(set(nearest) & set(exact[:50])) >= 40


@pytest.fixture
def dated(tmp_path: Path) -> Path:
    root = tmp_path / "news"
    (root / "old").mkdir(parents=True)
    for name, text in (
        ("2025-05-01-a.txt", "The envoy met Okay Memis in Ankara."),
        ("2025-05-20-b.md", "The envoy met Hazem Razi in Baghdad."),
        ("old/2024-05-20-c.txt", "The envoy met Ali Sadeq in Basra."),
        ("d.txt", "The envoy met Omar Talib in Mosul."),
        ("old/d.txt", "The envoy met Omar Talib in Mosul."),
    ):
        (root / name).write_text(f"{text}\n", encoding="utf-8")
    return root


def make_assistant(root: Path) -> Assistant:
    return Assistant.open(root, encoder=FakeEncoder(), reader=FakeReader())


@pytest.mark.parametrize(
    ("filters", "paths", "described"),
    [
        ("since:2025", ["2025-05-01-a.txt", "2025-05-20-b.md"], "2 articles since 2025; 1 without a date left out"),
        ("until:2025-05-02", ["2025-05-01-a.txt", "old/2024-05-20-c.txt"],
         "2 articles until 2 May 2025; 1 without a date left out"),
        ("in:old/", ["d.txt", "old/2024-05-20-c.txt"], "2 articles in old/"),  # d.txt lies in old/ too
        ("type:md", ["2025-05-20-b.md"], "1 article MD files"),
        ("type:md since:2025", ["2025-05-20-b.md"], "1 article since 2025, MD files"),
        ("source:old", ["d.txt", "old/2024-05-20-c.txt"], "2 articles from old"),
        ("in:nowhere/", [], "0 articles in nowhere/"),
    ],
)  # fmt: skip
def test_only_allowed_articles_are_found_and_the_answer_says_which(
    dated: Path, filters: str, paths: list[str], described: str
) -> None:
    with make_assistant(dated) as assistant:
        answer = assistant.ask(f"whom did the envoy meet {filters}")
    assert sorted(hit.path for hit in answer.hits) == paths
    assert (answer.filtered, answer.question) == (described, "whom did the envoy meet")
    assert answer.answered == bool(paths)
    assert answer.outcome == ("answered" if paths else "not_in_documents")


def test_allowed_rows_are_those_of_the_allowed_articles(dated: Path) -> None:
    with make_assistant(dated) as assistant:
        assistant.update()
        rows = assistant._keeper.open().rows
        allowed = find_allowed(rows, Filters(since=date(2025, 1, 1)))
        assert allowed is not None
        records = rows.load_passages(allowed.rows)
        paths = {rows.load_document(record.document_id).path for record in records}
        assert find_allowed(rows, Filters()) is None
    assert list(allowed.rows) == sorted(allowed.rows)
    assert (paths, allowed.articles, allowed.undated) == ({"2025-05-01-a.txt", "2025-05-20-b.md"}, 2, 1)


def test_filters_of_the_call_and_of_the_line_hold_together(dated: Path) -> None:
    with make_assistant(dated) as assistant:
        answer = assistant.ask(
            "whom did the envoy meet in:old/", filters=Filters(types=("txt",), until=date(2024, 12, 31))
        )
        assert [hit.path for hit in answer.hits] == ["old/2024-05-20-c.txt"]
        with pytest.raises(QuestionError, match="until: is given twice"):
            assistant.ask("who? until:2025", filters=Filters(until=date(2024, 12, 31)))
        with pytest.raises(QuestionError, match="the question is empty"):
            assistant.ask("since:2025")
