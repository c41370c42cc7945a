"""The formats that can be read, one module a family: bytes → ``Extraction``."""
