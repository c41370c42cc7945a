"""The doctor: checks of the installation, the index and earlier answers."""
