"""Display: text made safe and short for a terminal."""

from __future__ import annotations

_CONTROL = dict.fromkeys((code for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"), "\ufffd")
_CONTROL |= dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C), "\ufffd")
_CONTROL |= dict.fromkeys(range(0xD800, 0xE000), "\ufffd") | {0x2028: " ", 0x2029: " "}


def printable(text: str) -> str:
    """``text`` fit for a terminal, of equal length.

    Control and direction-changing characters and single surrogates become U+FFFD, Unicode's line and paragraph
    separators blanks. Newlines and tabs stay.
    """
    return text.translate(_CONTROL)


def one_line(text: str) -> str:
    """``text`` fit for one line of a terminal and of equal length: ``printable``, with newlines and tabs as blanks."""
    return printable(text).replace("\n", " ").replace("\t", " ")


def count_noun(number: int, noun: str) -> str:
    """A number with its noun, in the plural but for 1."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def describe_seconds(seconds: float) -> str:
    """A duration in words, roughly: "about 2 minutes"."""
    for unit, length in (("hour", 3600), ("minute", 60)):
        if seconds >= 1.5 * length:
            return f"about {count_noun(round(seconds / length), unit)}"
    return f"about {count_noun(max(1, round(seconds)), 'second')}"


def shorten(text: str, limit: int) -> str:
    """``text`` on one line, cut at a word border to at most ``limit`` characters with an ellipsis."""
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    return (cut[: cut.rfind(" ")] if " " in cut else cut).rstrip(" ,;:-–—") + "…"
