"""Edits of YAML text that preserve comments, order and layout."""
