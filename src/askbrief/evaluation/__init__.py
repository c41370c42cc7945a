"""Evaluation: questions whose answers are known, asked and scored."""
