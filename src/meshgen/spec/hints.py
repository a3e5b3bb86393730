"""Hints: the name that was probably meant, or the names to choose from."""

from __future__ import annotations

from collections.abc import Collection


def closest(name: str, known: Collection[str]) -> str | None:
    """Return the closest known name, None if none is close."""
    from difflib import get_close_matches  # needed for findings only

    folded = {other.lower(): other for other in known}
    close = get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    if close:
        return folded[close[0]]
    if "." not in name:  # `OrderPlaced` for `order.OrderPlaced`
        ends = [other for other in known if other.rpartition(".")[2].lower() == name.lower()]
        return ends[0] if ends else None
    return None


def meant(name: str, known: Collection[str]) -> str | None:
    """Return ``did you mean `x`?`` for the closest known name."""
    found = closest(name, known)
    return f"did you mean `{found}`?" if found else None


def one_of(known: Collection[str], limit: int = 12) -> str | None:
    """Return ``one of `a`, `b```; None if there are no names, or too many."""
    if not known or len(known) > limit:
        return None
    names = ", ".join(f"`{name}`" for name in known)
    return f"one of {names}" if len(known) > 1 else f"use {names}"


def meant_or_one_of(name: str, known: Collection[str]) -> str | None:
    """Return the closest name if there is one, else the names to choose from."""
    return meant(name, known) or one_of(known)
