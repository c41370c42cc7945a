"""Markdown inside a block: what is shown of it, each character with its place in the source.

markdown-it parses; it keeps no places within a line, so the parser's state notes where each piece of text comes from.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any, Literal

from markdown_it import MarkdownIt
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

Shown = list[tuple[str, int]]
"""Characters with their places in the source; an inserted one has the place -1."""
_WIKI_LINK = re.compile(r"!?\[\[(?P<target>[^\[\]|\n]+)(?:\|(?P<label>[^\[\]\n]*))?\]\]")
_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[|\]\]>|<[?!][^<>]*>"
    r"|</?(?P<name>[a-zA-Z][\w:-]*)(?:\"[^\"<]*\"|'[^'<]*'|[^<>\"'])*>",
    re.DOTALL,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[A-Za-z][A-Za-z\d]{1,31});")
_HIDDEN = frozenset(("script", "style", "template", "noscript", "head"))
_BREAKING = re.compile(
    r"address|article|aside|blockquote|br|center|d[dlt]|details|div|fieldset|figcaption|figure|footer|form|h[1-6r]|header"
    r"|li|main|nav|[ou]l|option|p|pre|section|summary|table|t(?:body|foot|head|r)|title"
)
_MAX_NESTING = 100
_CELLS = frozenset(("td", "th"))


class _PlacedState(StateInline):
    """The state of parsing a block's text, in which each token knows its places."""

    def __init__(self, src: str, md: MarkdownIt, env: Any, tokens: list[Token]) -> None:
        super().__init__(src, md, env, tokens)
        self._places: list[int] = []
        self._runs: dict[int, int] = {}

    def append_pending(self, text: str) -> None:
        self._places.extend(range(self.pos, self.pos + len(text)))
        super().append_pending(text)

    @property
    def pending(self) -> str:
        """Text that is not yet a token."""
        return StateInline.pending.fget(self)  # type: ignore[attr-defined, no-any-return]

    @pending.setter
    def pending(self, value: str) -> None:
        added = len(value) - len(self._places)
        if added > 0:
            self._places.extend(range(self.pos, self.pos + added))
        del self._places[len(value) :]
        StateInline.pending.fset(self, value)  # type: ignore[attr-defined]

    def pushPending(self) -> Token:  # noqa: N802
        places = list(self._places)
        token = super().pushPending()
        token.meta = {"places": places}
        return token

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        token = super().push(ttype, tag, nesting)
        run = self._runs.get(self.pos, 0)
        self._runs[self.pos] = run + (ttype == "text")
        token.meta = {"at": self.pos, "run": run}
        return token


class _PlacedParser(ParserInline):
    def parse(self, src: str, md: MarkdownIt, env: Any, tokens: list[Token]) -> list[Token]:
        state = _PlacedState(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


def build_parser() -> MarkdownIt:
    """A parser of CommonMark with tables, strikethrough, footnotes and wiki links, whose inline tokens have places."""
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": _MAX_NESTING})
    parser.inline = _PlacedParser()
    parser.enable(["table", "strikethrough"])
    parser.inline.ruler.enable(["strikethrough"])
    parser.disable(["text_join", "fragments_join"])
    footnote_plugin(parser, inline=False, move_to_end=False)
    parser.inline.ruler.before("link", "wiki_link", _wiki_link)
    return parser


def _wiki_link(state: StateInline, silent: bool) -> bool:
    """``[[page|label]]`` shows its label, ``[[page]]`` the page."""
    match = _WIKI_LINK.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        end_of_line = state.posMax
        state.pos, state.posMax = match.span("label" if (match["label"] or "").strip() else "target")
        state.push("wiki_open", "a", 1)
        state.md.inline.tokenize(state)
        state.push("wiki_close", "a", -1)
        state.posMax = end_of_line
    state.pos = match.end()
    return True


def render_inline(tokens: Sequence[Token], source: str) -> Shown:
    """What is shown of a block's inline tokens, with places in ``source``, the block's text."""
    shown: Shown = []
    hidden = ""
    for token in tokens:
        if token.type == "html_inline":
            match = _TAG.match(token.content)
            name = ((match and match["name"]) or "").lower()
            if name in _HIDDEN:
                hidden = "" if token.content.startswith("</") else name
            elif name == "br":
                shown.append(("\n", -1))
        elif not hidden:
            shown += _render_token(token, source)
    return shown


def _render_token(token: Token, source: str) -> Shown:
    at = token.meta.get("at", 0)
    if token.type in ("softbreak", "hardbreak"):
        newline = source.find("\n", at)
        return [("\n", newline)]
    if token.type == "image":
        inner = render_inline(token.children or (), token.content)
        return [(character, place + at + 2 if place >= 0 else -1) for character, place in inner]
    if token.type == "code_inline":
        start = at + len(token.markup)
        start += not source[start:].replace("\n", " ").startswith(token.content) or (
            source[start : start + 1] in " \n" and not token.content.startswith(" ")
        )
        return [(character, start + number) for number, character in enumerate(token.content)]
    if token.type == "text_special":
        if token.info == "entity":
            return [(character, at) for character in token.content]
        shift = len(token.markup) - len(token.content)
        return [(character, at + shift + number) for number, character in enumerate(token.content)]
    if token.type != "text" or not token.content:
        return []
    if "places" in token.meta:
        return list(zip(token.content, token.meta["places"], strict=True))
    if source[at : at + 1] == "<":  # the address in angle brackets, as it is written
        end = source.find(">", at)
        return [(source[place], place) for place in range(at + 1, end)]
    start = at + (token.meta["run"] if len(token.content) == 1 else 0)
    return [(character, start + number) for number, character in enumerate(token.content)]


def render_html(source: str, start: int, end: int) -> Shown:
    """What is shown of HTML: its text without tags, scripts and styles; blocks begin on a line of their own."""
    shown: Shown = []
    hidden = ""
    at = start
    for tag in [*_TAG.finditer(source, start, end), None]:
        if not hidden:
            shown += _render_entities(source, at, tag.start() if tag else end)
        if tag is None:
            break
        at = tag.end()
        name = (tag["name"] or "").lower()
        is_closing = tag[0].startswith("</")
        if hidden:
            hidden = "" if is_closing and name == hidden else hidden
        elif name in _HIDDEN and not is_closing and not tag[0].endswith("/>"):
            hidden = name
        elif _BREAKING.fullmatch(name):
            shown.append(("\n", -1))
        elif name in _CELLS:
            shown.append(("\t", -1))
    return shown


def _render_entities(source: str, start: int, end: int) -> Shown:
    shown: Shown = []
    at = start
    for match in _ENTITY.finditer(source, start, end):
        shown += zip(source[at : match.start()], range(at, match.start()), strict=True)
        shown += [(character, match.start()) for character in html.unescape(match[0])]
        at = match.end()
    shown += zip(source[at:end], range(at, end), strict=True)
    return shown
