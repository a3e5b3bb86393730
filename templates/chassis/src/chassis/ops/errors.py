"""Errors of the operator's commands."""

from __future__ import annotations


class OpsError(Exception):
    """A command cannot be carried out. The message is one line for the operator."""
