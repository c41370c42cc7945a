"""The preview: what a refresh would do now."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import replace

from askbrief.config import Folder
from askbrief.errors import StoreDamagedError
from askbrief.index.differences import Differences, find_differences, load_known
from askbrief.index.plan import Plan, build_plan, find_contents
from askbrief.index.refresh import identify, open_if_usable, require_articles, scan
from askbrief.index.update import CHARACTERS_PER_SECOND, iter_pending
from askbrief.models.encoder import Encoder
from askbrief.store.records import ExtractionRecord, FileRecord
from askbrief.types import Progress


def preview(folder: Folder, encoder: Encoder) -> Generator[Progress, None, Plan]:
    """What ``refresh`` would do, as a plan; changes nothing.

    Raises:
        CorpusError: The folder cannot be read, or holds no article.
    """
    found = scan(folder)
    require_articles(folder, found)
    store = open_if_usable(folder, identify(folder, encoder))
    if store is not None:
        with store, suppress(StoreDamagedError):
            rows = store.rows
            known, extractions = rows.load_files(), rows.load_extractions()
            differences = find_differences(found, load_known(rows, folder.settings))
            speed = rows.load_speed() or CHARACTERS_PER_SECOND
            return (yield from _preview(folder, differences, known=known, extractions=extractions, speed=speed))
    differences = find_differences(found, {})
    return (yield from _preview(folder, differences, known={}, extractions={}, speed=CHARACTERS_PER_SECOND))


def _preview(
    folder: Folder,
    differences: Differences,
    *,
    known: Mapping[str, FileRecord],
    extractions: Mapping[bytes, ExtractionRecord],
    speed: float,
) -> Generator[Progress, None, Plan]:
    found = []
    contents = find_contents(extractions)
    for number, read in enumerate(iter_pending(differences, folder, known=extractions)):
        yield Progress("Comparing", number, len(differences.pending))
        found.append(read.found)
    plan = build_plan(differences, found, known=known, contents=contents)
    return replace(plan, seconds=plan.characters / speed)
