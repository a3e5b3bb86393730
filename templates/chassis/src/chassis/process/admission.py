"""Admission of requests to a unit: health checks at once, the rest when it has started and can.

A unit that takes on more than it can do answers nobody in time. So only a limited number of
requests is worked on, some wait for a short time, and the others are refused, which costs little.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import structlog
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import deadline
from chassis.health import Checks, failed
from chassis.http import health, problem
from chassis.http.answers import hardening
from chassis.http.edge import CORRELATION_ID, MAX_BODY_BYTES, METRICS, WAITED
from chassis.http.live import PLACE
from chassis.http.problem import Problem
from chassis.process.limiter import Limiter, Limits, Overloaded
from chassis.process.places import Place, Streams

STARTING, SERVING, DRAINING = "starting", "serving", "draining"
BODY_TIMEOUT = 30.0  # seconds, as in the gateway
_RETRY_AFTER = {"Retry-After": "1"}
# By this header the gateway takes this instance out at once, and asks another one.
_TAKE_OUT = "x-envoy-immediate-health-check-fail"
_REPORT_INTERVAL = 1.0

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("chassis.process")


@dataclass(slots=True)
class Counts:
    """What happened to the requests so far, but for health checks.

    Attributes:
        admitted: Passed on to the application.
        refused: Refused, because too many others were running and waiting.
        expired: Refused, because the deadline had passed before their turn.
        waited: Seconds that the admitted ones have waited, together.
    """

    admitted: int = 0
    refused: int = 0
    expired: int = 0
    waited: float = 0.0


class Admission:
    """The ASGI application at a unit's port. Not ready while the unit starts or drains."""

    def __init__(self, unit: str, limits: Limits, *, body_timeout: float = BODY_TIMEOUT) -> None:
        self.counts = Counts()
        self.limiter = Limiter(limits)
        self.streams = Streams(limits.streams)
        self._body_timeout = body_timeout
        self._unit = unit
        self._phase = STARTING
        self._reason = STARTING
        self._health: ASGIApp = Starlette(routes=health.routes(self._not_ready))
        self._app: ASGIApp | None = None
        self._reported = float("-inf")

    def waiting(self, reason: str) -> None:
        """Report `reason` as the cause why the unit is not ready yet."""
        self._reason = reason

    def admit(self, app: ASGIApp) -> None:
        """Pass requests on to `app` from now on."""
        self._app, self._phase = app, SERVING

    def drain(self) -> None:
        """Go on passing requests, but report that the unit is not ready, and end streams."""
        self._phase = self._reason = DRAINING
        self.streams.ending.set()

    def guarded(self, readiness: health.Readiness) -> health.Readiness:
        """Return a readiness check that asks `readiness` only while requests are admitted."""

        async def guarded() -> Checks:
            if self._phase != SERVING:
                return await self._not_ready()
            return await readiness()

        return guarded

    async def _not_ready(self) -> Checks:
        return {"unit": failed(self._reason)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in health.PATHS:
            await (self._app or self._health)(scope, receive, hardening(send))
        elif self._app is None:
            await _refuse(_starting(), scope, receive, send)
        elif scope["path"] == METRICS:
            await self._app(scope, receive, send)
        else:
            await self._limited(self._app, scope, receive, send)

    async def _limited(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        # A slow upload must not keep others waiting.
        try:
            async with asyncio.timeout(self._body_timeout):
                received = await _body_of(receive)
        except TimeoutError:
            await _refuse(_too_slow(), scope, receive, send)
            return
        began = time.monotonic()
        until = deadline.after(headers.get(deadline.HEADER.encode()))
        try:
            await self.limiter.acquire(until)
        except Overloaded:
            self._count_refusal(until)
            await _refuse(_overloaded(), scope, receive, send)
            return
        place = scope[PLACE] = Place(self.limiter, self.streams)
        try:
            if _has_passed(until):
                self._count_refusal(until)
                await _refuse(_overloaded(), scope, receive, send)
                return
            waited = time.monotonic() - began
            self.counts.admitted += 1
            self.counts.waited += waited
            scope[WAITED] = round(waited * 1000, 2)
            with deadline.use(until):
                await app(scope, _replayed(received, receive), send)
        finally:
            place.leave()

    def _count_refusal(self, until: float | None) -> None:
        """Count a refusal. There may be thousands a second, so not each has a line in the log."""
        if _has_passed(until):
            self.counts.expired += 1
        else:
            self.counts.refused += 1
        now = time.monotonic()
        if now - self._reported >= _REPORT_INTERVAL:
            self._reported = now
            _log.warning(
                "overloaded",
                service=self._unit,
                refused=self.counts.refused,
                expired=self.counts.expired,
                running=self.limiter.running,
                waiting=self.limiter.waiting,
            )


class Load(Collector):
    """The counts of an admission as metrics, read only when they are asked for."""

    def __init__(self, unit: str, admission: Admission) -> None:
        self._unit = unit
        self._admission = admission

    def collect(self) -> Iterator[Metric]:
        """See `Collector`."""
        counts, limiter = self._admission.counts, self._admission.limiter
        admitted = CounterMetricFamily(
            "chassis_requests_admitted", "Requests that were admitted.", labels=["service"]
        )
        admitted.add_metric([self._unit], counts.admitted)
        yield admitted
        refused = CounterMetricFamily(
            "chassis_requests_refused",
            "Requests that were refused because of overload or a passed deadline.",
            labels=["service", "reason"],
        )
        refused.add_metric([self._unit, "overloaded"], counts.refused)
        refused.add_metric([self._unit, "expired"], counts.expired)
        yield refused
        waited = CounterMetricFamily(
            "chassis_requests_waited_seconds",
            "The time that admitted requests have waited, together.",
            labels=["service"],
        )
        waited.add_metric([self._unit], counts.waited)
        yield waited
        for name, value in (("running", limiter.running), ("waiting", limiter.waiting)):
            gauge = GaugeMetricFamily(
                f"chassis_requests_{name}", f"Requests that are {name} now.", labels=["service"]
            )
            gauge.add_metric([self._unit], value)
            yield gauge
        streams = GaugeMetricFamily(
            "chassis_streams_open", "Streams of events that are open now.", labels=["service"]
        )
        streams.add_metric([self._unit], self._admission.streams.open)
        yield streams


def _has_passed(until: float | None) -> bool:
    return until is not None and until <= time.monotonic()


def _starting() -> Problem:
    return Problem(503, "starting", headers={**_RETRY_AFTER, _TAKE_OUT: "true"})


def _overloaded() -> Problem:
    return Problem(503, "overloaded", headers=_RETRY_AFTER)


def _too_slow() -> Problem:
    return problem.of_status(408, {"Connection": "close"})


async def _refuse(refusal: Problem, scope: Scope, receive: Receive, send: Send) -> None:
    sent = dict(scope["headers"]).get(CORRELATION_ID.encode())
    correlation_id = sent.decode("latin-1") if sent else None
    response = problem.response(
        refusal, instance=problem.instance_of(scope), correlation_id=correlation_id
    )
    await response(scope, receive, hardening(send))


async def _body_of(receive: Receive) -> list[Message]:
    """Receive the body, or a bit more of it than the application accepts."""
    messages = [await receive()]
    size = len(messages[0].get("body", b""))
    while messages[-1].get("more_body", False) and size <= MAX_BODY_BYTES:
        messages.append(await receive())
        size += len(messages[-1].get("body", b""))
    return messages


def _replayed(messages: Iterable[Message], receive: Receive) -> Receive:
    """Return a `receive` that begins with what was received already."""
    rest = iter(messages)

    async def replayed() -> Message:
        for message in rest:
            return message
        return await receive()

    return replayed
