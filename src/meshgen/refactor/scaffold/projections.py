"""The parts of a new projection: a row, the events that fill it, and queries."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from decimal import Decimal

from meshgen.errors import MeshgenError
from meshgen.naming import pascal
from meshgen.refactor.inflection import participle_of
from meshgen.refactor.scaffold.aggregates import optional
from meshgen.refactor.scaffold.context import (
    Trigger,
    common_fields,
    common_id,
    common_owner,
    role_for,
)
from meshgen.refactor.yaml.emit import Block, Value
from meshgen.spec.expressions import Expression, Member
from meshgen.spec.model import Aggregate, Spec

PAGE = "20"


@dataclass(frozen=True, slots=True)
class _Feed:
    """How events feed rows.

    Attributes:
        triggers: All events.
        openers: The events that may create a row.
        inserts: Whether each row is created exactly once, so that the fields of its opener are
            never missing.
        loose: Whether any event may come first: events of different aggregates are not ordered.
    """

    triggers: tuple[Trigger, ...]
    openers: tuple[Trigger, ...]
    inserts: bool
    loose: bool

    def mode(self, trigger: Trigger) -> str:
        """Return how the event of `trigger` changes its row."""
        if self.loose or (trigger in self.openers and not self.inserts):
            return "upsert"
        return "insert" if trigger in self.openers else "update"

    def implies(self, identity: str) -> bool:
        """Whether rows are known by `identity` without a word: it is the id of what is put in."""
        for mode in ("insert", "upsert"):
            ids = {t.aggregate.id for t in self.triggers if self.mode(t) == mode}
            if ids:
                return ids == {identity}
        return False


def propose(
    spec: Spec, name: str, triggers: tuple[Trigger, ...], store: str, by: str | None
) -> Block:
    """Return the projection `name` of these events, with queries by the field `by`.

    The row has the fields of the events, and the state fields that they set to constants.

    Raises:
        MeshgenError: The events have no id in common, or no field `by`.
    """
    identity = _identity(triggers)
    feed = _feed(triggers, store)
    row, reactions = _row(feed, identity)
    owner = common_owner(triggers)
    owner = owner if row.get(owner or "") in ("uuid", "uuid?") else None
    keyed = feed.inserts and not feed.loose  # an upserted row is keyed by its id alone
    if by is None and owner != identity and (keyed or store != "cassandra"):
        by = owner
    by = by or identity
    if by not in row:
        known = ", ".join(f"`{field}`" for field in row)
        raise MeshgenError(f"no event of `{name}` has a field `{by}`", f"use one of {known}")
    key: dict[str, Value] = {"partition": [by if keyed else identity]}
    if keyed and by != identity:
        key["cluster"] = [identity]
        row[by] = str(row[by]).removesuffix("?")  # a key is never missing
    queries = _queries(name, identity, by, owner, paged=store != "cassandra")
    if owner is None and any(trigger.aggregate.owner for trigger in triggers):
        for query in queries.values():  # rows have owners, but lack the field
            assert isinstance(query, dict)
            query["roles"] = [role_for(spec)]
    block = Block(store=store, key=key, row=row, on=reactions, queries=queries)
    return block if feed.implies(identity) else Block(id=identity, **block)


def _feed(triggers: tuple[Trigger, ...], store: str) -> _Feed:
    one = len({(trigger.unit, trigger.aggregate.name) for trigger in triggers}) == 1
    openers = tuple(t for t in triggers if _modes(t) & {"creates", "upserts"}) or triggers[:1]
    inserts = all(_modes(opener) <= {"creates"} for opener in openers)
    return _Feed(triggers, openers, inserts, loose=not one and store != "cassandra")


def _identity(triggers: tuple[Trigger, ...]) -> str:
    """Return the field that identifies the row of every event."""
    if (identity := common_id(triggers)) is not None:
        return identity
    shared = [
        {trigger.aggregate.id, *(n for n, kind in trigger.fields.items() if kind == "uuid")}
        for trigger in triggers
    ]
    ids = [trigger.aggregate.id for trigger in triggers]
    for name in [*ids, *common_fields(triggers)]:
        if all(name in fields for fields in shared):
            return name
    names = ", ".join(f"`{trigger.event.name}`" for trigger in triggers)
    hint = "every event needs the field that identifies its row, such as an id"
    raise MeshgenError(f"{names} have no id in common", hint)


def _modes(trigger: Trigger) -> set[str]:
    commands = trigger.aggregate.commands
    if not commands:  # rows of a stream
        return {"upserts"}
    return {c.mode for c in commands for e in c.emits if e.event == trigger.event.name}


def _row(feed: _Feed, identity: str) -> tuple[dict[str, Value], Block]:
    filled = {trigger: _filled(trigger) for trigger in feed.triggers}
    always = [set(filled[opener][0]) for opener in feed.openers if feed.inserts and not feed.loose]
    row: dict[str, Value] = {identity: "uuid"}
    reactions = Block()
    for trigger in (*feed.openers, *(t for t in feed.triggers if t not in feed.openers)):
        fields, sets = filled[trigger]
        if trigger not in feed.openers and not {*fields, *sets} - {identity}:
            flag = participle_of(trigger.event.name)
            row.setdefault(flag, {"type": "bool", "default": "false"})
            sets = {flag: "true"}
        for name, kind in fields.items():
            there = always and all(name in fields for fields in always)
            row.setdefault(name, kind if there else optional(kind))
        reactions[trigger.name_in("")] = {feed.mode(trigger): dict(sets)}
    return row, reactions


def _filled(trigger: Trigger) -> tuple[dict[str, Value], dict[str, Value]]:
    """Return the fields that an event fills, and the constants it sets some of them to."""
    aggregate: Aggregate = trigger.aggregate
    types = {field.name: str(field.type) for field in aggregate.state}
    fields: dict[str, Value] = {aggregate.id: "uuid", **trigger.fields}
    sets: dict[str, Value] = {}
    for assignment in trigger.event.sets:
        value = _constant(assignment.value)
        if value is not None and assignment.target not in trigger.fields:
            fields[assignment.target] = types[assignment.target]
            sets[assignment.target] = value
    return fields, sets


def _constant(expression: Expression) -> str | None:
    """Return the source of a constant, None for other expressions."""
    ref = expression.refs.get(expression.tree)
    if isinstance(ref, Member):
        return ref.member
    value = expression.tree.value if isinstance(expression.tree, ast.Constant) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return str(value)
    return expression.source if isinstance(value, str) else None


def _queries(name: str, identity: str, by: str, owner: str | None, *, paged: bool) -> Block:
    """Return a query for a page of rows and one for a single row."""
    plural = _caps(name)
    queries = Block()
    if by != identity:
        many: dict[str, Value] = {"by": [by], "page": PAGE}
        if by == owner:
            many = {"by": [by], "owner": owner, "page": PAGE}
        queries[f"{plural}Of{_caps(by.removesuffix('_id'))}"] = many
    elif paged and owner is None:
        queries[f"List{plural}"] = {"page": PAGE}
    one: dict[str, Value] = {"by": identity}
    if owner:
        one["owner"] = owner
    queries[f"{plural}By{_caps(identity.removesuffix('_id'))}"] = one
    return queries


def _caps(name: str) -> str:
    return pascal(name)
