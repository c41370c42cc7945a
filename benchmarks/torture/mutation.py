"""Damages files for tests, the same way for the same seed."""

import io
import random
import zipfile


def mutate(data: bytes, seed: int) -> bytes:
    """A damaged copy: of a zip file either the archive itself or one of its members is hit."""
    chance = random.Random(seed)
    if data[:2] == b"PK" and chance.random() < 0.7:
        return _mutate_member(data, chance)
    return _damage(data, chance)


def _mutate_member(data: bytes, chance: random.Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        infos = source.infolist()
        texts = [info for info in infos if info.filename.endswith((".xml", ".rels", ".opf", ".xhtml"))] or infos
        hit = chance.choice(texts)
        for info in infos:
            content = source.read(info)
            target.writestr(info.filename, _damage(content, chance) if info is hit else content)
    return out.getvalue()


def _damage(data: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        if not damaged:
            break
        at = chance.randrange(len(damaged))
        length = min(len(damaged) - at, chance.choice((1, 2, 8, 64, 1000)))
        kind = chance.randrange(7)
        if kind == 0:
            damaged[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del damaged[at : at + length]
        elif kind == 2:
            damaged[at:at] = damaged[at : at + length] * chance.choice((1, 2, 50))
        elif kind == 3:
            damaged[at : at + length] = chance.randbytes(length)
        elif kind == 4:
            del damaged[at:]
        elif kind == 5:
            digits = [place for place in range(at, min(len(damaged), at + 3000)) if 48 <= damaged[place] <= 57]
            for place in digits[: chance.randint(1, 4)]:
                damaged[place : place + 1] = chance.choice((b"0", b"9", b"-1", b"99999999999"))
        else:
            other = chance.randrange(len(damaged))
            damaged[at : at + length] = damaged[other : other + length]
    return bytes(damaged)
