"""Writes small PDF files: text at positions, in built-in fonts, with labels, boxes, pictures and encryption."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
_FONTS = (
    "<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
    "/F2<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold/Encoding/WinAnsiEncoding>>"
    "/F4<</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding>>"
    "/F3<</Type/Font/Subtype/Type0/BaseFont/Nameless/Encoding/Identity-H/DescendantFonts[<</Type/Font"
    "/Subtype/CIDFontType2/BaseFont/Nameless/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
    "/DW 500>>]>>>>"
)


@dataclass
class Page:
    """One page: its drawing commands and boxes in points."""

    commands: list[str] = field(default_factory=list)
    size: tuple[float, float] = (612, 792)
    crop: tuple[float, float, float, float] | None = None
    picture: bool = False
    fields: list[str] = field(default_factory=list)

    def write(
        self, x: float, y: float, text: str, *, size: float = 10, font: str = "F1", turn: str = "1 0 0 1"
    ) -> Page:
        """Draw ``text`` with its baseline beginning at (x, y)."""
        coded = text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
        self.commands.append(f"BT /{font} {size} Tf {turn} {x} {y} Tm ({coded.decode('latin-1')}) Tj ET")
        return self

    def fill(self, x: float, y: float, value: str, *, kind: str = "Tx") -> Page:
        """Add a form field of 200 x 14 points with a value, its lower left corner at (x, y)."""
        box = f"[{x} {y} {x + 200} {y + 14}]"
        self.fields.append(f"<</Type/Annot/Subtype/Widget/FT/{kind}/T(f)/Rect{box}/V({value})/DA(/F1 10 Tf)>>")
        return self

    def write_lines(self, x: float, y: float, lines: list[str], *, size: float = 10, font: str = "F1") -> Page:
        """Draw lines below each other, 1.2 font sizes apart."""
        for number, line in enumerate(lines):
            self.write(x, y - 1.2 * size * number, line, size=size, font=font)
        return self


def write_pdf(
    pages: list[Page], *, info: str = "", labels: str = "", user: bytes | None = None, owner: bytes = b"owner"
) -> bytes:
    """Write a file.

    Args:
        pages: Its pages.
        info: Entries of the information dictionary, such as "/Title(A title)".
        labels: The value of /PageLabels.
        user: Password to open it; None leaves the file unencrypted, b"" encrypts it so that it opens without one.
        owner: Password to change it, if it is encrypted.
    """
    objects: list[bytes] = []
    kids = " ".join(f"{4 + 3 * number} 0 R" for number in range(len(pages)))
    catalog = f"<</Type/Catalog/Pages 2 0 R{f'/PageLabels {labels}' if labels else ''}>>"
    objects += [catalog.encode(), f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode()]
    objects.append(f"<<{info}>>".encode() if user is None else b"<<>>")
    for number, page in enumerate(pages):
        first = 4 + 3 * number
        crop = f"/CropBox[{' '.join(map(str, page.crop))}]" if page.crop else ""
        pictures = f"/XObject<</I {first + 2} 0 R>>" if page.picture else ""
        notes = f"/Annots[{''.join(page.fields)}]" if page.fields else ""
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {page.size[0]} {page.size[1]}]{crop}"
            f"/Resources<</Font{_FONTS}{pictures}>>/Contents {first + 1} 0 R{notes}>>".encode()
        )
        commands = list(page.commands)
        if page.picture:
            commands.append(f"q {page.size[0]} 0 0 {page.size[1]} 0 0 cm /I Do Q")
        objects.append(_stream("", "\n".join(commands).encode("latin-1")))
        header = "/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8"
        objects.append(_stream(header, b"\x80"))
    if user is None:
        return build_file(objects, trailer="/Info 3 0 R" if info else "")
    return _encrypt(objects, user, owner)


def _stream(header: str, data: bytes) -> bytes:
    return f"<<{header}/Length {len(data)}>>\nstream\n".encode() + data + b"\nendstream"


def build_file(objects: list[bytes], *, trailer: str = "") -> bytes:
    """Number objects from 1 (the catalog) and write them with their table."""
    out, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010} 00000 n \n".encode() for offset in offsets)
    out += f"trailer<</Root 1 0 R/Size {len(objects) + 1}{trailer}>>\nstartxref\n{table}\n%%EOF\n".encode()
    return bytes(out)


def _encrypt(objects: list[bytes], user: bytes, owner: bytes) -> bytes:
    """Encrypt streams with 40-bit RC4 (revision 2 of the standard security handler)."""
    identity, rights = b"0123456789abcdef", -4
    owner_entry = _rc4(hashlib.md5((owner + _PADDING)[:32]).digest()[:5], (user + _PADDING)[:32])
    seed = (user + _PADDING)[:32] + owner_entry + rights.to_bytes(4, "little", signed=True) + identity
    key = hashlib.md5(seed).digest()[:5]
    user_entry = _rc4(key, _PADDING)
    done = []
    for number, content in enumerate(objects, 1):
        head, mark, rest = content.partition(b"\nstream\n")
        if mark:
            data = rest.removesuffix(b"\nendstream")
            salted = hashlib.md5(key + number.to_bytes(3, "little") + b"\0\0").digest()[:10]
            content = head + mark + _rc4(salted, data) + b"\nendstream"
        done.append(content)
    entry = f"/Encrypt<</Filter/Standard/V 1/R 2/P {rights}/O<{owner_entry.hex()}>/U<{user_entry.hex()}>>>"
    return build_file(done, trailer=f"{entry}/ID[<{identity.hex()}><{identity.hex()}>]")


def _rc4(key: bytes, data: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    i = j = 0
    out = bytearray()
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)
