"""The store: SQLite is the truth; the dense and the lexical index are derived from it."""
