"""``askbrief index`` and ``askbrief status``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from askbrief.cli import options
from askbrief.cli.exit_codes import DONE
from askbrief.cli.opening import find_folder_to_index, find_named_folder, open_assistant
from askbrief.cli.streams import tell, tell_error, write, write_json
from askbrief.errors import AskbriefError

if TYPE_CHECKING:
    from askbrief.assistant import Assistant
    from askbrief.types import Freshness


@click.command()
@options.folder
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@click.option("--rebuild", is_flag=True, help="Read and encode everything again; the old index answers until then.")
@click.option("--watch", is_flag=True, help="Keep the index up to date as files change, until Ctrl+C.")
@options.cluster
@click.option("--shards", type=click.IntRange(1, 4096), help="With --cluster: how many shards the index has.")
@options.as_json
@options.yes
@options.verbose
def index(
    folder: Path | None,
    dry_run: bool,
    rebuild: bool,
    watch: bool,
    cluster: str,
    shards: int | None,
    as_json: bool,
    yes: bool,
    verbose: bool,
) -> int:
    """Update the index, and repair any damage."""
    if dry_run and (rebuild or watch):
        raise click.UsageError("--dry-run cannot be combined with --rebuild or --watch.")
    if cluster and (dry_run or rebuild or watch):
        raise click.UsageError("--cluster cannot be combined with --dry-run, --rebuild or --watch.")
    if shards and not cluster:
        raise click.UsageError("--shards needs --cluster.")
    if cluster:
        from askbrief.cli.cluster import index_on_cluster

        return index_on_cluster(
            find_folder_to_index(folder, yes=yes), cluster, shards=shards, as_json=as_json, verbose=verbose
        )
    found = find_named_folder(folder) if dry_run else find_folder_to_index(folder, yes=yes)
    with open_assistant(found, verbose=verbose) as assistant:
        if dry_run:
            _write_plan(assistant, as_json=as_json)
            return DONE
        freshness = assistant.update(rebuild=rebuild, is_thorough=True)
        _write_freshness(assistant, freshness, as_json=as_json)
        if watch:
            _watch(assistant, freshness.generation, as_json=as_json)
    return DONE


def _write_plan(assistant: Assistant, *, as_json: bool) -> None:
    from askbrief.output.reports import describe_plan, plan_as_json

    plan = assistant.preview()
    if as_json:
        write_json(plan_as_json(plan))
    else:
        write(describe_plan(plan))


def _watch(assistant: Assistant, generation: int, *, as_json: bool) -> None:
    """Update the index whenever something changes; write a line for each generation after ``generation``."""
    from askbrief.corpus.watch import iter_changes

    for _ in iter_changes(assistant.folder.articles, without=assistant.folder.index):
        try:
            freshness = assistant.update()
        except AskbriefError as error:
            tell_error(error)
            continue
        if freshness.generation != generation:
            generation = freshness.generation
            _write_freshness(assistant, freshness, as_json=as_json)


def _write_freshness(assistant: Assistant, freshness: Freshness, *, as_json: bool) -> None:
    write_freshness(freshness, notes=assistant.notes, as_json=as_json)


def write_freshness(freshness: Freshness, *, notes: Sequence[str], as_json: bool) -> None:
    """Write what an index holds to stdout, and to stderr what people should know of it."""
    from askbrief.output.text import describe_freshness, describe_skipped

    if as_json:
        from askbrief.answer.schema import freshness_as_json

        write_json(freshness_as_json(freshness))
    else:
        write(describe_freshness(freshness))
    sys.stdout.flush()
    for line in (*notes, *describe_skipped(freshness)):
        tell(line)


@click.command()
@options.folder
@options.as_json
def status(folder: Path | None, as_json: bool) -> int:
    """Show what is indexed, and whether it is up to date. Changes nothing."""
    from askbrief.output.reports import describe_status, status_as_json

    with open_assistant(find_named_folder(folder)) as assistant:
        found = assistant.find_status()
    if as_json:
        write_json(status_as_json(found))
    else:
        write(describe_status(found))
    return DONE
