"""Answering: question → candidates → spans → answer."""
