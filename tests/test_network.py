"""What a real run does to the network and to an empty home folder, as the system calls show."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import SEED

pytestmark = pytest.mark.models
# The libraries send nothing under CI and in unit tests: none of the variables that tell them so may be passed on.
KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty home folder, with an article to ask."""
    home = tmp_path_factory.mktemp("home")
    (home / "articles").mkdir()
    shutil.copy(SEED, home / "articles")
    return home


def run_traced(home: Path, *arguments: str) -> list[str]:
    """Runs askbrief with ``home`` as its home folder and returns the sockets that it opened, as strace prints them."""
    variables = {name: os.environ[name] for name in KEPT if name in os.environ} | {"HOME": str(home)}
    command = [sys.executable, "-m", "askbrief", *arguments, "--folder", str(home / "articles")]
    trace = home / "trace"
    if strace := shutil.which("strace"):
        command = [strace, "-f", "-qq", "-e", "trace=socket", "-o", str(trace), *command]
    subprocess.run(command, env=variables, check=True, capture_output=True, timeout=300)
    return [line for line in trace.read_text().splitlines() if "AF_INET" in line] if strace else []


def test_a_first_index_and_a_question_open_no_network_socket_and_leave_nothing_of_others(home: Path) -> None:
    sockets = run_traced(home, "index") + run_traced(home, "ask", "Which city does Maleki represent?")
    assert sockets == []
    assert sorted(path.name for path in home.iterdir()) in ([".cache", "articles"], [".cache", "articles", "trace"])
    assert [path.name for path in (home / ".cache").iterdir()] == ["askbrief"]
