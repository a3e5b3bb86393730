"""Spans for OpenTelemetry, exported by OTLP over HTTP. Only this module imports OpenTelemetry.

A span has the ids of the `traceparent` that was sent on: `chassis.trace` makes them, and a span is
put together from them when its work has ended. See
https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/: the message is the parent of
the spans of those that handle it, because each one is handled by itself, also in a batch.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import Decision, TraceIdRatioBased
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from chassis import trace
from chassis.envelope import Envelope, Outgoing
from chassis.http.edge import route_of
from chassis.telemetry.tracer import Answer, Tracer
from chassis.trace import Trace

_SCOPE = InstrumentationScope("chassis")
_CLOSE_TIMEOUT = 2.0
_Attributes = dict[str, str | int]


class Spans:
    """Exports the spans of a process in batches, in a thread of its own."""

    def __init__(self, endpoint: str, ratio: float) -> None:
        """Create an exporter.

        Args:
            endpoint: The base URL of the receiver.
            ratio: The share of new traces that is recorded; others follow their parent.
        """
        self._processor = BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces"))
        self._sampler = TraceIdRatioBased(ratio)
        self._instance = str(uuid4())

    def tracer(self, unit: str) -> Tracer:
        """Return the tracer of a unit."""
        resource = Resource.create({"service.name": unit, "service.instance.id": self._instance})
        return _SpanTracer(self._processor, self._sampler, resource)

    async def close(self) -> None:
        """Export what is left; a receiver that does not respond keeps nobody waiting."""
        thread = asyncio.get_running_loop().run_in_executor(None, self._processor.shutdown)
        await asyncio.wait({thread}, timeout=_CLOSE_TIMEOUT)


class _SpanTracer(Tracer):
    def __init__(
        self,
        processor: BatchSpanProcessor,
        sampler: TraceIdRatioBased,
        resource: Resource,
        system: str = "",
    ) -> None:
        self._processor = processor
        self._sampler = sampler
        self._resource = resource
        self._system = system

    def via(self, system: str) -> Tracer:
        return _SpanTracer(self._processor, self._sampler, self._resource, system)

    def root(self) -> Trace:
        return self.sampled(trace.begin())

    def sampled(self, began: Trace) -> Trace:
        if trace.parse(began.parent) is not None:
            return began  # its parent has decided
        context = _context(began.traceparent)
        result = self._sampler.should_sample(None, context.trace_id, "")
        flags = "00" if result.decision is Decision.DROP else "01"
        return replace(began, traceparent=f"{began.traceparent[:-2]}{flags}")

    def exemplar(self, traceparent: str | None) -> dict[str, str] | None:
        trace_id, flags = trace.parse(traceparent) or ("", "00")
        return {"trace_id": trace_id} if TraceFlags(int(flags, 16)).sampled else None

    @contextmanager
    def server(self, began: Trace, scope: Mapping[str, Any], answer: Answer) -> Iterator[Trace]:
        start = time.time_ns()
        try:
            with trace.use(began):
                yield began
        finally:
            method, route = str(scope["method"]), route_of(dict(scope))
            attributes: _Attributes = {
                "http.request.method": method,
                "http.response.status_code": answer.status,
                "url.path": str(scope["path"]),
                "url.scheme": str(scope.get("scheme", "http")),
            }
            if route:
                attributes["http.route"] = route
            name = f"{method} {route}".rstrip()
            self._end(began, start, name, SpanKind.SERVER, attributes, failed=answer.status >= 500)

    def command(self, type: str) -> AbstractContextManager[object]:
        return self._child(f"handle {type}", SpanKind.INTERNAL, {"chassis.command.type": type})

    @contextmanager
    def process(self, envelope: Envelope, group: str) -> Iterator[Trace]:
        attributes: _Attributes = {
            "messaging.system": self._system,
            "messaging.operation.name": "process",
            "messaging.operation.type": "process",
            "messaging.consumer.group.name": group,
            "messaging.message.id": str(envelope.id),
            "messaging.message.conversation_id": str(envelope.correlation_id),
            "cloudevents.event_type": envelope.type,
            "cloudevents.event_subject": envelope.subject,
        }
        continued = self.sampled(trace.continued(envelope))
        name = f"process {envelope.type}"
        with self._span(continued, name, SpanKind.CONSUMER, attributes):
            yield continued

    def internal(self, began: Trace, name: str) -> AbstractContextManager[Trace]:
        return self._span(began, name, SpanKind.INTERNAL, {})

    @contextmanager
    def publish(self, message: Outgoing) -> Iterator[None]:
        envelope = message.envelope
        began = trace.begin(
            correlation_id=envelope.correlation_id, traceparent=envelope.traceparent
        )
        attributes: _Attributes = {
            "messaging.system": self._system,
            "messaging.operation.name": "publish",
            "messaging.operation.type": "send",
            "messaging.destination.name": message.topic,
            "messaging.message.id": message.id,
            "messaging.message.body.size": len(message.data),
            "cloudevents.event_type": message.type,
        }
        with self._span(began, f"publish {message.topic}", SpanKind.PRODUCER, attributes):
            yield

    def client(self, peer: str, method: str, path: str) -> AbstractContextManager[object]:
        attributes: _Attributes = {
            "http.request.method": method,
            "service.peer.name": peer,
            "url.path": path,
        }
        return self._child(f"{method} {peer}", SpanKind.CLIENT, attributes)

    @contextmanager
    def _child(self, name: str, kind: SpanKind, attributes: _Attributes) -> Iterator[None]:
        current = trace.current() or self.root()
        child = trace.begin(
            correlation_id=current.correlation_id,
            causation_id=current.causation_id,
            traceparent=current.traceparent,
        )
        with self._span(child, name, kind, attributes):
            yield

    @contextmanager
    def _span(
        self, used: Trace, name: str, kind: SpanKind, attributes: _Attributes
    ) -> Iterator[Trace]:
        start, failed = time.time_ns(), True
        try:
            with trace.use(used):
                yield used
            failed = False
        finally:
            self._end(used, start, name, kind, attributes, failed=failed)

    def _end(
        self,
        ended: Trace,
        start: int,
        name: str,
        kind: SpanKind,
        attributes: _Attributes,
        *,
        failed: bool,
    ) -> None:
        context = _context(ended.traceparent)
        if not context.trace_flags.sampled:
            return
        parent = _context(ended.parent) if ended.parent and trace.parse(ended.parent) else None
        span = ReadableSpan(
            name=name,
            context=context,
            parent=parent,
            resource=self._resource,
            attributes=attributes,
            kind=kind,
            status=Status(StatusCode.ERROR if failed else StatusCode.UNSET),
            start_time=start,
            end_time=time.time_ns(),
            instrumentation_scope=_SCOPE,
        )
        self._processor.on_end(span)


def _context(traceparent: str) -> SpanContext:
    _, trace_id, span_id, flags = traceparent.split("-")[:4]
    return SpanContext(
        trace_id=int(trace_id, 16),
        span_id=int(span_id, 16),
        is_remote=False,
        trace_flags=TraceFlags(int(flags, 16)),
    )
