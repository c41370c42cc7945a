"""The shards of a folder, without Ray: which files they hold, comparable scores, and one answer over all of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import FakeEncoder, FakeReader

from askbrief.answer.query import build_query
from askbrief.cluster.answerer import Answerer, ShardProblem, Task
from askbrief.cluster.indexing import build_shard, index_shards
from askbrief.cluster.manifest import build_manifest, load_manifest, save_manifest
from askbrief.cluster.searcher import ShardSearcher
from askbrief.config import Folder, find_shards, open_folder
from askbrief.errors import AskbriefError, ClusterError, StoreDamagedError, StoreError, StoreNotFoundError
from askbrief.index.refresh import identify, refresh, scan
from askbrief.store.lexical import LexicalIndex, Statistics, build_lexical
from askbrief.types import Trace

COUNT = 3
NAMES = ("Ankara", "Baghdad")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Twelve articles, each with a sentence of its own."""
    root = tmp_path / "archive"
    root.mkdir()
    for number in range(12):
        words = " ".join(["railway"] * (number % 4) + ["drone"] * (number % 3))
        (root / f"{number:02}.txt").write_text(
            f"Envoy{number} spoke in {NAMES[number % 2]} about item{number} {words}.\n", encoding="utf-8"
        )
    return open_folder(root)


def build_all(folder: Folder) -> list[Any]:
    return [build_shard(folder.take_shard(number, count=COUNT), FakeEncoder()) for number in range(COUNT)]


class Shards:
    """All shards in this process; those in ``broken`` give a problem."""

    def __init__(self, folder: Folder) -> None:
        identity = identify(folder, FakeEncoder())
        self.broken: dict[int, str] = {}
        self._searchers = {n: ShardSearcher(folder.take_shard(n, count=COUNT), identity) for n in range(COUNT)}

    def __call__(self, tasks: Mapping[int, Task]) -> dict[int, Any]:
        return {number: self._run(number, task) for number, task in tasks.items()}

    def _run(self, number: int, task: Task) -> Any:
        if number in self.broken:
            return ShardProblem(self.broken[number])
        try:
            return task(self._searchers[number])
        except AskbriefError as error:
            return ShardProblem(error.message)

    def close(self) -> None:
        for searcher in self._searchers.values():
            searcher.close()


@pytest.fixture
def shards(folder: Folder) -> Iterator[Shards]:
    build_all(folder)
    opened = Shards(folder)
    yield opened
    opened.close()


def ask(shards: Shards, question: str, *, read: bool = True, top: int = 10) -> Trace:
    answerer = Answerer(shards, count=COUNT, encoder=FakeEncoder(), reader=FakeReader())
    return answerer.trace(build_query(question), history=(), top=top, read=read)


def test_every_file_belongs_to_one_shard_whatever_else_is_there(folder: Folder) -> None:
    parts = [scan(folder.take_shard(number, count=COUNT)) for number in range(COUNT)]
    paths = [[file.path for file in part.files] for part in parts]
    assert sorted(path for part in paths for path in part) == [f"{number:02}.txt" for number in range(12)]
    (folder.root / "zz.txt").write_text("One more.\n", encoding="utf-8")
    again = [[file.path for file in scan(folder.take_shard(number, count=COUNT)).files] for number in range(COUNT)]
    assert [[path for path in part if path != "zz.txt"] for part in again] == paths


def test_the_shard_of_a_path_never_changes(folder: Folder) -> None:
    numbers = {}
    for path in ("00.txt", "a/b.md", "ä.txt"):
        shards = (folder.take_shard(number, count=8).shard for number in range(8))
        numbers[path] = [shard.number for shard in shards if shard is not None and shard.holds(path)]
    assert numbers == {"00.txt": [0], "a/b.md": [7], "ä.txt": [6]}  # BLAKE2b of the path, modulo 8


def test_a_changed_file_touches_one_shard(folder: Folder) -> None:
    before = [built.freshness.generation for built in build_all(folder)]
    (folder.root / "05.txt").write_text("Another text in Ankara.\n", encoding="utf-8")
    changes = [(built.freshness.generation, built.freshness.changed) for built in build_all(folder)]
    assert before == [1, 1, 1]
    assert sorted(changes) == [(1, 0), (1, 0), (2, 1)]


def test_a_shard_without_files_is_an_empty_store(tmp_path: Path) -> None:
    root = tmp_path / "one"
    root.mkdir()
    (root / "a.txt").write_text("One article about Ankara.\n", encoding="utf-8")
    built = build_all(open_folder(root))
    assert sorted(b.freshness.documents for b in built) == [0, 0, 1]
    opened = Shards(open_folder(root))
    trace = ask(opened, "Who wrote about Ankara?")
    opened.close()
    assert [candidate.document.path for candidate in trace.candidates] == ["a.txt"]
    assert trace.freshness.missing == ()


def test_shards_are_no_articles_of_the_folder(tmp_path: Path) -> None:
    root = tmp_path / "visible"
    root.mkdir()
    (root / "askbrief.toml").write_text('index = "index"\n', encoding="utf-8")
    (root / "a.txt").write_text("One article about Ankara.\n", encoding="utf-8")
    folder = open_folder(root)
    build_all(folder)
    paths = {file.path for n in range(COUNT) for file in scan(folder.take_shard(n, count=COUNT)).files}
    assert paths == {"a.txt"}
    steps = refresh(folder, FakeEncoder())
    with ExitStack() as stack:
        try:
            while True:
                next(steps)
        except StopIteration as end:
            store = stack.enter_context(end.value[0])
            assert store.rows.count_documents() == 1


def test_words_weigh_in_every_index_what_they_weigh_in_all(tmp_path: Path) -> None:
    texts = ["ankara drone", "ankara railway", "ankara envoy", "railway envoy", "drone drone"]
    parts = [list(enumerate(texts))[:3], list(enumerate(texts))[3:]]
    for name, part in (("all", list(enumerate(texts))), ("0", parts[0]), ("1", parts[1])):
        (tmp_path / name).mkdir()
        build_lexical(tmp_path / name, part)
    whole, *indexes = (LexicalIndex(tmp_path / name) for name in ("all", "0", "1"))
    statistics = indexes[0].count_words("the drones of Ankara") + indexes[1].count_words("the drones of Ankara")
    assert statistics == whole.count_words("the drones of Ankara")
    assert (statistics.passages, statistics.frequencies["drone"], statistics.frequencies["ankara"]) == (5, 2, 3)
    expected = dict(whole.search("drones Ankara", top=5))
    alone = dict(indexes[0].search("drones Ankara", top=5)) | dict(indexes[1].search("drones Ankara", top=5))
    found = {
        row: score for index in indexes for row, score in index.search("drones Ankara", top=5, statistics=statistics)
    }
    # every text has two words, so only the document frequencies differ
    assert found == pytest.approx(expected, rel=1e-4)
    assert alone != pytest.approx(expected, rel=1e-2)


def test_the_rarity_of_a_word_is_that_of_bm25() -> None:
    statistics = Statistics(9, {"drone": 2})
    assert statistics.find_rarity(["drone"]) == pytest.approx(math.log(1 + 7.5 / 2.5))
    assert statistics.find_rarity(["drone", "none"]) == pytest.approx(math.log(4) + math.log(1 + 9.5 / 0.5))


def test_all_shards_together_find_what_one_store_finds(folder: Folder, shards: Shards) -> None:
    from askbrief import Assistant

    questions = ["Who spoke about item7?", "railway Baghdad", "item3 drone", "Who spoke in Ankara about the drone?"]
    with Assistant(folder, encoder=FakeEncoder(), reader=FakeReader()) as assistant:
        for question in questions:
            single = assistant.trace(question)
            several = ask(shards, question)
            assert [c.document.path for c in several.candidates][:3] == [c.document.path for c in single.candidates][:3]
            assert several.ranked[0].candidate.document.path == single.ranked[0].candidate.document.path
            assert several.outcome == single.outcome
            assert several.freshness.documents == single.freshness.documents == 12


def test_mentions_are_counted_over_all_shards(shards: Shards) -> None:
    trace = ask(shards, "Which articles mention Ankara?")
    assert trace.outcome == "mentions"
    assert trace.mentions is not None
    assert (trace.mentions.count, trace.mentions.documents) == (6, 6)
    assert [place.candidate.document.path for place in trace.ranked] == [f"{n:02}.txt" for n in (0, 2, 4, 6, 8, 10)]


def test_filters_hold_in_every_shard(shards: Shards) -> None:
    trace = ask(shards, "Who spoke? title:nothing")
    assert trace.candidates == ()
    assert trace.filtered == '0 articles title with "nothing"'
    assert "12 articles" in ask(shards, "Who spoke? type:txt").filtered


def test_a_shard_that_nobody_can_serve_is_named(shards: Shards) -> None:
    shards.broken[1] = "its disk is gone"
    freshness = ask(shards, "Who spoke about item7?").freshness
    assert (freshness.shards, freshness.missing) == (COUNT, (1,))


def test_without_any_shard_there_is_an_error_with_the_reasons(shards: Shards) -> None:
    shards.broken = dict.fromkeys(range(COUNT), "its disk is gone")
    with pytest.raises(ClusterError, match="none of the 3 shards can be asked: its disk is gone"):
        ask(shards, "Who spoke about item7?")


def test_an_article_comes_from_the_shard_that_has_it(folder: Folder, shards: Shards) -> None:
    answerer = Answerer(shards, count=COUNT, encoder=FakeEncoder(), reader=FakeReader())
    document = ask(shards, "item7").candidates[0].document
    assert answerer.load_document(document.id) == document
    with pytest.raises(StoreNotFoundError, match="no shard has the article"):
        answerer.load_document("0" * 16)


def test_a_damaged_shard_is_named_then_repaired_from_its_source(folder: Folder, shards: Shards) -> None:
    shards.close()
    database = folder.take_shard(0, count=COUNT).index / "askbrief.sqlite"
    data = bytearray(database.read_bytes())
    data[: len(data) // 2] = bytes(len(data) // 2)
    database.write_bytes(data)
    assert ask(shards, "Who spoke about item7?").freshness.missing == (0,)
    shards.close()
    built = build_shard(folder.take_shard(0, count=COUNT), FakeEncoder())
    assert built.problem == ""
    assert any("saved the damaged file" in note for note in built.notes)
    assert ask(shards, "Who spoke about item7?").freshness.missing == ()


def test_damaged_search_indexes_are_rebuilt_when_they_are_asked(folder: Folder, shards: Shards) -> None:
    (base,) = folder.take_shard(2, count=COUNT).index.glob("generation-*/base.faiss")
    base.unlink()
    trace = ask(shards, "railway Baghdad")
    assert trace.freshness.missing == ()
    assert base.exists()


def test_a_shard_of_another_version_is_named_then_rebuilt(folder: Folder, shards: Shards) -> None:
    build_shard(folder.take_shard(1, count=COUNT), FakeEncoder("another"))
    assert ask(shards, "Who spoke about item7?").freshness.missing == (1,)
    built = build_shard(folder.take_shard(1, count=COUNT), FakeEncoder())
    assert any("other settings" in note for note in built.notes)
    assert ask(shards, "Who spoke about item7?").freshness.missing == ()


def test_the_manifest_is_what_was_saved_and_damage_is_noticed(folder: Folder) -> None:
    with pytest.raises(StoreNotFoundError, match="has no sharded index"):
        load_manifest(folder)
    manifest = build_manifest(identify(folder, FakeEncoder()), count=COUNT)
    save_manifest(folder, manifest)
    assert load_manifest(folder) == manifest
    state = replace_state(manifest.shards[1], generation=4, documents=2)
    changed = manifest.put(state)
    assert (changed.generation, changed.shards[1], changed.shards[0]) == (1, state, manifest.shards[0])
    file = find_shards(folder) / "manifest.json"
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(StoreDamagedError, match="is damaged"):
        load_manifest(folder)
    assert [path.name for path in find_shards(folder).iterdir()] == ["manifest.json"]


@pytest.mark.parametrize("place", [".shards", ".shards/0003", ".shards/0003/0001", ".shards/lock"])
def test_no_link_leads_the_shards_elsewhere(folder: Folder, tmp_path: Path, place: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = folder.index / place
    link.parent.mkdir(parents=True)
    link.symlink_to(elsewhere, target_is_directory=True)
    with pytest.raises(StoreError, match="is a link, which askbrief did not make"):
        next(index_shards(folder, count=COUNT, encoder=FakeEncoder()))
    assert list(elsewhere.iterdir()) == []


def replace_state(state: Any, **values: int) -> Any:
    from msgspec.structs import replace

    return replace(state, **values)


def test_what_is_missing_stands_in_text_and_json(folder: Folder, shards: Shards) -> None:
    import json

    from askbrief.answer.pipeline import build_answer
    from askbrief.answer.schema import answer_as_json, load_answer
    from askbrief.output.text import render_answer

    shards.broken = {0: "gone", 2: "gone"}
    answer = build_answer(ask(shards, "Who spoke about item7?"), top=1)
    assert "1 of 3 shards (without number 0 and 2), not compared with the folder" in render_answer(answer).plain
    line = answer_as_json(answer)
    assert (json.loads(line)["freshness"]["shards"], json.loads(line)["freshness"]["missing"]) == (3, [0, 2])
    assert load_answer(line).freshness == answer.freshness
    whole = replace(answer.freshness, missing=())
    assert "3 shards, not compared" in render_answer(replace(answer, freshness=whole)).plain
