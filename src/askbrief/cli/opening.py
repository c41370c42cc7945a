"""Opening the folder to ask: named or found, and indexed only where somebody wants that."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from askbrief.cli.streams import can_prompt, tell
from askbrief.errors import AskbriefError, FolderNotFoundError
from askbrief.text.display import count_noun, printable

if TYPE_CHECKING:
    from askbrief.assistant import Assistant
    from askbrief.config import Folder

_SYSTEM = tuple(
    map(
        Path,
        ["/bin", "/boot", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/sbin", "/sys", "/usr", "/System", "/Library"],
    )
)
"""Folders of the system, with everything in them."""
_SYSTEM_TOPS = tuple(
    map(
        Path,
        ["/dev", "/media", "/mnt", "/opt", "/run", "/srv", "/tmp", "/var", "/Applications", "/Volumes", "/private"],
    )
)
"""Folders of the system in which people have folders too."""


def find_named_folder(folder: Path | None) -> Folder:
    """The folder that was named, or the nearest that has an index or settings.

    Raises:
        ConfigError: There is none, or its settings are wrong.
    """
    from askbrief.config import find_folder, open_folder

    return find_folder() if folder is None else open_folder(folder)


def find_folder_to_index(folder: Path | None, *, yes: bool) -> Folder:
    """As ``find_named_folder``, for a command that indexes: a person is asked first where that may not be wanted.

    A folder of texts that was named is indexed without a word, unless it is a system folder, a home folder, or one
    above a home folder. Where no folder was named and none is found, the current one is offered.

    Args:
        folder: The folder that was named.
        yes: Whether consent was given on the command line.

    Raises:
        ConfigError: There is no folder, or its settings are wrong.
        AskbriefError: It may not be indexed.
    """
    try:
        found = find_named_folder(folder)
    except FolderNotFoundError as error:
        return _offer_current_folder(error, yes=yes)
    if not (yes or found.index.exists()):
        _ask_about_system_folder(found)
    if not (found.index.is_relative_to(found.root) or found.index.exists()):
        tell(f"{found.root} cannot be written; its index is kept in {found.index}.")
    return found


def _offer_current_folder(error: FolderNotFoundError, *, yes: bool) -> Folder:
    from askbrief.config import open_folder

    folder = open_folder(Path())
    if describe_danger(folder.root):
        raise error
    from askbrief.corpus.scan import scan_folder

    files = scan_folder(folder.articles, root=folder.root, without=folder.index).files
    if not files:
        raise error
    found = f"{count_noun(len(files), 'text file')} here"
    if yes or (can_prompt() and _confirm(f"{found}. Index {'it' if len(files) == 1 else 'them'}?", default=True)):
        return folder
    raise FolderNotFoundError(
        f"{found.removesuffix(' here')} in {folder.root}, but no index",
        hint="Index and ask them by naming the folder: --folder .",
    ) from error


def _ask_about_system_folder(folder: Folder) -> None:
    danger = describe_danger(folder.articles)
    if not danger:
        return
    if can_prompt():
        shown = printable(str(folder.articles))
        if _confirm(f"{shown} is {danger}. Index everything in it?", default=False):
            return
    raise AskbriefError(
        f"{folder.articles} is {danger}, and is indexed only if you confirm it",
        hint="Name a folder of texts, or confirm with --yes.",
    )


def _confirm(question: str, *, default: bool) -> bool:
    """Ask a person on stderr; what cannot be read, in a terminal of a strange encoding, is no consent."""
    try:
        return click.confirm(question, default=default, err=True)
    except UnicodeError:
        return False


def describe_danger(folder: Path) -> str:
    """What kind of folder this is, if nobody would want all of it indexed by accident; else ''."""
    try:
        home = Path.home().resolve()
    except (OSError, RuntimeError):
        home = Path("/")
    if folder == home:
        return "your home folder"
    if folder == Path(folder.anchor) or folder in home.parents:
        return "a folder above all home folders"
    if folder in _SYSTEM_TOPS or any(folder.is_relative_to(system) for system in _SYSTEM):
        return "a folder of the system"
    return ""


@contextmanager
def open_assistant(
    folder: Folder, *, advice: str = "", verbose: bool = False, cluster: str = ""
) -> Iterator[Assistant]:
    """An assistant whose progress is shown on stderr.

    Args:
        folder: What to ask.
        advice: A sentence that goes with the warning of long work.
        verbose: Whether technical figures are shown.
        cluster: Address of the cluster whose shards of the folder are asked; '' asks the folder's own index.
    """
    from askbrief.assistant import Assistant
    from askbrief.output.progress import ProgressDisplay

    display = ProgressDisplay(sys.stderr, advice=advice, verbose=verbose)
    try:
        with Assistant(folder, on_progress=display.update, cluster=cluster) as assistant:
            yield assistant
    finally:
        display.stop()
