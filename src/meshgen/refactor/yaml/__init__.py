"""Edits of YAML text that keep comments, order and layout."""
