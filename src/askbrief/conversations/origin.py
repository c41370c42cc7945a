"""Origins: the outlet and the link that an article states, for citations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_HEAD_CHARACTERS = 1500
_FIELD = re.compile(
    r"^[ \t]*(?P<name>source|publisher|publication|outlet|site|website|newspaper|url|link|canonical)[ \t]*[:=][ \t]*"
    r"[\"']?(?P<value>[^\n\"']+)",
    re.IGNORECASE | re.MULTILINE,
)
_LINK = re.compile(r"https?://[^\s<>\"')\]]+")
_LINK_LINE = re.compile(rf"^[ \t]*<?({_LINK.pattern})>?[ \t]*$", re.MULTILINE)
_WIRE = re.compile(r"^[^\n]{0,60}?\((?P<name>[A-Z][\w.&’' ]{1,30})\)\s*[-–—]", re.MULTILINE)
_TITLE_END = re.compile(r"\s[-–—|]\s(?P<name>[A-Z][\w.&’' ]{1,30})$")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an article was published.

    Attributes:
        outlet: Name of the newspaper, agency or site; '' where it is not stated.
        link: Its address; '' where it is not stated.
    """

    outlet: str = ""
    link: str = ""


def find_origin(title: str, text: str) -> Origin:
    """The outlet and link that an article states at its head: in fields, a dateline, the end of its title or a link."""
    head = text[:_HEAD_CHARACTERS]
    fields = {match["name"].lower(): match["value"].strip() for match in reversed(list(_FIELD.finditer(head)))}
    link, outlet = "", ""
    for name, value in fields.items():
        if found := _LINK.match(value):
            link = link or found[0].rstrip(".,;")
        elif name not in ("url", "link", "canonical"):
            outlet = outlet or value
    if not link and (line := _LINK_LINE.search(head)):
        link = line[1].rstrip(".,;")
    if not outlet and (match := _WIRE.search(head) or _TITLE_END.search(title.strip())):
        outlet = match["name"]
    if not outlet and link:
        outlet = (urlsplit(link).hostname or "").removeprefix("www.")
    return Origin(" ".join(outlet.split()), link)
