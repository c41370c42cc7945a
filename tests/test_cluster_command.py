"""The options and commands of a cluster, as far as they go without one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from conftest import FakeEncoder
from test_imports import find_loaded

from askbrief.cli.main import run
from askbrief.cluster.connection import connect, is_loopback
from askbrief.cluster.indexing import build_shard
from askbrief.cluster.manifest import ShardState, build_manifest, save_manifest
from askbrief.cluster.service import divide
from askbrief.config import open_folder
from askbrief.errors import ClusterError
from askbrief.index.refresh import identify

WITHOUT_RAY = "import sys; sys.modules['ray'] = None"


def test_the_assistant_and_the_command_line_do_not_load_ray() -> None:
    assert "ray" not in find_loaded(
        "from askbrief import Assistant; from askbrief.cli.main import run; run(['--help'])"
    )
    assert "ray" not in find_loaded("from askbrief.cli.main import run; run(['cluster', '--help'])")


def test_without_ray_the_extra_is_named(articles: Path) -> None:
    code = f"{WITHOUT_RAY}; from askbrief.cli.main import run; sys.exit(run(sys.argv[1:]))"
    arguments = ["index", "--folder", str(articles), "--cluster", "local"]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Ray is not installed, which the cluster needs." in done.stderr
    assert "Hint: Install it with: pip install 'askbrief[cluster]'" in done.stderr


@pytest.mark.parametrize("address", ["nowhere", "host:", ":80", "host:99999", "host:x"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ClusterError, match="is no address of a cluster"):
        connect(address)


def test_an_address_where_nothing_listens_is_told_at_once() -> None:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ClusterError, match=f"no cluster answers at 127.0.0.1:{port}"):
        connect(f"127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("local", True),
        ("127.0.0.1:6379", True),
        ("localhost:6379", True),
        ("[::1]:6379", True),
        ("10.0.0.7:6379", False),
        ("head.example:6379", False),
    ],
)
def test_loopback_is_told_from_other_addresses(address: str, expected: bool) -> None:
    assert is_loopback(address) is expected


@pytest.mark.parametrize(
    ("count", "nodes", "expected"),
    [(8, 3, [(0, 3, 6), (1, 4, 7), (2, 5)]), (2, 5, [(0,), (1,)]), (4, 1, [(0, 1, 2, 3)])],
)
def test_shards_are_divided_evenly(count: int, nodes: int, expected: list[tuple[int, ...]]) -> None:
    assert divide(count, nodes) == expected


@pytest.mark.parametrize(
    "arguments",
    [
        ["--shards", "4"],
        ["--cluster", "local", "--rebuild"],
        ["--cluster", "local", "--watch"],
        ["--cluster", "local", "--dry-run"],
        ["--cluster", "local", "--shards", "0"],
    ],
)
def test_options_that_do_not_go_together_are_refused(articles: Path, arguments: list[str]) -> None:
    assert run(["index", "--folder", str(articles), *arguments]) == 2


def test_serve_and_stop_need_an_address(articles: Path) -> None:
    assert run(["cluster", "serve", "--folder", str(articles)]) == 2
    assert run(["cluster", "stop", "--folder", str(articles)]) == 2


def test_status_without_shards_says_how_to_make_them(articles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cluster", "status", "--folder", str(articles)]) == 1
    assert "has no sharded index" in capsys.readouterr().err


def test_status_shows_what_is_behind(articles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = open_folder(articles)
    manifest = build_manifest(identify(folder, FakeEncoder()), count=2)
    for number in range(2):
        built = build_shard(folder.take_shard(number, count=2), FakeEncoder()).freshness
        assert built is not None
        manifest = manifest.put(
            ShardState(number=number, generation=1, documents=built.documents, passages=built.passages)
        )
    save_manifest(folder, manifest)
    assert run(["cluster", "status", "--folder", str(articles)]) == 0
    assert "state       up to date" in capsys.readouterr().out
    (articles / "b.md").write_text("# Trains\n\nNone.\n", encoding="utf-8")
    assert run(["cluster", "status", "--folder", str(articles), "--json"]) == 0
    status = json.loads(capsys.readouterr().out)
    assert (status["schema"], status["generation"], status["nodes"], status["replicas"]) == (1, 2, None, {})
    assert sum(shard["pending"] for shard in status["shards"]) == 1
    assert sum(shard["documents"] for shard in status["shards"]) == 2


def test_without_authentication_every_request_is_answered() -> None:
    if find_spec("ray") is None:
        pytest.skip("Ray is not installed")
    code = "from askbrief.cluster.connection import load_ray, accepts_token; load_ray(); print(accepts_token(''))"
    for mode, expected in (("disabled", "True"), ("token", "False")):
        environment = {"RAY_AUTH_MODE": mode, "RAY_AUTH_TOKEN": "a" * 32, "PATH": "/usr/bin"}
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | environment,
        )
        assert done.stdout.strip() == expected
