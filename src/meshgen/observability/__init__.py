"""What is watched in every generated system: a dashboard of Grafana, and alerts of Prometheus.

The metrics are those of the chassis, `chassis.telemetry`.
"""

from __future__ import annotations

from meshgen.observability.alerts import Alert, Watched, alerts
from meshgen.observability.dashboard import dashboard

__all__ = ["Alert", "Watched", "alerts", "dashboard"]
