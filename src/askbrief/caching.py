"""Models on this machine: where they are, and their compiled forms in the user's cache.

A compiled form is kept under the fingerprint of its source's files; a note of sizes and times spares hashing them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import platformdirs

from askbrief.compiling import COMPILER, hash_file, new_folder
from askbrief.errors import ModelError
from askbrief.inference import CARD, CompiledModel
from askbrief.screening import screen_model

_OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
_WEIGHTS = "*.safetensors"
_PARTS = (_WEIGHTS, "*.json", "*.txt", "*.model")


def find_model(source: str, *, root: Path) -> Path:
    """The folder of a model on this machine.

    Args:
        source: A folder, or the name of a model in the local Hugging Face cache.
        root: Folder that a relative ``source`` starts from.

    Raises:
        ModelError: There is none.
    """
    try:
        folder = (root / Path(source).expanduser()).resolve()
        if folder.is_dir():
            return folder
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelError(f"no model {source!r} on this machine: {error}", hint="Give the folder of a model.") from error
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(source, local_files_only=True))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise ModelError(
            f"no model {source!r} on this machine",
            hint="Give its folder, or fetch it yourself beforehand: askbrief downloads nothing.",
        ) from error


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


@contextlib.contextmanager
def quiet_and_offline() -> Iterator[None]:
    """No network, progress bars or advice from the model libraries inside the block."""
    before = {name: os.environ.get(name) for name in _OFFLINE}
    os.environ.update(_OFFLINE)
    try:
        from transformers.utils import logging as transformers_logging

        logging: Any = transformers_logging
        level = logging.get_verbosity()
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        try:
            yield
        finally:
            logging.set_verbosity(level)
            logging.enable_progress_bar()
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _is_whole(target: Path, *, kind: str) -> bool:
    if not (target / CARD).is_file():
        return False
    try:
        model = CompiledModel(target)
        return model.card.get("kind") == kind and model.is_complete()
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
