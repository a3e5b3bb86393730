"""New policies and sagas: which events they react to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from meshgen.evolution.version import Version
from meshgen.identities.table import Path
from meshgen.spec.diagnostics import Finding
from meshgen.spec.model import Policy, Ref, Saga

Reaction: TypeAlias = Policy | Saga


def reaction_notices(before: Version, after: Version) -> Iterator[Finding]:
    """Return which past events the policies and sagas react to that `after` adds.

    Nothing is said of those whose event is new, too: it has no past.
    """
    old, new = _reactions(before), _reactions(after)
    found = [
        *(_changed(old[path], new[path]) for path in old.keys() & new.keys()),
        *(_added(new[path], before, after) for path in new.keys() - old.keys()),
    ]
    return (one for one in found if one)


def _reactions(version: Version) -> dict[Path, Reaction]:
    found: dict[Path, Reaction] = {}
    for service in version.spec.services:
        found |= version.policies(service)
        found |= version.sagas(service)
    return found


def _added(reaction: Reaction, before: Version, after: Version) -> Finding | None:
    event = _event(reaction)
    if after.message("events", event) not in before.identities.names:
        return None
    new = f"the new {_kind(reaction)} reacts to `{event.unit}.{event.name}`"
    if reaction.start == "beginning":
        return Finding(reaction.at, f"{new} from the beginning, past ones included")
    hint = "add `from: beginning` to repeat the past" if reaction.start is None else None
    return Finding(reaction.at, f"{new} from now on", hint)


def _changed(old: Reaction, new: Reaction) -> Finding | None:
    if new.start in (None, old.start):
        return None
    return Finding(
        new.at,
        f"`from: {new.start}` takes effect only if the {_kind(new)} has never been started",
        "otherwise it continues where it stopped",
    )


def _kind(reaction: Reaction) -> str:
    return "policy" if isinstance(reaction, Policy) else "saga"


def _event(reaction: Reaction) -> Ref:
    return reaction.on if isinstance(reaction, Policy) else reaction.starts_on
