"""Declared moves that are still to be carried out."""

from __future__ import annotations

from collections.abc import Container, Mapping


def effective(moves: Mapping[str, str], there: Container[str]) -> dict[str, str]:
    """Those of `moves` (new name -> old name) that are still to be carried out.

    The old name is there, and the new one is free, or gets free by another move. A `renamed_from`
    that was carried out earlier so has no effect, whatever has the old name since.
    """
    followers = {old: new for new, old in moves.items()}

    def is_free(name: str | None) -> bool:
        seen = set()
        while name in there:
            if name is None or name in seen:  # a swap looks the same when it was carried out
                return False
            seen.add(name)
            name = followers.get(name)
        return name is not None

    return {new: old for new, old in moves.items() if old in there and is_free(new)}
