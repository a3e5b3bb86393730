"""From drafts to the model: names are looked up, expressions compiled, rules held."""

from __future__ import annotations

from meshgen.spec.check.bffs import build_bff
from meshgen.spec.check.context import Check
from meshgen.spec.check.processes import build_processes
from meshgen.spec.check.projections import build_projection
from meshgen.spec.check.renames import check_renames
from meshgen.spec.check.replicas import check_derivable
from meshgen.spec.check.scenarios import build_scenario
from meshgen.spec.check.services import build_service, check_reachable
from meshgen.spec.check.symbols import Symbols, declare
from meshgen.spec.check.types import declare_types
from meshgen.spec.check.uniqueness import check_unique_names
from meshgen.spec.draft import SpecDraft
from meshgen.spec.model import Gateway, Spec
from meshgen.spec.parse.reading import Reading

_NO_GATEWAY = Gateway(issuer="", audience="", rate_limit=None, timeout=0, cors=())


def build_spec(reading: Reading, draft: SpecDraft) -> Spec | None:
    """The spec that `draft` describes; None when `reading` has findings, old or new."""
    check = Check(reading)
    declare_types(check, draft.types)
    symbols = declare(check, draft)
    check_unique_names(check, draft)
    check_renames(check, draft)
    services = tuple(build_service(check, symbols, symbol) for symbol in symbols.services.values())
    check_derivable(check, services)
    if not reading.findings:  # with something unread a sender may be missing
        check_reachable(check, symbols, services)
    projections = tuple(
        build_projection(check, symbols, symbol) for symbol in symbols.projections.values()
    )
    bffs = tuple(build_bff(check, symbols, bff) for bff in draft.bffs)
    processes = build_processes(check, draft)
    roles = _roles(symbols)
    scenarios = tuple(
        build_scenario(check, symbols, scenario, roles) for scenario in draft.scenarios
    )
    if reading.findings or draft.name is None:
        return None
    return Spec(
        name=draft.name.text,
        summary=draft.summary or draft.name.text.replace("-", " ").capitalize(),
        types=tuple(check.types.values()),
        event_hub=draft.event_hub,
        services=services,
        projections=projections,
        gateway=draft.gateway or _NO_GATEWAY,
        bffs=bffs,
        processes=processes,
        scenarios=scenarios,
    )


def _roles(symbols: Symbols) -> frozenset[str]:
    """Every role that a command or a query names."""
    found: set[str] = set()
    for service in symbols.services.values():
        for command in service.commands.values():
            found |= {role.text for role in command.draft.roles or ()}
    for queries in symbols.queries:
        for query in queries.values():
            found |= {role.text for role in query.roles or ()}
    return frozenset(found)
