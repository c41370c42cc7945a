"""What one file may cost: unpacked bytes, members, depth, characters; and the error of a file that cannot be read."""

from __future__ import annotations

from dataclasses import dataclass, field

MEBIBYTE = 1 << 20
UNPACKED_BYTES = 256 * MEBIBYTE
RATIO = 100
RATIO_FROM = MEBIBYTE
DEPTH = 3
MEMBERS = 10_000
CHARACTERS = 20_000_000
PARTS = 400_000
FIELD_CHARACTERS = 1_000_000
REPORTS = 20


class UnreadableError(Exception):
    """A file, or a member of it, that cannot be read.

    Args:
        report: The sentence for people that says why, without the file's name.
    """

    def __init__(self, report: str) -> None:
        super().__init__(report)
        self.report = report


@dataclass(slots=True)
class Budget:
    """What is left to spend on one file and everything packed in it, and what was not read.

    Attributes:
        unpacked: Bytes that may still be unpacked.
        members: Members of archives that may still be opened.
        characters: Characters of text that may still be written.
        parts: Blocks and places that may still be written.
        depth: Archives around what is read now.
        full: Whether characters or parts ran out.
        reports: Sentences on what was not read, each once.
        encoding: The encoding that the settings name for the file; "" for none.
        read_as: The encoding that its text was read in, of several the least certain; "" where it has none.
        certainty: How sure that is, in [0, 1].
        replaced: Bytes that were not valid in it.
    """

    unpacked: int = UNPACKED_BYTES
    members: int = MEMBERS
    characters: int = CHARACTERS
    parts: int = PARTS
    depth: int = 0
    full: bool = False
    reports: list[str] = field(default_factory=list)
    unlisted: int = 0
    encoding: str = ""
    read_as: str = ""
    certainty: float = 1.0
    replaced: int = 0

    def report(self, sentence: str) -> None:
        """Note that something was not read; the same sentence counts once."""
        if sentence in self.reports:
            return
        if len(self.reports) < REPORTS:
            self.reports.append(sentence)
        else:
            self.unlisted += 1

    def note_decoding(self, encoding: str, *, certainty: float, replaced: int) -> None:
        """Note in which encoding a text was read, and how sure that is."""
        if not self.read_as or certainty < self.certainty:
            self.read_as, self.certainty = encoding, certainty
        self.replaced += replaced

    def take_unpacked(self, count: int) -> None:
        """Count unpacked bytes.

        Raises:
            UnreadableError: More than the limit were unpacked from this file.
        """
        self.unpacked -= count
        if self.unpacked < 0:
            raise UnreadableError(f"unpacks to more than {UNPACKED_BYTES // MEBIBYTE} MB")

    def take_member(self) -> None:
        """Count a member of an archive.

        Raises:
            UnreadableError: More than the limit were opened.
        """
        self.members -= 1
        if self.members < 0:
            raise UnreadableError(f"holds more than {MEMBERS:,} members")

    def cut_field(self, text: str, where: str) -> str:
        """The text, cut where it is too long for a cell or a field."""
        if len(text) <= FIELD_CHARACTERS:
            return text
        self.report(f"{where}: only the first {FIELD_CHARACTERS:,} characters were read")
        return text[:FIELD_CHARACTERS]

    def all_reports(self) -> tuple[str, ...]:
        """Every report, with one on the limits of text that were met."""
        reports = list(self.reports)
        if self.unlisted:
            reports.append(f"{self.unlisted:,} more parts could not be read")
        if self.full:
            reports.append(
                f"holds more than {CHARACTERS // 1_000_000} million characters or {PARTS:,} cells; "
                "the rest was not read"
            )
        return tuple(reports)
