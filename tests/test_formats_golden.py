"""What is read of the real files, so that a library's update that moves an offset is seen; needs the files."""

import json
import os
from pathlib import Path

import pytest
from reading_of_files import read

from benchmarks.formats import build_hash

GOLDEN = json.loads((Path(__file__).parent / "golden_extractions.json").read_text(encoding="utf-8"))
FILES = Path(os.environ.get("ASKBRIEF_DATA", "../shared/data")).parent / "files" / "open"


@pytest.mark.parametrize("name", GOLDEN)
def test_what_is_read_of_a_real_file_is_what_it_was(name: str) -> None:
    file = FILES / name
    if not file.is_file():
        pytest.skip(f"{file} is missing")
    assert build_hash(read(file.read_bytes(), name)) == GOLDEN[name]
