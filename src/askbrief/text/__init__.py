"""Text: sentences, words and lines as spans; text that is safe for a terminal."""
