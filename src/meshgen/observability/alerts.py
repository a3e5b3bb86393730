"""Alerts on what piles up, whatever the service level objectives are."""

from __future__ import annotations

from dataclasses import dataclass

LAG_SECONDS = 60
"""The age of a message that was not handled, above which somebody should look."""

OUTBOX_SECONDS = 60
"""The age of a message that was not published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert of Prometheus."""

    name: str
    expression: str
    duration: str
    """How long it must hold: `5m`."""
    severity: str
    summary: str
    """May have labels: `{{ $labels.service }}`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What a system has besides services, so that no panel stays empty."""

    projections: bool
    streams: bool
    sagas: bool


def alerts(watched: Watched) -> tuple[Alert, ...]:
    """Return the alerts of a system."""
    return (*_ALERTS, _STUCK) if watched.sagas else _ALERTS


# Copies of a unit report the same outbox, dead letters and sagas: `max`, not `sum`.
_ALERTS = (
    Alert(
        name="ConsumerLag",
        expression=(
            f"max by (service, group, topic) (chassis_consumer_lag_seconds) > {LAG_SECONDS}"
        ),
        duration="5m",
        severity="page",
        summary=(
            "{{ $labels.service }} has not handled messages of {{ $labels.topic }} for "
            "{{ $value | humanizeDuration }} (group {{ $labels.group }})"
        ),
    ),
    Alert(
        name="OutboxAge",
        expression=f"max by (service) (chassis_outbox_age_seconds) > {OUTBOX_SECONDS}",
        duration="5m",
        severity="page",
        summary=(
            "{{ $labels.service }} has not published a message for "
            "{{ $value | humanizeDuration }}: is the event hub away?"
        ),
    ),
    Alert(
        name="DeadLetters",
        expression="max by (service) (chassis_dead_letters) > 0",
        duration="1m",
        severity="ticket",
        summary="{{ $labels.service }} has {{ $value }} dead letters: `ops dlq list`",
    ),
)
_STUCK = Alert(
    name="StuckSagas",
    expression='max by (service, saga) (chassis_sagas{status="stuck"}) > 0',
    duration="1m",
    severity="ticket",
    summary=(
        "{{ $value }} instances of the saga {{ $labels.saga }} in {{ $labels.service }} "
        "are stuck: `ops saga list --state stuck`"
    ),
)
