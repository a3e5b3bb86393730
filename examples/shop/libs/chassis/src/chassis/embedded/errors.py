"""The one kind of error that the embedded mode shows to its user."""

from __future__ import annotations


class EmbeddedError(Exception):
    """Something the user can mend; the text says what is wrong and what to do."""
