"""The changes of a spec that stored data would not survive."""

from __future__ import annotations

from collections.abc import Iterator

from meshgen.evolution.fields import Record, field_losses
from meshgen.evolution.services import service_losses
from meshgen.evolution.version import Version, both, gone
from meshgen.spec.diagnostics import NOWHERE, Finding
from meshgen.spec.model import Enum, Projection, ValueObject


def losses(before: Version, after: Version) -> tuple[Finding, ...]:
    """Everything that data stored under `before` would not survive, in the order of `after`.

    Commands on their way are not looked at: a process that is asked to leave hands them over first.
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
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda finding: finding.at))


def _hub(before: Version, after: Version) -> Iterator[Finding]:
    old, new = before.spec.event_hub, after.spec.event_hub
    if old.engine != new.engine:
        yield Finding(
            new.at,
            f"the event hub was {old.engine} and is {new.engine}: "
            "messages that nobody has read yet stay behind",
            "let every consumer catch up, then change it",
        )
    elif new.partitions < old.partitions:
        yield Finding(
            new.at,
            f"there were {old.partitions} partitions and are {new.partitions}: "
            "nobody reads the others any more",
            f"leave `partitions: {old.partitions}`; more of them are no problem",
        )
    if new.retention < old.retention:
        yield Finding(
            new.at,
            "`retention` is shorter: messages that are older are deleted at once",
            "make sure that no consumer needs them any more",
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
                "give the new type a name of its own",
            )


def _enum(old: Enum, new: Enum, before: Version, after: Version) -> Iterator[Finding]:
    values = {after.identities.id("types", new.name, "values", m) for m in new.members}
    for member in old.members:
        if before.identities.id("types", old.name, "values", member) not in values:
            yield Finding(
                new.at,
                f"`{member}` is gone from `{new.name}`: what is stored with it cannot be read",
                f"keep it, or say what it is called now: `{{name: ..., renamed_from: {member}}}`",
            )


def _units(before: Version, after: Version) -> Iterator[Finding]:
    kinds = (
        ("service", gone(before.services(), after.services())),
        ("projection", gone(before.projections(), after.projections())),
    )
    for kind, units in kinds:
        for unit in units:
            yield Finding(
                NOWHERE,
                f"the {kind} `{unit.name}` is gone: its store is not used any more",
                f"if it has another name now, it says `renamed_from: {unit.name}`",
            )


def _projection(
    old: Projection, new: Projection, before: Version, after: Version
) -> Iterator[Finding]:
    if old.store.engine != new.store.engine:
        yield Finding(
            new.store.at,
            f"the store of `{new.name}` was {old.store.engine} and is {new.store.engine}: "
            "its rows stay behind",
            "a new projection beside it is filled from what the hub still has",
        )
    if _key(old, before) != _key(new, after):
        yield Finding(
            new.at,
            f"the rows of `{new.name}` have another key: those that are stored are not found",
            "a new projection beside it is filled from what the hub still has",
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
