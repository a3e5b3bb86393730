"""Streams of events: what a client sees of changes, and what a stream may not cost."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from chassis.auth import Verifier
from chassis.domain import Refused
from chassis.http import live
from chassis.http.app import service_app
from chassis.jwks import KeyFile
from chassis.process.admission import Admission
from chassis.process.limiter import Limits
from chassis.process.server import listen, new_server
from chassis.runtime import ServiceRuntime
from chassis.telemetry import Telemetry

from tests.waiting import PATIENCE, until

from . import tokens, wallets
from .harness import ID, WALLET, RecordingRuntime, assert_problem

PATH = f"/wallet-of?wallet_id={ID}"
EVENTS = {"accept": "text/event-stream"}


@dataclass
class Stream:
    """What a client has received, line by line."""

    lines: AsyncIterator[str]
    comments: int = 0
    last: dict[str, str] = field(default_factory=dict)

    async def event(self) -> dict[str, Any]:
        """The data of the next event."""
        async with asyncio.timeout(PATIENCE):
            fields: dict[str, str] = {}
            async for line in self.lines:
                if not line and "data" in fields:
                    self.last = fields
                    data: dict[str, Any] = json.loads(fields["data"])
                    return data
                if line.startswith(":"):
                    self.comments += 1
                name, _, value = line.partition(": ")
                fields[name] = value
        raise EOFError

    async def ended(self) -> None:
        async with asyncio.timeout(PATIENCE):
            async for line in self.lines:
                assert not line.startswith("data"), line


@dataclass
class Unit:
    """A service with a stream, at a port of its own."""

    runtime: RecordingRuntime
    admission: Admission
    url: str
    token: str = field(default_factory=lambda: tokens.token())

    @asynccontextmanager
    async def stream(self, **headers: str) -> AsyncIterator[Stream]:
        asked = {"authorization": f"Bearer {self.token}", **EVENTS, **headers}
        async with (
            httpx.AsyncClient(timeout=PATIENCE) as client,
            client.stream("GET", self.url + PATH, headers=asked) as answer,
        ):
            assert answer.status_code == 200, await answer.aread()
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["cache-control"] == "no-store"
            yield Stream(answer.aiter_lines())

    async def ask(self, method: str = "GET", **headers: str) -> httpx.Response:
        asked = {"authorization": f"Bearer {self.token}", **headers}
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            return await client.request(method, self.url + PATH, headers=asked)

    def change(self, balance: str) -> None:
        self.runtime.items = (replace(WALLET, balance=Decimal(balance)),)


@pytest_asyncio.fixture
async def unit(
    runtime: RecordingRuntime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Unit]:
    monkeypatch.setattr(live, "INTERVAL", 0.01)
    keys = KeyFile(tokens.write_jwks(tmp_path / "jwks.json", "one"))
    app = service_app(
        wallets.service,
        cast("ServiceRuntime", runtime),
        Verifier(keys, tokens.requirements()),
        lambda: asyncio.sleep(0, {}),
        Telemetry.of("wallet"),
    )
    admission = Admission("wallet", Limits(running=1, waiting=1, seconds=PATIENCE, streams=20))
    admission.admit(app)
    socket = listen("127.0.0.1", 0)
    server = new_server(admission, finish_within=PATIENCE, header_timeout=PATIENCE)
    serving = asyncio.create_task(server.serve(sockets=[socket]))
    yield Unit(runtime, admission, f"http://127.0.0.1:{socket.getsockname()[1]}")
    admission.drain()
    server.should_exit = True
    await serving


async def test_a_change_is_an_event(unit: Unit) -> None:
    async with unit.stream() as stream:
        first = await stream.event()
        assert first == (await unit.ask()).json()
        unit.change("2.50")
        assert (await stream.event())["balance"] == "2.50"
        unit.change("3.00")
        assert (await stream.event())["balance"] == "3.00"


async def test_json_is_still_the_answer_to_others(unit: Unit) -> None:
    for accept in ("*/*", "application/json", ""):
        answer = await unit.ask(accept=accept)
        assert answer.headers["content-type"] == "application/json"


async def test_head_is_no_stream(unit: Unit) -> None:
    answer = await unit.ask("HEAD", **EVENTS)
    assert answer.status_code == 200
    assert unit.admission.streams.open == 0


async def test_what_a_client_knows_is_not_sent_again(unit: Unit) -> None:
    async with unit.stream() as stream:
        await stream.event()
        known = stream.last["id"]
    async with unit.stream(**{"last-event-id": known}) as stream:
        looks = len(unit.runtime.asked)
        await until(lambda: len(unit.runtime.asked) > looks + 5)
        unit.change("2.50")
        assert (await stream.event())["balance"] == "2.50"
    async with unit.stream(**{"last-event-id": known}) as stream:
        assert (await stream.event())["balance"] == "2.50"


async def test_a_stream_keeps_no_place(unit: Unit) -> None:
    async with unit.stream() as one, unit.stream() as two, unit.stream() as three:
        for stream in (one, two, three):
            await stream.event()
        assert (await unit.ask()).status_code == 200  # only one request runs at a time
        await until(lambda: unit.admission.limiter.running == 0)
        assert unit.admission.streams.open == 3
    await until(lambda: unit.admission.streams.open == 0)
    assert unit.admission.limiter.running == 0


async def test_a_caller_has_a_few_streams(unit: Unit) -> None:
    async with asyncio.TaskGroup() as group:
        leave = asyncio.Event()

        async def stay() -> None:
            async with unit.stream() as stream:
                await stream.event()
                await leave.wait()

        for _ in range(16):
            group.create_task(stay())
        await until(lambda: unit.admission.streams.open == 16)
        assert_problem(await unit.ask(**EVENTS), 429, "too_many_streams")
        another = uuid4()
        unit.token = tokens.token(sub=str(another))
        unit.runtime.items = (replace(WALLET, owner_id=another),)
        async with unit.stream() as stream:
            await stream.event()
        leave.set()


async def test_all_callers_together_have_no_more_than_a_unit_has(unit: Unit) -> None:
    unit.admission.streams.open = 20
    answer = await unit.ask(**EVENTS)
    assert_problem(answer, 503, "overloaded")
    assert answer.headers["retry-after"] == "10"
    unit.admission.streams.open = 0


async def test_a_stream_ends_with_its_token(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> None:
    async with unit.stream() as stream:
        await stream.event()
        later = time.time() + 3600
        monkeypatch.setattr("chassis.auth.time.time", lambda: later)
        monkeypatch.setattr("jwt.api_jwt.datetime", _Clock(later))
        await stream.ended()


async def test_a_stream_ends_when_the_unit_drains(unit: Unit) -> None:
    async with unit.stream() as stream:
        await stream.event()
        unit.admission.drain()
        await stream.ended()


async def test_a_stream_ends_when_there_is_nothing_more(unit: Unit) -> None:
    async with unit.stream() as stream:
        await stream.event()
        unit.runtime.items = ()
        await stream.ended()
    assert_problem(await unit.ask(**EVENTS), 404, "not_found")


async def test_others_see_nothing(unit: Unit) -> None:
    unit.runtime.items = (replace(WALLET, owner_id=ID),)
    assert_problem(await unit.ask(**EVENTS), 404, "not_found")
    unit.token = "no token"
    assert_problem(await unit.ask(**EVENTS), 401, "unauthenticated")
    assert unit.admission.streams.open == 0


async def test_a_failure_ends_the_stream(unit: Unit) -> None:
    async with unit.stream() as stream:
        await stream.event()
        unit.runtime.failure = Refused("no")
        await stream.ended()


async def test_silence_is_broken_by_comments(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_HEARTBEAT", 0.0)
    async with unit.stream() as stream:
        await stream.event()
        looks = len(unit.runtime.asked)
        await until(lambda: len(unit.runtime.asked) > looks + 5)
        unit.change("2.50")
        await stream.event()
        assert stream.comments >= 3


class _Clock:
    """A `datetime` whose now is another time."""

    def __init__(self, now: float) -> None:
        self._now = now

    def now(self, tz: object) -> Any:
        return datetime.fromtimestamp(self._now, UTC)
