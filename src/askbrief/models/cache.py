"""Models on this machine: where they are, and their compiled forms in the user's cache.

A compiled form is kept under the fingerprint of its source's files; a note of sizes and times spares hashing them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import platformdirs

from askbrief.errors import ModelError
from askbrief.models.compile import COMPILER, hash_file, new_folder
from askbrief.models.forms import INT8, VERSIONS
from askbrief.models.runtime import CARD, CompiledModel
from askbrief.models.trust import screen_model

_WEIGHTS = "*.safetensors"
_PARTS = (_WEIGHTS, "*.json", "*.txt", "*.model")


def find_compiled(folder: Path, *, kind: str, compile_into: Callable[[Path, str], None]) -> Path:
    """The folder with the compiled form of the model in ``folder``, compiled now if it is not in the cache.

    Args:
        folder: The source model.
        kind: What the compiled card's ``kind`` must be, and the name of the cache's part.
        compile_into: Called with an empty folder to fill and the source's fingerprint.

    Raises:
        ModelError: The source has no weights, might run code, cannot be compiled, or the cache cannot be written.
    """
    note = _find_note(folder)
    fingerprint = _load_note(note) or _fingerprint(folder)
    target = find_cache() / f"{kind}s" / fingerprint
    if not _is_whole(target, kind=kind):
        screen_model(folder)
        shutil.rmtree(target, ignore_errors=True)
        with new_folder(target) as scratch:
            compile_into(scratch, fingerprint)
    if not note.exists():
        with contextlib.suppress(OSError):
            note.parent.mkdir(parents=True, exist_ok=True)
            note.write_text(json.dumps({"fingerprint": fingerprint}), encoding="utf-8")
    return target


def find_cached(folder: Path, *, kind: str) -> Path | None:
    """Where the compiled form of the model in ``folder`` is; None if it was not compiled yet.

    Raises:
        ModelError: The source has no weights.
    """
    target = find_cache() / f"{kind}s" / (_load_note(_find_note(folder)) or _fingerprint(folder))
    return target if target.is_dir() else None


def find_cache() -> Path:
    """The user's cache folder; it may not exist yet."""
    return platformdirs.user_cache_path("askbrief", appauthor=False)


def _is_whole(target: Path, *, kind: str) -> bool:
    if not (target / CARD).is_file():
        return False
    try:
        model = CompiledModel(target)
        form = model.card.get("form", INT8.name)
        is_current = model.card.get("form_version", 1) == VERSIONS.get(form)
        return model.card.get("kind") == kind and is_current and model.is_complete()
    except ModelError:
        return False


def _find_note(folder: Path) -> Path:
    return find_cache() / "sources" / f"{_stat_key(folder)}.json"


def _load_note(note: Path) -> str | None:
    try:
        return str(json.loads(note.read_text(encoding="utf-8"))["fingerprint"])
    except (OSError, ValueError, KeyError):
        return None


def _model_files(folder: Path) -> list[Path]:
    """The files that decide what the model does: weights, tokenizer and settings, not other export formats."""
    inside = [path for path in folder.iterdir() if path.is_dir() and path.name[0].isdigit()]
    found = {file for place in (folder, *inside) for pattern in _PARTS for file in place.glob(pattern)}
    files = sorted(file for file in found if file.is_file())
    if not any(file.match(_WEIGHTS) for file in files):
        raise ModelError(f"{folder} holds no model weights", hint="Give the folder of a model in safetensors form.")
    return files


def _stat_key(folder: Path) -> str:
    digest = hashlib.sha256(f"{COMPILER}\0{folder}".encode())
    for file in _model_files(folder):
        status = file.stat()
        digest.update(f"\0{file.relative_to(folder)}\0{status.st_size}\0{status.st_mtime_ns}".encode())
    return digest.hexdigest()[:24]


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256(f"{COMPILER}".encode())
    for file in _model_files(folder):
        digest.update(f"\0{file.relative_to(folder)}\0{hash_file(file)}".encode())
    return digest.hexdigest()[:16]
