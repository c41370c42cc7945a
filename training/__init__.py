"""How the reader that ships with askbrief was trained."""
