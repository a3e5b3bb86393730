"""Lowers a valid spec to the `Mesh` that templates print."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import ceil

from meshgen import __version__
from meshgen.capacity import BUCKETS, DEFAULT_PARTITIONS, CapacityPlan, plan
from meshgen.graph.mermaid import mermaid
from meshgen.graph.views import context_map
from meshgen.identities import Identities
from meshgen.naming import kebab, snake, spec_file, system_package, url_prefix
from meshgen.spec.model import RateLimit, Spec
from meshgen.spec.routes import all_paths, prefixes
from meshgen.system.index import index
from meshgen.system.jsonschema import contract_modules
from meshgen.system.lower.asyncapi import asyncapi
from meshgen.system.lower.bffs import bff_view
from meshgen.system.lower.capacity import capacity_view
from meshgen.system.lower.deploy import deploy_view, grouped
from meshgen.system.lower.engines import chassis_view, engines_view
from meshgen.system.lower.imports import contract_imports
from meshgen.system.lower.load import load_view
from meshgen.system.lower.openapi import openapi
from meshgen.system.lower.projections import projection_view
from meshgen.system.lower.scenarios import scenario_view
from meshgen.system.lower.services import service_view
from meshgen.system.lower.streams import stream_view
from meshgen.system.lower.topics import messages
from meshgen.system.model import (
    AddressLimitView,
    BffView,
    CatalogView,
    GatewayCluster,
    GatewayRoute,
    GatewayView,
    Mesh,
    OwnedQuery,
    ProcessView,
    ProjectionView,
    ProjectView,
    PublicPath,
    RateLimitView,
    ServiceView,
    StreamView,
    System,
    Unit,
)
from meshgen.system.pysource.annotations import duration
from meshgen.testgen.cases.example_events import ExampleEvents, find_all

_ADDRESS_RATE = 200  # requests a second: an office may share an address, but verifying takes time


def resolve(spec: Spec, identities: Identities | None = None) -> Mesh:
    """Return the mesh of `spec`, with everything that templates print."""
    known = index(spec, identities)
    package = system_package(spec.name)
    found = find_all(known)
    example_events = ExampleEvents(known, found)
    services = tuple(
        service_view(service, known, package, found, example_events) for service in spec.services
    )
    projections = tuple(
        projection_view(projection, known, package, example_events)
        for projection in spec.projections
    )
    streams = tuple(stream_view(s, known, package, example_events) for s in spec.streams)
    bffs = tuple(bff_view(bff, known, package) for bff in spec.bffs)
    units = (
        *(_unit(view, "service") for view in services),
        *(_unit(view, "projection") for view in projections),
        *(_unit(view, "stream") for view in streams),
        *(_unit(view, "bff") for view in bffs),
    )
    processes = _processes(spec, units)
    groups = grouped(units, processes)
    capacity = plan(spec, {name: tuple(u.name for u in group) for name, group in groups.items()})
    partitions = spec.event_hub.partitions or DEFAULT_PARTITIONS
    partitions = capacity.partitions if capacity else partitions
    type_imports = contract_imports(known, ())
    summary = spec.summary.rstrip(".")
    return Mesh(
        system=System(
            name=spec.name,
            package=package,
            distribution=kebab(package),
            spec_file=spec_file(spec.name),
        ),
        project=ProjectView(
            summary=summary,
            generator=__version__,
            folders=tuple(dict.fromkeys(unit.folder.split("/")[0] for unit in units)),
            units=units,
            processes=processes,
            engines=engines_view(spec),
            roles=_roles(spec),
            gateway=_gateway(spec, units, capacity),
            example_path=_example_path((*projections, *streams, *services)),
            context_map=mermaid(context_map(spec)),
            owned_queries=_owned_queries(spec),
            type_imports=type_imports,
            scenarios=tuple(scenario_view(scenario, known) for scenario in spec.scenarios),
            capacity=capacity_view(spec, capacity),
            load=load_view(spec, known, capacity, type_imports),
        ),
        catalog=CatalogView(
            system=known.identities.id("system", spec.name),
            summary=summary,
            modules=(
                *(service.name for service in services),
                *(stream.name for stream in streams if stream.emits),
            ),
            messages=messages(known),
            asyncapi=asyncapi(known),
            partitions=partitions,
            retention=duration(spec.event_hub.retention),
        ),
        chassis=chassis_view(spec),
        deploy=deploy_view(spec, groups, bffs, partitions, capacity),
        contracts=contract_modules(known),
        apis=openapi(known, {unit.name: unit.summary for unit in units}),
        services=services,
        projections=projections,
        streams=streams,
        bffs=bffs,
    )


def _unit(view: ServiceView | ProjectionView | StreamView | BffView, kind: str) -> Unit:
    return Unit(
        name=view.name,
        kind=kind,
        package=view.package,
        distribution=view.distribution,
        folder=view.folder,
        entry=f"{view.package}.{kind}:{kind}",
        title=view.title,
        summary=view.summary,
    )


def _roles(spec: Spec) -> tuple[str, ...]:
    return tuple(sorted({*spec.roles, *(step.role for s in spec.scenarios for step in s.steps)}))


def _gateway(spec: Spec, units: tuple[Unit, ...], capacity: CapacityPlan | None) -> GatewayView:
    gateway = spec.gateway
    return GatewayView(
        issuer=gateway.issuer,
        audience=gateway.audience,
        roles_claim=gateway.roles_claim,
        token_type=gateway.token_type,
        timeout_ms=gateway.timeout,
        rate_limit=_rate_limit(gateway.rate_limit, capacity),
        address_limit=_address_limit(gateway.rate_limit, capacity),
        cors=gateway.cors,
        methods=_methods(spec),
        public=tuple(_public_paths(spec)),
        clusters=tuple(
            GatewayCluster(
                name=unit.name,
                host_variable=f"{unit.name.upper()}_HOST",
                port_variable=f"{unit.name.upper()}_PORT",
                document=f"/openapi{url_prefix(unit.name)}.json",
            )
            for unit in units
        ),
        routes=tuple(_gateway_routes(spec)),
    )


def _methods(spec: Spec) -> tuple[str, ...]:
    """Return the methods that browsers may ask with."""
    sent = {
        command.method
        for service in spec.services
        for aggregate in service.aggregates
        for command in aggregate.commands
        if command.roles is not None
    }
    sent |= {endpoint.method for bff in spec.bffs for endpoint in bff.endpoints}
    return ("GET", "POST", *sorted(sent - {"GET", "POST"}))


def _gateway_routes(spec: Spec) -> Iterator[GatewayRoute]:
    for unit in (*spec.services, *spec.views):
        live = [path for query in unit.queries if query.live for path in all_paths(query)]
        for prefix in prefixes(unit):
            below = (path for path in live if f"{path}/".startswith(f"{prefix}/"))
            yield GatewayRoute(
                prefix=prefix, cluster=unit.name, stripped=False, live=tuple(map(_regex, below))
            )
    for bff in spec.bffs:
        (prefix,) = prefixes(bff)
        yield GatewayRoute(prefix=prefix, cluster=bff.name, stripped=True, live=())


def _public_paths(spec: Spec) -> Iterator[PublicPath]:
    """Yield the paths for callers without a token, those of the owner's own routers last."""
    for unit in (*spec.services, *spec.views):
        for query in unit.queries:
            if query.public:
                for path in all_paths(query):
                    yield _public_path(path, needs=bool(query.by))
    for bff in spec.bffs:
        for endpoint in bff.endpoints:
            if endpoint.public:
                path = f"{url_prefix(bff.name)}{endpoint.path}"
                yield _public_path(path, needs=bool(endpoint.parameters))
    for service in spec.services:
        for own in service.routes:
            if own.public:
                yield PublicPath(path=own.path, regex=None, needs=False, below=True)


def _public_path(path: str, *, needs: bool) -> PublicPath:
    return PublicPath(path=path, regex=_regex(path) if "{" in path else None, needs=needs)


def _regex(path: str) -> str:
    """Return the regular expression of the paths that `path`, with its parameters, stands for."""
    return "[^/]+".join(re.escape(part) for part in re.split(r"\{\w+\}", path))


def _rate_limit(said: RateLimit | None, capacity: CapacityPlan | None) -> RateLimitView | None:
    """Return the limit that the spec says, else the one that is derived."""
    derived = capacity.rate_limit if capacity else None
    limit = said or derived
    if limit is None:
        return None
    callers = derived.callers if derived else BUCKETS
    return RateLimitView(rate=limit.rate, burst=limit.burst, callers=callers)


def _address_limit(said: RateLimit | None, capacity: CapacityPlan | None) -> AddressLimitView:
    """Return the limit that the spec says, else one that the whole peak from a proxy fits in."""
    rate = said.per_address if said else None
    if rate is None:
        rate = max(_ADDRESS_RATE, ceil(capacity.traffic.gateway) if capacity else 0)
    return AddressLimitView(rate=rate, burst=rate + rate // 2)


def _processes(spec: Spec, units: tuple[Unit, ...]) -> tuple[ProcessView, ...]:
    if spec.processes:
        return tuple(ProcessView(name=p.name, units=p.units) for p in spec.processes)
    return (ProcessView(name=spec.name, units=tuple(unit.name for unit in units)),)


def _example_path(views: tuple[ServiceView | ProjectionView | StreamView, ...]) -> str:
    """Return a query that any caller may send, else the API description of the first unit."""
    for view in views:
        for route in view.routes:
            needs = {option.name for option in route.options} & {"by", "roles"}
            if route.helper == "search" and not needs:
                return route.path
    return f"/openapi{url_prefix(views[-1].name)}.json"


def _owned_queries(spec: Spec) -> tuple[OwnedQuery, ...]:
    """Return the paged queries of rows whose only parameter is the owner."""
    return tuple(
        OwnedQuery(
            function=snake(query.name),
            path=query.path,
            owner=query.owner,
        )
        for view in spec.views
        for query in view.queries
        if query.page and query.owner and query.by == (query.owner,) and not query.roles
    )
