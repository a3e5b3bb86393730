"""How findings speak: of names that do not exist, of wrong shapes, of odd characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

from meshgen.spec.yaml.tree import Broken, Mapping, Node, Sequence

MAX_PROSE = 200
MAX_SHOWN = 60

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def closest(name: str, known: Collection[str]) -> str | None:
    """The known name that was probably meant, None when none is close."""
    from difflib import get_close_matches  # only needed when something is wrong

    folded = {other.lower(): other for other in known}
    close = get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    if close:
        return folded[close[0]]
    if "." not in name:  # `OrderPlaced` for `order.OrderPlaced`
        ends = [other for other in known if other.rpartition(".")[2].lower() == name.lower()]
        return ends[0] if ends else None
    return None


def meant(name: str, known: Collection[str]) -> str | None:
    """``did you mean `x`?`` for the closest known name."""
    found = closest(name, known)
    return f"did you mean `{found}`?" if found else None


def one_of(known: Collection[str], limit: int = 12) -> str | None:
    """``one of `a`, `b```, None when there are none or too many to read."""
    if not known or len(known) > limit:
        return None
    names = ", ".join(f"`{name}`" for name in known)
    return f"one of {names}" if len(known) > 1 else f"there is only {names}"


def meant_or_one_of(name: str, known: Collection[str]) -> str | None:
    """The close name if there is one, else what there is to choose from."""
    return meant(name, known) or one_of(known)


def shape(node: Node) -> str:
    """What a node is, in words."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    if isinstance(node, Broken):
        return "unreadable"
    if node.value is None:
        return "empty"
    if isinstance(node.value, bool):
        return f"`{node.text}`"
    if isinstance(node.value, str):
        return f"the text `{printable(node.text)}`"
    return f"the number {node.text}"


def printable(text: str, most: int = MAX_SHOWN) -> str:
    """`text` as it can stand in one line, without characters that a terminal would act on."""
    shown = "".join(c if _is_plain(c) else "\N{REPLACEMENT CHARACTER}" for c in text[:most])
    return shown + "..." if len(text) > most else shown


def _is_plain(c: str) -> bool:
    return c.isprintable() and c not in _BIDI


def prose_fault(text: str) -> str | None:
    """What makes `text` unfit for a line of documentation, as the end of a sentence."""
    if len(text) > MAX_PROSE:
        return f"has at most {MAX_PROSE} characters, this one has {len(text)}"
    for c in text:
        if c in _BIDI or unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp"):
            return "is one line" if c == "\n" else f"cannot hold the character U+{ord(c):04X}"
    return None
