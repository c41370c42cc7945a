"""A real cluster of Ray on this machine: indexing, answering, and what is left when nodes, drivers and disks fail."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, FakeEncoder, FakeReader

from askbrief import Assistant
from askbrief.cluster.client import ClusterClient
from askbrief.cluster.manifest import load_manifest
from askbrief.cluster.status import build_status
from askbrief.config import Folder, open_folder
from askbrief.errors import ClusterError
from benchmarks.nodes import Nodes

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.filterwarnings("ignore"),  # Ray's own
    pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed"),
]

SHARDS = 4
ARTICLES = 40
PORT = 18756


class SlowEncoder(FakeEncoder):
    """Takes a twentieth of a second for each passage."""

    def encode_passages(self, texts: Any) -> Iterator[Any]:
        for vector in super().encode_passages(texts):
            time.sleep(0.05)
            yield vector


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    with Nodes(1, modules=(ROOT, ROOT / "tests")) as started:
        yield started


def write_articles(root: Path, count: int = ARTICLES) -> Folder:
    root.mkdir()
    for number in range(count):
        (root / f"{number:03}.txt").write_text(
            f"Envoy{number} spoke in {'Ankara' if number % 2 else 'Baghdad'} about item{number}.\n", encoding="utf-8"
        )
    return open_folder(root)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return write_articles(tmp_path_factory.mktemp("cluster") / "archive")


def open_client(folder: Folder, address: str, encoder: FakeEncoder | None = None) -> ClusterClient:
    return ClusterClient(folder, address, encoder=encoder or FakeEncoder(), reader=FakeReader())


def index(client: ClusterClient, count: int | None = None) -> Any:
    steps = client.index(count=count)
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value


@pytest.fixture(scope="module")
def assistant(nodes: Nodes, folder: Folder) -> Iterator[Assistant]:
    """The folder, indexed in four shards and served."""
    client = open_client(folder, nodes.address)
    indexed = index(client, SHARDS)
    assert (indexed.freshness.documents, indexed.freshness.added) == (ARTICLES, ARTICLES)
    client.deploy(port=PORT, shard_seconds=30.0)
    with Assistant(folder, encoder=FakeEncoder(), reader=FakeReader(), cluster=nodes.address) as opened:
        yield opened
    client.stop()


def test_an_answer_comes_from_all_shards(assistant: Assistant) -> None:
    for number in (3, 14, 25):
        answer = assistant.ask(f"Who spoke about item{number}?")
        assert (answer.text, answer.answers[0].path) == (f"Envoy{number}", f"{number:03}.txt")
        assert (answer.freshness.documents, answer.freshness.shards, answer.freshness.missing) == (ARTICLES, SHARDS, ())
    assert assistant.load_document(answer.answers[0].document_id).path == "025.txt"
    assert assistant.search("item7", top=1)[0].path == "007.txt"


def post(body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
    token = Path(os.environ["RAY_AUTH_TOKEN_PATH"]).read_text(encoding="utf-8")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"} | headers
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}/ask", data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_http_gives_what_the_command_line_prints(assistant: Assistant) -> None:
    status, answer = post(b'{"question": "Who spoke about item9?", "top": 2}')
    assert (status, answer["schema"], answer["answers"][0]["text"]) == (200, 1, "Envoy9")
    assert answer["freshness"]["shards"] == SHARDS


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        (b'{"question": "Who?"}', {"Authorization": "Bearer wrong"}, 401),
        (b'{"question": "Who?"}', {"Authorization": ""}, 401),
        (b"no JSON", {}, 400),
        (b'{"question": ""}', {}, 400),
        (b'{"question": "Who?", "top": 0}', {}, 400),
        (b'{"question": "' + b"x" * 70_000 + b'"}', {}, 413),
    ],
)
def test_http_refuses_what_it_must(assistant: Assistant, body: bytes, headers: dict[str, str], expected: int) -> None:
    status, answer = post(body, **headers)
    assert status == expected
    assert answer["answered"] is False
    assert answer["error"]


def test_everything_of_ray_listens_on_loopback_only(assistant: Assistant) -> None:
    listening = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == "0A":
                listening.add((columns[1].rpartition(":")[0], columns[9]))
    ours = {str(file.readlink()) for file in _iter_descriptors()}
    hosts = {host for host, inode in listening if f"socket:[{inode}]" in ours}
    assert hosts
    assert hosts <= {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}


def _iter_descriptors() -> Iterator[Path]:
    """The open files of all processes that descend from this one or belong to its cluster."""
    for process in Path("/proc").iterdir():
        try:
            environment = (process / "environ").read_bytes()
            if os.environ["RAY_AUTH_TOKEN_PATH"].encode() in environment or process.name == str(os.getpid()):
                yield from (file for file in (process / "fd").iterdir() if file.is_symlink())
        except OSError:
            continue


def test_status_shows_nodes_replicas_and_what_is_behind(assistant: Assistant, folder: Folder) -> None:
    from askbrief.output.cluster import describe_cluster_status

    new = folder.root / "new.txt"
    new.write_text("Something new.\n", encoding="utf-8")
    status = build_status(folder, is_connected=True)
    new.unlink()
    assert sum(shard.pending for shard in status.shards) == 1
    assert status.nodes is not None
    assert sorted(node.cores for node in status.nodes if node.is_alive) == [1, 1]
    assert set(status.replicas) == {"answerer", "searcher-0", "searcher-1"}
    assert all(states.count("RUNNING") == 2 for states in status.replicas.values())
    assert "1 shard behind of 4" in describe_cluster_status(status)


def test_a_changed_file_is_answered_from_without_a_new_start(
    assistant: Assistant, folder: Folder, nodes: Nodes
) -> None:
    file = folder.root / "005.txt"
    before = file.read_text(encoding="utf-8")
    file.write_text("Chancellor5 spoke in Ankara about item5.\n", encoding="utf-8")
    indexed = index(open_client(folder, nodes.address))
    assert (indexed.freshness.changed, indexed.freshness.added) == (1, 0)
    assert assistant.ask("Who spoke about item5?").text == "Chancellor5"
    file.write_text(before, encoding="utf-8")
    index(open_client(folder, nodes.address))
    assert assistant.ask("Who spoke about item5?").text == "Envoy5"


def test_a_damaged_shard_is_named_and_repaired(assistant: Assistant, folder: Folder, nodes: Nodes) -> None:
    database = folder.take_shard(2, count=SHARDS).index / "askbrief.sqlite"
    damaged = database.with_name("damaged")
    damaged.write_bytes(bytes(4096) + database.read_bytes()[4096:])
    for beside in ("-wal", "-shm"):  # SQLite would take the first page from there
        database.with_name(database.name + beside).unlink(missing_ok=True)
    damaged.replace(database)
    answer = assistant.ask("Who spoke about item5?")
    assert answer.freshness.missing == (2,), answer.freshness
    indexed = index(open_client(folder, nodes.address))
    assert any(note.startswith("shard 2: ") for note in indexed.notes)
    assert assistant.ask("Who spoke about item5?").freshness.missing == ()


def test_a_killed_node_costs_no_answer(assistant: Assistant, nodes: Nodes) -> None:
    assert assistant.ask("Who spoke about item3?").text == "Envoy3"
    nodes.kill()
    killed = time.monotonic()
    whole = 0.0
    while time.monotonic() - killed < 15:
        answer = assistant.ask("Who spoke about item3?")
        assert answer.text == "Envoy3" or answer.freshness.missing
        whole = whole or (time.monotonic() - killed if not answer.freshness.missing else 0.0)
    assert 0 < whole <= 5
    assert answer.freshness.missing == ()


def test_a_node_killed_while_indexing_loses_nothing(nodes: Nodes, tmp_path: Path) -> None:
    folder = write_articles(tmp_path / "archive", 200)
    if not nodes.workers:
        nodes.add()
    client = open_client(folder, nodes.address, SlowEncoder())
    steps = client.index(count=3)
    killed = False
    try:
        while True:
            step = next(steps)
            if step.total and not killed and any(folder.index.rglob("askbrief.sqlite")):
                nodes.kill()
                killed = True
    except StopIteration as end:
        indexed = end.value
    assert killed
    assert indexed.manifest.problems == ()
    assert (indexed.freshness.documents, sum(s.documents for s in load_manifest(folder).shards)) == (200, 200)


_DRIVER = """
import sys
from pathlib import Path
from test_cluster import SlowEncoder, index, open_client
from askbrief.config import open_folder
print("indexing", flush=True)
index(open_client(open_folder(Path(sys.argv[1])), sys.argv[2], SlowEncoder()), 3)
"""


def test_a_killed_driver_is_continued(nodes: Nodes, tmp_path: Path) -> None:
    folder = write_articles(tmp_path / "archive", 60)
    driver = subprocess.Popen([sys.executable, "-c", _DRIVER, str(folder.root), nodes.address])
    until = time.monotonic() + 60
    while not any(shard.generation for shard in _find_states(folder)) and time.monotonic() < until:
        time.sleep(0.1)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    before = {shard.number: shard.generation for shard in _find_states(folder) if shard.generation}
    assert before
    indexed = index(open_client(folder, nodes.address))
    assert indexed.freshness.documents == 60
    assert indexed.freshness.added < 60
    assert {number: indexed.manifest.shards[number].generation for number in before} == before


def _find_states(folder: Folder) -> tuple[Any, ...]:
    try:
        return load_manifest(folder).shards
    except Exception:
        return ()


def test_a_full_disk_is_named_and_the_others_are_indexed(nodes: Nodes, tmp_path: Path) -> None:
    folder = write_articles(tmp_path / "archive", 30)
    full = folder.take_shard(1, count=3).index
    full.mkdir(parents=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(full)], check=False)
    if mounted.returncode:
        pytest.skip("a small disk cannot be made here")
    try:
        with pytest.raises(ClusterError, match=r"1 of 3 shards could not be brought up to date \(shard 1: "):
            index(open_client(folder, nodes.address), 3)
    finally:
        subprocess.run(["umount", str(full)], check=True)
    states = load_manifest(folder).shards
    assert [bool(state.problem) for state in states] == [False, True, False]
    indexed = index(open_client(folder, nodes.address))
    assert (indexed.freshness.documents, indexed.manifest.problems) == (30, ())


def test_a_cluster_that_serves_another_folder_says_so(assistant: Assistant, nodes: Nodes, tmp_path: Path) -> None:
    folder = write_articles(tmp_path / "archive", 6)
    client = open_client(folder, nodes.address)
    assert index(client, 2).freshness.documents == 6
    other = Assistant(folder, encoder=FakeEncoder(), reader=FakeReader(), cluster=nodes.address)
    with other, pytest.raises(ClusterError, match="this cluster answers for"):
        other.ask("Who spoke about item3?")
    assert assistant.ask("Who spoke about item3?").text == "Envoy3"
