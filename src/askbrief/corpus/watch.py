"""Watching: waits until files in a folder change. The only user of watchfiles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from askbrief.errors import CorpusError

DEBOUNCE_MILLISECONDS = 1000
"""Changes that come within it are told together."""
_FIRST_LOOK_MILLISECONDS = 500


def iter_changes(folder: Path, *, without: Path) -> Iterator[None]:
    """Yields once soon after it began to watch, for what changed before that, and then whenever something changes.

    Where the system cannot watch, as on some network drives, the folder is looked through again and again instead.

    Args:
        folder: Watched with all that is in it, hidden files and folders apart.
        without: A folder that is not watched, such as the index.

    Raises:
        CorpusError: The folder is gone.
        KeyboardInterrupt: The user pressed Ctrl+C.
    """
    from watchfiles._rust_notify import WatchfilesRustInternalError

    try:
        yield from _watch(folder, without, force_polling=None)
    except (OSError, WatchfilesRustInternalError):
        if not folder.is_dir():
            raise CorpusError(f"{folder} is gone", hint="Check the folder.") from None
        yield from _watch(folder, without, force_polling=True)


def _watch(folder: Path, without: Path, *, force_polling: bool | None) -> Iterator[None]:
    from watchfiles import Change, watch

    def is_wanted(_: Change, name: str) -> bool:
        path = Path(name)
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        return not hidden and not path.is_relative_to(without)

    is_first = True
    for changes in watch(
        folder,
        watch_filter=is_wanted,
        debounce=DEBOUNCE_MILLISECONDS,
        rust_timeout=_FIRST_LOOK_MILLISECONDS,
        yield_on_timeout=True,
        force_polling=force_polling,
        ignore_permission_denied=True,
    ):
        if changes or is_first:
            is_first = False
            yield
