"""The command line: its commands, and how it ends."""

from __future__ import annotations

import io
import sys

import click

from askbrief import __version__
from askbrief.cli import streams
from askbrief.cli.commands import Commands
from askbrief.cli.exit_codes import DONE, ERROR, INTERRUPTED, USAGE, find_exit_code
from askbrief.errors import AskbriefError

_HELP_WIDTH = 100
_HELP = """Ask a folder of articles a question; get the exact words that answer it.

\b
askbrief FOLDER                open the chat
askbrief FOLDER "who met …?"   answer one question
askbrief                       open the chat, nearest index
"""


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": _HELP_WIDTH},
    invoke_without_command=True,
    help=_HELP,
    subcommand_metavar="[COMMAND | FOLDER | QUESTION] ...",
)
@click.version_option(__version__, "--version", "-V", prog_name="askbrief", message="%(prog)s %(version)s")
@click.pass_context
def commands(context: click.Context) -> int:
    """Open the chat where no command is given."""
    if context.invoked_subcommand is not None:
        return DONE
    if streams.has_terminal():
        from askbrief.cli.chatting import open_chat

        return open_chat(None)
    raise click.UsageError(context.get_help())


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    try:
        streams.prepare()
        result = commands.main(arguments, prog_name="askbrief", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else DONE
    except click.ClickException as error:
        return _show_usage_error(error)
    except AskbriefError as error:
        streams.tell_error(error)
        return find_exit_code(error)
    except (click.Abort, KeyboardInterrupt):
        streams.tell("interrupted; what was indexed so far is kept.")
        return INTERRUPTED
    except BrokenPipeError:
        streams.drop_output()
        return ERROR
    except OSError as error:
        streams.tell_error(streams.describe_failure(error))
        return ERROR


def _show_usage_error(error: click.ClickException) -> int:
    from askbrief.text.display import printable

    shown = io.StringIO()
    error.show(shown)
    streams.write_error(printable(shown.getvalue()))
    return USAGE
