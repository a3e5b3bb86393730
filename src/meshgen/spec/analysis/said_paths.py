"""Paths that the spec says: their parameters, and what they meet."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from meshgen.spec.analysis.context import Check
from meshgen.spec.diagnostics import Position
from meshgen.spec.model import Aggregate, Field, FormerPath, Spec
from meshgen.spec.routes import aggregate_path, declared, read_roles
from meshgen.spec.syntax import (
    FormerPathSyntax,
    PathSyntax,
    ProjectionSyntax,
    ServiceSyntax,
    SpecSyntax,
    StreamSyntax,
)

RESERVED = ("/livez", "/metrics", "/openapi", "/readyz")
"""What the gateway answers, or every unit."""

_Said = dict[tuple[str, str, str], PathSyntax]

_PARAMETER = re.compile(r"{(\w+)}")
_HIDDEN = re.compile(r"/[^/]+/(livez|readyz|metrics)")


def said_path(
    check: Check,
    path: PathSyntax | None,
    what: str,
    takes: Mapping[str, Field],
    needs: Collection[str] = (),
) -> str:
    """Return the path that the spec says, with findings for its parameters; empty if it is silent.

    Args:
        check: Collects the findings.
        path: The path as written.
        what: What it is the path of.
        takes: The parameters that it may have, with the fields that they are.
        needs: Those that it must have.
    """
    if path is None:
        return ""
    for word in path.parameters:
        if field := takes.get(word.text):
            check.uses(word, field)
        else:
            allowed = " or ".join(f"`{{{each}}}`" for each in takes)
            hint = f"a parameter can be {allowed}" if takes else "leave it out"
            check.error(word.at, f"the path of {what} cannot have `{{{word}}}`", hint)
    for name in needs:
        if name not in [word.text for word in path.parameters]:
            check.error(path.at, f"the path of {what} needs the parameter `{{{name}}}`")
    return path.text


def former_paths(
    check: Check,
    formers: tuple[FormerPathSyntax, ...],
    what: str,
    takes: Mapping[str, Field],
    needs: Collection[str] = (),
) -> tuple[FormerPath, ...]:
    """Return the deprecated paths, with findings as for `said_path`."""
    return tuple(
        FormerPath(said_path(check, former.path, what, takes, needs), former.since)
        for former in formers
    )


@dataclass(frozen=True, slots=True)
class _Route:
    """A route: `said` is its path in the spec, if it is there, and `at` where its name is."""

    unit: str
    name: str
    method: str
    path: str
    said: PathSyntax | None
    at: Position


def check_paths(check: Check, syntax: SpecSyntax, spec: Spec) -> None:
    """Check that every path leads to one route of one unit."""
    owners: dict[str, str] = {}
    routes = sorted(_routes(syntax, spec), key=lambda route: route.said is not None)
    for bff in spec.bffs:
        owners.update(dict.fromkeys(declared(bff), bff.name))
    seen: dict[tuple[str, str], _Route] = {}
    for route in routes:  # those whose paths are said come last, so findings are about them
        at = route.said.at if route.said else route.at
        first = "/" + route.path.split("/")[1]
        owner = owners.setdefault(first, route.unit)
        other = seen.setdefault((route.method, _PARAMETER.sub("{}", route.path)), route)
        if first in RESERVED or _HIDDEN.fullmatch(route.path):
            hint = "say another one: `path: /...`"
            check.error(at, f"the gateway answers `{route.path}` itself", hint)
        elif owner != route.unit:
            hint = "begin it with another segment: each leads to one unit"
            check.error(at, f"`{first}` belongs to `{owner}`", hint)
        elif other is not route:
            message = f"`{route.method} {route.path}` is the path of `{other.name}`, too"
            check.error(at, message, "say another one: `path: /...`")


def _routes(syntax: SpecSyntax, spec: Spec) -> Iterator[_Route]:
    said = _said(syntax)
    for service in spec.services:
        for aggregate in service.aggregates:
            yield from _of_aggregate(service.name, aggregate, said)
    for unit in (*spec.services, *spec.views):
        for query in unit.queries:
            path = said.get((unit.name, "query", query.name))
            yield _Route(unit.name, query.name, "GET", query.path, path, query.at)
            for former in query.deprecated:
                path = said[unit.name, query.name, former.path]
                yield _Route(unit.name, query.name, "GET", former.path, path, query.at)


def _of_aggregate(unit: str, aggregate: Aggregate, said: _Said) -> Iterator[_Route]:
    collection = said.get((unit, "aggregate", aggregate.name))
    if read_roles(aggregate) is not None:
        one = aggregate_path(aggregate)
        yield _Route(unit, aggregate.name, "GET", one, collection, aggregate.at)
    for command in aggregate.commands:
        if command.roles is not None:
            path = said.get((unit, "command", command.name), collection)
            yield _Route(unit, command.name, command.method, command.path, path, command.at)
            for former in command.deprecated:
                path = said[unit, command.name, former.path]
                yield _Route(unit, command.name, command.method, former.path, path, command.at)


def _said(syntax: SpecSyntax) -> _Said:
    """Return the paths in the spec by unit, kind and name; former ones by unit, name and path."""
    found: _Said = {}
    for service in syntax.services:
        for aggregate in service.aggregates:
            if aggregate.path:
                found[service.name.text, "aggregate", aggregate.name.text] = aggregate.path
            for command in aggregate.commands:
                if command.path:
                    found[service.name.text, "command", command.name.text] = command.path
                for former in command.deprecated:
                    key = service.name.text, command.name.text, former.path.text
                    found[key] = former.path
    units: tuple[ServiceSyntax | ProjectionSyntax | StreamSyntax, ...] = (
        *syntax.services,
        *syntax.projections,
        *syntax.streams,
    )
    for unit in units:
        for query in unit.queries:
            if query.path:
                found[unit.name.text, "query", query.name.text] = query.path
            for former in query.deprecated:
                found[unit.name.text, query.name.text, former.path.text] = former.path
    return found
