"""What is watched in a system: its dashboard, and alerts on what piles up."""

from __future__ import annotations

from meshgen.observability import Watched, alerts, dashboard
from meshgen.spec.model import Spec
from meshgen.system.model import AlertView, ObservabilityView


def observability_view(spec: Spec) -> ObservabilityView:
    """Return what is watched; what the system does not have is left out."""
    watched = Watched(
        projections=bool(spec.projections),
        streams=bool(spec.streams),
        sagas=any(service.sagas for service in spec.services),
    )
    return ObservabilityView(
        alerts=tuple(
            AlertView(
                alert=each.name,
                expression=each.expression,
                duration=each.duration,
                severity=each.severity,
                summary=each.summary,
            )
            for each in alerts(watched)
        ),
        dashboard=dashboard(spec.name, watched),
    )
