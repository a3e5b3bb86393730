"""Spans of the work of a unit. A process without an OTLP endpoint makes none."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

from chassis import trace
from chassis.trace import Trace

if TYPE_CHECKING:
    from chassis.envelope import Envelope, Outgoing


class Answer(Protocol):
    """The response to a request; its status is known at the end."""

    @property
    def status(self) -> int: ...


class Tracer:
    """Propagates the trace, and makes no spans. `chassis.telemetry.otlp` has one that does."""

    def via(self, system: str) -> Tracer:
        """Return this tracer for messages that go through the messaging system `system`."""
        return self

    def root(self) -> Trace:
        """Return a new trace, for work that no request or message has caused."""
        return trace.begin()

    def server(
        self, began: Trace, scope: Mapping[str, Any], answer: Answer
    ) -> AbstractContextManager[Trace]:
        """Use the trace of a request."""
        return trace.use(began)

    def command(self, type: str) -> AbstractContextManager[object]:
        """Use a trace for handling a command within the current one."""
        return _NOTHING

    def process(self, envelope: Envelope, group: str) -> AbstractContextManager[Trace]:
        """Use the trace of the work that a message causes in a group."""
        return trace.use(trace.continued(envelope))

    def internal(self, began: Trace, name: str) -> AbstractContextManager[Trace]:
        """Use the trace of other work, e.g. of a timer."""
        return trace.use(began)

    def publish(self, message: Outgoing) -> AbstractContextManager[object]:
        """Surround the publishing of a message."""
        return _NOTHING

    def client(self, peer: str, method: str, path: str) -> AbstractContextManager[object]:
        """Use a trace for a request to another unit within the current one."""
        return _NOTHING

    def exemplar(self, traceparent: str | None) -> dict[str, str] | None:
        """Return the labels of a value that this trace explains; None if it is not recorded."""
        return None

    def sampled(self, began: Trace) -> Trace:
        """Return a trace that has no parent with the decision whether it is recorded."""
        return began


_NOTHING = nullcontext()
NO_SPANS = Tracer()
