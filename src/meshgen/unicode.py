"""Text from outside made fit to be shown: nothing invisible, nothing that reorders a line."""

from __future__ import annotations

MAX_SHOWN = 60

BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that reorder text on the screen (Unicode UAX 9): what is read is not what is run."""


def printable(text: str, most: int = MAX_SHOWN) -> str:
    """`text` as it can stand in one line, without characters that a terminal would act on."""
    shown = "".join(c if _is_plain(c) else "\N{REPLACEMENT CHARACTER}" for c in text[:most])
    return shown + "..." if len(text) > most else shown


def _is_plain(c: str) -> bool:
    return c.isprintable() and c not in BIDI
