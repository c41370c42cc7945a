"""reStructuredText, Org and AsciiDoc read as text: the lines stay those of the file; nothing is included or run."""

from __future__ import annotations

import re
from collections.abc import Callable

from askbrief.corpus.dates import parse_date
from askbrief.corpus.extracted import Extracted
from askbrief.corpus.formats.copied import nest
from askbrief.corpus.formats.encoded import decode_bytes
from askbrief.corpus.formats.limits import Budget, UnreadableError
from askbrief.corpus.formats.writer import clean, one_line
from askbrief.types import Block, BlockKind

# What a line is: a block's kind, and the level and words of a heading.
Line = tuple[BlockKind, int, str]
_ITEM = re.compile(r"\s*(?:[-*+•]|[*.]{1,5}|\(?[0-9a-zA-Z#]{1,3}[.)])\s+\S")
_FIELD = re.compile(r"(?:#\+|:)?(title|authors?|date|revdate|published):+\s*(\S.*)", re.IGNORECASE)
_HEAD_LINES = 40
_RST_RULE = re.compile(r"([!-/:-@\[-`{-~])\1{2,}\s*$")
_RST_FIELD = re.compile(r":[^:\s][^:]*:(?:\s|$)")
_RST_DIRECTIVE = re.compile(r"\s*\.\. (?:([\w:+-]+)::|_|\[|\||.*)")
_MAIL_FIELD = re.compile(r"[A-Z][\w-]*: ")
_PROSE_DIRECTIVES = frozenset(["note", "warning", "tip", "important", "caution", "danger", "attention", "hint",
    "admonition", "topic", "sidebar", "epigraph", "pull-quote", "highlights", "seealso", "versionadded",
    "versionchanged", "deprecated", "container", "compound", "rubric"])  # fmt: skip
_ORG_HEADING = re.compile(
    r"(\*+) +(?:(?:TODO|DONE|NEXT|WAITING|CANCELLED) +)?(?:\[#[A-Z]\] +)?(.*?)(?:\s+:[\w@:]+:)?\s*$"
)
_ORG_DRAWER = re.compile(r"\s*:[\w-]+:\s*$")
_ORG_PLANNING = re.compile(r"\s*(?:SCHEDULED|DEADLINE|CLOSED|CLOCK):")
_ORG_BLOCK = re.compile(r"\s*#\+begin_(\w+)", re.IGNORECASE)
_ADOC_HEADING = re.compile(r"(={1,6}|#{1,6}) +(\S.*?)\s*$")
_ADOC_ATTRIBUTE = re.compile(r":!?[\w-]+!?:(?:\s|$)")
_ADOC_FENCE = re.compile(r"(-{4,}|\.{4,}|`{3,}|/{4,}|\+{4,})\s*$")
_ADOC_DELIMITER = re.compile(r"(?:={4,}|\*{4,}|_{4,}|--|\|={3,})\s*$")


def extract_rst(data: bytes, budget: Budget) -> list[Extracted]:
    """A reStructuredText file; its underlines, fields and directives are metadata."""
    return [_build(data, budget, _read_rst)]


def extract_org(data: bytes, budget: Budget) -> list[Extracted]:
    """An Org file; its keywords and drawers are metadata."""
    return [_build(data, budget, _read_org)]


def extract_asciidoc(data: bytes, budget: Budget) -> list[Extracted]:
    """An AsciiDoc file; its attributes and comments are metadata."""
    return [_build(data, budget, _read_asciidoc)]


def _build(data: bytes, budget: Budget, read: Callable[[list[str]], list[Line | None]]) -> Extracted:
    """The document whose lines a function tells apart; None marks a blank line."""
    text = clean(decode_bytes(data, budget))
    if len(text) > budget.characters:
        budget.full = True
        text = text[: budget.characters]
    budget.characters -= len(text)
    if not text.strip():
        raise UnreadableError("holds no text")
    lines = text.split("\n")
    kinds = read(lines)
    blocks: list[Block] = []
    headings: list[tuple[int, int, str]] = []
    start = 0
    joins = False
    for line, kind in zip(lines, kinds, strict=True):
        end = start + len(line.rstrip())
        if not line.strip():
            joins = False
        elif kind is not None:
            begin = start + len(line) - len(line.lstrip())
            starts_item = kind[0] == "item" and bool(_ITEM.match(line))
            if joins and blocks and blocks[-1].kind == kind[0] and not starts_item and not kind[1]:
                blocks[-1] = Block(blocks[-1].start, end, kind[0])
            else:
                blocks.append(Block(begin, end, kind[0]))
            if kind[1]:
                headings.append((begin, kind[1], kind[2]))
            joins = not kind[1]
        start += len(line) + 1
    places = nest(headings, len(text.rstrip()))
    title = next((label for _, level, label in headings if level == 1), "")
    stated = _read_fields(
        [line for line, kind in zip(lines[:_HEAD_LINES], kinds, strict=False) if kind and kind[0] == "metadata"]
    )
    return Extracted(
        text=text,
        blocks=tuple(blocks),
        places=tuple(places),
        title=title or stated.get("title", ""),
        author=stated.get("author", ""),
        date=parse_date(stated.get("date", "")),
    )


def _read_fields(lines: list[str]) -> dict[str, str]:
    """Title, author and date that the metadata at the beginning state."""
    stated: dict[str, str] = {}
    for line in lines:
        found = _FIELD.match(line)
        if found:
            name = found[1].lower()
            stated.setdefault(
                "author" if name.startswith("author") else "title" if name == "title" else "date", one_line(found[2])
            )
    return stated


def _prose(line: str, last: Line | None) -> Line:
    """A line of an item or a paragraph; an indented line goes on with the item before."""
    if _ITEM.match(line) or (last and last[0] == "item" and line[:1] in " \t"):
        return ("item", 0, "")
    return ("paragraph", 0, "")


def _read_rst(lines: list[str]) -> list[Line | None]:
    kinds: list[Line | None] = [None] * len(lines)
    levels: list[str] = []
    last: Line | None = None
    in_head = True
    block: tuple[int, BlockKind] | None = None
    literal = False
    for at, line in enumerate(lines):
        if kinds[at] is not None:
            last = kinds[at]
            in_head = False
            continue
        if not line.strip():
            continue
        indent = len(line) - len(line.lstrip())
        if block and indent > block[0]:
            kinds[at] = ("item", 0, "") if block[1] == "item" else (block[1], 0, "")
            continue
        block = None
        if literal and indent:
            block, kinds[at], literal = (indent - 1, "code"), ("code", 0, ""), False
            continue
        literal = False
        heading = _find_rst_heading(lines, at)
        directive = _RST_DIRECTIVE.match(line)
        if heading is not None:
            _mark_rst_heading(lines, kinds, levels, at, heading)
        elif directive:
            name = directive[1] or ""
            is_note = line.lstrip().startswith(".. [")
            kinds[at] = ("paragraph" if is_note else "metadata", 0, "")
            if line.strip() == ".." and not (at + 1 < len(lines) and lines[at + 1].strip()):
                continue
            block = (
                (indent, "paragraph")
                if is_note
                else (indent, "paragraph" if name in _PROSE_DIRECTIVES else "code" if "code" in name else "metadata")
            )
        elif (
            (in_head and (_RST_FIELD.match(line) or _MAIL_FIELD.match(line)))
            or _RST_FIELD.match(line.lstrip())
            or (in_head and last and last[0] == "metadata" and line[:1] == " ")
        ) or _RST_RULE.match(line):
            kinds[at] = ("metadata", 0, "")
        else:
            kinds[at] = _prose(line, last if at and lines[at - 1].strip() else None)
            literal = line.rstrip().endswith("::")
            in_head = False
        last = kinds[at]
        if heading is not None:
            in_head = False
    return kinds


def _mark_rst_heading(
    lines: list[str], kinds: list[Line | None], levels: list[str], at: int, heading: tuple[int, str]
) -> None:
    """Note a heading and its rules; the first style of rule is the highest level, and the first heading the title."""
    below, style = heading
    if style not in levels:
        levels.append(style)
    text_at = below - 1
    is_first = not any(kind and kind[1] for kind in kinds)
    kinds[text_at] = ("title" if is_first else "heading", levels.index(style) + 1, one_line(lines[text_at]))
    kinds[below] = ("metadata", 0, "")
    if text_at != at:
        kinds[at] = ("metadata", 0, "")


def _find_rst_heading(lines: list[str], at: int) -> tuple[int, str] | None:
    """The line of the rule below a heading that begins here, and the rule's style; None where none begins."""
    line = lines[at].rstrip()
    below = lines[at + 1].rstrip() if at + 1 < len(lines) else ""
    rule = _RST_RULE.match(line)
    if rule and below and at + 2 < len(lines) and lines[at + 2].rstrip() == line and not _RST_RULE.match(below):
        return at + 2, rule[1] * 2
    under = _RST_RULE.match(below)
    if (
        under
        and not rule
        and line[:1] != " "
        and len(below) >= min(4, len(line))
        and (at == 0 or not lines[at - 1].strip() or _RST_RULE.match(lines[at - 1]))
    ):
        return at + 1, under[1]
    return None


def _read_org(lines: list[str]) -> list[Line | None]:
    kinds: list[Line | None] = []
    drawer = False
    block = ""
    last: Line | None = None
    for line in lines:
        kind: Line | None
        heading = _ORG_HEADING.match(line)
        begins = _ORG_BLOCK.match(line)
        if not line.strip():
            kind = None
        elif block:
            ends = line.strip().lower() == f"#+end_{block}"
            kind = (
                "metadata"
                if ends
                else "quoted"
                if block in ("quote", "verse")
                else "paragraph"
                if block == "center"
                else "code",
                0,
                "",
            )
            block = "" if ends else block
        elif drawer:
            kind, drawer = ("metadata", 0, ""), line.strip().lower() != ":end:"
        elif begins:
            kind, block = ("metadata", 0, ""), begins[1].lower()
        elif heading:
            kind = ("heading", len(heading[1]) + 1, one_line(heading[2]))
        elif line.lower().startswith("#+title:"):
            kind = ("title", 1, one_line(line[8:]))
        elif _ORG_DRAWER.match(line):
            kind, drawer = ("metadata", 0, ""), True
        elif line.lstrip().startswith(("#+", "# ")) or _ORG_PLANNING.match(line):
            kind = ("metadata", 0, "")
        else:
            kind = _prose(line, last)
        kinds.append(kind)
        last = kind
    return kinds


def _read_asciidoc(lines: list[str]) -> list[Line | None]:
    kinds: list[Line | None] = []
    fence = ""
    last: Line | None = None
    for line in lines:
        kind: Line | None
        heading = _ADOC_HEADING.match(line)
        fenced = _ADOC_FENCE.match(line)
        if fence:
            kind = ("metadata" if fence[0] == "/" or line.rstrip() == fence else "code", 0, "")
            fence = "" if line.rstrip() == fence else fence
        elif not line.strip():
            kind = None
        elif fenced:
            kind, fence = ("metadata", 0, ""), fenced[1]
        elif heading:
            level = len(heading[1])
            kind = ("title" if level == 1 and not kinds else "heading", level, one_line(heading[2]))
        elif (
            _ADOC_ATTRIBUTE.match(line)
            or line.startswith(("//", "[", "include::", "ifdef::", "endif::", "image::"))
            or _ADOC_DELIMITER.match(line)
        ):
            kind = ("metadata", 0, "")
        else:
            kind = _prose(line, last)
        kinds.append(kind)
        last = kind
    return kinds
