"""The names of collections: the words of the domain, as whoever looks into a database expects them.

A name depends on nothing but the permanent identity of what it is for, so nothing that is added
later changes it. Identities of one kind differ in more than case, so their words do, too. A word
that another table could have is followed by a `_`; one that begins as tables of the runtime or of
SQLite do has a `_` before it. A long one is cut, and ends in a digest.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace

_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[ _-]+")
_LONGEST = 40  # with the number of a generation, all engines can have it as the name of a table
_OWN = frozenset(  # what stores have for themselves
    (
        "events",
        "outbox",
        "inbox",
        "inbox_by_generation",
        "timers",
        "meta",
        "schema",
        "writers",
        "unit",
    )
)
_PREFIXES = ("chassis_", "sqlite_")
_REPLICA, _SNAPSHOT, _SAGA, _AWAITED = "_replica", "_snapshot", "_saga", "_saga_awaited"
_WATERMARKS, _SESSIONS = "_watermarks", "_sessions"
_HAPPENED, _EMITTED = "_happened", "_emitted"


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a collection, and its name in SQLite files of older versions."""

    now: str
    former: str = ""

    def generation(self, number: int) -> Name:
        """Return the name in a generation of a read model."""
        if number == 1:
            return self
        former = f"{self.former}_{number}" if self.former else ""
        return replace(self, now=f"{self.now}_{number}", former=former)


def aggregate(identity: str) -> Name:
    """Return the name of the aggregates of a class."""
    word = _snake(identity)
    is_taken = word in _OWN or word.endswith((_REPLICA, _SNAPSHOT, _SAGA, _AWAITED))
    return Name(_fitting(f"{word}_" if is_taken else word), f"aggregate_{identity}")


def replica(identity: str) -> Name:
    """Return the name of the copies of another service's aggregates."""
    return Name(_fitting(_snake(identity), _REPLICA), f"replica_{identity}")


def snapshots(identity: str) -> Name:
    """Return the name of the snapshots of an event-sourced aggregate."""
    return Name(_fitting(_snake(identity), _SNAPSHOT), f"snapshot_{identity}")


def saga(identity: str) -> Name:
    """Return the name of the instances of a saga."""
    return Name(_fitting(_snake(identity), _SAGA), f"saga_{identity}")


def awaited(identity: str) -> Name:
    """Return the name of the answers that a saga awaits."""
    return Name(_fitting(_snake(identity), _AWAITED), f"saga_{identity}_awaited")


def read_model(identity: str) -> Name:
    """Return the name of the rows of a projection or stream, which have a unit of their own."""
    word = _snake(identity)
    return Name(_fitting(f"{word}_" if word in _OWN else word), "rows")


def watermarks(identity: str) -> Name:
    """Return the name of the watermarks of a stream."""
    return Name(_fitting(_snake(identity), _WATERMARKS), "watermarks")


def sessions(identity: str) -> Name:
    """Return the name of the open sessions of a stream."""
    return Name(_fitting(_snake(identity), _SESSIONS), "sessions")


def happened(identity: str) -> Name:
    """Return the name of how often the events of a stream happened."""
    return Name(_fitting(_snake(identity), _HAPPENED))


def emitted(identity: str) -> Name:
    """Return the name of how often the events of a stream were emitted."""
    return Name(_fitting(_snake(identity), _EMITTED))


def _snake(identity: str) -> str:
    """`OrderLine` or `order-line` -> `order_line`."""
    return "_".join(word for word in _BOUNDARY.split(identity) if word).lower()


def _fitting(word: str, suffix: str = "") -> str:
    """Return a name that no engine has for itself, and that is short enough for all of them."""
    longest = _LONGEST - len(suffix)
    if f"{word}_".startswith(_PREFIXES):
        word = f"_{word}"
    if len(word) > longest:
        digest = hashlib.sha256(word.encode()).hexdigest()[:8]
        word = f"{word[: longest - 9]}_{digest}"
    return word + suffix
