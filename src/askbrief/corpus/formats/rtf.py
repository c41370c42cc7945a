"""RTF: paragraphs, headings, tables and footnotes; also the compressed RTF in Outlook's messages."""

from __future__ import annotations

import re
import struct

from askbrief.corpus.extracted import Extracted
from askbrief.corpus.formats.limits import Budget, UnreadableError
from askbrief.corpus.formats.office import choose_title
from askbrief.corpus.formats.writer import Writer, one_line

# Characters for private use that mark, in the text that striprtf gives, what it does not tell.
_CELL, _ROW, _KEPT = "\ue001", "\ue002", "\ue003"
_BOLD, _RESET, _ITEM, _BEGINS = "\ue004", "\ue005", "\ue006", "\ue007"
_OUTLINE = "\ue008"
_MARKED = re.compile(
    r"\\(trowd|nestcell|cell|nestrow|row|keepn|outlinelevel[0-8]|b|b0|plain|fcs0|pard)(?![a-z0-9]) ?|\\[{}\\]|([{}])"
)
_RUN_IN_LENGTH = 80
_MARKS = {"b": f"\\b {_BOLD}", "b0": f"\\b0 {_RESET}", "plain": f"\\plain {_RESET}", "fcs0": f"\\fcs0 {_RESET}",
    "pard": f"\\pard {_RESET}", "trowd": f"\\trowd {_BEGINS}", "cell": _CELL, "nestcell": " ",
    "row": f"\\par {_ROW}\\par ", "nestrow": "\\par "}  # fmt: skip
_FOOTNOTE = re.compile(r"\{\s*(?:\\\*\s*)?\\footnote(?![a-z])")
_LIST_MARK = re.compile(r"\{\s*\\(?:listtext|pntext)(?![a-z])")
_BRACE = re.compile(r"\\[{}\\]|[{}]")
_INFO = re.compile(r"\{\\(title|author) ")
_BULLET = re.compile("^[\uf000-\uf0ff\u2022\u25aa\u25cf·o-]\t")
_MARKS_ONLY = re.compile("[\ue001-\ue00f]")
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_HEADING_LENGTH = 120
_HEAD = 1 << 18


def extract_rtf(data: bytes, budget: Budget) -> list[Extracted]:
    """The document; paragraphs that are kept with the next one and are short are its headings.

    Raises:
        UnreadableError: It is no RTF, or has no text.
    """
    source = data.decode("cp1252", "replace")
    if not source.lstrip().startswith("{\\rtf"):
        raise UnreadableError("is no RTF file")
    source, notes = _cut_groups(source, _FOOTNOTE, "")
    source, _ = _cut_groups(source, _LIST_MARK, f"{{{_ITEM}}}")
    writer = Writer(budget)
    _write(_strip(_MARKED.sub(_Marker(), source)), writer)
    writer.close_headings()
    fonts = _font_table(source)
    for number, note in enumerate(notes, 1):
        place = writer.open("notes", number, f"footnote {number}")
        writer.add(_PRIVATE.sub("", _strip(f"{{\\rtf1\\ansi{fonts}{note}}}")))
        writer.close(place)
    if not writer.blocks:
        raise UnreadableError("holds no text")
    info = {name: _strip(f"{{\\rtf1\\ansi {_group(source, at)}}}") for name, at in _find_info(source)}
    return [writer.finish(title=choose_title(info.get("title", "")), author=one_line(info.get("author", "")))]


def rtf_text(source: str) -> str:
    """The text of an RTF document, without places."""
    return _PRIVATE.sub("", _strip(source))


def _strip(source: str) -> str:
    from striprtf.striprtf import rtf_to_text

    try:
        return str(rtf_to_text(source, errors="replace"))  # type: ignore[no-untyped-call]
    except (ValueError, TypeError, KeyError, IndexError, LookupError, OverflowError) as error:
        raise UnreadableError("is damaged (not a whole RTF file)") from error


class _Marker:
    """Puts marks for private use behind control words; knows in which groups the text is bold."""

    def __init__(self) -> None:
        self._bold = False
        self._groups: list[bool] = []

    def __call__(self, found: re.Match[str]) -> str:
        """What replaces a control word or a brace."""
        word, brace = found[1], found[2]
        if word in ("b", "b0", "plain"):
            self._bold = word == "b"
        elif brace == "{":
            self._groups.append(self._bold)
        elif brace == "}" and self._groups and self._bold != (outer := self._groups.pop()):
            self._bold = outer
            return f"}}{_BOLD if outer else _RESET}"
        if not word:
            return found[0]
        return _MARKS.get(word) or f"\\{word} {_KEPT if word == 'keepn' else _OUTLINE}"


def _cut_groups(source: str, begins: re.Pattern[str], instead: str) -> tuple[str, list[str]]:
    """The source with something instead of each group that begins so, and what stood in them."""
    kept: list[str] = []
    notes: list[str] = []
    at = 0
    while found := begins.search(source, at):
        kept += (source[at : found.start()], instead)
        note = _group(source, found.end())
        notes.append(note)
        at = found.end() + len(note) + 1
    return "".join([*kept, source[at:]]), notes


def _group(source: str, at: int) -> str:
    """What stands from here to the end of the group that is open here."""
    depth = 1
    for found in _BRACE.finditer(source, at):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if not depth:
            return source[at : found.start()]
    return source[at:]


def _font_table(source: str) -> str:
    at = source.find("{\\fonttbl", 0, _HEAD)
    return f"{{{_group(source, at + 1)}}}" if at >= 0 else ""


def _find_info(source: str) -> list[tuple[str, int]]:
    at = source.find("{\\info", 0, _HEAD)
    if at < 0:
        return []
    end = at + len(_group(source, at + 1))
    return [(found[1], found.end()) for found in _INFO.finditer(source, at, end)]


def _write(text: str, writer: Writer) -> None:
    """Write the paragraphs; from the definition of a row to its end, they are paragraphs of its cells."""
    row: list[list[str]] | None = None
    first_row = True
    for line in text.split("\n"):
        if row is None and (_BEGINS in line or _CELL in line):
            row = [[]]
        if row is None:
            if line.strip():
                first_row = True
                _write_line(line, writer)
            continue
        first, *rest = line.split(_CELL)
        row[-1].append(first)
        row += [[part] for part in rest]
        if _ROW in line:
            _write_row(row, writer, first=first_row)
            row, first_row = None, False
    if row is not None:
        _write_row(row, writer, first=first_row)


def _write_row(row: list[list[str]], writer: Writer, *, first: bool) -> None:
    """Write a row; what has no cells is a definition that no row followed."""
    if len(row) == 1:
        for line in row[0]:
            _write_line(line, writer)
    else:
        writer.add_row(["\n".join(filter(None, map(_clean, cell))) for cell in row], first=first)


def _write_line(line: str, writer: Writer) -> None:
    is_item = _ITEM in line or bool(_BULLET.match(_MARKS_ONLY.sub("", line)))
    text = _clean(line)
    bold = _bold_part(line)
    is_short = len(text) <= _HEADING_LENGTH and any(letter.isalpha() for letter in text)
    is_title_like = is_short and not is_item and not text.endswith((".", ",", ";", ":"))
    if (_OUTLINE in line and is_short) or (_KEPT in line and is_title_like):
        writer.heading(text, 2)
    elif is_title_like and bold == text:
        writer.heading(text, 3)
    else:
        if bold != text and len(bold) <= _RUN_IN_LENGTH and bold.endswith((".", ":")) and not is_item:
            writer.close_headings(4)
            writer.open("heading", None, bold.rstrip(".:"), level=4)
        writer.add(text, "item" if is_item else "paragraph")


def _bold_part(line: str) -> str:
    """The bold words at the beginning of a paragraph; "" where it begins otherwise."""
    bold = False
    words: list[str] = []
    for part in re.split(f"([{_BOLD}{_RESET}])", line):
        if part in (_BOLD, _RESET):
            bold = part == _BOLD
        elif not _clean(part):
            words.append(part)
        elif not bold:
            break
        else:
            words.append(part)
    return _clean("".join(words))


def _clean(text: str) -> str:
    return _PRIVATE.sub("", text).strip()


_DICTIONARY = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans Serif"
    rb"SymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)


def decompress_rtf(data: bytes) -> str:
    """The RTF that a message stores compressed (MS-OXRTFCP: LZ with a ring of 4,096 bytes); "" where it is damaged."""
    if len(data) < 16:
        return ""
    _, size, kind = struct.unpack_from("<III", data)
    if kind == 0x414C454D:
        return data[16 : 16 + size].decode("cp1252", "replace")
    ring = bytearray(_DICTIONARY.ljust(4096, b"\0"))
    write, at = len(_DICTIONARY), 16
    out = bytearray()
    while at < len(data) and len(out) < size:
        control = data[at]
        at += 1
        for bit in range(8):
            if control >> bit & 1:
                if at + 1 >= len(data):
                    return out.decode("cp1252", "replace")
                token = data[at] << 8 | data[at + 1]
                at += 2
                offset, length = token >> 4, (token & 15) + 2
                if offset == write:
                    return out.decode("cp1252", "replace")
                for step in range(length):
                    ring[write] = ring[(offset + step) & 4095]
                    out.append(ring[write])
                    write = (write + 1) & 4095
            elif at < len(data):
                ring[write] = data[at]
                out.append(data[at])
                at += 1
                write = (write + 1) & 4095
    return out.decode("cp1252", "replace")
