"""Screening: whether a model folder holds nothing but data. No code in it, or named by it, is ever run.

A folder of articles may come from anybody, with settings that name a model inside it. Loading a model can run code in
three ways: modules by the name of a class, classes that the configuration maps to files of the folder, and weights
that are pickled objects. Such a folder is refused before any library looks at it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from askbrief.errors import ModelError

MODULES = "modules.json"
_KNOWN_KINDS = ("Transformer", "Pooling", "Normalize", "Dense", "LayerNorm")
_KNOWN_PLACES = (
    "sentence_transformers.models",
    "sentence_transformers.base.modules",
    "sentence_transformers.sentence_transformer.modules",
)
_WITHOUT_WEIGHTS = ("Pooling", "Normalize")
_WEIGHTS = "model*.safetensors"
_SETTINGS = "*config*.json"
_ADAPTER = "adapter_config.json"
_CODE_KEYS = (
    *("auto_map", "auto_mapping", "custom_pipelines", "trust_remote_code"),
    *("model_args", "model_kwargs", "tokenizer_args", "processor_kwargs", "config_args", "config_kwargs"),
)
"""Fields that name code, or that set arguments of the libraries' loaders."""
_MAX_JSON_BYTES = 1 << 20
_ACTIVATIONS = "torch.nn.modules.activation."
_HINT = "Use a model whose weights are safetensors and whose parts are those of sentence-transformers or transformers."


def screen_model(folder: Path) -> None:
    """Looks through a sentence-transformers or transformers model before it is loaded.

    Raises:
        ModelError: Loading it might run code, or it cannot be looked through.
    """
    modules = folder / MODULES
    kinds = _screen_modules(folder, modules) if modules.exists() else [("Transformer", folder)]
    for kind, part in kinds:
        if kind not in _WITHOUT_WEIGHTS and not any(part.glob(_WEIGHTS)):
            raise _refuse(folder, f"the weights of its part {kind} are not safetensors")
    for file in sorted({file for place in (folder, *(part for _, part in kinds)) for file in place.glob(_SETTINGS)}):
        if file.name == _ADAPTER:
            raise _refuse(folder, "it is an adapter of another model")
        _screen_settings(folder, file)


def _screen_modules(folder: Path, file: Path) -> list[tuple[str, Path]]:
    """Kind and folder of each part that ``file`` lists."""
    entries = _load(folder, file)
    if not isinstance(entries, list) or not entries:
        raise _refuse(folder, f"{file.name} is no list of parts")
    found = []
    for entry in entries:
        name, path = (entry.get(key) if isinstance(entry, dict) else None for key in ("type", "path"))
        if not isinstance(name, str) or not isinstance(path, str):
            raise _refuse(folder, f"{file.name} is no list of parts")
        kind = name.rpartition(".")[2]
        is_known = any(name.startswith(f"{place}.") for place in _KNOWN_PLACES)
        if kind not in _KNOWN_KINDS or not is_known or not all(part.isidentifier() for part in name.split(".")):
            raise _refuse(folder, f"it has a part {name!r}, which is none of {', '.join(_KNOWN_KINDS)}")
        part = (folder / path).resolve()
        if not part.is_relative_to(folder.resolve()):
            raise _refuse(folder, f"its part {path!r} lies outside of it")
        found.append((kind, part))
    return found


def _screen_settings(folder: Path, file: Path) -> None:
    settings = _load(folder, file)
    for key, value in _iter_fields(settings):
        if key in _CODE_KEYS and value:
            raise _refuse(folder, f"{file.name} sets {key}")
        if key == "method" and value != "forward":
            raise _refuse(folder, f"{file.name} names the method {value!r}")
        if key == "activation_function" and isinstance(value, str) and "." in value:
            kind = value.removeprefix(_ACTIVATIONS)
            if kind == value or not kind.isidentifier():
                raise _refuse(folder, f"{file.name} names the activation {value!r}")


def _iter_fields(value: Any) -> list[tuple[str, Any]]:
    """Every field of a JSON value, at any depth."""
    pending: list[Any] = [value]
    found: list[tuple[str, Any]] = []
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            found += value.items()
            pending += value.values()
        elif isinstance(value, list):
            pending += value
    return found


def _load(folder: Path, file: Path) -> Any:
    try:
        if not file.is_file() or file.stat().st_size > _MAX_JSON_BYTES:
            raise _refuse(folder, f"{file.name} is no file of settings")
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _refuse(folder, f"{file.name} cannot be read") from error


def _refuse(folder: Path, why: str) -> ModelError:
    return ModelError(f"the model in {folder} is not loaded: {why}", hint=_HINT)
