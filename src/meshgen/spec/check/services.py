"""Services: everything of one bounded context, put together."""

from __future__ import annotations

from meshgen.spec.check.aggregates import build_aggregate
from meshgen.spec.check.context import Check
from meshgen.spec.check.policies import build_policies
from meshgen.spec.check.ports import build_ports, declare_operations
from meshgen.spec.check.queries import build_queries
from meshgen.spec.check.replicas import build_replicas, replica_types
from meshgen.spec.check.sagas import build_sagas
from meshgen.spec.check.symbols import ServiceSymbol, Symbols
from meshgen.spec.model import Service, Store


def build_service(check: Check, symbols: Symbols, symbol: ServiceSymbol) -> Service:
    """The service of the model, with findings for everything that does not fit."""
    draft = symbol.draft
    replicas = replica_types(check, symbols, symbol)
    operations = declare_operations(check, draft)
    aggregates = tuple(
        build_aggregate(check, a, replicas, operations) for a in symbol.aggregates.values()
    )
    if not aggregates and check.knows("aggregates"):
        check.error(draft.name.at, f"the service `{draft.name}` has no aggregates")
    return Service(
        name=draft.name.text,
        summary=draft.summary,
        store=Store(
            engine=draft.engine.text if draft.engine else "",
            at=draft.engine.at if draft.engine else draft.name.at,
        ),
        aggregates=aggregates,
        replicas=build_replicas(check, symbols, symbol),
        ports=build_ports(check, draft, operations),
        policies=build_policies(check, symbols, symbol),
        sagas=build_sagas(check, symbols, symbol),
        queries=build_queries(check, symbol),
        renamed_from=draft.renamed_from.text if draft.renamed_from else None,
        at=draft.name.at,
    )


def check_reachable(check: Check, symbols: Symbols, services: tuple[Service, ...]) -> None:
    """Every command can be given by somebody: a role, a policy or a saga."""
    sent = {(p.do.unit, p.do.name) for s in services for p in s.policies}
    for saga in (saga for s in services for saga in s.sagas):
        dispatches = [saga.on_failure, *(d for step in saga.steps for d in (step.do, step.undo))]
        sent |= {(d.command.unit, d.command.name) for d in dispatches if d}
    for service in symbols.services.values():
        for command in service.commands.values():
            if command.draft.roles is None and (command.unit, command.name) not in sent:
                hint = "give it `roles`, or let a policy or a saga send it"
                check.error(command.draft.name.at, f"nobody can send `{command.name}`", hint)
