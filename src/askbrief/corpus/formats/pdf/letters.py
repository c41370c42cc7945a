"""Letters: the signs that glyphs stand for: accents put onto letters, ligatures resolved, notes raised."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from askbrief.corpus.formats.pdf.bidi import is_right_to_left, reorder
from askbrief.corpus.formats.pdf.glyphs import QUARTZ, Floats, Glyphs, Index

SMALL = 0.85  # font size of superscripts and subscripts, in units of the text's

_SPACE_BACKWARD = 0.2  # gap that is a space where letters run from right to left, in units of the font size
_SPACE_HINTED = 0.12  # the same where PDFium has a space before one of the two letters
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_FRACTION = re.compile(r"(\d?)([⁰¹²³⁴-⁹]+)[/⁄](\d+)")
_LIGATURES = {
    0xFB00: "ff",
    0xFB01: "fi",
    0xFB02: "fl",
    0xFB03: "ffi",
    0xFB04: "ffl",
    0xFB05: "st",
    0xFB06: "st",
    0x200B: "",
    0x2060: "",
    0xFEFF: "",
    0x00A0: " ",
}
# macOS writes the character code of TeX's ff ligature as that of the return key.
_QUARTZ_FF = re.compile(r"(?<=[A-Za-z])↵|↵(?=[a-z])")
# ... and those of ffi and ffl as zero: the former stands before consonants, the latter before vowels.
_QUARTZ_FFI = re.compile(rf"(?<=[a-zA-Z]){chr(QUARTZ)}(?=[b-df-hj-np-tv-z])")
_QUARTZ_FFL = re.compile(rf"(?<=[a-zA-Z]){chr(QUARTZ)}(?=[aeiou])")
_MAX_ACCENTS = 3000  # on a page
_DOTLESS_I = 0x131
_ACCENTS = {
    0x60: "\u0300",
    0xB4: "\u0301",
    0x5E: "\u0302",
    0x2C6: "\u0302",
    0x7E: "\u0303",
    0x2DC: "\u0303",
    0xAF: "\u0304",
    0x2D8: "\u0306",
    0x2D9: "\u0307",
    0xA8: "\u0308",
    0x2DA: "\u030a",
    0x2DD: "\u030b",
    0x2C7: "\u030c",
    0xB8: "\u0327",
    0x2DB: "\u0328",
}


def compose_accents(glyphs: Glyphs) -> tuple[Index, NDArray[np.bool_]]:
    """Put separately drawn accents onto their letters.

    Returns:
        The codes of the glyphs, and which of the glyphs are now part of another.
    """
    codes, absorbed = glyphs.codes.copy(), np.zeros(len(glyphs.codes), bool)
    left, right, base, size = glyphs.left, glyphs.right, glyphs.base, glyphs.size
    for i in np.flatnonzero(np.isin(codes, list(_ACCENTS)))[:_MAX_ACCENTS]:
        overlap = np.minimum(right, right[i]) - np.maximum(left, left[i])
        overlap[(np.abs(base - base[i]) > 0.5 * size[i]) | (codes == codes[i])] = 0.0
        j = int(overlap.argmax())
        letter = "i" if codes[j] == _DOTLESS_I else chr(codes[j])
        composed = unicodedata.normalize("NFC", letter + _ACCENTS[int(codes[i])])
        if overlap[j] > 0.5 * (right[i] - left[i]) > 0 and letter.isalpha() and len(composed) == 1:
            codes[j], absorbed[i] = ord(composed), True
    return codes, absorbed


def raise_notes(characters: list[str], size: Floats, base: Floats, *, usual: float) -> None:
    """Put raised small digits as superscripts, in place.

    Args:
        characters: Of a line.
        size: Their font sizes, shape (n,).
        base: Their baselines, shape (n,).
        usual: Font size of most of the line.
    """
    small = size < SMALL * usual
    if small.any() and not small.all():
        level = float(np.median(base[~small]))
        for i in np.flatnonzero(small & (base > level + 0.12 * usual)):
            characters[i] = characters[i].translate(_SUPERSCRIPTS)


def _write_fraction(found: re.Match[str]) -> str:
    whole = f"{found[1]} " if found[1] else ""
    return f"{whole}{found[2].translate(_DIGITS)}/{found[3]}"


def resolve_ligatures(text: str) -> str:
    """Write ligatures as their letters, and every white space as one blank."""
    text = text.translate(_LIGATURES)
    text = _FRACTION.sub(_write_fraction, text)
    if "↵" in text:
        text = _QUARTZ_FF.sub("ff", text)
    if chr(QUARTZ) in text:
        text = _QUARTZ_FFI.sub("ffi", _QUARTZ_FFL.sub("ffl", text)).replace(chr(QUARTZ), "\ufffd")
    return " ".join(text.split())


@dataclass(frozen=True, slots=True)
class Run:
    """Glyphs of one line: their codes and horizontal ends, as in ``Glyphs``, shape (n,) each, and their font size."""

    codes: Index
    left: Floats
    right: Floats
    space: Index
    shared: NDArray[np.bool_]
    size: float


def write_both_ways(characters: list[str], glyphs: Run, *, right_to_left: bool) -> str:
    """Write a line that has letters of a right-to-left script in the order in which they are read.

    Args:
        characters: Of the glyphs.
        glyphs: Where they stand; from the right if the page is ``right_to_left``.
        right_to_left: Direction of the page.
    """
    units: list[tuple[float, float, str, bool]] = []
    marks: list[tuple[float, str]] = []
    for i, character in enumerate(characters):
        left, right = float(glyphs.left[i]), float(glyphs.right[i])
        if unicodedata.combining(character):
            marks.append(((left + right) / 2, character))
        elif glyphs.shared[i] and units:
            # PDFium turns the letters of these ligatures around.
            last = units.pop()
            joined = character + last[2] if is_right_to_left(int(glyphs.codes[i])) else last[2] + character
            units.append((last[0], last[1], joined, last[3]))
        else:
            units.append((left, right, character, glyphs.space[i] in (1, 2)))
    units.sort()
    for middle, mark in marks:
        if units:
            at = min(range(len(units)), key=lambda k: abs(units[k][0] + units[k][1] - 2 * middle))
            units[at] = (*units[at][:2], units[at][2] + mark, units[at][3])
    seen: list[str] = []
    end, hinted = units[0][1] if units else 0.0, False
    for left, right, text, hint in units:
        if left - end > (_SPACE_HINTED if hint or hinted else _SPACE_BACKWARD) * glyphs.size:
            seen.append(" ")
        seen.append(text)
        end, hinted = max(end, right), hint
    return "".join(reorder(seen, right_to_left=right_to_left))
