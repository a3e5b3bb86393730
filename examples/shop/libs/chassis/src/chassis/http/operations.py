"""The operations of an OpenAPI document, from routes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from chassis.domain import snake_case
from chassis.http import live
from chassis.http.commands import CommandRoute
from chassis.http.openapi import (
    COMMAND_PROBLEMS,
    NAMES,
    PROBLEM,
    READ_PROBLEMS,
    SEARCH_PROBLEMS,
    Schema,
    needed,
)
from chassis.http.parameters import operation_ids
from chassis.http.problem import MEDIA_TYPE, words
from chassis.http.routes import Find, Get, Post, Roles, Route, Search, parameters
from chassis.http.schemas import Schemas, picked, reference

Tag: TypeAlias = tuple[str, str]
"""A name and a description."""

_JSON = "application/json"
_ETAG = {"ETag": {"$ref": "#/components/headers/ETag"}}
_LOCATION = {"Location": {"$ref": "#/components/headers/Location"}}
_EVENTS = {
    "type": "string",
    "description": "The same JSON as the data of an event, again after every change.",
}


class Operations:
    """Makes the operations of a document, and the schemas that they refer to."""

    def __init__(
        self,
        tags: Mapping[type, Tag],
        routes: Sequence[Route],
        commands: Iterable[CommandRoute],
    ) -> None:
        self._of = Schemas(
            route.command if isinstance(route, Post) else route.of for route in routes
        )
        self.schemas = dict(self._of.named)
        self._tags = tags
        self._routes = routes
        self._ids = dict(zip(map(_address, routes), operation_ids(routes), strict=True))
        self._commands = {command.route.path: command for command in commands}

    @property
    def tags(self) -> tuple[Tag, ...]:
        """The tags of the operations."""
        used = dict.fromkeys(self._about(route) for route in self._routes)
        return tuple(self._tags[each] for each in used)

    def of(self, route: Route) -> Schema:
        """Return the operation of a route."""
        match route:
            case Post():
                return self._command(route)
            case Get():
                return self._get(route)
            case Search() | Find():
                return self._query(route)

    def _about(self, route: Route) -> type:
        return self._commands[route.path].aggregate if isinstance(route, Post) else route.of

    def _command(self, route: Post) -> Schema:
        command = self._commands[route.path]
        headers = [_shared("IdempotencyKey"), _shared("IfMatch")]
        return {
            **self._head(route, _spoken(route.command), route.command.__doc__ or ""),
            "parameters": [*self._in_path(route.path, route.command), *headers],
            **self._body(command),
            "responses": {
                **self._outcomes(command),
                **_problems(COMMAND_PROBLEMS),
                "409": _refusals(route.rules),
            },
        }

    def _get(self, route: Get) -> Schema:
        name = route.of.__name__
        shown = reference(name)
        if route.fields:
            shown = self._add(f"{name}Excerpt", picked(self._of.named[name], route.fields))
        found = {"description": "The aggregate.", "headers": _ETAG, **_content(shown)}
        unchanged = {"description": "It has still the entity tag.", "headers": _ETAG}
        return {
            **self._head(route, f"Read: {_spoken(route.of).lower()}"),
            "parameters": [*self._in_path(route.path, route.of), _shared("IfNoneMatch")],
            "responses": {"200": found, "304": unchanged, **_problems(READ_PROBLEMS)},
        }

    def _query(self, route: Search | Find) -> Schema:
        in_path = parameters(route.path)
        given = [
            *self._in_path(route.path, route.of),
            *(
                self._parameter(route.of, name, "query", required=True)
                for name in route.by
                if name not in in_path
            ),
        ]
        schema, statuses = reference(route.of.__name__), needed(READ_PROBLEMS, route.public)
        if isinstance(route, Search):
            given += [
                *(self._parameter(route.of, name, "query") for name in route.filter),
                _page_size(route.page),
                _shared("Cursor"),
            ]
            schema, statuses = self._page(route.of), needed(SEARCH_PROBLEMS, route.public)
        events = {live.MEDIA_TYPE: {"schema": _EVENTS}} if route.live else {}
        content = {"content": {_JSON: {"schema": schema}, **events}}
        return {
            **self._head(route, words(route.path.rpartition("/")[2])),
            "parameters": [*given, *([_shared("LastEventId")] if route.live else [])],
            "responses": {
                "200": {"description": "What was found.", **content},
                **_problems(statuses),
            },
        }

    def _head(self, route: Route, summary: str, description: str = "") -> Schema:
        public = isinstance(route, Search | Find) and route.public
        return {
            "tags": [self._tags[self._about(route)][0]],
            "summary": summary,
            **described(" ".join(description.split())),
            "operationId": self._ids[_address(route)],
            **({} if public else {"security": _security(route.roles)}),
        }

    def _in_path(self, path: str, of: type) -> list[Schema]:
        return [self._parameter(of, name, "path", required=True) for name in parameters(path)]

    def _parameter(self, of: type, name: str, place: str, required: bool = False) -> Schema:
        needs = {"required": True} if required else {}
        return {"name": name, "in": place, **needs, "schema": self._of.field(of, name)}

    def _body(self, command: CommandRoute) -> Schema:
        """Return the body, whose fields are those that nothing else fills."""
        route, name = command.route, command.route.command.__name__
        filled = {*parameters(route.path), *route.caller}
        schema = self._of.named[name]
        body = picked(schema, (each for each in schema["properties"] if each not in filled))
        body["required"] = [each for each in body["required"] if each != command.generated_id]
        body.pop("description", None)
        if not body["properties"]:
            return {}
        self.schemas[name] = _tidy(body)
        required = bool(body["required"])
        return {"requestBody": {"required": required, **_content(reference(name))}}

    def _outcomes(self, command: CommandRoute) -> Schema:
        """Return the successful responses: 201 only where something can be created."""
        fields = {
            command.id: {"type": "string", "format": "uuid"},
            "version": {"type": "integer", "format": "int64"},
            "events": {"type": "array", "items": {"type": "string"}},
        }
        content = _content(self._add(f"{command.aggregate.__name__}Outcome", _object(fields)))
        located = _ETAG | (_LOCATION if command.location else {})
        changed = {"description": "The aggregate was changed.", "headers": _ETAG, **content}
        created = {"description": "The aggregate was created.", "headers": located, **content}
        if command.generated_id is not None or command.route.creates:
            return {"201": created}
        return {"200": changed, **({"201": created} if command.route.upserts else {})}

    def _page(self, of: type) -> Schema:
        fields = {
            "items": {"type": "array", "items": reference(of.__name__)},
            "next": {"type": ["string", "null"]},
        }
        return self._add(f"{of.__name__}Page", _object(fields))

    def _add(self, name: str, schema: Schema) -> Schema:
        """Add a schema that no class has, and return a reference to it."""
        while name in self._of.named:
            name += "2"
        self.schemas[name] = schema
        return reference(name)


def _address(route: Route) -> tuple[type, str]:
    """Return what no other route of a unit has: its method is known by its class."""
    return type(route), route.path


def _object(fields: Schema) -> Schema:
    return {"type": "object", "properties": fields, "required": list(fields)}


def _tidy(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key != "required" or value}


def _content(schema: Schema) -> Schema:
    return {"content": {_JSON: {"schema": schema}}}


def _shared(parameter: str) -> Schema:
    return {"$ref": f"#/components/parameters/{parameter}"}


def _page_size(largest: int) -> Schema:
    bounds = {"minimum": 1, "maximum": largest, "default": largest}
    return {
        "name": "page",
        "in": "query",
        "description": "The largest number of rows.",
        "schema": {"type": "integer", **bounds},
    }


def _problems(statuses: Iterable[int]) -> Schema:
    """Return references to the problems with `statuses`."""
    return {
        str(status): {"$ref": f"#/components/responses/{NAMES[status]}"}
        for status in sorted(statuses)
    }


def _refusals(rules: Iterable[str]) -> Schema:
    """Return the problem of a command that may be refused for `rules`."""
    types = [f"`urn:problem:{rule}`" for rule in rules]
    named = f": {', '.join(types)}" if types else ""
    return {
        "description": f"A rule of the domain does not hold; `type` is the rule{named}.",
        "content": {MEDIA_TYPE: {"schema": reference(PROBLEM)}},
    }


def _security(roles: Roles) -> list[Schema]:
    """Return the alternatives of what a caller needs: one of the roles, if there are any."""
    return [{"bearer": [role]} for role in roles] or [{"bearer": []}]


def described(text: str) -> Schema:
    return {"description": text} if text else {}


def _spoken(of: type) -> str:
    """Return the name of a class in words: `CancelOrder` -> `Cancel order`."""
    return words(snake_case(of.__name__))
