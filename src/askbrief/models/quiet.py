"""Quiet: no network, progress bars or advice from the model libraries."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

_OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}


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
