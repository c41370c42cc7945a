"""Small files of office programs and books, written by hand for the tests."""

import io
import zipfile
from collections.abc import Mapping

_CONTENT_TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
_P = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
_S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def pack(members: Mapping[str, str | bytes]) -> bytes:
    """A zip file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def relations(*targets: tuple[str, str]) -> str:
    """A part of relations, whose ids are rId1, rId2, ..."""
    rows = "".join(
        f'<Relationship Id="rId{at}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for at, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}">{rows}</Relationships>'


def docx(body: str, *, styles: str = "", footnotes: str = "", title: str = "", doctype: str = "") -> bytes:
    """A Word file."""
    members: dict[str, str | bytes] = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": relations(("officeDocument", "word/document.xml"), ("core-properties", "docProps/core.xml")),
        "word/_rels/document.xml.rels": relations(("styles", "styles.xml"), ("footnotes", "footnotes.xml")),
        "word/document.xml": f'<?xml version="1.0"?>{doctype}<w:document {W}><w:body>{body}</w:body></w:document>',
        "word/styles.xml": f"<w:styles {W}>{styles}</w:styles>",
        "docProps/core.xml": '<cp:coreProperties xmlns:cp="x" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{title}</dc:title><dc:creator>Ann Lee</dc:creator></cp:coreProperties>",
    }
    if footnotes:
        members["word/footnotes.xml"] = f"<w:footnotes {W}>{footnotes}</w:footnotes>"
    return pack(members)


def paragraph(text: str, *, style: str = "", run: str = "") -> str:
    """A paragraph of a Word file with one run."""
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r>{f'<w:rPr>{run}</w:rPr>' if run else ''}<w:t>{text}</w:t></w:r></w:p>"


def odt(body: str, *, styles: str = "") -> bytes:
    """An OpenDocument text."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "text", "table", "style", "drawing", "presentation")
    )
    content = (
        f"<office:document-content {spaces}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    return pack({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content})


def shape(text: str, *, kind: str = "body") -> str:
    """A shape of a slide with a line of text."""
    return (
        f'<p:sp><p:nvSpPr><p:nvPr><p:ph type="{kind}"/></p:nvPr></p:nvSpPr>'
        f"<p:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
    )


def pptx(slides: list[str], *, notes: dict[int, str] | None = None) -> bytes:
    """A presentation; its slides are stored in the reverse order of their showing."""
    numbers = {at: len(slides) - at for at in range(len(slides))}
    members: dict[str, str | bytes] = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": relations(("officeDocument", "ppt/presentation.xml")),
        "ppt/_rels/presentation.xml.rels": relations(
            *(("slide", f"slides/slide{numbers[at]}.xml") for at in range(len(slides)))
        ),
        "ppt/presentation.xml": f'<p:presentation {_P} xmlns:r="{_OFFICE}"><p:sldIdLst>'
        + "".join(f'<p:sldId id="{256 + at}" r:id="rId{at + 1}"/>' for at in range(len(slides)))
        + "</p:sldIdLst></p:presentation>",
    }
    for at, slide in enumerate(slides):
        number = numbers[at]
        members[f"ppt/slides/slide{number}.xml"] = (
            f"<p:sld {_P} {_A}><p:cSld><p:spTree>{slide}</p:spTree></p:cSld></p:sld>"
        )
        if notes and at in notes:
            members[f"ppt/slides/_rels/slide{number}.xml.rels"] = relations(
                ("notesSlide", f"../notesSlides/n{number}.xml")
            )
            members[f"ppt/notesSlides/n{number}.xml"] = f"<p:notes {_P} {_A}>{notes[at]}</p:notes>"
    return pack(members)


def xlsx(sheets: dict[str, str], *, styles: str = "") -> bytes:
    """A workbook; each sheet is the XML of its rows."""
    names = list(sheets)
    return pack(
        {
            "[Content_Types].xml": _CONTENT_TYPES,
            "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
            "xl/_rels/workbook.xml.rels": relations(
                *(("worksheet", f"worksheets/sheet{at}.xml") for at in range(1, len(names) + 1)),
                ("styles", "styles.xml"),
            ),
            "xl/workbook.xml": f'<workbook {_S} xmlns:r="{_OFFICE}"><sheets>'
            + "".join(f'<sheet name="{name}" sheetId="{at}" r:id="rId{at}"/>' for at, name in enumerate(names, 1))
            + "</sheets></workbook>",
            "xl/styles.xml": f"<styleSheet {_S}>{styles}</styleSheet>",
        }
        | {
            f"xl/worksheets/sheet{at}.xml": f"<worksheet {_S}><sheetData>{sheets[name]}</sheetData></worksheet>"
            for at, name in enumerate(names, 1)
        }
    )


def row(number: int, *cells: str | int) -> str:
    """A row of a workbook, from column A on; "" leaves a cell out."""
    written = "".join(
        f'<c r="{chr(65 + at)}{number}"><v>{cell}</v></c>'
        if isinstance(cell, int)
        else f'<c r="{chr(65 + at)}{number}" t="inlineStr"><is><t>{cell}</t></is></c>'
        for at, cell in enumerate(cells)
        if cell != ""
    )
    return f'<row r="{number}">{written}</row>'


def epub(chapters: dict[str, str], contents: list[tuple[str, str]], *, spine: list[str] | None = None) -> bytes:
    """A book with its files, and a table of contents of (target, label)."""
    names = list(chapters) if spine is None else spine
    points = "".join(
        f"<navPoint><navLabel><text>{label}</text></navLabel><content src='{target}'/></navPoint>"
        for target, label in contents
    )
    items = "".join(
        f'<item id="i{at}" href="{name}" media-type="application/xhtml+xml"/>' for at, name in enumerate(names)
    )
    return pack(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": "<container><rootfiles><rootfile full-path='b/c.opf'/></rootfiles></container>",
            "b/c.opf": '<package xmlns:opf="o"><metadata xmlns:dc="d"><dc:title>Salt Roads</dc:title>'
            '<dc:creator>Ida Moe</dc:creator><dc:date opf:event="conversion">2024-01-01</dc:date>'
            '<dc:date opf:event="publication">1911-05-04</dc:date></metadata><manifest>'
            f'{items}<item id="n" href="toc.ncx" media-type="application/x-dtbncx+xml"/></manifest><spine>'
            + "".join(f'<itemref idref="i{at}"/>' for at in range(len(names)))
            + "</spine></package>",
            "b/toc.ncx": f"<ncx><navMap>{points}</navMap></ncx>",
        }
        | {f"b/{name}": content for name, content in chapters.items()}
    )
