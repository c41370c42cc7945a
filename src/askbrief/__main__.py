"""``python -m askbrief``."""

from askbrief.cli import main

main()
