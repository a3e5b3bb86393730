"""Identities as the generated code has them: only where they are not the names."""

from __future__ import annotations

from collections.abc import Iterable

from meshgen.identities import Identities
from meshgen.spec.model import Field
from meshgen.system.model import StoredAs


def identity_of(identities: Identities, *path: str) -> str | None:
    """The id of what a path of names leads to, None if that is its name."""
    id = identities.id(*path)
    return id if id != path[-1] else None


def stored_as(
    identities: Identities, above: tuple[str, ...], fields: Iterable[Field]
) -> tuple[StoredAs, ...]:
    """The fields that are stored under another key than their name."""
    keys = ((field.name, identities.id(*above, field.name)) for field in fields)
    return tuple(StoredAs(name=name, key=key) for name, key in keys if name != key)
