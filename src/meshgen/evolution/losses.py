"""The changes of a spec that are incompatible with stored data."""

from __future__ import annotations

from collections.abc import Iterator

from meshgen.evolution.fields import Record, field_losses
from meshgen.evolution.services import service_losses
from meshgen.evolution.streams import stream_losses
from meshgen.evolution.version import Version, both, gone
from meshgen.spec.diagnostics import NOWHERE, Finding
from meshgen.spec.model import Enum, Projection, ValueObject


def losses(before: Version, after: Version) -> tuple[Finding, ...]:
    """Return the changes that are incompatible with data stored under `before`, in order.

    Commands in flight are not considered: a process publishes them before it exits.
    """
    found = [
        *_hub(before, after),
        *_types(before, after),
        *_units(before, after),
        *(
            finding
            for old, new in both(before.services(), after.services())
            for finding in service_losses(old, new, before, after)
        ),
        *(
            finding
            for old, new in both(before.projections(), after.projections())
            for finding in _projection(old, new, before, after)
        ),
        *(
            finding
            for old, new in both(before.streams(), after.streams())
            for finding in stream_losses(old, new, before, after)
        ),
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda finding: finding.at))


def _hub(before: Version, after: Version) -> Iterator[Finding]:
    old, new = before.spec.event_hub, after.spec.event_hub
    if old.engine != new.engine:
        yield Finding(
            new.at,
            f"the event hub was {old.engine} and is {new.engine}: unread messages are lost",
            "let all consumers catch up first",
        )
    if new.retention < old.retention:
        yield Finding(
            new.at,
            "`retention` is shorter: older messages are deleted at once",
            "make sure that no consumer still needs them",
        )


def _types(before: Version, after: Version) -> Iterator[Finding]:
    old_types = {before.identities.path("types", t.name): t for t in before.spec.types}
    new_types = {after.identities.path("types", t.name): t for t in after.spec.types}
    for old, new in both(old_types, new_types):
        if isinstance(old, Enum) and isinstance(new, Enum):
            yield from _enum(old, new, before, after)
        elif isinstance(old, ValueObject) and isinstance(new, ValueObject):
            yield from field_losses(
                Record(what=f"`{new.name}`", at=new.at, is_message=True, keeps=False),
                before.fields(("types", old.name, "fields"), old.fields),
                after.fields(("types", new.name, "fields"), new.fields),
                before,
                after,
            )
        else:
            is_, was = ("an enum", "a value object")[:: 1 if isinstance(new, Enum) else -1]
            yield Finding(
                new.at,
                f"`{new.name}` was {was} and is {is_}: stored values cannot be read",
                "choose another name for the new type",
            )


def _enum(old: Enum, new: Enum, before: Version, after: Version) -> Iterator[Finding]:
    values = {after.identities.id("types", new.name, "values", m) for m in new.members}
    for member in old.members:
        if before.identities.id("types", old.name, "values", member) not in values:
            yield Finding(
                new.at,
                f"`{member}` is gone from `{new.name}`: what is stored with it cannot be read",
                f"keep it, or rename it: `{{name: ..., renamed_from: {member}}}`",
            )


def _units(before: Version, after: Version) -> Iterator[Finding]:
    kinds = (
        ("service", gone(before.services(), after.services())),
        ("projection", gone(before.projections(), after.projections())),
        ("stream", gone(before.streams(), after.streams())),
    )
    for kind, units in kinds:
        for unit in units:
            yield Finding(
                NOWHERE,
                f"the {kind} `{unit.name}` is gone: its store is no longer used",
                f"if it was renamed, add `renamed_from: {unit.name}`",
            )


def _projection(
    old: Projection, new: Projection, before: Version, after: Version
) -> Iterator[Finding]:
    if old.store.engine != new.store.engine:
        yield Finding(
            new.store.at,
            f"the store of `{new.name}` was {old.store.engine} and is {new.store.engine}: "
            "its rows are not migrated",
            "add a new projection: it is filled from the messages in the hub",
        )
    if _key(old, before) != _key(new, after):
        yield Finding(
            new.at,
            f"the rows of `{new.name}` have another key: stored rows are not found",
            "add a new projection: it is filled from the messages in the hub",
        )
    yield from field_losses(
        Record(what=f"the row of `{new.name}`", at=new.at, is_message=False, keeps=True),
        before.fields(("projections", old.name, "row"), old.row),
        after.fields(("projections", new.name, "row"), new.row),
        before,
        after,
    )


def _key(projection: Projection, version: Version) -> tuple[object, ...]:
    def key(field: str) -> str:
        return version.identities.id("projections", projection.name, "row", field)

    cluster = tuple((key(sort.field), sort.descending) for sort in projection.cluster)
    return key(projection.id), tuple(map(key, projection.partition)), cluster
