"""Services: everything of one bounded context, put together."""

from __future__ import annotations

from meshgen.spec.analysis.aggregates import build_aggregate
from meshgen.spec.analysis.context import Check
from meshgen.spec.analysis.policies import build_policies
from meshgen.spec.analysis.ports import build_ports, declare_operations
from meshgen.spec.analysis.queries import build_queries
from meshgen.spec.analysis.replicas import build_replicas, replica_types
from meshgen.spec.analysis.sagas import build_sagas
from meshgen.spec.analysis.symbols import ServiceSymbol, Symbols
from meshgen.spec.model import OwnRoute, Service, Store


def build_service(check: Check, symbols: Symbols, symbol: ServiceSymbol) -> Service:
    """The service of the model, with findings for everything that does not fit."""
    syntax = symbol.syntax
    replicas = replica_types(check, symbols, symbol)
    operations = declare_operations(check, syntax)
    aggregates = tuple(
        build_aggregate(check, a, replicas, operations) for a in symbol.aggregates.values()
    )
    if not aggregates and check.knows("aggregates"):
        check.error(syntax.name.at, f"the service `{syntax.name}` has no aggregates")
    return Service(
        name=syntax.name.text,
        summary=syntax.summary,
        store=Store(
            engine=syntax.engine.text if syntax.engine else "",
            at=syntax.engine.at if syntax.engine else syntax.name.at,
        ),
        aggregates=aggregates,
        replicas=build_replicas(check, symbols, symbol),
        ports=build_ports(check, syntax, operations),
        policies=build_policies(check, symbols, symbol),
        sagas=build_sagas(check, symbols, symbol),
        queries=build_queries(check, symbol),
        routes=tuple(
            OwnRoute(path=r.path.text, public=r.public, at=r.path.at) for r in syntax.routes
        ),
        slo=syntax.slo,
        renamed_from=syntax.renamed_from.text if syntax.renamed_from else None,
        at=syntax.name.at,
    )


def check_reachable(check: Check, symbols: Symbols, services: tuple[Service, ...]) -> None:
    """Every command can be given by somebody: a role, a policy or a saga."""
    sent = {(p.do.unit, p.do.name) for s in services for p in s.policies}
    for saga in (saga for s in services for saga in s.sagas):
        dispatches = [saga.on_failure, *(d for step in saga.steps for d in (step.do, step.undo))]
        sent |= {(d.command.unit, d.command.name) for d in dispatches if d}
    for service in symbols.services.values():
        for command in service.commands.values():
            if command.syntax.roles is None and (command.unit, command.name) not in sent:
                hint = "add `roles`, or send it from a policy or a saga"
                check.error(
                    command.syntax.name.at,
                    f"nothing can send `{command.name}`",
                    hint,
                )
