from __future__ import annotations

import math
from pathlib import Path

import pytest

from askbrief.errors import StoreDamagedError, StoreError
from askbrief.store.lexical import MAX_QUERY_WORDS, LexicalIndex, build_lexical

TEXTS = {
    3: "The railway opened",
    8: "A railway bridge and a railway tunnel",
    5: "Drones over the bridge",
    9: "Nothing else",
}


@pytest.fixture
def index(tmp_path: Path) -> LexicalIndex:
    build_lexical(tmp_path, TEXTS.items())
    return LexicalIndex(tmp_path)


def rows(index: LexicalIndex, query: str, top: int = 10) -> list[int]:
    return [row for row, _ in index.search(query, top=top)]


def bm25(*, frequency: int, length: int, documents_with: int, lengths: list[int]) -> float:
    """Robertson & Zaragoza (2009) with k1 = 1.2 and b = 0.75, as Lucene and tantivy compute it."""
    count, mean = len(lengths), sum(lengths) / len(lengths)
    idf = math.log(1 + (count - documents_with + 0.5) / (documents_with + 0.5))
    return idf * frequency * 2.2 / (frequency + 1.2 * (0.25 + 0.75 * length / mean))


def test_scores_are_bm25(index: LexicalIndex) -> None:
    lengths = [3, 7, 4, 2]
    ((first, best), (second, next_best)) = index.search("railway", top=10)
    assert (first, second) == (8, 3)
    assert best == pytest.approx(bm25(frequency=2, length=7, documents_with=2, lengths=lengths), rel=1e-5)
    assert next_best == pytest.approx(bm25(frequency=1, length=3, documents_with=2, lengths=lengths), rel=1e-5)


def test_given_rows_have_the_scores_that_a_search_gives_them(index: LexicalIndex) -> None:
    lengths = [3, 7, 4, 2]
    expected = bm25(frequency=1, length=3, documents_with=2, lengths=lengths)
    assert index.score("railway", [3, 9, 5]) == pytest.approx({3: expected}, rel=1e-5)
    assert index.score("bridge railway", TEXTS.keys()) == dict(index.search("bridge railway", top=10))
    assert index.score("railway", [77]) == index.score("railway", []) == index.score("?!", [3]) == {}


def test_any_word_matches_and_scores_add_up(index: LexicalIndex) -> None:
    both = dict(index.search("bridge railway", top=10))
    assert list(both) == [8, 3, 5]
    parts = [dict(index.search(word, top=10)) for word in ("bridge", "railway")]
    assert both[8] == pytest.approx(parts[0][8] + parts[1][8])


def test_words_are_stemmed_and_folded(index: LexicalIndex) -> None:
    assert rows(index, "DRONE") == [5]
    assert rows(index, "ráilways") == [8, 3]


def test_top_cuts_the_rest(index: LexicalIndex) -> None:
    assert rows(index, "railway", top=1) == [8]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("İstanbul is big", "istanbul"),
        ("e\u0301lan vital", "élan"),
        ("élan vital", "e\u0301lan"),
        ("Straße", "STRASSE"),
        ("Ødegård", "odegard"),
        ("ﬁnance", "finance"),
        ("“O’Brien”", "O'Brien"),
        ("東京", "東京"),
        ("שלום", "שלום"),
        ("snake_case", "snake_case"),
        ("U.S. law", "U.S."),
    ],
)
def test_a_word_finds_itself_in_another_spelling(tmp_path: Path, text: str, query: str) -> None:
    build_lexical(tmp_path, [(1, "something else"), (2, text)])
    assert rows(LexicalIndex(tmp_path), query) == [2]


@pytest.mark.parametrize("query", ["", " ", "?!", '"', '""', "absent", "\\", "👩‍👧"])
def test_a_query_without_a_known_word_finds_nothing(index: LexicalIndex, query: str) -> None:
    assert index.search(query, top=10) == []


@pytest.mark.parametrize(
    "query",
    ['railway"', "railway:", "+railway -bridge", "railway AND absent", "(railway", "text:railway^9", "railway~2"],
)
def test_query_syntax_is_words(index: LexicalIndex, query: str) -> None:
    assert set(rows(index, query)) >= {8, 3}


def test_words_past_the_limit_do_not_count(index: LexicalIndex) -> None:
    padding = [f"w{n}" for n in range(MAX_QUERY_WORDS - 1)]
    assert rows(index, " ".join([*padding, *padding, "drones"])) == [5]
    assert rows(index, " ".join([*padding, "more", "drones"])) == []


@pytest.mark.parametrize("top", [1, 50, 150])
def test_of_many_equal_texts_the_first_rows_are_found(tmp_path: Path, top: int) -> None:
    build_lexical(tmp_path, ((row, "a drone") for row in range(1, 400)))
    assert rows(LexicalIndex(tmp_path), "drone", top=top) == list(range(1, top + 1))


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    build_lexical(tmp_path, [])
    index = LexicalIndex(tmp_path)
    assert (index.count, index.search("railway", top=3)) == (0, [])


def test_a_folder_without_an_index_is_damage(tmp_path: Path) -> None:
    with pytest.raises(StoreDamagedError, match="is damaged"):
        LexicalIndex(tmp_path)


def test_a_missing_folder_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        build_lexical(tmp_path / "none", [(1, "a")])


@pytest.mark.parametrize("fill", [b"\xff", b"damaged"])
def test_an_index_that_is_written_over_while_it_is_open_is_damaged(tmp_path: Path, fill: bytes) -> None:
    build_lexical(tmp_path, [(row, f"railway bridge {row}") for row in range(300)])
    index = LexicalIndex(tmp_path)
    for file in tmp_path.iterdir():
        if file.suffix not in {".lock", ".json"}:
            size = file.stat().st_size
            with open(file, "r+b") as stream:  # the files are mapped: they keep their size
                stream.write((fill * size)[:size])
    with pytest.raises(StoreDamagedError, match="lexical index is damaged") as raised:
        index.search("railway", top=10)
    assert raised.value.hint == "Run: askbrief index"
    with pytest.raises(StoreDamagedError):
        index.score("railway", range(50))
