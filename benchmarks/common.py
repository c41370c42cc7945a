"""What every benchmark needs: its arguments, and a place for results."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def build_parser(description: str | None) -> argparse.ArgumentParser:
    """A parser that knows ``--data``."""
    parser = argparse.ArgumentParser(description=description)
    default = os.environ.get("ASKBRIEF_DATA", "../shared/data")
    parser.add_argument("--data", type=Path, default=Path(default), help="folder of the development data")
    return parser


def save_result(name: str, figures: dict[str, Any]) -> None:
    """Writes ``figures`` with machine, versions and commit to ``results/{name}.json``, and prints them."""
    RESULTS.mkdir(exist_ok=True)
    record = {"benchmark": name, "figures": figures, **describe_environment()}
    (RESULTS / f"{name}.json").write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2, ensure_ascii=False))


def describe_environment() -> dict[str, Any]:
    """Machine, versions and commit."""
    packages = ("onnxruntime", "faiss-cpu", "tantivy", "tokenizers", "numpy", "sentence-transformers")
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "machine": {"processor": _find_processor(), "cores": os.cpu_count(), "system": platform.system()},
        "versions": {"python": platform.python_version()} | {p: importlib.metadata.version(p) for p in packages},
        "commit": commit.stdout.strip(),
    }


def _find_processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
