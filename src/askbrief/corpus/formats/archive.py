"""Reads members of zip and gzip files in memory; counts what they unpack to and believes nothing they declare."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator

from askbrief.corpus.formats.limits import MEBIBYTE, MEMBERS, RATIO, RATIO_FROM, Budget, UnreadableError

_CHUNK = MEBIBYTE // 4
_ENCRYPTED = 0x1


class Archive:
    """A zip file whose members are read in chunks.

    Args:
        data: The whole file.
        budget: Where its members and their bytes are counted.

    Raises:
        UnreadableError: It is no complete zip file, or has too many members.
    """

    def __init__(self, data: bytes, budget: Budget) -> None:
        self.budget = budget
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError, EOFError) as error:
            raise UnreadableError("is damaged or incomplete (not a whole zip file)") from error
        infos = self._zip.infolist()
        if len(infos) > MEMBERS:
            raise UnreadableError(f"holds more than {MEMBERS:,} members")
        self.infos = infos
        self._named = {info.filename: info for info in infos}
        self._lower = {info.filename.lower(): info for info in infos}

    def __contains__(self, name: str) -> bool:
        return self.find(name) is not None

    def find(self, name: str) -> zipfile.ZipInfo | None:
        """The member of this name, whatever the case of its letters."""
        name = name.lstrip("/")
        return self._named.get(name) or self._lower.get(name.lower())

    def iter_chunks(self, member: str | zipfile.ZipInfo) -> Iterator[bytes]:
        """The bytes of a member.

        Raises:
            UnreadableError: It is missing, locked, damaged, or unpacks to more than the limits.
        """
        info = self.find(member) if isinstance(member, str) else member
        if info is None:
            raise UnreadableError(f"its part {member} is missing")
        if info.flag_bits & _ENCRYPTED:
            raise UnreadableError("needs a password")
        self.budget.take_member()
        count = 0
        try:
            with self._zip.open(info) as source:
                while chunk := source.read(_CHUNK):
                    count += len(chunk)
                    self.budget.take_unpacked(len(chunk))
                    if count >= RATIO_FROM and count > RATIO * max(1, info.compress_size):
                        raise UnreadableError(f"unpacks to more than {RATIO} times its size")
                    yield chunk
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            NotImplementedError,
            RuntimeError,
            ValueError,
        ) as error:
            raise UnreadableError("is damaged") from error

    def read(self, member: str | zipfile.ZipInfo) -> bytes:
        """A whole member; the errors are those of ``iter_chunks``."""
        return b"".join(self.iter_chunks(member))


def gunzip(data: bytes, budget: Budget) -> bytes:
    """The bytes that a gzip file holds.

    Raises:
        UnreadableError: It is damaged from its beginning, or unpacks to more than the limits.
    """
    out: list[bytes] = []
    count = 0
    rest = data
    try:
        while rest[:2] == b"\x1f\x8b":
            inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
            pending = rest
            while not inflater.eof:
                chunk = inflater.decompress(pending, _CHUNK)
                pending = inflater.unconsumed_tail
                if not chunk and not pending:
                    budget.report("is cut off; the text before the end was read")
                    break
                count += len(chunk)
                budget.take_unpacked(len(chunk))
                if count >= RATIO_FROM and count > RATIO * len(data):
                    raise UnreadableError(f"unpacks to more than {RATIO} times its size")
                out.append(chunk)
            rest = inflater.unused_data
    except zlib.error as error:
        if not count:
            raise UnreadableError("is damaged (not a whole gzip file)") from error
        budget.report("is damaged; the text before the damage was read")
    return b"".join(out)
