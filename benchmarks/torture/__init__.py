"""Torture: what must not go wrong with an index, tried for as long as it takes. ``make torture`` runs all of it."""
