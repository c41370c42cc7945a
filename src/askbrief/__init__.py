"""Ask a folder of articles a question; get the exact words that answer it, or "not in these articles"."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from askbrief.assistant import Assistant
    from askbrief.errors import AskbriefError
    from askbrief.types import Answer, AnswerSpan, Document, Freshness, Hit, Passage, Progress, SkippedFile, Span

__version__ = "0.1.0"

# onnxruntime and huggingface_hub collect usage data unless these are set before they are loaded.
os.environ |= {"ORT_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}

__all__ = [
    "Answer",
    "AnswerSpan",
    "AskbriefError",
    "Assistant",
    "Document",
    "Freshness",
    "Hit",
    "Passage",
    "Progress",
    "SkippedFile",
    "Span",
]


def __getattr__(name: str) -> Any:
    """Loads a public name when it is first used, so that ``import askbrief`` costs nothing."""
    if name not in __all__:
        raise AttributeError(f"module 'askbrief' has no attribute {name!r}")
    from importlib import import_module

    module = {"Assistant": "assistant", "AskbriefError": "errors"}.get(name, "types")
    return getattr(import_module(f"askbrief.{module}"), name)
