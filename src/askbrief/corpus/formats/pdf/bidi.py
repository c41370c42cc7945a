"""Direction: the glyphs of a line, sorted as they stand, put into the order in which they are read."""

from __future__ import annotations

import unicodedata

import numpy as np
from numpy.typing import NDArray

_SEPARATORS = ".,:/-'’٫٬"


def is_right_to_left(code: int) -> bool:
    """Whether a character is a letter or mark of Hebrew, Arabic or a script related to them."""
    return 0x590 <= code < 0x900 or 0xFB1D <= code < 0xFE00 or 0xFE70 <= code < 0xFEFF


def find_right_to_left(codes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """``is_right_to_left`` of each code, shape (n,)."""
    found = (codes >= 0x590) & (codes < 0x900) | (codes >= 0xFB1D) & (codes < 0xFE00)
    return found | (codes >= 0xFE70) & (codes < 0xFEFF)


def reorder(characters: list[str], *, right_to_left: bool) -> list[str]:
    """Turn the stretches around that run against the direction of the line.

    Args:
        characters: As seen along the line, from the right if it is ``right_to_left``; each may have several letters.
        right_to_left: Direction of the line.

    Returns:
        The same characters in reading order.
    """
    turned = "L" if right_to_left else "R"
    classes = [_classify(each) for each in characters]
    result: list[str] = []
    at = 0
    while at < len(characters):
        if classes[at] not in (turned, "N") or (not right_to_left and classes[at] == "N"):
            result.append(characters[at])
            at += 1
            continue
        end = _find_end(characters, classes, at, turned)
        stretch = characters[at:end][::-1]
        result += stretch if right_to_left else _turn_numbers(stretch)
        at = end
    return result


def _classify(text: str) -> str:
    """L for letters of the left-to-right scripts, R for the others', N for digits, "" for everything else."""
    letter = text[:1]
    if letter and is_right_to_left(ord(letter)):
        return "N" if unicodedata.category(letter) == "Nd" else "R"
    if letter.isdigit():
        return "N"
    if letter.isalpha():
        return "L"
    return ""


def _find_end(characters: list[str], classes: list[str], at: int, turned: str) -> int:
    """Where a stretch that begins at ``at`` ends: after its last letter or digit of its own direction."""
    end, strong = at + 1, classes[at] == turned
    i = end
    while i < len(characters):
        if classes[i] in (turned, "N"):
            gap = "".join(characters[end:i])
            if strong or classes[i] == turned or (len(gap) <= 1 and gap in _SEPARATORS):
                strong = strong or classes[i] == turned
                end = i + 1
            else:
                break
        elif classes[i]:
            break
        i += 1
    return end


def _turn_numbers(characters: list[str]) -> list[str]:
    """Turn the numbers within a stretch that was turned around back."""
    result: list[str] = []
    at = 0
    while at < len(characters):
        end = at
        while end < len(characters) and characters[end][:1].isdigit():
            end += 1
        if end == at:
            result.append(characters[at])
            at += 1
        else:
            result += characters[at:end][::-1]
            at = end
    return result
