from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import FakeEncoder

import askbrief.index.refresh
from askbrief.cli.main import run
from askbrief.config import open_folder
from askbrief.index.refresh import refresh
from askbrief.store.lock import LOCK, lock_for_writing
from askbrief.types import Progress
from benchmarks.torture.concurrency import run_torture

DRIVER = (sys.executable, str(Path(__file__).parent / "driver.py"))
HOLD = (
    "import sys; from pathlib import Path; from askbrief.store.lock import lock_for_writing\n"
    "with lock_for_writing(Path(sys.argv[1]), timeout_seconds=0):\n"
    "    print('held', flush=True); sys.stdin.read()"
)


@pytest.mark.parametrize(("readers", "is_refreshing"), [(8, False), (4, True)], ids=["as it is", "refreshing"])
def test_readers_see_one_whole_edition_at_a_time_while_a_writer_writes(
    tmp_path: Path, readers: int, is_refreshing: bool
) -> None:
    found = run_torture(tmp_path, readers=readers, seconds=0, editions=4, is_refreshing=is_refreshing)
    assert found.errors == ()
    assert found.editions >= 4
    assert found.reads >= 5 * readers
    assert len(found.seen) == readers
    assert min(found.seen) >= 2


def hold(index: Path) -> subprocess.Popen[str]:
    """A process that holds the lock of an index until its input ends."""
    index.mkdir(mode=0o700, exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(index)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_writer_says_that_it_waits_and_then_writes(articles: Path) -> None:
    index = articles / ".askbrief"
    with hold(index) as holder:
        command = [*DRIVER, os.devnull, "0", "index", "--json", "-C", str(articles)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as waiting:
            assert waiting.stderr is not None
            assert waiting.stderr.readline() == "Waiting for another process that is indexing\n"
            assert waiting.poll() is None
            assert not (index / "askbrief.sqlite").exists()
            holder.communicate()
            out, err = waiting.communicate(timeout=60)
    assert (waiting.returncode, err) == (0, "")
    assert json.loads(out)["documents"] == 2


@pytest.mark.usefixtures("fake_models")
def test_a_second_writer_that_gives_up_exits_1_with_a_hint(
    articles: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(askbrief.index.refresh, "LOCK_TIMEOUT_SECONDS", 0.05)
    with hold(articles / ".askbrief") as holder:
        assert run(["index", "-C", str(articles)]) == 1
        holder.communicate()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "Waiting for another process that is indexing",
        f"askbrief: another process is writing to {articles / '.askbrief'}.",
        "Hint: Try again when it is done.",
    ]


@pytest.mark.usefixtures("fake_models")
def test_readers_of_an_index_up_to_date_do_not_wait_for_a_writer(
    articles: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["index", "-C", str(articles)]) == 0
    with hold(articles / ".askbrief") as holder:
        assert run(["ask", "the drone in Ankara", "-C", str(articles)]) == 0
        holder.communicate()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGTERM])
def test_the_lock_of_a_dead_process_holds_nobody_up(articles: Path, kill: signal.Signals) -> None:
    index = articles / ".askbrief"
    with hold(index) as holder:
        holder.send_signal(kill)
        assert holder.wait(timeout=60) == -kill
    assert (index / LOCK).exists()
    with lock_for_writing(index, timeout_seconds=0):
        pass


def test_a_writer_that_died_at_work_leaves_work_to_the_next(articles: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    os.mkfifo(log)
    command = [*DRIVER, str(log), "1", "index", "-C", str(articles)]
    pipes: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **pipes) as writer, log.open(encoding="utf-8") as lines:
        assert lines.readline() == "encoded\n"  # it stands still now, with the lock
        writer.kill()
        writer.wait(timeout=60)
    stages = [progress.stage for progress in refresh_all(articles)]
    assert not any(stage.startswith("Waiting") for stage in stages)
    assert stages[-1] == "Indexed"


def refresh_all(articles: Path) -> list[Progress]:
    steps = refresh(open_folder(articles), FakeEncoder())
    found = []
    while True:
        try:
            found.append(next(steps))
        except StopIteration as end:
            store, _ = end.value
            store.close()
            return found
