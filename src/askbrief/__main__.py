"""``python -m askbrief``."""

from askbrief.cli.main import main

main()
