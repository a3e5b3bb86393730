"""The parts of operations in an OpenAPI document, whatever they do."""

from __future__ import annotations

from collections.abc import Iterable

from chassis.http.openapi import NAMES, PROBLEM, Schema
from chassis.http.problem import MEDIA_TYPE
from chassis.http.routes import Roles
from chassis.http.schemas import reference

JSON = "application/json"
ETAG = {"ETag": {"$ref": "#/components/headers/ETag"}}
LOCATION = {"Location": {"$ref": "#/components/headers/Location"}}


def record(fields: Schema) -> Schema:
    """Return the schema of an object that always has `fields`."""
    return {"type": "object", "properties": fields, "required": list(fields)}


def events(example: str) -> Schema:
    """Return the schema of the names of events, such as `example`."""
    return {"type": "array", "items": {"type": "string", "examples": [example]}}


def page(item: Schema) -> Schema:
    """Return the schema of a page of what `item` is the schema of; the last has no `next`."""
    next = {"type": ["string", "null"], "examples": [None]}
    return record({"items": {"type": "array", "items": item}, "next": next})


def tidy(schema: Schema) -> Schema:
    """Return `schema` without an empty list of required fields."""
    return {key: value for key, value in schema.items() if key != "required" or value}


def content(schema: Schema) -> Schema:
    """Return what a body or a response contains."""
    return {"content": {JSON: {"schema": schema}}}


def shared_parameter(parameter: str) -> Schema:
    """Return a reference to a parameter that all documents have."""
    return {"$ref": f"#/components/parameters/{parameter}"}


def page_size(largest: int) -> Schema:
    """Return the parameter of a search for the number of rows."""
    bounds = {"minimum": 1, "maximum": largest, "default": largest}
    return {
        "name": "page",
        "in": "query",
        "description": "The largest number of rows.",
        "schema": {"type": "integer", **bounds},
    }


def problems(statuses: Iterable[int]) -> Schema:
    """Return references to the problems with `statuses`."""
    return {
        str(status): {"$ref": f"#/components/responses/{NAMES[status]}"}
        for status in sorted(statuses)
    }


def refusals(rules: Iterable[str]) -> Schema:
    """Return the problem of a command that may be refused for `rules`."""
    types = [f"`urn:problem:{rule}`" for rule in rules]
    named = f": {', '.join(types)}" if types else ""
    return {
        "description": f"A rule of the domain does not hold; `type` is the rule{named}.",
        "content": {MEDIA_TYPE: {"schema": reference(PROBLEM)}},
    }


def security(roles: Roles) -> list[Schema]:
    """Return the alternatives of what a caller needs: one of the roles, if there are any."""
    return [{"bearer": [role]} for role in roles] or [{"bearer": []}]


def described(text: str) -> Schema:
    """Return the description of something, if there is one."""
    return {"description": text} if text else {}
