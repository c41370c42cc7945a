"""What the tests of formats look at: places, blocks and the invariants of every document."""

from askbrief.corpus.extracted import Extracted, Extraction
from askbrief.corpus.formats.dispatch import extract


def read(data: bytes, path: str) -> Extraction:
    """What is read of a file; every document of it is checked."""
    extraction = extract(data, path)
    for document in extraction.documents:
        check(document)
    return extraction


def read_one(data: bytes, path: str) -> Extracted:
    """The only document of a file that is read whole."""
    extraction = read(data, path)
    assert extraction.reports == ()
    (document,) = extraction.documents
    return document


def check(document: Extracted) -> None:
    """Blocks are in order and hold all that is not white space; places are sorted and nest."""
    end = 0
    for block in document.blocks:
        assert end <= block.start < block.end <= len(document.text)
        assert not document.text[end : block.start].strip()
        end = block.end
    assert not document.text[end:].strip()
    assert list(document.places) == sorted(document.places, key=lambda place: (place.start, -place.end))
    around: list[int] = []
    for place in document.places:
        assert 0 <= place.start < place.end <= len(document.text)
        while around and around[-1] <= place.start:
            around.pop()
        assert not around or place.end <= around[-1]
        around.append(place.end)


def blocks(document: Extracted) -> list[tuple[str, str]]:
    """Kind and text of every block."""
    return [(block.kind, document.text[block.start : block.end]) for block in document.blocks]


def places(document: Extracted) -> list[tuple[str, int | None, str, str]]:
    """Kind, number, label and text of every place."""
    return [
        (place.kind, place.number, place.label, document.text[place.start : place.end]) for place in document.places
    ]
