"""What a real run does to the network and to an empty home folder, as the system calls show."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from traced import TracedChat, build_command, build_environment, create_home, find_network_sockets

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    create_home(home)
    return home


def run_traced(home: Path, *arguments: str) -> list[str]:
    """Runs askbrief with ``home`` as its home folder and returns the network sockets that it opened."""
    command, variables = build_command(home, *arguments), build_environment(home)
    subprocess.run(command, env=variables, check=True, capture_output=True, timeout=300)
    return find_network_sockets(home)


def list_kept(home: Path) -> dict[str, list[str]]:
    """What a run left behind in an empty home folder."""
    return {
        folder: sorted(path.name for path in (home / folder).iterdir())
        for folder in (".", ".cache", ".local/share")
        if (home / folder).exists()
    }


def test_a_first_index_and_a_question_open_no_network_socket_and_leave_nothing_of_others(home: Path) -> None:
    sockets = run_traced(home, "index") + run_traced(home, "ask", "Which city does Maleki represent?")
    assert sockets == []
    kept = {".": [".cache", ".local", "articles"], ".cache": ["askbrief"], ".local/share": ["askbrief"]}
    assert list_kept(home) == kept


@pytest.mark.beside
def test_a_chat_that_is_open_for_a_minute_opens_no_network_socket(watched_chat: TracedChat) -> None:
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    if not watched_chat.output:
        watched_chat.start()
    watched_chat.wait()
    assert watched_chat.is_open, bytes(watched_chat.output[-500:])
    assert b"Zahedan" in watched_chat.output
    assert find_network_sockets(watched_chat.home) == []
    kept = {".": [".cache", ".local", "articles"], ".cache": ["askbrief"], ".local/share": ["askbrief"]}
    assert list_kept(watched_chat.home) == kept
