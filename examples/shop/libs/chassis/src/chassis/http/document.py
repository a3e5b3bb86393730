"""The OpenAPI document of a unit, from its routes. The contracts have the same, from the spec."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chassis.http.commands import CommandRoute
from chassis.http.deprecation import formers
from chassis.http.examples import with_examples
from chassis.http.fragments import described
from chassis.http.openapi import SCHEMAS, Schema, referred, shared
from chassis.http.operations import Operations, Tag
from chassis.http.problem import words
from chassis.http.routes import Get, Post, Route

if TYPE_CHECKING:
    from fastapi import APIRouter

VERSION = "1.0.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a document says of a unit beside its routes.

    Attributes:
        name: The name of the unit.
        summary: What the unit is for.
        tags: What its operations are about, each with a description, by the class of it.
    """

    name: str
    summary: str
    tags: Mapping[type, Tag]


def document(
    about: About,
    routes: Sequence[Route],
    commands: Iterable[CommandRoute],
    routers: Sequence[APIRouter] = (),
    public: Sequence[APIRouter] = (),
) -> Schema:
    """Return the OpenAPI document of a unit.

    Args:
        about: What it says of the unit itself.
        routes: The declared routes of the unit.
        commands: Its `post` routes, once more.
        routers: Its routes that are written by hand.
        public: More of them, for which no token is required.
    """
    operations = Operations(about.tags, routes, commands)
    paths: dict[str, Schema] = {}
    for route in routes:
        method = route.method.lower() if isinstance(route, Post) else "get"
        paths.setdefault(route.path, {})[method] = operations.of(route)
        for former, _ in () if isinstance(route, Get) else formers(route):
            paths.setdefault(former.path, {})[method] = operations.former(former)
    components = shared()
    components["schemas"] = operations.schemas | components["schemas"]
    made = {
        "openapi": "3.1.0",
        "info": {
            "title": words(about.name),
            "version": VERSION,
            **described(about.summary),
        },
        "servers": [{"url": "/", "description": "The gateway."}],
        "tags": [{"name": name, **described(text)} for name, text in operations.tags],
        "paths": paths,
        "components": components,
    }
    if routers or public:
        from chassis.http.routers import routers_document  # FastAPI, which takes long to import

        made = _merged(made, routers_document(routers, public))
    return with_examples(referred(made))


def _merged(made: Schema, by_hand: Schema) -> Schema:
    """Return a document with what routers add to it: it says itself what its own operations are.

    A schema of theirs that has the name of another one gets a name of its own.
    """
    own, theirs = (each["components"].get("schemas", {}) for each in (made, by_hand))
    renamed = {name for name in theirs if own.get(name, theirs[name]) != theirs[name]}
    text = json.dumps(by_hand)
    for name in renamed:
        text = text.replace(f'"{SCHEMAS}{name}"', f'"{SCHEMAS}{name}2"')
    added = json.loads(text)
    added["components"]["schemas"] = {
        f"{name}2" if name in renamed else name: schema
        for name, schema in added["components"].get("schemas", {}).items()
    }
    return {
        **made,
        "paths": _both(added["paths"], made["paths"]),
        "components": _both(added["components"], made["components"]),
    }


def _both(first: Schema, second: Schema) -> Schema:
    return {name: first.get(name, {}) | second.get(name, {}) for name in (*second, *first)}
