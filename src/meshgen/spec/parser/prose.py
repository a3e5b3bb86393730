"""Prose in a spec: checks of lines of documentation."""

from __future__ import annotations

import unicodedata

from meshgen.spec.grammar.values import MAX_SUMMARY
from meshgen.unicode import BIDI


def prose_fault(text: str) -> str | None:
    """Return why `text` is not a valid line of documentation, as the end of a sentence."""
    if len(text) > MAX_SUMMARY:
        return f"has at most {MAX_SUMMARY} characters, this one has {len(text)}"
    for c in text:
        if c in BIDI or unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp"):
            return (
                "must be a single line"
                if c == "\n"
                else f"cannot contain the character U+{ord(c):04X}"
            )
    return None
