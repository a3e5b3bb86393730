"""Tests of roles that reach what belongs to others, next to roles that reach only their own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from meshgen.naming import snake
from meshgen.spec.model import Aggregate, Command, Field, Query, Service
from meshgen.spec.routes import command_path, query_path
from meshgen.spec.types import UUID
from meshgen.system.model import Argument, ReachTest, ReachTests
from meshgen.testgen.cases.example_events import FoundByAggregate
from meshgen.testgen.cases.values import Shared
from meshgen.testgen.examples import Example, Found
from meshgen.testgen.examples.relevance import conditions


def service_reach_tests(service: Service, found: FoundByAggregate) -> ReachTests:
    """Return a test of every command and query of a service with unrestricted roles."""
    ids = {id: known for each in found.values() for id, known in each.ids.items()}
    shared = Shared(ids)
    tests = []
    for aggregate in service.aggregates:
        examples = found[service.name, aggregate.name]
        for command in aggregate.commands:
            tests += list(_of_command(command, aggregate, examples, shared))
    uuids = {a.name: _uuids(a) for a in service.aggregates}
    for query in service.queries:
        tests += list(_of_page(query, uuids[str(query.of)]))
    return ReachTests(constants=shared.constants(), tests=tuple(tests))


def row_reach_tests(queries: tuple[Query, ...], row: tuple[Field, ...]) -> ReachTests:
    """Return a test of every query of rows with unrestricted roles."""
    uuids = frozenset(field.name for field in row if field.type == UUID)
    tests = [test for query in queries for test in _of_page(query, uuids)]
    return ReachTests(constants=Shared({}).constants(), tests=tuple(tests))


def _uuids(aggregate: Aggregate) -> frozenset[str]:
    return frozenset({aggregate.id, *(f.name for f in aggregate.state if f.type == UUID)})


def _of_command(
    command: Command, aggregate: Aggregate, found: Found, shared: Shared
) -> Iterator[ReachTest]:
    if not command.unrestricted or (aggregate.owner == aggregate.id and command.mode != "acts"):
        return
    example = next((each for each in found.examples if _fits(each, command)), None)
    if example is None:
        return
    path = command_path(command, aggregate)
    identity, *arguments = shared.call(command.name, example.input).arguments
    yield ReachTest(
        function=f"test_who_may_{snake(command.name)}",
        given=tuple(shared.name(event) for event in example.given),
        method="post",
        path=_source(path, identity.value),
        arguments=tuple(arguments),
        restricted=_restricted(command),
        refusal=403,
        role=command.unrestricted[0],
        status=200 if example.given else 201,
    )


def _fits(example: Example, command: Command) -> bool:
    """Tell whether an example can be repeated: it needs no rows, and no clock of its own."""
    return (
        example.command == command.name
        and example.refused is None
        and not example.rows
        and not any(_asks_the_time(each.tree) for each in conditions(command))
    )


def _asks_the_time(tree: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "now" for node in ast.walk(tree))


def _of_page(query: Query, uuids: frozenset[str]) -> Iterator[ReachTest]:
    """Return the test of a page; it needs no rows, because the owner is asked for."""
    if query.unrestricted and query.page and uuids.issuperset(query.by):
        yield ReachTest(
            function=f"test_who_may_read_{snake(query.name)}",
            given=(),
            method="get",
            path=f'"{query_path(query)}"',
            arguments=tuple(Argument(name=name, value="ID") for name in query.by),
            restricted=_restricted(query),
            refusal=403,
            role=query.unrestricted[0],
            status=200,
        )


def _restricted(allowed: Command | Query) -> tuple[str, ...]:
    return tuple(role for role in allowed.roles or () if role not in allowed.unrestricted)


def _source(path: str, identity: str) -> str:
    filled = re.sub(r"\{\w+\}", f"{{{identity}}}", path)
    return f'f"{filled}"' if filled != path else f'"{path}"'
