"""The commands of LaTeX that stand for characters, and those whose arguments are no text."""

from __future__ import annotations

import unicodedata

SECTIONS = {
    "part": 1, "chapter": 2, "section": 3, "subsection": 4, "subsubsection": 5, "paragraph": 6, "subparagraph": 7,
    "frametitle": 3,
}  # fmt: skip
# Commands and how many of their arguments are no text; those after them are.
DROPPED = {
    "label": 1, "ref": 1, "eqref": 1, "pageref": 1, "autoref": 1, "cref": 1, "Cref": 1, "vref": 1, "nameref": 1,
    "cite": 1, "citep": 1, "citet": 1, "citealp": 1, "citealt": 1, "citeauthor": 1, "citeyear": 1, "parencite": 1,
    "textcite": 1, "autocite": 1, "footcite": 1, "nocite": 1, "includegraphics": 1, "vspace": 1, "hspace": 1,
    "input": 1, "include": 1, "bibliography": 1, "bibliographystyle": 1, "setlength": 2, "addtolength": 2,
    "setcounter": 2, "addtocounter": 2, "pagestyle": 1, "thispagestyle": 1, "color": 1, "textcolor": 1,
    "colorbox": 1, "href": 1, "captionof": 1, "resizebox": 2, "scalebox": 1, "multicolumn": 2, "multirow": 2,
    "hypersetup": 1, "newcommand": 2, "renewcommand": 2, "providecommand": 2, "newenvironment": 3, "usepackage": 1,
    "documentclass": 1, "graphicspath": 1, "index": 1, "addcontentsline": 3, "cline": 1, "cmidrule": 1,
    "lstinputlisting": 1, "verbatiminput": 1, "hyphenation": 1, "rule": 2, "raisebox": 1, "parbox": 1,
    "hypertarget": 1, "fontsize": 2, "selectlanguage": 1, "foreignlanguage": 1, "bibitem": 1, "thanks": 1,
    "phantom": 1, "tag": 1,
}  # fmt: skip
RAW_ENVIRONMENTS = frozenset({"verbatim", "lstlisting", "minted", "Verbatim", "alltt", "equation", "equation*",
    "align", "align*", "gather", "gather*", "eqnarray", "eqnarray*", "displaymath", "math", "multline",
    "multline*"})  # fmt: skip
LEFT_OUT = frozenset({"tikzpicture", "comment", "pgfplots", "filecontents", "filecontents*", "CCSXML"})
TABLES = frozenset({"tabular", "tabular*", "tabularx", "longtable", "array"})
QUOTES = frozenset({"quote", "quotation", "verse", "displayquote"})
# Environments whose first argument says how, not what.
WITH_ARGUMENT = {"tabular": 1, "tabular*": 2, "tabularx": 2, "longtable": 1, "array": 1, "minipage": 1,
    "wrapfigure": 2, "multicols": 1, "thebibliography": 1, "adjustbox": 1, "wraptable": 2, "subfigure": 1}  # fmt: skip
SYMBOLS = {"ldots": "…", "dots": "…", "textellipsis": "…", "LaTeX": "LaTeX", "TeX": "TeX", "ss": "ß",
    "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "o": "ø", "O": "Ø", "aa": "å", "AA": "Å", "l": "ł", "L": "Ł",
    "i": "ı", "S": "§", "P": "¶", "copyright": "©", "pounds": "£", "euro": "€", "texteuro": "€",
    "textdegree": "°", "textbackslash": "\\", "textasciitilde": "~", "textasciigrave": "`", "textbar": "|",
    "quad": " ", "qquad": " ", "times": "×", "cdot": "·", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥",
    "approx": "≈", "pm": "±", "sim": "∼", "neq": "≠", "rightarrow": "→", "to": "→", "leftarrow": "←",
    "infty": "∞", "textquotesingle": "'", "textendash": "–", "textemdash": "—", }  # fmt: skip
ACCENTS = {"'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304",
    ".": "\u0307", "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "k": "\u0328", "r": "\u030a",
    "d": "\u0323", "b": "\u0331"}  # fmt: skip


def find_symbol(word: str) -> str:
    """The character that a command stands for; "" where it is none."""
    if word in SYMBOLS or len(word) < 2:
        return SYMBOLS.get(word, word if word in "%&$#_{}" else "")
    try:
        size = "SMALL" if word[0].islower() else "CAPITAL"
        return unicodedata.lookup(f"GREEK {size} LETTER {word.removeprefix('var').upper()}")
    except KeyError:
        return ""
