"""Hints for names that do not exist."""

from __future__ import annotations

from collections.abc import Collection


def meant(name: str, known: Collection[str]) -> str | None:
    """``did you mean `x`?`` for the known name that comes closest, None when none is close."""
    from difflib import get_close_matches  # only needed when something is wrong

    folded = {other.lower(): other for other in known}
    close = get_close_matches(name.lower(), folded, n=1, cutoff=0.6)
    if close:
        return f"did you mean `{folded[close[0]]}`?"
    if "." not in name:  # `OrderPlaced` for `order.OrderPlaced`
        ends = [other for other in known if other.rpartition(".")[2].lower() == name.lower()]
        if ends:
            return f"did you mean `{ends[0]}`?"
    return None


def one_of(known: Collection[str], limit: int = 12) -> str | None:
    """``one of `a`, `b```, None when there are none or too many to read."""
    if not known or len(known) > limit:
        return None
    return "one of " + ", ".join(f"`{name}`" for name in known)


def meant_or_one_of(name: str, known: Collection[str]) -> str | None:
    """The close name if there is one, else what there is to choose from."""
    return meant(name, known) or one_of(known)
