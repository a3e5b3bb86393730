"""Clients that send slowly, or nothing at all, lose their connection; others do not notice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from chassis.process.admission import Admission
from chassis.process.limiter import Limits
from chassis.process.server import listen, new_server
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.waiting import PATIENCE

HASTE = 0.2  # seconds


async def _echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await Response(body, media_type="text/plain")(scope, receive, send)


@dataclass(frozen=True)
class Connection:
    """A connection of a client that decides itself when it sends what."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        async with asyncio.timeout(PATIENCE):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
            body = await self.reader.readexactly(int(headers["content-length"]))
        return int(first.split()[1]), headers, body

    async def ended(self) -> bytes:
        """Wait for the end of the connection, and return what was sent until then."""
        async with asyncio.timeout(PATIENCE):
            return await self.reader.read()


@dataclass(frozen=True)
class Unit:
    port: int

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield Connection(reader, writer)
        finally:
            writer.close()


@pytest_asyncio.fixture
async def unit() -> AsyncIterator[Unit]:
    """A server with small time limits."""
    limits = Limits(running=1, waiting=1, seconds=PATIENCE)
    admission = Admission("unit", limits, body_timeout=HASTE)
    admission.admit(_echo)
    server = new_server(admission, finish_within=1, header_timeout=HASTE)
    socket = listen("127.0.0.1", 0)
    serving = asyncio.create_task(server.serve(sockets=[socket]))
    try:
        yield Unit(socket.getsockname()[1])
    finally:
        server.should_exit = True
        await serving


def problem_of(headers: dict[str, str], body: bytes) -> dict[str, Any]:
    assert headers["content-type"] == "application/problem+json"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    return dict(json.loads(body))


@pytest.mark.parametrize(
    "begun",
    [b"G", b"\r\n", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nhost: unit\r\nx-slow: "],
    ids=repr,
)
async def test_headers_that_do_not_end(unit: Unit, begun: bytes) -> None:
    async with unit.connection() as client:
        await client.send(begun)
        status, headers, body = await client.answer()
        assert (status, problem_of(headers, body)["type"]) == (408, "urn:problem:request_timeout")
        assert await client.ended() == b""


async def test_headers_that_come_byte_by_byte(unit: Unit) -> None:
    async with unit.connection() as client:

        async def trickle() -> None:
            await client.send(b"GET / HTTP/1.1\r\nx-slow: ")
            while True:
                await client.send(b"a")
                await asyncio.sleep(HASTE / 20)

        sending = asyncio.create_task(trickle())
        assert (await client.answer())[0] == 408
        sending.cancel()


async def test_headers_of_a_second_request(unit: Unit) -> None:
    async with unit.connection() as client:
        await client.send(b"GET / HTTP/1.1\r\nhost: unit\r\n\r\n")
        assert (await client.answer())[0] == 200
        await client.send(b"GET / HTTP/1.1\r\n")
        assert (await client.answer())[0] == 408


async def test_a_body_that_does_not_end(unit: Unit) -> None:
    async with unit.connection() as client:
        await client.send(b"POST / HTTP/1.1\r\nhost: unit\r\ncontent-length: 100\r\n\r\nhalf")
        status, headers, body = await client.answer()
        problem = problem_of(headers, body)
        assert (status, problem["type"]) == (408, "urn:problem:request_timeout")
        assert problem["instance"] == "/"
        assert await client.ended() == b""


async def test_slow_clients_keep_nobody_waiting(unit: Unit) -> None:
    """The unit works on one request at a time, and all of these have begun before."""
    head = b"POST / HTTP/1.1\r\nhost: unit\r\ncontent-length: 2\r\n\r\n"
    async with unit.connection() as one, unit.connection() as two, unit.connection() as client:
        await one.send(head)
        await two.send(b"GET / HT")
        await client.send(head + b"ok")
        status, headers, body = await client.answer()
        assert (status, body) == (200, b"ok")
        assert "connection" not in headers


async def test_what_is_not_http_is_a_problem(unit: Unit) -> None:
    async with unit.connection() as client:
        await client.send(b"\x16\x03\x01 nonsense\r\n\r\n")
        status, headers, body = await client.answer()
        assert (status, problem_of(headers, body)["type"]) == (400, "urn:problem:bad_request")
        assert await client.ended() == b""
