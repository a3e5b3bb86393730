"""The errors of logs."""

from __future__ import annotations


class HubError(Exception):
    """The hub did not answer: it may be dead just now."""
