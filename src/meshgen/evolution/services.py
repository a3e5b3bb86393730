"""Services: what their stores, streams, running sagas and timers would not survive."""

from __future__ import annotations

from collections.abc import Iterator

from meshgen.evolution.fields import Record, field_losses
from meshgen.evolution.version import Version, both, gone
from meshgen.identities.table import Path
from meshgen.spec.diagnostics import Finding
from meshgen.spec.model import Aggregate, Event, Saga, Service

_RENAMED = "if it was renamed, add `renamed_from: {}`"


def service_losses(
    old: Service, new: Service, before: Version, after: Version
) -> Iterator[Finding]:
    """What the data of a service would not survive that was `old` and is `new`."""
    if old.store.engine != new.store.engine:
        yield Finding(
            new.store.at,
            f"the store of `{new.name}` was {old.store.engine} and is {new.store.engine}: "
            "everything in it stays behind",
            "keep the store",
        )
    aggregates = before.aggregates(old), after.aggregates(new)
    for aggregate in gone(*aggregates):
        yield _gone(new, f"the aggregate `{aggregate.name}`", "what is stored", aggregate.name)
    for was, is_ in both(*aggregates):
        yield from _aggregate(was, is_, old, new, before, after)
    yield from _events(old, new, before, after)
    sagas = before.sagas(old), after.sagas(new)
    for saga in gone(*sagas):
        yield _gone(new, f"the saga `{saga.name}`", "what is under way", saga.name)
    for was_saga, is_saga in both(*sagas):
        yield from _saga(was_saga, is_saga, before, after)
    for policy in gone(before.policies(old), after.policies(new)):
        if policy.after is not None:
            name = f"`{policy.do.name}` after `{policy.on.name}`"
            yield Finding(
                new.at,
                f"the policy {name} is gone: pending timers are lost",
                "let them expire first",
            )
    yield from _replicas(old, new, before, after)


def _gone(service: Service, what: str, lost: str, name: str) -> Finding:
    return Finding(service.at, f"{what} is gone: {lost} is lost", _RENAMED.format(name))


def _aggregate(
    was: Aggregate, is_: Aggregate, old: Service, new: Service, before: Version, after: Version
) -> Iterator[Finding]:
    if was.id != is_.id:
        yield Finding(
            is_.at,
            f"the id of `{is_.name}` was `{was.id}` and is `{is_.id}`: "
            "stored states and messages have it under the other name",
            f"leave `id: {was.id}`",
        )
    if was.event_sourced != is_.event_sourced:
        kept = {True: "its events", False: "its state"}
        yield Finding(
            is_.at,
            f"`{is_.name}` was stored as {kept[was.event_sourced]} and is stored as "
            f"{kept[is_.event_sourced]}: what is stored is not found",
            f"leave `event_sourced: {str(was.event_sourced).lower()}`",
        )
    elif not is_.event_sourced:
        record = Record(what=f"the state of `{is_.name}`", at=is_.at, is_message=False, keeps=False)
        yield from field_losses(
            record,
            before.fields(("services", old.name, "aggregates", was.name, "state"), was.state),
            after.fields(("services", new.name, "aggregates", is_.name, "state"), is_.state),
            before,
            after,
        )


def _events(old: Service, new: Service, before: Version, after: Version) -> Iterator[Finding]:
    events = before.events(old), after.events(new)
    still = after.aggregates(new)
    for aggregate, event in gone(*events):
        path = before.identities.path("services", old.name, "aggregates", aggregate.name)
        if aggregate.event_sourced and path in still:
            yield _event_gone(event, still[path])
    for (was_of, was), (is_of, is_) in both(*events):
        of = before.identities.path("services", old.name, "aggregates", was_of.name)
        moved = after.identities.path("services", new.name, "aggregates", is_of.name) != of
        if moved and was_of.event_sourced and of in still:
            yield _event_gone(was, still[of])
        record = Record(what=f"the event `{is_.name}`", at=is_.at, is_message=True, keeps=True)
        yield from field_losses(
            record,
            before.fields(("services", old.name, "events", was.name, "fields"), was.fields),
            after.fields(("services", new.name, "events", is_.name, "fields"), is_.fields),
            before,
            after,
        )


def _event_gone(event: Event, of: Aggregate) -> Finding:
    return Finding(
        of.at,
        f"`{event.name}` is gone from `{of.name}`: aggregates with this event cannot be read",
        f"keep the event; {_RENAMED.format(event.name)}",
    )


def _saga(was: Saga, is_: Saga, before: Version, after: Version) -> Iterator[Finding]:
    if _start(was, before) != _start(is_, after):
        yield Finding(
            is_.at,
            f"`{is_.name}` starts on something else: running instances cannot continue",
            "keep the old saga until its instances are done, and add a new one",
        )
    steps = _steps(was, before)
    if _steps(is_, after)[: len(steps)] != steps:
        yield Finding(
            is_.at,
            f"`{is_.name}` has other steps: running instances would continue with the wrong one",
            "add steps at the end, or add a new saga",
        )


def _start(saga: Saga, version: Version) -> tuple[Path, str]:
    """The event that starts the saga, and the key of the field that tells its instances apart."""
    ref = saga.starts_on
    path = (version.spec.section(ref.unit), ref.unit, "events", ref.name, "fields", saga.of)
    key = version.identities.id(*path)
    return version.message("events", ref), key


def _steps(saga: Saga, version: Version) -> list[object]:
    return [
        (
            version.message("commands", step.do.command),
            {version.message("events", ref) for ref in step.done},
            {version.message("events", ref) for ref in step.failed},
            version.message("commands", step.undo.command) if step.undo else None,
            step.each is not None,
        )
        for step in saga.steps
    ]


def _replicas(old: Service, new: Service, before: Version, after: Version) -> Iterator[Finding]:
    for was, is_ in both(before.replicas(old), after.replicas(new)):
        yield from field_losses(
            Record(what=f"the replica `{is_.name}`", at=is_.at, is_message=False, keeps=True),
            before.source(was),
            after.source(is_),
            before,
            after,
        )
