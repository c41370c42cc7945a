"""Measurements: retrieval, reading and both together, on the development data of ``--data``."""
