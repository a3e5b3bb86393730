"""Roles that reach only their own, and whose callers never own anything."""

from __future__ import annotations

from collections.abc import Iterable

from meshgen.spec.analysis.access import is_any
from meshgen.spec.analysis.context import Check
from meshgen.spec.analysis.symbols import AggregateSymbol
from meshgen.spec.syntax import CommandSyntax, EventSyntax, RoleSyntax, Word


def check_somebody_owns(
    check: Check, aggregate: AggregateSymbol, roles: tuple[RoleSyntax, ...] | None, what: str
) -> None:
    """Check that one of the `roles` can own an aggregate; `what` is what they could not do.

    Whoever creates an aggregate owns it, so a list of roles that do not create any lets nobody in.
    """
    if not roles or any(role.reach is not None for role in roles):
        return  # who says how far roles reach means it
    if not check.knows("owner", "roles", "commands", "events", "sets", "creates", "upserts"):
        return
    owners = _owners(aggregate)
    if not owners or owners & {role.name.text for role in roles}:
        return
    first = roles[0].name
    message = (
        f"nobody can {what}: `{first}` never owns a `{aggregate.name}`, "
        f"which {_listed(owners)} creates"
    )
    check.error(first.at, message, f"write `roles: {{{first}: any}}` for what belongs to others")


def _owners(aggregate: AggregateSymbol) -> set[str]:
    """Return the roles whose callers own what they create; none if others may own it, too."""
    owner = aggregate.syntax.owner
    commands = aggregate.syntax.commands
    creating = [command for command in commands if command.mode in ("creates", "upserts")]
    if owner is None or any(_moves(aggregate, command, owner) for command in commands):
        return set()
    found: set[str] = set()
    for command in creating:
        if command.roles is None or any(is_any(role) for role in command.roles):
            return set()
        found |= {role.name.text for role in command.roles}
    return found


def _moves(aggregate: AggregateSymbol, command: CommandSyntax, owner: Word) -> bool:
    """Tell whether a command changes the owner of what there is."""
    if command.mode == "creates":
        return False
    if aggregate.syntax.id is not None and owner.text == aggregate.syntax.id.text:
        return False
    for emission in command.emits:
        event = aggregate.events.get(emission.event.text)
        if event is None or owner.text in event.own:
            return True
        sets = event.syntax.sets if isinstance(event.syntax, EventSyntax) else ()
        if owner.text in {assignment.target.text for assignment in sets}:
            return True
    return False


def _listed(roles: Iterable[str]) -> str:
    return " or ".join(f"`{role}`" for role in sorted(roles))
