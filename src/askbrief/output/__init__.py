"""Output: answers and reports as text for people."""
