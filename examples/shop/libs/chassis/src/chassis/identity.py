"""What a thing goes by in stores, topics, groups and timers: its first name, for ever."""

from __future__ import annotations

from typing import Protocol


class Named(Protocol):
    """Something with a name, and an identity if it has been renamed."""

    @property
    def name(self) -> str: ...
    @property
    def identity(self) -> str | None: ...


def identity_of(thing: Named) -> str:
    """Return what `thing` goes by, whatever it is called now."""
    return thing.identity or thing.name
