"""PPTX: slides in their order with titles, tables and SmartArt, each followed by its speaker notes."""

from __future__ import annotations

from collections.abc import Iterator

from askbrief.corpus.extracted import Extracted
from askbrief.corpus.formats.archive import Archive
from askbrief.corpus.formats.limits import Budget, UnreadableError
from askbrief.corpus.formats.office import find_main_part, load_properties, load_relations
from askbrief.corpus.formats.writer import Writer, one_line, raise_digits
from askbrief.corpus.formats.xmlstream import Event, iter_events

_TITLES = frozenset({"title", "ctrTitle"})
# Placeholders that repeat on every slide.
_FURNITURE = frozenset({"sldNum", "ftr", "dt", "hdr", "sldImg"})


def extract_pptx(data: bytes, budget: Budget) -> list[Extracted]:
    """The presentation, each slide a place.

    Raises:
        UnreadableError: It is damaged, locked or has no text.
    """
    archive = Archive(data, budget)
    main = find_main_part(archive, "ppt/presentation.xml")
    relations = load_relations(archive, main)
    writer = Writer(budget)
    number = 0
    first_title = ""
    for kind, name, attributes, _ in iter_events(archive.iter_chunks(main)):
        if kind != "start" or name != "sldId":
            continue
        number += 1
        part = relations.get(attributes.get("r:id", ""), ("", ""))[1]
        if part not in archive:
            budget.report(f"slide {number} is missing")
            continue
        try:
            title = _write_slide(archive, part, number, writer)
        except UnreadableError as error:
            budget.report(f"slide {number}: {error.report}")
            continue
        first_title = first_title or title
    if not writer.blocks:
        raise UnreadableError("holds no text" if number else "holds no slides")
    title, author = load_properties(archive)
    return [writer.finish(title=title or first_title, author=author)]


def _write_slide(archive: Archive, part: str, number: int, writer: Writer) -> str:
    place = writer.open("slide", number)
    title = _write_shapes(iter_events(archive.iter_chunks(part), writer.budget), writer)
    place.label = title[:300]
    relations = load_relations(archive, part).values()
    for kind, target in relations:
        if kind == "diagramData" and target in archive:
            _write_shapes(iter_events(archive.iter_chunks(target), writer.budget), writer)
    for kind, target in relations:
        if kind == "notesSlide" and target in archive:
            notes = writer.open("notes", number, "notes")
            _write_shapes(iter_events(archive.iter_chunks(target), writer.budget), writer)
            writer.close(notes)
    writer.close(place)
    return title


def _write_shapes(events: Iterator[Event], writer: Writer) -> str:
    """Write the text of the shapes; give back the text of the title's."""
    title: list[str] = []
    placeholder = ""
    paragraph: list[str] = []
    row: list[str] | None = None
    first_row = True
    in_text = raised = False
    fallback = 0
    for kind, name, attributes, text in events:
        if fallback:
            fallback += (kind == "start") - (kind == "end")
        elif kind == "text":
            if in_text:
                paragraph.append(raise_digits(text) if raised else text)
        elif kind == "start":
            if name == "Fallback":
                fallback = 1
            elif name == "ph":
                placeholder = attributes.get("type", "body")
            elif name in ("sp", "pic", "graphicFrame"):
                placeholder = ""
            elif name == "tbl":
                first_row = True
            elif name == "tr":
                row = []
            elif name == "tc" and row is not None:
                row.append("")
            elif name == "r":
                raised = False
            elif name == "rPr":
                raised = attributes.get("baseline", "0").isdigit() and attributes.get("baseline", "0") != "0"
            elif name == "br":
                paragraph.append("\n")
            in_text = name == "t"
        else:
            in_text = False
            if name == "p":
                joined = "".join(paragraph)
                paragraph.clear()
                if row is not None:
                    if row and joined.strip():
                        row[-1] = f"{row[-1]}\n{joined}" if row[-1] else joined
                elif placeholder in _TITLES:
                    writer.add(joined, "heading")
                    title.append(joined)
                elif placeholder not in _FURNITURE:
                    writer.add(joined)
            elif name == "tr" and row is not None:
                writer.add_row(row, first=first_row)
                row, first_row = None, False
    return one_line(" ".join(title))
