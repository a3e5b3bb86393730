"""From syntax nodes to the model: resolve names, compile expressions, check rules."""

from __future__ import annotations

from meshgen.spec.analysis.access import check_declared
from meshgen.spec.analysis.bffs import build_bff
from meshgen.spec.analysis.context import Check
from meshgen.spec.analysis.index import Index
from meshgen.spec.analysis.objectives import build_capacity, build_slo
from meshgen.spec.analysis.own_routes import check_own_routes
from meshgen.spec.analysis.paths import with_paths
from meshgen.spec.analysis.processes import build_processes
from meshgen.spec.analysis.projections import build_projection
from meshgen.spec.analysis.renames import check_renames
from meshgen.spec.analysis.replicas import check_derivable
from meshgen.spec.analysis.said_paths import check_paths
from meshgen.spec.analysis.scenarios import build_scenario
from meshgen.spec.analysis.services import build_service, check_reachable
from meshgen.spec.analysis.streams import build_streams
from meshgen.spec.analysis.symbols import declare
from meshgen.spec.analysis.types import declare_types
from meshgen.spec.analysis.uniqueness import check_unique_names
from meshgen.spec.model import Gateway, Spec
from meshgen.spec.parser.reading import Reading
from meshgen.spec.syntax import SpecSyntax

_NO_GATEWAY = Gateway(
    issuer="", audience="", roles_claim="", token_type="", rate_limit=None, timeout=0, cors=()
)


def build_spec(reading: Reading, syntax: SpecSyntax, index: Index | None = None) -> Spec | None:
    """Return the model of `syntax`; None if `reading` has findings.

    What the names of fields and members refer to is added to `index`.
    """
    check = Check(reading, index)
    declare_types(check, syntax.types)
    symbols = declare(check, syntax)
    check_unique_names(check, syntax)
    check_renames(check, syntax)
    streams = build_streams(check, symbols, syntax.event_hub.engine)
    services = tuple(build_service(check, symbols, symbol) for symbol in symbols.services.values())
    check_derivable(check, services)
    if not reading.findings:  # senders may be missing if something is unreadable
        check_reachable(check, symbols, services)
    projections = tuple(
        build_projection(check, symbols, symbol) for symbol in symbols.projections.values()
    )
    bffs = tuple(build_bff(check, symbols, bff) for bff in syntax.bffs)
    processes = build_processes(check, syntax)
    roles = check_declared(check, symbols, syntax.roles)
    scenarios = tuple(
        build_scenario(check, symbols, scenario, roles) for scenario in syntax.scenarios
    )
    slo = build_slo(check, syntax, (*services, *projections, *streams), bffs, scenarios)
    capacity = build_capacity(check, syntax)
    if reading.findings or syntax.name is None:
        return None
    spec = with_paths(
        Spec(
            name=syntax.name.text,
            summary=syntax.summary or syntax.name.text.replace("-", " ").capitalize(),
            roles=tuple(sorted(roles)),
            types=tuple(check.types.values()),
            event_hub=syntax.event_hub,
            services=services,
            projections=projections,
            streams=streams,
            gateway=syntax.gateway or _NO_GATEWAY,
            bffs=bffs,
            processes=processes,
            scenarios=scenarios,
            slo=slo,
            capacity=capacity,
        )
    )
    check_paths(check, syntax, spec)
    check_own_routes(check, spec)
    return None if reading.findings else spec
