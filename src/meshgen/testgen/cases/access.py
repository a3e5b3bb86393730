"""Tests of roles that reach what belongs to others, next to roles that reach only their own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from meshgen.naming import snake
from meshgen.spec.model import Aggregate, Command, Field, Query, Readers, Service
from meshgen.spec.routes import aggregate_path
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
        queries = tuple(query for query in service.queries if query.of == aggregate.name)
        tests += list(_of_reads(aggregate, queries, examples, shared))
        for query in queries:
            tests += list(_of_page(query, _uuids(aggregate)))
    return _reach_tests(shared, tests)


def row_reach_tests(queries: tuple[Query, ...], row: tuple[Field, ...]) -> ReachTests:
    """Return a test of every query of rows with unrestricted roles."""
    uuids = frozenset(field.name for field in row if field.type == UUID)
    tests = [test for query in queries for test in _of_page(query, uuids)]
    return _reach_tests(Shared({}), tests)


def _reach_tests(shared: Shared, tests: list[ReachTest]) -> ReachTests:
    return ReachTests(
        constants=shared.constants(),
        tests=tuple(tests),
        needs_id=any(each.value == "ID" for test in tests for each in test.arguments),
    )


def _uuids(aggregate: Aggregate) -> frozenset[str]:
    return frozenset({aggregate.id, *(f.name for f in aggregate.state if f.type == UUID)})


def _of_command(
    command: Command, aggregate: Aggregate, found: Found, shared: Shared
) -> Iterator[ReachTest]:
    if not command.unrestricted or aggregate.id in command.from_caller:
        return
    if command.mode != "acts" and aggregate.owner in (aggregate.id, *command.from_caller):
        return  # what it creates belongs to the caller
    example = next((each for each in found.examples if _fits(each, command)), None)
    if example is None:
        return
    sent = [(name, value) for name, value in example.input if name not in command.from_caller]
    identity, *arguments = shared.call(command.name, tuple(sent)).arguments
    yield ReachTest(
        function=f"test_who_may_{snake(command.name)}",
        given=tuple(shared.name(event) for event in example.given),
        method=command.method.lower(),
        path=_source(command.path, identity.value),
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


def _of_reads(
    aggregate: Aggregate, queries: tuple[Query, ...], found: Found, shared: Shared
) -> Iterator[ReachTest]:
    """Return the tests of reads of one aggregate, which does not exist for others."""
    reads: list[tuple[str, str, tuple[Argument, ...], Query | Readers]] = []
    given = next((each.given for each in found.examples if each.given and not each.rows), None)
    if given is None:
        return
    identity = shared.call(given[0].name, given[0].fields[:1]).arguments[0]
    if aggregate.reading is not None:
        path = _source(aggregate_path(aggregate), identity.value)
        reads.append((snake(aggregate.name), path, (), aggregate.reading))
    for query in queries:
        if not query.page and query.by == (aggregate.id,):
            in_path = "{" in query.path
            path, sent = _source(query.path, identity.value), () if in_path else (identity,)
            reads.append((snake(query.name), path, sent, query))
    for name, path, arguments, allowed in reads:
        if allowed.unrestricted:
            yield ReachTest(
                function=f"test_who_may_read_{name}",
                given=tuple(shared.name(event) for event in given),
                method="get",
                path=path,
                arguments=arguments,
                restricted=_restricted(allowed),
                refusal=404,
                role=allowed.unrestricted[0],
                status=200,
            )


def _of_page(query: Query, uuids: frozenset[str]) -> Iterator[ReachTest]:
    """Return the test of a page; it needs no rows, because the owner is asked for."""
    if query.unrestricted and query.page and uuids.issuperset(query.by):
        yield ReachTest(
            function=f"test_who_may_read_{snake(query.name)}",
            given=(),
            method="get",
            path=f'"{query.path}"',
            arguments=tuple(Argument(name=name, value="ID") for name in query.by),
            restricted=_restricted(query),
            refusal=403,
            role=query.unrestricted[0],
            status=200,
        )


def _restricted(allowed: Command | Query | Readers) -> tuple[str, ...]:
    return tuple(role for role in allowed.roles or () if role not in allowed.unrestricted)


def _source(path: str, identity: str) -> str:
    filled = re.sub(r"\{\w+\}", f"{{{identity}}}", path)
    return f'f"{filled}"' if filled != path else f'"{path}"'
