"""Hints of findings: the name that was probably meant, or the names to choose from."""

from __future__ import annotations

from collections.abc import Collection


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
