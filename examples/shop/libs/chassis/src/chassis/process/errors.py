"""What keeps a process from starting."""

from __future__ import annotations


class CannotStart(Exception):
    """The process cannot start as it was asked to; the text is a line for whoever started it."""
