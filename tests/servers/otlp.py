"""A receiver of spans, in the process of the tests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Receiver:
    """An OTLP/HTTP receiver: the spans by id, with the service that they belong to."""

    def __init__(self) -> None:
        self.spans: dict[str, tuple[str, Any]] = {}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.path == "/v1/traces"
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.add(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def add(self, request: ExportTraceServiceRequest) -> None:
        for part in request.resource_spans:
            names = {a.key: a.value.string_value for a in part.resource.attributes}
            for scope in part.scope_spans:
                for span in scope.spans:
                    self.spans[span.span_id.hex()] = names["service.name"], span

    def of(self, trace_id: str) -> dict[str, tuple[str, Any]]:
        return {k: v for k, v in dict(self.spans).items() if v[1].trace_id.hex() == trace_id}

    @property
    def trace_ids(self) -> set[str]:
        """The traces of all spans."""
        return {span.trace_id.hex() for _, span in dict(self.spans).values()}


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Yield a receiver, which runs during the block."""
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()
