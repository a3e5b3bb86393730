"""Sanitizing of foreign text for display: nothing invisible, nothing that reorders text."""

from __future__ import annotations

MAX_SHOWN = 60

BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that reorder text on the screen (Unicode UAX 9)."""


def printable(text: str, most: int = MAX_SHOWN) -> str:
    """Return `text` on one line, replacing characters that a terminal would act on."""
    shown = "".join(c if _is_plain(c) else "\N{REPLACEMENT CHARACTER}" for c in text[:most])
    return shown + "..." if len(text) > most else shown


def _is_plain(c: str) -> bool:
    return c.isprintable() and c not in BIDI
