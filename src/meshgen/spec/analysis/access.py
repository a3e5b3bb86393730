"""Who has access to commands and queries, and to how much."""

from __future__ import annotations

from collections.abc import Iterable

from meshgen.spec.analysis.context import Check, Fields
from meshgen.spec.analysis.symbols import EventSymbol, Symbols
from meshgen.spec.syntax import RoleSyntax, Word


def role_names(roles: tuple[RoleSyntax, ...] | None) -> tuple[str, ...] | None:
    """Return the names of `roles`; None if the key is missing."""
    return None if roles is None else tuple(role.name.text for role in roles)


def unrestricted(roles: tuple[RoleSyntax, ...] | None, owner: Word | None) -> tuple[str, ...]:
    """Return the roles that reach what belongs to others, too; none if nothing has an owner."""
    if owner is None:
        return ()
    return tuple(role.name.text for role in roles or () if is_any(role))


def is_any(role: RoleSyntax) -> bool:
    """Tell whether a role is not restricted to what belongs to the caller."""
    return role.reach is not None and role.reach.text == "any"


def check_reach(
    check: Check, roles: tuple[RoleSyntax, ...] | None, owner: Word | None, what: str, hint: str
) -> None:
    """Check that there is an owner if a role is `own`; `what` has none, and needs the `hint`."""
    for role in roles or ():
        if owner is None and role.reach is not None and role.reach.text == "own":
            check.error(role.reach.at, f"`own` has no meaning: {what} has no `owner`", hint)


def owner_of_rows(symbols: Symbols, events: Iterable[EventSymbol], row: Fields) -> str | None:
    """Return the field of `row` that names the owner of an aggregate of the `events`, if any."""
    for event in events:
        service = symbols.services.get(event.unit)
        for aggregate in service.aggregates.values() if service else ():
            owner = aggregate.syntax.owner
            if event.name in aggregate.events and owner and owner.text in row.known:
                return owner.text
    return None
