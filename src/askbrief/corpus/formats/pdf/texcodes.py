"""TeX's codes: what the numbers of glyphs mean in bitmap fonts that TeX makes, which name no characters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MIN_LETTERS = 60
_SIMILAR = 0.85  # cosine of the letters' frequencies and those of European languages

# Per thousand letters, the mean of English, French, German and Spanish.
_FREQUENCIES = dict(
    zip(
        "etaoinsrhldcumpfgbvwyqzkjx",
        (143, 74, 81, 58, 73, 79, 73, 67, 34, 42, 42, 31, 43, 27, 22, 16, 17, 15, 12, 9, 9, 7, 5, 5, 4, 2),
        strict=True,
    )
)
_SHARED = {code: code for code in range(0x21, 0x7F)}
_LIGATURES = (0xFB00, 0xFB01, 0xFB02, 0xFB03, 0xFB04)
_OLD = {
    **dict(zip(range(0x0B, 0x10), _LIGATURES, strict=True)),
    0x10: 0x131,
    0x12: 0x60,
    0x13: 0xB4,
    0x19: 0xDF,
    0x1A: 0xE6,
    0x1B: 0x153,
    0x1C: 0xF8,
    0x22: 0x201D,
    0x27: 0x2019,
    0x5C: 0x201C,
    0x60: 0x2018,
    0x7B: 0x2013,
    0x7C: 0x2014,
    0x7F: 0xA8,
}
_CORK = {
    **{code: code for code in range(0xC0, 0x100)},
    **dict(zip(range(0x10, 0x17), (0x201C, 0x201D, 0x201E, 0xAB, 0xBB, 0x2013, 0x2014), strict=True)),
    **dict(zip(range(0x1B, 0x20), _LIGATURES, strict=True)),
    0x27: 0x2019,
    0x60: 0x2018,
    0xD7: 0x152,
    0xF7: 0x153,
    0xFF: 0xDF,
}


def find_codes(counts: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """What codes mean, if their frequencies are those of the letters of a text; None if they are not.

    Args:
        counts: How often each code stands in a file, shape (256,).

    Returns:
        The Unicode code point of each code by the old encoding of TeX (OT1) or the one of Cork (T1), 0 where there is
        none, shape (256,).
    """
    letters = counts[ord("a") : ord("z") + 1]
    usual = np.array([_FREQUENCIES[chr(code)] for code in range(ord("a"), ord("z") + 1)])
    if letters.sum() < max(_MIN_LETTERS, 0.5 * counts.sum()):
        return None
    if float(letters @ usual) < _SIMILAR * float(np.linalg.norm(letters) * np.linalg.norm(usual)):
        return None
    cork = counts[0x10:0x17].sum() + counts[0xC0:0xFF].sum() + counts[0x1D:0x20].sum() > counts[0x0B:0x10].sum()
    meanings = np.zeros(256, np.int64)
    for code, meaning in (_SHARED | (_CORK if cork else _OLD)).items():
        meanings[code] = meaning
    return meanings
