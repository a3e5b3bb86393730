"""Errors that keep a process from starting."""

from __future__ import annotations


class CannotStart(Exception):
    """The process cannot start as requested. The message is one line for the operator."""
