"""Reads XML as a stream of events or as a tree, without entities of its own, network or deep recursion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html.entities import html5
from typing import Literal, NamedTuple
from xml.etree import ElementTree
from xml.parsers import expat

from askbrief.corpus.formats.limits import MEBIBYTE, Budget, UnreadableError
from askbrief.corpus.formats.writer import clean

DEPTH = 300


class Event(NamedTuple):
    """One event of a document: an element begins or ends, or text stands.

    Attributes:
        kind: Which of the three.
        name: The element's name without its namespace; "" for text.
        attributes: Those of a beginning element, names without their namespaces (but "r:id" in Office files).
        text: The characters of a text event.
    """

    kind: Literal["start", "end", "text"]
    name: str
    attributes: dict[str, str]
    text: str = ""


def _plain(name: str) -> str:
    """An attribute's name without its namespace, but "r:id" for the relationships of Office files beside "id"."""
    space, _, local = name.rpartition("}")
    return f"r:{local}" if space.endswith("/relationships") else local


class _Handler:
    """Turns expat's callbacks into events."""

    def __init__(self, encoding: str | None) -> None:
        self.events: list[Event] = []
        self.depth = 0
        parser = self.parser = expat.ParserCreate(encoding, "}")
        parser.buffer_text = True
        parser.buffer_size = 1 << 16
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.EntityDeclHandler = self._declare
        parser.SkippedEntityHandler = self._skip
        parser.UseForeignDTD(True)
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > DEPTH:
            raise UnreadableError(f"its XML is nested deeper than {DEPTH:,} elements")
        self.events.append(
            Event("start", name.rpartition("}")[2], {_plain(key): attributes[key] for key in attributes})
        )

    def _end(self, name: str) -> None:
        self.depth -= 1
        self.events.append(Event("end", name.rpartition("}")[2], {}))

    def _text(self, text: str) -> None:
        self.events.append(Event("text", "", {}, text))

    def _declare(self, *declaration: object) -> None:
        raise UnreadableError("declares XML entities of its own, which are not read")

    def _skip(self, name: str, is_parameter: int) -> None:
        if not is_parameter and name + ";" in html5:
            self._text(html5[name + ";"])


def iter_events(
    chunks: Iterable[bytes], budget: Budget | None = None, *, encoding: str | None = None
) -> Iterator[Event]:
    """The events of a document that comes in chunks.

    Args:
        chunks: The bytes of the file.
        budget: Where broken XML is reported, after the events before it; without it the error is raised.
        encoding: What the bytes are in, whatever the document declares; None to believe it.

    Raises:
        UnreadableError: It declares entities, is nested too deep, or is broken and ``budget`` is None.
    """
    handler = _Handler(encoding)
    try:
        for chunk in chunks:
            for at in range(0, len(chunk), MEBIBYTE):
                handler.parser.Parse(chunk[at : at + MEBIBYTE], False)
                yield from handler.events
                handler.events.clear()
        handler.parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        yield from handler.events
        sentence = f"its XML is broken at line {handler.parser.CurrentLineNumber:,}; the rest was not read"
        if budget is None:
            raise UnreadableError(sentence) from error
        budget.report(sentence)
        return
    yield from handler.events


def load_text_tree(text: str, budget: Budget | None = None) -> ElementTree.Element:
    """The tree of a document that is decoded already; otherwise as ``load_tree``."""
    return load_tree([clean(text).encode("utf-8")], budget, encoding="utf-8")


def load_tree(
    chunks: Iterable[bytes], budget: Budget | None = None, *, encoding: str | None = None
) -> ElementTree.Element:
    """The tree of a document; names are without namespaces.

    Args:
        chunks: The bytes of the file.
        budget: Where broken XML is reported; what was open there is closed. Without it the error is raised.
        encoding: What the bytes are in, whatever the document declares.

    Raises:
        UnreadableError: As in ``iter_events``, or there is no element.
    """
    builder = ElementTree.TreeBuilder()
    stack: list[str] = []
    seen = False
    for event in iter_events(chunks, budget, encoding=encoding):
        if event.kind == "start":
            builder.start(event.name, event.attributes)
            stack.append(event.name)
            seen = True
        elif event.kind == "end":
            builder.end(stack.pop())
        elif stack:
            builder.data(event.text)
    if not seen:
        raise UnreadableError("holds no XML element")
    while stack:
        builder.end(stack.pop())
    return builder.close()
