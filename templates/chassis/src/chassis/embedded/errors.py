"""The error of the embedded mode that is shown to the user."""

from __future__ import annotations


class EmbeddedError(Exception):
    """An error that the user can fix. The message says what is wrong and what to do."""
