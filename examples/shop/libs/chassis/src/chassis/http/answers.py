"""The headers that every answer has.

What a unit answers depends on the caller, so no cache may keep it (RFC 9111, 5.2.2.5), and no
browser may guess that it is something else than its `Content-Type` says (`X-Content-Type-Options`,
Fetch Standard).
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.types import Message, Send

RawHeaders = list[tuple[bytes, bytes]]
HEADERS: RawHeaders = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]


def hardened(headers: Iterable[tuple[bytes, bytes]]) -> RawHeaders:
    """Return `headers` with those of `HEADERS` that they do not have."""
    given = list(headers)
    names = {name.lower() for name, _ in given}
    return [*given, *(header for header in HEADERS if header[0] not in names)]


def hardening(send: Send) -> Send:
    """Return a `send` that adds `HEADERS` to the response."""

    async def hardened_send(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": hardened(message["headers"])}
        await send(message)

    return hardened_send
