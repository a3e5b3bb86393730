"""Prose in a spec: what may stand in a line of documentation."""

from __future__ import annotations

import unicodedata

from meshgen.spec.grammar.values import MAX_SUMMARY
from meshgen.unicode import BIDI


def prose_fault(text: str) -> str | None:
    """What makes `text` unfit for a line of documentation, as the end of a sentence."""
    if len(text) > MAX_SUMMARY:
        return f"has at most {MAX_SUMMARY} characters, this one has {len(text)}"
    for c in text:
        if c in BIDI or unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp"):
            return "is one line" if c == "\n" else f"cannot hold the character U+{ord(c):04X}"
    return None
