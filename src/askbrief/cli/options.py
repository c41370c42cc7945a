"""The options that commands share, defined once."""

from __future__ import annotations

from collections.abc import Callable
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
