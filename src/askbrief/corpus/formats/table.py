"""The table of formats: which family of files a suffix belongs to, and which module reads it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """A family of files.

    Attributes:
        name: What people call it.
        module: The module in this package that reads it.
        function: Its function: (bytes, Budget) to documents.
        version: Number of our own reading of it; another number has every file of it read again.
        library: The distribution that reads it with us; "".
        holds: Whether it holds files that are read by this table.
    """

    name: str
    module: str
    function: str
    version: int = 1
    library: str = ""
    holds: bool = False

    @property
    def extractor(self) -> str:
        """Name and versions of what reads it."""
        if not self.library:
            return f"{self.name} {self.version}"
        from importlib.metadata import PackageNotFoundError, version

        try:
            return f"{self.name} {self.version} {self.library} {version(self.library)}"
        except PackageNotFoundError:
            return f"{self.name} {self.version}"


DOCX = Format("docx", "word", "extract_docx", version=2)
PPTX = Format("pptx", "slides", "extract_pptx", version=2)
XLSX = Format("xlsx", "sheets", "extract_xlsx", library="python-calamine")
ODT = Format("odt", "odf", "extract_odt", version=2)
ODS = Format("ods", "sheets", "extract_ods", library="python-calamine")
XLS = Format("xls", "sheets", "extract_xls", library="python-calamine")
EPUB = Format("epub", "epub", "extract_epub", version=2)
HTML = Format("html", "webpages", "extract_html", version=2, library="trafilatura")
PDF = Format("pdf", "pdf", "extract_pdf", library="pypdfium2")
RTF = Format("rtf", "rtf", "extract_rtf", version=2, library="striprtf")
CSV = Format("csv", "tables", "extract_csv")
JSONL = Format("jsonl", "records", "extract_jsonl")
EML = Format("eml", "mail", "extract_eml", holds=True)
MHTML = Format("mhtml", "mail", "extract_mhtml", version=2, library="trafilatura")
MSG = Format("msg", "outlook", "extract_msg", library="olefile", holds=True)
XML = Format("xml", "feeds", "extract_xml", version=2)
SUBTITLES = Format("subtitles", "transcripts", "extract_subtitles")
ZIP = Format("zip", "containers", "extract_zip", holds=True)
GZ = Format("gz", "containers", "extract_gz", holds=True)
PLAIN = Format("plain", "plain", "extract_text")
MARKDOWN = Format("markdown", "markdown", "extract_markdown")

FORMATS: dict[str, Format] = {".docx": DOCX, ".docm": DOCX, ".dotx": DOCX, ".pptx": PPTX, ".pptm": PPTX,
    ".ppsx": PPTX, ".potx": PPTX, ".xlsx": XLSX, ".xlsm": XLSX, ".xlsb": XLSX, ".xltx": XLSX,
    ".xls": XLS, ".odt": ODT, ".ott": ODT, ".fodt": ODT, ".odp": ODT, ".fodp": ODT, ".ods": ODS,
    ".epub": EPUB, ".html": HTML, ".htm": HTML, ".xhtml": HTML, ".mhtml": MHTML, ".mht": MHTML,
    ".pdf": PDF, ".rtf": RTF, ".csv": CSV, ".tsv": CSV, ".json": Format("json", "records", "extract_json"),
    ".jsonl": JSONL, ".ndjson": JSONL, ".eml": EML, ".mbox": Format("mbox", "mail", "extract_mbox",
    holds = True), ".msg": MSG, ".xml": XML, ".rss": XML, ".atom": XML, ".tei": XML, ".jats": XML,
    ".nxml": XML, ".fb2": XML, ".srt": SUBTITLES, ".vtt": SUBTITLES, ".rst": Format("rst", "lightmarkup",
    "extract_rst"), ".org": Format("org", "lightmarkup", "extract_org"), ".adoc":(_ADOC := Format("asciidoc",
    "lightmarkup", "extract_asciidoc")), ".asciidoc": _ADOC, ".tex":(_LATEX := Format("latex", "latex",
    "extract_latex")), ".latex": _LATEX, ".zip": ZIP, ".gz": GZ, ".txt": PLAIN, ".md": MARKDOWN,
    ".markdown": MARKDOWN, }  # fmt: skip
SUFFIXES = frozenset(FORMATS)
TEXT = frozenset(suffix for suffix, kind in FORMATS.items() if kind in (PLAIN, MARKDOWN))
"""Suffixes of files that are text as they are."""
_NAMING = frozenset(("pdf", "word", "slides", "sheets", "odf", "epub", "rtf"))
ENCODED = frozenset(suffix for suffix, kind in FORMATS.items() if kind.module not in _NAMING)
"""Suffixes of files that are text, or hold text, in an encoding that may be set; the others always name their own."""


def suffix_of(path: str) -> str:
    """The suffix that decides, in lower case."""
    stem, dot, ending = path.rpartition("/")[2].rpartition(".")
    return f"{dot}{ending}".lower() if stem else ""


def is_read(path: str) -> bool:
    """Whether files of this name are read; of ".gz" the name inside decides."""
    suffix = suffix_of(path)
    return is_read(path[: -len(suffix)]) if suffix == ".gz" else suffix in FORMATS
