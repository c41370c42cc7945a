"""The clipboard: the system's own tool when there is one, else the terminal's escape sequence, else a file."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

TOOL_SECONDS = 2.0
FILE_NAME = "clipboard.txt"

_TOOLS = (
    ("WAYLAND_DISPLAY", ("wl-copy",)),
    ("DISPLAY", ("xclip", "-selection", "clipboard")),
    ("DISPLAY", ("xsel", "--clipboard", "--input")),
    ("TMUX", ("tmux", "load-buffer", "-w", "-")),
)
_WITHOUT_OSC_52 = {"TERM_PROGRAM": "Apple_Terminal", "TERM": "linux"}


def find_tools(
    environment: Mapping[str, str], *, find: Callable[[str], str | None] = shutil.which
) -> list[tuple[str, ...]]:
    """The commands that can take text for the clipboard here, the best first.

    Args:
        environment: The environment variables; a tool without its display is of no use.
        find: Says where a program is, or None.
    """
    tools = [("pbcopy",), *(tool for variable, tool in _TOOLS if environment.get(variable))]
    return [tool for tool in tools if find(tool[0])]


def takes_escape_sequence(environment: Mapping[str, str]) -> bool:
    """Whether the terminal may know OSC 52: not if it is one of those that never did."""
    if "VTE_VERSION" in environment:
        return False
    return not any(environment.get(name) == value for name, value in _WITHOUT_OSC_52.items())


def give_to_tool(text: str, environment: Mapping[str, str]) -> str | None:
    """Give ``text`` to the first tool that takes it; return that tool's name, or None."""
    for tool in find_tools(environment):
        try:
            subprocess.run(
                tool,
                input=text.encode("utf-8", "replace"),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=True,
                timeout=TOOL_SECONDS,
            )
        except (OSError, subprocess.SubprocessError):
            continue
        return tool[0]
    return None


def save_to_file(text: str, folder: Path) -> Path:
    """Write ``text`` to a file in ``folder`` that only this user can read, in place of the one before.

    Raises:
        OSError: It cannot be written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder)
    with open(handle, "w", encoding="utf-8", errors="replace", newline="") as stream:
        stream.write(text)
    file = folder / FILE_NAME
    return Path(name).replace(file)
