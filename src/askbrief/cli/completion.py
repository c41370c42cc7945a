"""``askbrief completion``: the completion scripts of shells."""

from __future__ import annotations

import click

from askbrief.cli.exit_codes import DONE
from askbrief.cli.streams import write

_SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(_SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print SHELL's completion script.

    For bash, put this into ~/.bashrc: eval "$(askbrief completion bash)"
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    write(kind(context.find_root().command, {}, "askbrief", "_ASKBRIEF_COMPLETE").source())
    return DONE
