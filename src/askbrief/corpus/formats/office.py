"""What all Office Open XML files have in common: their main part, the relations of a part, title and author."""

from __future__ import annotations

import posixpath
import re

from askbrief.corpus.formats.archive import Archive
from askbrief.corpus.formats.limits import UnreadableError
from askbrief.corpus.formats.writer import one_line
from askbrief.corpus.formats.xmlstream import iter_events, load_tree

# Titles that programs put in by themselves.
_NO_TITLE = re.compile(
    r"(?:microsoft (?:word|powerpoint|excel) ?-|untitled|unbenannt|sans titre|(?:power)?point presentation"
    r"|powerpoint-präsentation|présentation powerpoint|slide 1$|document ?\d*$)"
    r"|.*\.(?:docx?|pptx?|xlsx?|odt|rtf|pdf|dotx?|indd)$",
    re.IGNORECASE,
)


def load_relations(archive: Archive, part: str) -> dict[str, tuple[str, str]]:
    """The relations of a part: from their ids to (kind, name of the part they lead to); outside ones are left out."""
    folder, name = posixpath.split(part)
    source = posixpath.join(folder, "_rels", f"{name}.rels")
    relations: dict[str, tuple[str, str]] = {}
    if source not in archive:
        return relations
    for kind, element, attributes, _ in iter_events(archive.iter_chunks(source)):
        if kind == "start" and element == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            resolved = (
                target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            )
            relations[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], resolved)
    return relations


def find_main_part(archive: Archive, usual: str) -> str:
    """The name of the part that holds the document.

    Raises:
        UnreadableError: There is none.
    """
    for kind, target in load_relations(archive, "").values():
        if kind == "officeDocument" and target in archive:
            return target
    if usual not in archive:
        raise UnreadableError(f"its part {usual} is missing")
    return usual


def load_properties(archive: Archive) -> tuple[str, str]:
    """Title and author that the file's properties state; "" where they state none, or only a file's name."""
    part = next(
        (target for kind, target in load_relations(archive, "").values() if kind == "core-properties"),
        "docProps/core.xml",
    )
    if part not in archive:
        return "", ""
    try:
        tree = load_tree(archive.iter_chunks(part))
    except UnreadableError:
        return "", ""
    return choose_title(tree.findtext("title") or ""), one_line(tree.findtext("creator") or "")


def choose_title(title: str) -> str:
    """The title, or "" where it is only a file's name or a program's default."""
    title = one_line(title)
    return "" if _NO_TITLE.match(title) else title
