"""The operations that are commands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from meshgen.naming import snake, words
from meshgen.spec.model import Aggregate, Command
from meshgen.spec.routes import read_roles
from meshgen.system.index import with_id
from meshgen.system.lower.openapi.operations import (
    ETAG,
    LOCATION,
    Operation,
    Tag,
    content,
    parameter,
    parameters,
    problems,
    refusals,
    shared_parameter,
)
from meshgen.system.lower.openapi.schemas import Json, Schemas

_PROBLEMS = (404, 409, 412, 413, 415, 422)


def tag_of(aggregate: Aggregate) -> Tag:
    """Return the tag of what is done with an aggregate, and of how it is read."""
    return Tag(words(aggregate.name).capitalize(), aggregate.summary or "")


def commands_of(aggregate: Aggregate, schemas: Schemas) -> Iterator[Operation]:
    """Yield the commands of an aggregate that clients may send."""
    for command in aggregate.commands:
        if command.roles is not None:
            yield _operation(command, command.path, command.roles, aggregate, schemas)
            for former in command.deprecated:
                at = _operation(command, former.path, command.roles, aggregate, schemas)
                yield replace(at, former=True)


def _operation(
    command: Command, path: str, roles: tuple[str, ...], aggregate: Aggregate, schemas: Schemas
) -> Operation:
    fields = {field.name: field for field in with_id(aggregate, command.input)}
    in_path = tuple(
        parameter(name, "path", schemas.parameter(fields[name]), required=True)
        for name in parameters(path)
    )
    rules = dict.fromkeys(guard.name for guard in command.requires)
    return Operation(
        kind="post",
        path=path,
        method=command.method.lower(),
        id=snake(command.name),
        tag=tag_of(aggregate),
        summary=words(command.name).capitalize(),
        description=" ".join((command.summary or "").split()),
        roles=roles,
        parameters=(*in_path, shared_parameter("IdempotencyKey"), shared_parameter("IfMatch")),
        body=_body(command, path, aggregate, schemas),
        responses={
            **_outcomes(command, aggregate, schemas),
            **problems(*_PROBLEMS),
            "409": refusals(rules),
        },
    )


def _body(command: Command, path: str, aggregate: Aggregate, schemas: Schemas) -> Json | None:
    """Return the body: the fields that neither the path nor the caller's token fills."""
    filled = {*parameters(path), *command.from_caller}
    fields = tuple(f for f in with_id(aggregate, command.input) if f.name not in filled)
    if not fields:
        return None
    schema = schemas.body(command.name, fields, generated=aggregate.id)
    return {"required": "required" in schemas.named[command.name], **content(schema)}


def _outcomes(command: Command, aggregate: Aggregate, schemas: Schemas) -> Json:
    """Return the successful responses: 201 only where something can be created."""
    outcome = content(schemas.outcome(aggregate))
    located = ETAG | (LOCATION if read_roles(aggregate) is not None else {})
    changed = {"description": "The aggregate was changed.", "headers": ETAG, **outcome}
    created = {"description": "The aggregate was created.", "headers": located, **outcome}
    if command.mode == "creates":
        return {"201": created}
    return {"200": changed, **({"201": created} if command.mode == "upserts" else {})}
