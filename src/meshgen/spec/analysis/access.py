"""Who has access to commands and queries, and to how much."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from meshgen.spec.analysis.context import Check, Fields
from meshgen.spec.analysis.symbols import AggregateSymbol, EventSymbol, Symbols
from meshgen.spec.syntax import RoleSyntax, Word
from meshgen.spec.types import UUID, ListType, Type

OWNERS: tuple[Type, ...] = (UUID, ListType(UUID))
"""The types of a field with the owner, or the owners, of something."""
OWNER_MISSING = "write `any`, or add an `owner` to the aggregate: `owner: customer_id`"


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


def shown_fields(aggregate: AggregateSymbol) -> Fields:
    """Return the fields that those who read an aggregate by its id are shown."""
    read, identity = aggregate.syntax.read, aggregate.syntax.id
    if read is None or not read.fields:
        return aggregate.whole
    names = [word.text for word in read.fields]
    return aggregate.whole.only([identity.text if identity else None, *names])


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


def check_declared(
    check: Check, symbols: Symbols, declared: tuple[Word, ...] | None
) -> frozenset[str]:
    """Return the roles that there are, and check that all that are named are `declared`, if any.

    Without a declaration there are those that commands and queries name.
    """
    named = list(_named(symbols))
    if declared is None:
        return frozenset(word.text for word in named)
    known = frozenset(word.text for word in declared)
    for word in named:
        if word.text not in known and check.knows("roles"):
            check.unknown(word, "role", sorted(known))
    return known


def _named(symbols: Symbols) -> Iterator[Word]:
    """Yield every role that a command, an aggregate or a query names."""
    for service in symbols.services.values():
        for aggregate in service.aggregates.values():
            if aggregate.syntax.read is not None:
                yield from (role.name for role in aggregate.syntax.read.roles)
        for command in service.commands.values():
            yield from (role.name for role in command.syntax.roles or ())
    for queries in symbols.queries:
        for query in queries.values():
            yield from (role.name for role in query.roles or ())


def is_public(symbols: Symbols, target: Word) -> bool:
    """Tell whether callers without a token may read `unit.Query`."""
    unit, _, name = target.text.partition(".")
    found = symbols.services.get(unit) or symbols.views.get(unit)
    return found is not None and name in found.queries and found.queries[name].public is not None
