"""The panels of the dashboard: a row for each concern, and the queries of each panel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from meshgen.observability.alerts import LAG_SECONDS, OUTBOX_SECONDS, Watched

_UNIT = 'service=~"$service"'
# Scrapes and probes are no traffic.
_REQUESTS = f'{_UNIT}, http_route!~"/livez|/readyz|/metrics"'
_REQUEST_SECONDS = "http_server_request_duration_seconds"
_HANDLING_SECONDS = "chassis_message_handling_seconds"
_WINDOW = "$__rate_interval"


@dataclass(frozen=True, slots=True)
class Query:
    """A query, and the name of each of its series."""

    expression: str
    legend: str
    exemplars: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel with series over time.

    Attributes:
        title: Its title.
        unit: In Grafana's notation: `reqps`, `s`.
        about: What its reader should know.
        queries: What it shows.
        limit: Where an alert begins.
    """

    title: str
    unit: str
    about: str
    queries: tuple[Query, ...]
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """The panels of a concern. The ids of panels follow from the id of their row."""

    id: int
    title: str
    panels: tuple[Panel, ...]


def rows(watched: Watched) -> Iterator[Row]:
    """Yield the rows; the id of a row is the same in all systems."""
    yield Row(100, "Requests", _requests())
    yield Row(200, "Overload", _overload())
    yield Row(300, "Commands", _commands())
    yield Row(400, "Messages", _messages())
    yield Row(500, "Lag", _lag())
    yield Row(600, "Outbox and dead letters", _waiting())
    if watched.projections:
        yield Row(700, "Projections", _projections())
    if watched.streams:
        yield Row(800, "Streams", _streams())
    if watched.sagas:
        yield Row(900, "Sagas", _sagas())


def _requests() -> tuple[Panel, ...]:
    count = f"{_REQUEST_SECONDS}_count"
    total = _rate(count, _REQUESTS, "service")
    failed = _rate(count, f'{_REQUESTS}, http_response_status_code=~"5.."', "service")
    routes = "service, http_request_method, http_route"
    return (
        Panel(
            "Rate",
            "reqps",
            "Requests a second, without probes and scrapes.",
            (Query(total, "{{service}}"),),
        ),
        Panel(
            "Errors",
            "percentunit",
            "The share of responses with a status of 500 or more.",
            (Query(f"({failed} or 0 * {total}) / ({total} > 0)", "{{service}}"),),
        ),
        Panel(
            "Duration",
            "s",
            "Without waiting for admission. Points are exemplars: each leads to a trace.",
            _quantiles(_REQUEST_SECONDS, _REQUESTS, "service"),
        ),
        Panel(
            "Rate by status",
            "reqps",
            "",
            (
                Query(
                    _rate(count, _REQUESTS, "service, http_response_status_code"),
                    "{{service}} {{http_response_status_code}}",
                ),
            ),
        ),
        Panel(
            "Busiest routes",
            "reqps",
            "",
            (
                Query(
                    f"topk(10, {_rate(count, _REQUESTS, routes)})",
                    "{{service}} {{http_request_method}} {{http_route}}",
                ),
            ),
        ),
        Panel(
            "Slowest routes",
            "s",
            "The 95th percentile.",
            (
                Query(
                    f"topk(10, {_quantile(0.95, _REQUEST_SECONDS, _REQUESTS, routes)})",
                    "{{service}} {{http_request_method}} {{http_route}}",
                ),
            ),
        ),
    )


def _overload() -> tuple[Panel, ...]:
    waited = _rate("chassis_requests_waited_seconds_total", _UNIT, "service")
    admitted = _rate("chassis_requests_admitted_total", _UNIT, "service")
    refused = _rate("chassis_requests_refused_total", _UNIT, "service, reason")
    return (
        Panel(
            "Requests now",
            "short",
            "Those that run, and those that wait for admission.",
            (
                Query(_sum("chassis_requests_running", "service"), "{{service}} running"),
                Query(_sum("chassis_requests_waiting", "service"), "{{service}} waiting"),
            ),
        ),
        Panel(
            "Refused",
            "reqps",
            "Overloaded, or past their deadline.",
            (Query(refused, "{{service}} {{reason}}"),),
        ),
        Panel(
            "Wait for admission",
            "s",
            "The mean of all admitted requests.",
            (Query(f"{waited} / ({admitted} > 0)", "{{service}}"),),
        ),
    )


def _commands() -> tuple[Panel, ...]:
    total = "chassis_commands_total"
    return (
        Panel(
            "Commands by outcome",
            "ops",
            "Accepted, refused by a rule, repeated, failed.",
            (Query(_rate(total, _UNIT, "service, outcome"), "{{service}} {{outcome}}"),),
        ),
        Panel(
            "Commands by type",
            "ops",
            "",
            (Query(f"topk(10, {_rate(total, _UNIT, 'type')})", "{{type}}"),),
        ),
    )


def _messages() -> tuple[Panel, ...]:
    return (
        Panel(
            "Published",
            "ops",
            "Messages that the event hub has stored.",
            (Query(_rate("chassis_messages_published_total", _UNIT, "topic"), "{{topic}}"),),
        ),
        Panel(
            "Handled by outcome",
            "ops",
            "`failed` is an attempt; after the last one it is a dead letter.",
            (
                Query(
                    _rate("chassis_messages_handled_total", _UNIT, "service, group, outcome"),
                    "{{group}} {{outcome}}",
                ),
            ),
        ),
        Panel(
            "Duration of handlers",
            "s",
            "The 95th percentile, without the commit.",
            (
                Query(
                    _quantile(0.95, _HANDLING_SECONDS, _UNIT, "service, group"),
                    "{{group}}",
                    exemplars=True,
                ),
            ),
        ),
        Panel(
            "Messages in a commit",
            "short",
            "The mean.",
            (
                Query(
                    f"{_rate('chassis_batch_messages_sum', _UNIT, 'service, group')}"
                    f" / ({_rate('chassis_batch_messages_count', _UNIT, 'service, group')} > 0)",
                    "{{group}}",
                ),
            ),
        ),
    )


def _lag() -> tuple[Panel, ...]:
    labels = "service, group, topic"
    return (
        Panel(
            "Age of the oldest message that was not handled",
            "s",
            "As far as the processes know that read the topic.",
            (Query(_max("chassis_consumer_lag_seconds", labels), "{{group}} {{topic}}"),),
            LAG_SECONDS,
        ),
        Panel(
            "Messages that were not handled",
            "short",
            "Each process counts the partitions that it reads.",
            (Query(_sum("chassis_consumer_lag_messages", labels), "{{group}} {{topic}}"),),
        ),
        Panel(
            "Leases",
            "short",
            "How partitions and other work are spread over the copies of a unit.",
            (Query(_sum("chassis_leases_held", "service, instance"), "{{service}} {{instance}}"),),
        ),
    )


def _waiting() -> tuple[Panel, ...]:
    return (
        Panel(
            "Age of the outbox",
            "s",
            "The oldest message that waits to be published.",
            (Query(_max("chassis_outbox_age_seconds", "service"), "{{service}}"),),
            OUTBOX_SECONDS,
        ),
        Panel(
            "Messages in the outbox",
            "short",
            "",
            (Query(_max("chassis_outbox_messages", "service"), "{{service}}"),),
        ),
        Panel(
            "Dead letters",
            "short",
            "Each is for a person to look at.",
            (Query(_max("chassis_dead_letters", "service"), "{{service}}"),),
            1,
        ),
    )


def _projections() -> tuple[Panel, ...]:
    return (
        Panel(
            "How far read models are behind",
            "s",
            "The age of the oldest event that is not in the rows that are served.",
            (Query(_max("chassis_projection_lag_seconds", "service"), "{{service}}"),),
            LAG_SECONDS,
        ),
    )


def _streams() -> tuple[Panel, ...]:
    return (
        Panel(
            "How far event time is behind",
            "s",
            "It also grows while there are no events.",
            (Query(_max("chassis_stream_event_time_lag_seconds", "service"), "{{service}}"),),
        ),
        Panel(
            "Late events",
            "short",
            "They do not count in their window.",
            (Query(_max("chassis_stream_late_events", "service"), "{{service}}"),),
        ),
    )


def _sagas() -> tuple[Panel, ...]:
    return (
        Panel(
            "Instances by status",
            "short",
            "",
            (
                Query(
                    _max("chassis_sagas", "service, saga, status"),
                    "{{service}} {{saga}} {{status}}",
                ),
            ),
        ),
        Panel(
            "Stuck",
            "short",
            "Each is for a person to look at.",
            (
                Query(
                    _max("chassis_sagas", "service, saga", f'{_UNIT}, status="stuck"'),
                    "{{service}} {{saga}}",
                ),
            ),
            1,
        ),
    )


def _rate(counter: str, matchers: str, by: str) -> str:
    return f"sum by ({by}) (rate({counter}{{{matchers}}}[{_WINDOW}]))"


def _sum(gauge: str, by: str) -> str:
    return f"sum by ({by}) ({gauge}{{{_UNIT}}})"


def _max(gauge: str, by: str, matchers: str = _UNIT) -> str:
    return f"max by ({by}) ({gauge}{{{matchers}}})"


def _quantile(share: float, histogram: str, matchers: str, by: str) -> str:
    return f"histogram_quantile({share}, {_rate(f'{histogram}_bucket', matchers, f'{by}, le')})"


def _quantiles(histogram: str, matchers: str, by: str) -> tuple[Query, ...]:
    return tuple(
        Query(
            _quantile(share, histogram, matchers, by),
            f"{{{{service}}}} p{share * 100:g}",
            exemplars=share == 0.95,
        )
        for share in (0.5, 0.95, 0.99)
    )
