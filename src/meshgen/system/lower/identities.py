"""Identities in generated code: only those that differ from the names."""

from __future__ import annotations

from collections.abc import Iterable

from meshgen.identities import Identities
from meshgen.identities.table import Path
from meshgen.spec.model import Field
from meshgen.system.model import StoredAs


def identity_of(identities: Identities, *path: str) -> str | None:
    """Return the id of the element at a path of names, None if it equals the name."""
    id = identities.id(*path)
    return id if id != path[-1] else None


def starts_now(identities: Identities, path: Path, start: str | None) -> bool:
    """Tell whether the policy or saga at a path of names leaves out what happened before.

    `start` is what the spec says about it.
    """
    return identities.is_late(*path) if start is None else start == "now"


def stored_as(
    identities: Identities, above: tuple[str, ...], fields: Iterable[Field]
) -> tuple[StoredAs, ...]:
    """Return the fields that are stored under a key other than their name."""
    keys = ((field.name, identities.id(*above, field.name)) for field in fields)
    return tuple(StoredAs(name=name, key=key) for name, key in keys if name != key)
