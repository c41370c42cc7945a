"""Conversations: what was asked before, saved, searched and exported."""
