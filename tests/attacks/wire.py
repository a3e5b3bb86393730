"""Requests as bytes, so that they can be as wrong as an attacker wants them."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import h11

_SILENCE, _PATIENCE = 2, 60  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A response; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def request(
    method: str, target: str, headers: Mapping[str, str], content: bytes | None = None
) -> bytes:
    """Return an HTTP/1.1 request, after which the connection is closed. Nothing is checked."""
    lines = [f"{method} {target} HTTP/1.1", "Host: shop.example", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    names = {name.lower() for name in headers}
    if content is not None and not names & {"content-length", "transfer-encoding"}:
        lines.append(f"Content-Length: {len(content)}")
    head = "\r\n".join(lines).encode("latin-1", "replace")
    return head + b"\r\n\r\n" + (content or b"")


def ask(address: tuple[str, int], raw: bytes) -> Reply | None:
    """Send a request on a new connection; return the response, None if there is none."""
    parser = _Parser()
    with socket.create_connection(address, timeout=_PATIENCE) as connection:
        connection.sendall(raw)
        while (reply := _next(parser)) is None:
            part = _received(connection)
            parser.receive_data(part)
            if not part and (reply := _next(parser)) is None:
                return None
    return reply


def exchange(address: tuple[str, int], raw: bytes) -> tuple[Reply, ...]:
    """Send bytes on a new connection; return all responses until the server closes it.

    A server that waits for more is told, after a silence, that there is no more.
    """
    received = b""
    with socket.create_connection(address, timeout=_SILENCE) as connection:
        connection.sendall(raw)
        while True:
            try:
                part = _received(connection)
            except TimeoutError:
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(_PATIENCE)
                continue
            if not part:
                break
            received += part
    replies: list[Reply] = []
    while received:
        parser = _Parser()
        parser.receive_data(received)
        parser.receive_data(b"")
        reply = _next(parser)
        if reply is None:
            break
        replies.append(reply)
        received, _ = parser.trailing_data
    return tuple(replies)


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except ConnectionError:
        return b""


class _Parser(h11.Connection):
    """Collects the events of one response."""

    def __init__(self) -> None:
        super().__init__(h11.CLIENT)
        self.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
        self.send(h11.EndOfMessage())
        self.head: h11.Response | None = None
        self.body = b""


def _next(parser: _Parser) -> Reply | None:
    """Return the response if it is complete."""
    while True:
        event = parser.next_event()
        match event:
            case h11.Response():
                parser.head = event
            case h11.Data():
                parser.body += event.data
            case h11.EndOfMessage():
                assert parser.head is not None
                headers = {name.decode(): value.decode() for name, value in parser.head.headers}
                return Reply(status=parser.head.status_code, headers=headers, body=parser.body)
            case h11.InformationalResponse():
                pass
            case _:
                return None
