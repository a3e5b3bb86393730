"""The texts that begin with a prefix, as a range."""

from __future__ import annotations

_LAST = "\U0010ffff"


def successor(prefix: str) -> str | None:
    """Return the first text after all texts that begin with `prefix`; None if there is none."""
    while prefix and prefix[-1] == _LAST:
        prefix = prefix[:-1]
    if not prefix:
        return None
    following = ord(prefix[-1]) + 1
    return prefix[:-1] + chr(0xE000 if following == 0xD800 else following)  # no surrogates
