"""Edits of a spec as text: every other line stays as it is."""
