"""Files of many kinds made of an article, as plainly as their programs would write them."""

from __future__ import annotations

import csv
import io
import json
import textwrap
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from html import escape

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_LINES_A_PAGE = 52


@dataclass(frozen=True, slots=True)
class Article:
    """What a file is made of.

    Attributes:
        title: Its headline.
        day: Its date, ISO 8601.
        paragraphs: Its text.
    """

    title: str
    day: str
    paragraphs: tuple[str, ...]


def write_text(article: Article) -> bytes:
    return "\n\n".join((article.title, article.day, *article.paragraphs)).encode()


def write_markdown(article: Article) -> bytes:
    return "\n\n".join((f"# {article.title}", article.day, *article.paragraphs)).encode()


def write_html(article: Article) -> bytes:
    body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in article.paragraphs)
    head = f'<meta charset="utf-8"><title>{escape(article.title)}</title>'
    page = f"<article><h1>{escape(article.title)}</h1><time>{article.day}</time>{body}</article>"
    return f"<!doctype html><html><head>{head}</head><body><nav>Home News Sport</nav>{page}</body></html>".encode()


def write_csv(article: Article) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("Number", "Day", "Text"))
    writer.writerows((number, article.day, paragraph) for number, paragraph in enumerate(article.paragraphs, 1))
    return out.getvalue().encode()


def write_json(article: Article) -> bytes:
    return json.dumps({"title": article.title, "date": article.day, "text": "\n\n".join(article.paragraphs)}).encode()


def write_jsonl(article: Article) -> bytes:
    return "\n".join(json.dumps({"day": article.day, "text": paragraph}) for paragraph in article.paragraphs).encode()


def write_eml(article: Article) -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = article.title[:200], "Ann <a@b.example>", "c@d.example"
    message["Date"] = "Mon, 04 May 2026 10:00:00 +0000"
    message.set_content("\n\n".join(article.paragraphs))
    return message.as_bytes()


def write_mbox(article: Article) -> bytes:
    return b"From a@b.example Mon May  4 10:00:00 2026\n" + write_eml(article).replace(b"\nFrom ", b"\n>From ") + b"\n"


def write_rtf(article: Article) -> bytes:
    def code(text: str) -> str:
        marked = text.replace("\\", "\\\\").replace("{", "\\{").replace("}", "\\}")
        return "".join(c if c.isascii() else f"\\u{ord(c) if ord(c) < 32768 else 63}?" for c in marked)

    body = "\\par\n".join(code(paragraph) for paragraph in (article.title, *article.paragraphs))
    return f"{{\\rtf1\\ansi\\deff0{{\\fonttbl{{\\f0 Times;}}}}\n{body}\\par}}".encode()


def write_srt(article: Article) -> bytes:
    lines = [line for paragraph in article.paragraphs for line in textwrap.wrap(paragraph, 60)]
    return "\n".join(
        f"{number + 1}\n{_clock(4 * number)} --> {_clock(4 * number + 4)}\n{line}\n"
        for number, line in enumerate(lines)
    ).encode()


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02},000"


def write_rss(article: Article) -> bytes:
    text = escape("".join(f"<p>{escape(paragraph)}</p>" for paragraph in article.paragraphs))
    item = f"<item><title>{escape(article.title)}</title><description>{text}</description></item>"
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>{item}</channel></rss>'.encode()


def write_docx(article: Article) -> bytes:
    body = "".join(f"<w:p><w:r><w:t>{escape(text)}</w:t></w:r></w:p>" for text in (article.title, *article.paragraphs))
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    return _pack(
        {
            **_package("word/document.xml"),
            "word/document.xml": f"<w:document {space}><w:body>{body}</w:body></w:document>",
        }
    )


def write_pptx(article: Article) -> bytes:
    spaces = (
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
        ' xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
        f' xmlns:r="{_OFFICE}"'
    )
    slides = {}
    for number, text in enumerate(article.paragraphs, 1):
        shape = f"<p:sp><p:txBody><a:p><a:r><a:t>{escape(text)}</a:t></a:r></a:p></p:txBody></p:sp>"
        slides[f"ppt/slides/slide{number}.xml"] = (
            f"<p:sld {spaces}><p:cSld><p:spTree>{shape}</p:spTree></p:cSld></p:sld>"
        )
    ids = "".join(f'<p:sldId id="{255 + at}" r:id="rId{at}"/>' for at in range(1, len(slides) + 1))
    return _pack(
        {
            **_package("ppt/presentation.xml"),
            "ppt/presentation.xml": f"<p:presentation {spaces}><p:sldIdLst>{ids}</p:sldIdLst></p:presentation>",
            "ppt/_rels/presentation.xml.rels": _relate("slide", [name.removeprefix("ppt/") for name in slides]),
            **slides,
        }
    )


def write_xlsx(article: Article) -> bytes:
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    rows = [("Number", "Text"), *((str(at), text) for at, text in enumerate(article.paragraphs, 1))]
    cells = "".join(
        f'<row r="{at}">'
        + "".join(
            f'<c r="{column}{at}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
            for column, value in zip("AB", row, strict=True)
        )
        + "</row>"
        for at, row in enumerate(rows, 1)
    )
    sheets = '<sheets><sheet name="News" sheetId="1" r:id="rId1"/></sheets>'
    book = f'<workbook {space} xmlns:r="{_OFFICE}">{sheets}</workbook>'
    kinds = (
        '<Override PartName="/xl/workbook.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    )
    return _pack(
        {
            **_package("xl/workbook.xml", kinds=kinds),
            "xl/workbook.xml": book,
            "xl/_rels/workbook.xml.rels": _relate("worksheet", ["worksheets/sheet1.xml"]),
            "xl/worksheets/sheet1.xml": f"<worksheet {space}><sheetData>{cells}</sheetData></worksheet>",
        }
    )


def write_odt(article: Article) -> bytes:
    urn = "urn:oasis:names:tc:opendocument:xmlns"
    body = "".join(f"<text:p>{escape(text)}</text:p>" for text in (article.title, *article.paragraphs))
    content = (
        f'<office:document-content xmlns:office="{urn}:office:1.0" xmlns:text="{urn}:text:1.0">'
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    return _pack({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content})


def write_epub(article: Article) -> bytes:
    body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in article.paragraphs)
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    book = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{escape(article.title)}</dc:title></metadata><manifest>"
        '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>'
        '<spine><itemref idref="a"/></spine></package>'
    )
    chapter = f'<html xmlns="http://www.w3.org/1999/xhtml"><body><h1>{escape(article.title)}</h1>{body}</body></html>'
    return _pack(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": container,
            "book.opf": book,
            "a.xhtml": chapter,
        }
    )


def write_pdf(article: Article) -> bytes:
    lines = [line for text in (article.title, *article.paragraphs) for line in (*textwrap.wrap(text, 90), "")]
    pages = [lines[at : at + _LINES_A_PAGE] for at in range(0, len(lines), _LINES_A_PAGE)]
    kids = " ".join(f"{4 + 2 * at} 0 R" for at in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Times-Roman/Encoding/WinAnsiEncoding>>",
    ]
    for at, page in enumerate(pages):
        drawn = b"BT /F1 11 Tf 60 740 Td 13 TL " + b" ".join(_show(line) for line in page) + b" ET"
        objects += [
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents {5 + 2 * at} 0 R"
            "/Resources<</Font<</F1 3 0 R>>>>>>".encode(),
            f"<</Length {len(drawn)}>>stream\n".encode() + drawn + b"\nendstream",
        ]
    out, starts = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, 1):
        starts.append(len(out))
        out += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = "".join(f"{start:010} 00000 n \n" for start in starts)
    tail = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n<</Size {len(objects) + 1}/Root 1 0 R>>"
    return bytes(out) + f"{tail}\nstartxref\n{len(out)}\n%%EOF\n".encode()


def _show(line: str) -> bytes:
    coded = line.encode("cp1252", "replace").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    return b"(" + coded + b") Tj T*"


def write_zip(article: Article) -> bytes:
    return _pack({"a.md": write_markdown(article), "b.html": write_html(article)})


def _package(main: str, *, kinds: str = "") -> dict[str, str]:
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">{kinds}</Types>',
        "_rels/.rels": _relate("officeDocument", [main]),
    }


def _relate(kind: str, targets: list[str]) -> str:
    rows = "".join(
        f'<Relationship Id="rId{at}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for at, target in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{rows}</Relationships>'


def _pack(members: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


WRITERS: dict[str, Callable[[Article], bytes]] = {
    "txt": write_text,
    "md": write_markdown,
    "html": write_html,
    "csv": write_csv,
    "json": write_json,
    "jsonl": write_jsonl,
    "eml": write_eml,
    "mbox": write_mbox,
    "rtf": write_rtf,
    "srt": write_srt,
    "rss": write_rss,
    "docx": write_docx,
    "pptx": write_pptx,
    "xlsx": write_xlsx,
    "odt": write_odt,
    "epub": write_epub,
    "pdf": write_pdf,
    "zip": write_zip,
}
"""What writes a file of each kind, by suffix."""
