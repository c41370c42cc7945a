"""Indexing: what differs between folder and store, and bringing the store up to date."""
