"""Services: their replicas, ports, policies and routes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from meshgen.identities.table import Path
from meshgen.identities.things import policy_path
from meshgen.naming import (
    about,
    article,
    identifier,
    kebab,
    pascal,
    snake,
    unit_folder,
    unit_package,
    words,
)
from meshgen.spec.model import (
    Aggregate,
    Command,
    Event,
    Operation,
    Policy,
    Port,
    Query,
    Readers,
    Ref,
    Replica,
    Service,
)
from meshgen.spec.routes import aggregate_path, read_roles
from meshgen.system.index import Index
from meshgen.system.lower.aggregates import aggregate_view, event_case, mode_of, variable_of
from meshgen.system.lower.engines import extras
from meshgen.system.lower.identities import identity_of, starts_now, stored_as
from meshgen.system.lower.imports import contract_imports
from meshgen.system.lower.sagas import saga_refs, saga_view
from meshgen.system.model import (
    AccessTests,
    Argument,
    Call,
    PolicyView,
    PortView,
    QuestionView,
    ReplicaView,
    Route,
    ServiceView,
)
from meshgen.system.pysource.annotations import attribute, duration, spoken
from meshgen.system.pysource.calls import EVENT, Scene, filled, from_sources, loop_view
from meshgen.testgen.cases.access import service_reach_tests
from meshgen.testgen.cases.example_events import ExampleEvents, FoundByAggregate
from meshgen.testgen.cases.reactions import policy_tests


def service_view(
    service: Service,
    index: Index,
    package: str,
    found: FoundByAggregate,
    example_events: ExampleEvents,
) -> ServiceView:
    """Return `service` ready to print."""
    path = ("services", service.name)
    routes = _routes(service)
    ports = tuple(_port_view(port) for port in service.ports)
    return ServiceView(
        name=service.name,
        identity=identity_of(index.identities, *path),
        package=unit_package(package, service.name),
        distribution=kebab(unit_package(package, service.name)),
        folder=unit_folder("services", service.name),
        extras=extras(index.spec.event_hub.engine, service.store.engine),
        title=pascal(service.name),
        summary=(service.summary or f"The {words(service.name)} service").rstrip("."),
        about=about(service.summary),
        aggregates=tuple(
            aggregate_view(
                aggregate, service.name, index.identities, found[service.name, aggregate.name]
            )
            for aggregate in service.aggregates
        ),
        replicas=tuple(_replica_view(replica, path, index) for replica in service.replicas),
        ports=ports,
        questions=tuple(question for port in ports for question in port.questions),
        policies=tuple(_policy_view(policy, path, index) for policy in service.policies),
        sagas=tuple(saga_view(saga, service.name, index, example_events) for saga in service.sagas),
        policy_testing=policy_tests(service, index, example_events),
        access_testing=access_tests(routes),
        reach_testing=service_reach_tests(service, found),
        routes=tuple(routes),
        imports=contract_imports(index, _refs(service, index)),
    )


def _refs(service: Service, index: Index) -> list[Ref]:
    """Return every message that a file of this service may refer to."""
    refs = [Ref(unit=unit, name=name) for unit, name in index.events if unit == service.name]
    refs += [Ref(unit=unit, name=name) for unit, name in index.commands if unit == service.name]
    for policy in service.policies:
        refs += [policy.on, policy.do]
    for saga in service.sagas:
        refs += saga_refs(saga, index)
    for replica in service.replicas:
        events = _replica_events(replica, index)
        refs += [Ref(unit=replica.of.unit, name=event.name) for event in events]
    return refs


def _replica_events(replica: Replica, index: Index) -> tuple[Event, ...]:
    """Return the events that create the replicated aggregate or change a replicated field."""
    aggregate = index.aggregate(replica.of)
    copied = set(replica.fields)

    def matters(event: Event) -> bool:
        changed = {field.name for field in event.fields} | {sets.target for sets in event.sets}
        return mode_of(event, aggregate) != "acts" or bool(changed & copied)

    return tuple(event for event in aggregate.events if matters(event))


def _replica_view(replica: Replica, above: Path, index: Index) -> ReplicaView:
    aggregate = index.aggregate(replica.of)
    state = tuple(field for field in aggregate.state if field.name in replica.fields)
    variable = variable_of(aggregate)
    return ReplicaView(
        name=aggregate.name,
        identity=identity_of(index.identities, *above, "replicas", aggregate.name),
        variable=variable,
        source=f"{article(words(aggregate.name))} of the {words(replica.of.unit)} service",
        id=aggregate.id,
        state=tuple(attribute(field) for field in state),
        stored=stored_as(
            index.identities,
            ("services", replica.of.unit, "aggregates", aggregate.name, "state"),
            state,
        ),
        events=tuple(
            event_case(event, aggregate, aggregate.name, variable, state)
            for event in _replica_events(replica, index)
        ),
    )


def _port_view(port: Port) -> PortView:
    return PortView(
        name=port.name,
        words=words(port.name),
        function=identifier(port.name),
        questions=tuple(_question_view(port, operation) for operation in port.operations),
    )


def _question_view(port: Port, operation: Operation) -> QuestionView:
    question = pascal(operation.name)
    simulated = tuple(
        Argument(name=sets.target, value=Scene({"input": "question"}).code(sets.value))
        for sets in operation.simulated
    )
    return QuestionView(
        question=question,
        answer=f"{question}Answer",
        method=identifier(operation.name),
        port=words(port.name),
        summary=f"A question to the {words(port.name)}: {words(operation.name)}.",
        input=tuple(attribute(field) for field in operation.input),
        returns=tuple(attribute(field) for field in operation.returns),
        simulated=simulated,
    )


def _policy_view(policy: Policy, above: Path, index: Index) -> PolicyView:
    event, command = index.event(policy.on), index.command(policy.do)
    arguments = filled(
        command.fields,
        policy.with_,
        EVENT,
        from_sources(("event", event.fields)),
    )
    path = policy_path(above, policy)
    delay = f"{spoken(policy.after)} later, " if policy.after else ""
    each = f" for each {words(policy.each.variable)}" if policy.each else ""
    return PolicyView(
        function=path[-1],
        identity=identity_of(index.identities, *path),
        event=event.event.name,
        summary=f"On `{event.event.name}`, {delay}send `{command.command.name}`{each}.",
        loop=loop_view(policy.each) if policy.each else None,
        command=Call(name=command.command.name, arguments=arguments),
        after=duration(policy.after) if policy.after else None,
        from_now=starts_now(index.identities, path, policy.start),
    )


def _routes(service: Service) -> list[Route]:
    routes = []
    for aggregate in service.aggregates:
        public = [command for command in aggregate.commands if command.roles is not None]
        routes += [_command_route(command, aggregate) for command in public]
        routes += _read_routes(aggregate)
    routes += [query_route(query, str(query.of)) for query in service.queries]
    return routes


def _command_route(command: Command, aggregate: Aggregate) -> Route:
    options = [Argument(name="roles", value=_roles(command))]
    if command.from_caller:
        options.append(Argument(name="caller", value=_tuple(command.from_caller)))
    if command.requires:
        rules = tuple(dict.fromkeys(guard.name for guard in command.requires))
        options.append(Argument(name="rules", value=_tuple(rules)))
    if command.mode == "upserts":
        options.append(Argument(name="upserts", value="True"))
    elif command.mode == "creates" and aggregate.id in command.from_caller:
        options.append(Argument(name="creates", value="True"))
    if command.method != "POST":
        options.append(Argument(name="method", value=f'"{command.method}"'))
    if command.deprecated:
        options.append(Argument(name="deprecated", value=_former(command)))
    return _route("post", command.path, command.name, *options)


def access_tests(routes: Iterable[Route]) -> AccessTests:
    """Return the requests that show who has access."""
    routes = tuple(routes)
    reads = [route for route in routes if route.helper != "post" and not route.public]
    return AccessTests(
        needs_id=any("{" in route.path for route in routes),
        commands=tuple(
            (_method(route), route.example) for route in routes if route.helper == "post"
        ),
        reads=tuple(route.example for route in reads),
        public=tuple(_public_read(route) for route in routes if route.public),
        reads_by_role=tuple(route.example for route in reads if _is_refused(route)),
    )


def _former(of: Command | Query) -> str:
    """Return the deprecated paths as source, each with its date."""
    dates = (f'"{each.path}": {_date(each.since)}' for each in of.deprecated)
    return f"{{{', '.join(dates)}}}"


def _date(value: date) -> str:
    return f"date({value.year}, {value.month}, {value.day})"


def _method(command: Route) -> str:
    return next((option.value for option in command.options if option.name == "method"), '"POST"')


def _public_read(route: Route) -> tuple[str, int]:
    """Return the path of a public read, and the status of a request without parameters."""
    if "{" in route.path:
        return route.example, 404
    return route.example, 422 if any(option.name == "by" for option in route.options) else 200


def _is_refused(read: Route) -> bool:
    """Tell whether a read without parameters is refused for the caller's roles."""
    names = {option.name for option in read.options}
    return "roles" in names and "by" not in names


def _read_routes(aggregate: Aggregate) -> list[Route]:
    """Return the route by which an aggregate is read by its id, if anybody may."""
    roles = read_roles(aggregate)
    if roles is None:
        return []
    named = _roles(aggregate.reading) if aggregate.reading else _tuple(roles)
    options = [Argument(name="roles", value=named)] if roles else []
    if aggregate.reading and aggregate.reading.fields:
        options.append(Argument(name="fields", value=_tuple(aggregate.reading.fields)))
    return [_route("get", aggregate_path(aggregate), aggregate.name, *options)]


def _route(helper: str, path: str, kind: str, *options: Argument) -> Route:
    example = re.sub(r"\{\w+\}", "{ID}", path)
    return Route(
        helper=helper,
        path=path,
        example=f'f"{example}"' if example != path else f'"{path}"',
        kind=kind,
        options=options,
    )


def query_route(query: Query, kind: str) -> Route:
    """Return the route of a query: `search` for a page, `find` for a single result."""
    sort = tuple(f"-{key.field}" if key.descending else key.field for key in query.sort)
    named = not query.path.endswith(f"/{kebab(query.name)}")
    options = [
        ("name", f'"{snake(query.name)}"' if named else None),
        ("by", _tuple(query.by)),
        ("filter", _tuple(query.filter)),
        ("sort", _tuple(sort)),
        ("page", str(query.page) if query.page else None),
        ("owner", f'"{query.owner}"' if query.owner else None),
        ("roles", _roles(query)),
        ("public", "True" if query.public else None),
        ("live", "True" if query.live else None),
        ("deprecated", _former(query) if query.deprecated else None),
    ]
    given = (Argument(name=n, value=v) for n, v in options if v is not None and v != "()")
    return _route("search" if query.page else "find", query.path, kind, *given)


def _roles(allowed: Command | Query | Readers) -> str:
    """Return the roles as Python source: with what they reach, if it is not the same for all."""
    names = allowed.roles or ()
    if not allowed.unrestricted:
        return _tuple(names)
    reach = {name: "ANY" if name in allowed.unrestricted else "OWN" for name in names}
    return "{" + ", ".join(f'"{name}": {value}' for name, value in reach.items()) + "}"


def _tuple(names: tuple[str, ...]) -> str:
    return repr(tuple(names))
