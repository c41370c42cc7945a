"""The options that commands share, defined once."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click


class _FolderPath(click.Path):
    """A path that says something: an unset shell variable gives the empty one."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if str(value) == "":
            self.fail("the name of the folder is empty.", param, ctx)
        return super().convert(value, param, ctx)


def folder_of(explanation: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """The option ``--folder`` with a help text of its own."""
    return click.option("--folder", "-C", type=_FolderPath(path_type=Path), metavar="FOLDER", help=explanation)


folder = folder_of("Folder to ask (default: the nearest, from here upwards, with an index or askbrief.toml).")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, schema 1.")
refresh = click.option(
    "--refresh/--no-refresh", default=True, help="Update the index first, or answer from the index as it is."
)
yes = click.option("--yes", "-y", is_flag=True, help="Index the folder without asking, a system folder too.")
verbose = click.option("--verbose", "-v", is_flag=True, help="Show technical figures with the progress.")

cluster = click.option(
    "--cluster", default="", metavar="ADDRESS", help="Use the Ray cluster at HOST:PORT, or a local one (local)."
)

_FILTERS = {
    "since": ("DATE", "Only articles of this day or later (2025, 2025-05, 2025-05-20)."),
    "until": ("DATE", "Only articles of this day or earlier."),
    "source": ("NAME", "Only articles whose author or path has NAME in it."),
    "in": ("DIR", "Only articles in this folder of the folder."),
    "type": ("ENDING", "Only files of this kind, such as pdf."),
    "title": ("WORDS", "Only articles with WORDS in their title."),
}


def filters(command: Callable[..., int]) -> Callable[..., int]:
    """The options that say which articles are asked; ``command`` gets those given as ``filters``, by key."""

    @wraps(command)
    def with_filters(**values: Any) -> int:
        given = {key: values.pop(f"filter_{key}") for key in _FILTERS}
        return command(filters={key: value for key, value in given.items() if value}, **values)

    found: Callable[..., int] = with_filters
    for key, (metavar, explanation) in reversed(_FILTERS.items()):
        option = click.option(f"--{key}", f"filter_{key}", multiple=True, metavar=metavar, help=explanation)
        found = option(found)
    return found
