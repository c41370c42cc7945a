"""``askbrief text``: what is read of a file."""

from __future__ import annotations

from pathlib import Path

import click

from askbrief.cli import options
from askbrief.cli.exit_codes import DONE, NO_ANSWER
from askbrief.cli.streams import tell, write, write_json


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@options.as_json
def text(file: Path, as_json: bool) -> int:
    """Print what is read of FILE, with places.

    Exits with 3 if nothing can be read of it.
    """
    from askbrief.corpus.extract import FileExtractor
    from askbrief.corpus.scan import load_bytes
    from askbrief.output.extraction import describe_extraction, extraction_as_json

    with FileExtractor() as extractor:
        extraction = extractor.extract(load_bytes(file), file.name)
    if as_json:
        write_json(extraction_as_json(str(file), extraction))
    else:
        write(describe_extraction(extraction))
        for report in extraction.reports:
            tell(report)
    return DONE if extraction.documents else NO_ANSWER
