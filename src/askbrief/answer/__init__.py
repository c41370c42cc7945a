"""From a question to the words that answer it, and the notes beside them."""
