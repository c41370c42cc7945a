"""LaTeX read as text: sections, paragraphs, items, captions, footnotes; nothing is included or run.

The text is a copy of stretches of the file, so that each of its characters has a line there.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from askbrief.corpus.dates import parse_date
from askbrief.corpus.extracted import Extracted
from askbrief.corpus.formats.copied import Copied
from askbrief.corpus.formats.encoded import decode_bytes
from askbrief.corpus.formats.latex_commands import (
    ACCENTS,
    DROPPED,
    LEFT_OUT,
    QUOTES,
    RAW_ENVIRONMENTS,
    SECTIONS,
    SYMBOLS,
    TABLES,
    WITH_ARGUMENT,
    find_symbol,
)
from askbrief.corpus.formats.limits import Budget, UnreadableError
from askbrief.corpus.formats.writer import clean, one_line
from askbrief.types import BlockKind, Place

_TOKEN = re.compile(r"""(?P<comment>%[^\n]*\n?[ \t]*)
    |(?P<assign>\\[a-zA-Z]+\s*=\s*-?[\d.]+(?:pt|em|ex|cm|mm|in)?\s?)
    |(?P<accent>\\(?:[`'^"~=.]|[cvuHkrdb](?=\s*\{|\s+[a-zA-Z]))\s*(?:\{\s*\\?(?P<letter>[a-zA-Z])\s*\}|\\?(?P<bare>[a-zA-Z])))
    |\\(?P<word>[a-zA-Z@]+)\*?
    |\\(?P<sign>.|\n)
    |(?P<open>\{)|(?P<close>\})|(?P<math>\$\$?)|(?P<blank>\n[ \t]*\n\s*)|(?P<amp>&)|(?P<tilde>~)
    |(?P<quote>``|''|---?)
    |(?P<text>[^%\\{}$\n&~`'-]+|.|\n)""",
    re.VERBOSE | re.DOTALL, )  # fmt: skip
_QUOTED = {"``": "“", "''": "”", "--": "–", "---": "—"}
_MACRO = re.compile(r"\\(?:def\s*\\([a-zA-Z]+)|(?:re)?newcommand\*?\s*\{?\s*\\([a-zA-Z]+)\s*\}?)\s*\{")
_OPTION = re.compile(r"\s*\[[^\[\]]{0,2000}\]")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_END = "\\end{"


def extract_latex(data: bytes, budget: Budget) -> list[Extracted]:
    """The document of a LaTeX file, or of a part of one without a preamble.

    Raises:
        UnreadableError: It holds no text.
    """
    source = clean(decode_bytes(data, budget))
    if len(source) > budget.characters:
        budget.full = True
        source = source[: budget.characters]
    scan = _Scan(source)
    begin = source.find("\\begin{document}")
    title = scan.write_command("title", "title")
    author = scan.write_command("author", "byline")
    day = scan.write_command("date", "dateline")
    end = source.find("\\end{document}", begin)
    scan.write(begin + len("\\begin{document}") if begin >= 0 else 0, end if end >= 0 else len(source))
    body = scan.copied.length
    scan.write_notes()
    if not scan.copied.blocks:
        raise UnreadableError("holds no text")
    budget.characters -= scan.copied.length
    return [scan.copied.finish(body=body, title=title, author=author, published=parse_date(day))]


@dataclass(slots=True)
class _Group:
    """An open brace: what ends with it."""

    kind: str = ""
    level: int = 0


class _Scan:
    """Copies what is text, token by token; no command is run and nothing recurses."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.copied = Copied(source)
        self.macros = self._find_macros()
        self._notes: list[tuple[int, int]] = []
        self._quotes = self._tables = 0
        self._groups: list[_Group] = []

    def _find_macros(self) -> dict[str, str]:
        """Macros without arguments whose meaning is plain words."""
        macros: dict[str, str] = {}
        for found in _MACRO.finditer(self.source):
            end = self._skip_group(found.end() - 1)
            body = self.source[found.end() : end - 1].replace("\\xspace", "\x00")
            if "\\" not in body and "#" not in body and len(body) < 200:
                macros[found[1] or found[2]] = (
                    body.replace("~", " ").replace("--", "–").replace("{", "").replace("}", "")
                )
        return macros

    def _skip_group(self, at: int) -> int:
        """The end of the group whose brace stands here."""
        depth = 0
        for found in _BRACE.finditer(self.source, at):
            depth += {"{": 1, "}": -1}.get(found[0], 0)
            if not depth:
                return found.end()
        return len(self.source)

    def _skip_arguments(self, at: int, count: int, end: int) -> int:
        """The end of options and of so many arguments after this position."""
        while option := _OPTION.match(self.source, at, end):
            at = option.end()
        for _ in range(count):
            begin = at
            while begin < end and self.source[begin] in " \t\n":
                begin += 1
            if begin >= end:
                return at
            if self.source[begin] == "\\":
                word = re.compile(r"\\[a-zA-Z@]+|\\.").match(self.source, begin)
                at = word.end() if word else at
            elif self.source[begin] == "{":
                at = self._skip_group(begin)
            while option := _OPTION.match(self.source, at, end):
                at = option.end()
        return at

    def _emit(self, text: str, source: int) -> None:
        self.copied.emit(text, source)

    def _end_block(self, kind: BlockKind | None = None) -> None:
        """End the paragraph that is open; the next one is of this kind."""
        self.copied.end_block()
        self.copied.kind = kind or ("cell" if self._tables else "quoted" if self._quotes else "paragraph")

    def write_command(self, command: str, kind: BlockKind) -> str:
        """Write the argument of a command of the preamble, and give it back."""
        found = re.search(rf"\\{command}\s*(?:\[[^\]]*\])?\s*\{{", self.source)
        if not found:
            return ""
        self._end_block(kind)
        blocks, before = len(self.copied.blocks), self.copied.length
        self.write(found.end(), self._skip_group(found.end() - 1) - 1)
        if kind == "title" and len(self.copied.blocks) > blocks:
            self.copied.add_heading(self.copied.blocks[blocks].start, 0)
        return one_line(self.copied.text_from(before))

    def write(self, at: int, end: int) -> None:
        """Write the text of a stretch of the source."""
        self._groups = []
        while at < end:
            found = _TOKEN.match(self.source, at, end)
            if not found:
                break
            at = self._take(found, end)
        self._end_block()

    def _take(self, found: re.Match[str], end: int) -> int:
        """Write one token; give back where the next one begins."""
        kind, at = found.lastgroup, found.end()
        if found["accent"]:
            letter = found["letter"] or found["bare"]
            mark = ACCENTS[found["accent"][1]]
            self._emit(unicodedata.normalize("NFC", letter + mark), found.start())
        elif found["word"]:
            return self._take_command(found["word"], found, end)
        elif kind == "comment":
            if "\n" in found[0] and self.source[at : at + 1] == "\n":
                self._end_block()
        elif kind == "assign" or (kind == "math" and found[0] == "$$"):
            pass
        elif kind == "math":
            return self._take_math(found, end)
        elif kind == "open":
            self._groups.append(_Group())
        elif kind == "close":
            self._close_group()
        elif kind == "blank":
            if not any(group.kind for group in self._groups):
                self._end_block()
            else:
                self._emit("\n", found.start())
        elif kind == "sign":
            self._take_sign(found)
            if found["sign"] == "\\":
                return self._skip_arguments(at, 0, end)
            if found["sign"] == "[":
                return self._take_raw(at, "\\]", end)
        elif kind == "amp":
            self._end_block()
            self.copied.gap = "\t"
        elif kind == "tilde":
            self._emit(" ", found.start())
        elif kind == "quote":
            self._emit(_QUOTED[found[0]], found.start())
        else:
            self._emit(found[0], found.start())
        return at

    def _take_sign(self, found: re.Match[str]) -> None:
        sign = found["sign"]
        if sign in "%&$#_{}":
            self._emit(sign, found.start() + 1)
        elif sign == "\\" and self._tables:
            self._end_block()
            self.copied.gap = "\n"
        elif sign == "\\":
            self._emit("\n", found.start())
        elif sign in " \n,;:~":
            self._emit(" ", found.start())

    def _take_math(self, found: re.Match[str], end: int) -> int:
        """Write a formula in the line: its symbols where all are known, else its source."""
        close = self.source.find("$", found.end(), min(end, found.end() + 2000))
        if close < 0:
            self._emit("$", found.start())
            return found.end()
        body = self.source[found.end() : close]
        words = re.findall(r"\\([a-zA-Z]+|.)", body)
        if all(find_symbol(word) for word in words):
            at = found.end()
            for part in re.split(r"(\\[a-zA-Z]+\s?|\\.)", body):
                shown = (
                    find_symbol(part.strip().lstrip("\\"))
                    if part.startswith("\\")
                    else part.replace("{", "").replace("}", "")
                )
                self._emit(shown, at)
                at += len(part)
        else:
            self._emit(body, found.end())
        return close + 1

    def _take_command(self, word: str, found: re.Match[str], end: int) -> int:
        at = found.end()
        if word in ("begin", "end"):
            return self._take_environment(word, at, end)
        if word in SECTIONS or word in ("caption", "captionof", "footnote", "footnotetext"):
            at = self._skip_arguments(at, DROPPED.get(word, 0), end)
            begin = self.source.find("{", at, min(end, at + 20))
            if begin < 0:
                return at
            if word.startswith("footnote"):
                close = self._skip_group(begin)
                self._notes.append((begin + 1, close - 1))
                return close
            self._end_block("heading" if word in SECTIONS else None)
            self._groups.append(_Group("heading" if word in SECTIONS else "caption", SECTIONS.get(word, 0)))
            return begin + 1
        if word == "item":
            self._end_block("item")
            return self._take_label(at, end)
        if word == "par":
            self._end_block()
        elif word in self.macros:
            return self._expand(self.macros[word], found, end)
        elif word in DROPPED:
            return self._skip_arguments(at, DROPPED[word], end)
        elif symbol := find_symbol(word):
            self._emit(symbol, found.start())
        elif word in ("def", "gdef", "edef", "let"):
            name = re.compile(r"\s*\\[a-zA-Z]+[^{\n]*").match(self.source, at, end)
            return self._skip_arguments(name.end() if name else at, 1, end)
        else:
            at = self._skip_arguments(at, 0, end)
            if self.source[at : at + 1] == " ":
                at += 1
            return at
        return (
            at + 1
            if self.source[at : at + 1] == " " and word in SYMBOLS and not self.source.startswith("{}", at)
            else at
        )

    def _take_label(self, at: int, end: int) -> int:
        """Write the label of an item, which stands in brackets."""
        option = _OPTION.match(self.source, at, end)
        if not option:
            return at
        begin, close = self.source.find("[", at) + 1, option.end() - 1
        while begin < close:
            found = _TOKEN.match(self.source, begin, close)
            begin = self._take(found, close) if found else close
        if not self.source.startswith((" ", "\n"), close + 1):
            self._emit(" ", close)
        return close + 1

    def _expand(self, body: str, found: re.Match[str], end: int) -> int:
        at = found.end()
        keeps_space = "\x00" in body
        self._emit(body.replace("\x00", ""), found.start())
        if not keeps_space and self.source[at : at + 1] == " ":
            at += 1
        if self.source.startswith("{}", at):
            at += 2
        return min(at, end)

    def _take_environment(self, word: str, at: int, end: int) -> int:
        found = re.compile(r"\s*\{([^{}]{0,60})\}").match(self.source, at, end)
        if not found:
            return at
        name, at = found[1].strip(), found.end()
        if name in RAW_ENVIRONMENTS and word == "begin":
            return self._take_raw(at, f"{_END}{found[1]}}}", end)
        if name in LEFT_OUT and word == "begin":
            close = self.source.find(f"{_END}{found[1]}}}", at, end)
            return close if close >= 0 else end
        if name in TABLES:
            self._end_block()
            self._tables += 1 if word == "begin" else -1
            self.copied.gap = "\n\n"
        if name in QUOTES:
            self._quotes += 1 if word == "begin" else -1
        self._end_block()
        if word == "begin":
            at = self._skip_arguments(at, WITH_ARGUMENT.get(name, 0), end)
            if name == "abstract":
                length = self.copied.length
                self.copied.add_heading(length + (2 if length else 0), 3, "Abstract")
        return at

    def _take_raw(self, at: int, closes: str, end: int) -> int:
        """Write code or a formula as it is in the source; give back where what closes it stands."""
        self._end_block("code")
        close = self.source.find(closes, at, end)
        close = close if close >= 0 else end
        body = self.source[at:close]
        lines = body.strip()
        self._emit(lines, at + body.find(lines))
        self._end_block()
        return close

    def _close_group(self) -> None:
        group = self._groups.pop() if self._groups else _Group()
        begin = self.copied.begin
        if group.kind:
            self._end_block()
        if group.kind == "heading" and begin is not None:
            self.copied.add_heading(begin, group.level)

    def write_notes(self) -> None:
        """Write the footnotes, counted from 1."""
        copied = self.copied
        for number, (begin, end) in enumerate(self._notes, 1):
            blocks = len(copied.blocks)
            self.write(begin, end)
            if len(copied.blocks) > blocks:
                start = copied.blocks[blocks].start
                copied.add_place(Place(start, copied.length, "notes", number, f"footnote {number}"))
