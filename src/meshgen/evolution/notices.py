"""What somebody should know of a change of a spec, although no data is lost by it."""

from __future__ import annotations

from meshgen.evolution.reactions import reaction_notices
from meshgen.evolution.routes import route_notices
from meshgen.evolution.streams import stream_notices
from meshgen.evolution.version import Version
from meshgen.spec.diagnostics import Finding


def notices(before: Version, after: Version) -> tuple[Finding, ...]:
    """Return what policies, sagas and streams do from now on, and what clients lose, in order."""
    found = [
        *reaction_notices(before, after),
        *stream_notices(before, after),
        *route_notices(before, after),
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda finding: finding.at))
