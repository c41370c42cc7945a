from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import askbrief.index.batch
import askbrief.index.refresh
import askbrief.store.store
from askbrief.config import open_folder
from askbrief.index.refresh import identify
from askbrief.store.sqlite import FILE_NAME
from askbrief.store.store import Store
from benchmarks.torture.models import WordEncoder
from benchmarks.torture.workload import INDEX, STEPS, create_folder, do_work, iter_faults, iter_leftovers, look_at

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _sizes_of_the_torture_are_for_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(askbrief.index.batch, "BATCH_PASSAGES", askbrief.index.batch.BATCH_PASSAGES)
    for name in ("MIN_SHARED_PASSAGES", "MAX_STALE_SHARE"):
        monkeypatch.setattr(askbrief.store.store, name, getattr(askbrief.store.store, name))


def torture(name: str, *arguments: str) -> Any:
    """What a module of the torture prints; in a process of its own, since it forks."""
    command = [sys.executable, "-m", f"benchmarks.torture.{name}", "--quick", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_whenever_the_indexer_dies_or_its_disk_fails_the_index_is_whole_and_the_work_is_finished() -> None:
    found = torture("crash", "--every", "20", "--moments", "12", "--seed", "1")
    assert found["errors"] == 0
    cases = found["cases"]
    assert cases["died at a change"] >= 30
    assert all(cases[f"every change failed ({code})"] >= 2 for code in ("ENOSPC", "EROFS", "EACCES"))
    assert cases["killed at a random moment"] == 12
    assert cases["a file vanished before it was read"] == 7
    assert len(found["changes"]) >= 10


def test_a_damaged_file_never_leads_to_a_wrong_answer_and_is_mended() -> None:
    found = torture("fuzz", "--cases", "40", "--seed", "1")
    assert (found["errors"], found["cases"]) == (0, 40)
    assert found["outcomes"]["askbrief index: right"] == 40
    assert found["outcomes"]["with a refresh: right"] >= 39
    assert sum(count for file, count in found["files"].items() if file.startswith(FILE_NAME)) >= 15
    assert sum(count for file, count in found["files"].items() if file.startswith("generation-")) >= 10


def test_hostile_invocations_end_in_an_answer_or_an_error_with_a_hint() -> None:
    found = torture("invocations", "--cases", "16", "--seed", "3")
    assert (found["errors"], found["cases"]) == (0, 16)
    assert found["outcomes"]["exit code 0"] >= 1


def test_texts_of_every_encoding_are_answered_as_written_or_reported() -> None:
    found = torture("texts", "--files", "60", "--seed", "2")
    assert (found["errors"], found["files"]) == (0, 60)
    assert found["outcomes"]["right"] >= 40


def make(root: Path) -> None:
    """Generation 1 holds 31 passages: three each of ten articles, and one of them the title's."""
    create_folder(root)
    STEPS[0].edit(root)
    do_work(root, STEPS[0])


def test_the_torture_sees_a_passage_that_a_search_index_lacks(tmp_path: Path) -> None:
    root = tmp_path / "root"
    make(root)
    assert [*iter_faults(root), *iter_leftovers(root)] == []
    with Store.open(root / INDEX, identify(open_folder(root), WordEncoder())) as store:
        rows = [row for row, *_ in store.rows.iter_published()]
        store.rows.save_meta("last_row", str(rows[-1] - 1))
        store.rows.save_meta("manifest", "")
        with store.snapshot():
            pass
        store.rows.save_meta("last_row", str(rows[-1]))
    assert f"the dense index does not hold passage {rows[-1]} where it must" in list(iter_faults(root))


def test_the_torture_sees_what_was_left_behind(tmp_path: Path) -> None:
    root = tmp_path / "root"
    make(root)
    (root / INDEX / "rebuilding").mkdir()
    for number in (7, 8):
        (root / INDEX / f"generation-{number:06}").mkdir()
    first, second = iter_leftovers(root)
    assert first == "rebuilding was left behind"
    assert second.startswith("more than two generations are there: ")


def test_what_the_torture_compares_tells_one_edition_from_another(tmp_path: Path) -> None:
    root = tmp_path / "root"
    make(root)
    before = look_at(root, refresh=False)
    assert (len(before[0]), before[1:4]) == (30, [10, 30, ["broken.txt"]])
    assert before[0][0] == ["000.txt", "Report 0\n\nThe report x0y0z1 tells of its part 0, " + "word " * 9 + "word."]
    STEPS[2].edit(root)
    assert look_at(root, refresh=False) == before
    after = look_at(root, refresh=True)
    assert after[0][0] == ["000.txt", "Report 0\n\nThe report x0y0z2 tells of its part 0, " + "word " * 9 + "word."]
