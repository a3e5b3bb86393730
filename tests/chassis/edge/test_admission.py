"""Admission: a limited number of requests is worked on, some wait for a short time, others go."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import httpx
import pytest
import pytest_asyncio
from chassis import deadline
from chassis.http.edge import WAITED
from chassis.process.admission import Admission
from chassis.process.limiter import Limits
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.waiting import until

from .harness import assert_hardened

RUNNING, WAITING = 2, 3


class Unit:
    """An application whose requests are worked on until they are told to finish."""

    def __init__(self) -> None:
        self.finish = asyncio.Event()
        self.begun: list[str] = []
        route = Route("/{name}", self._work, methods=["GET", "POST"])
        self.admission = Admission("unit", Limits(running=RUNNING, waiting=WAITING, seconds=60))
        self.app = Starlette(routes=[Route("/livez", self._live), route])

    async def _work(self, request: Request) -> Response:
        self.begun.append(request.path_params["name"])
        body = await request.body()
        await self.finish.wait()
        left, waited = deadline.remaining(), request.scope[WAITED]
        return JSONResponse({"left": left, "waited": waited, "body": body.decode()})

    async def _live(self, request: Request) -> Response:
        return Response()


@pytest_asyncio.fixture
async def unit() -> Unit:
    unit = Unit()
    unit.admission.admit(unit.app)
    return unit


@pytest_asyncio.fixture
async def http(unit: Unit) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(unit.admission)
    async with httpx.AsyncClient(transport=transport, base_url="http://unit") as client:
        yield client


def sent(request: Coroutine[Any, Any, httpx.Response]) -> asyncio.Task[httpx.Response]:
    return asyncio.create_task(request)


def refused(answer: httpx.Response, rule: str) -> dict[str, Any]:
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "1"
    assert_hardened(answer)
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"urn:problem:{rule}"
    return body


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_while_a_unit_starts_every_method_is_503(method: str) -> None:
    admission = Admission("unit", Limits(running=1, waiting=1, seconds=1))
    transport = httpx.ASGITransport(admission)
    async with httpx.AsyncClient(transport=transport, base_url="http://unit") as client:
        answer = await client.request(method, "/orders/1")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.headers["x-envoy-immediate-health-check-fail"] == "true"
        if method != "HEAD":
            refused(answer, "starting")
        assert (await client.get("/livez")).status_code == 200
        admission.waiting("no hub")
        assert (await client.get("/readyz")).json()["checks"] == {
            "unit": {"status": "failed", "reason": "no hub"}
        }


async def test_what_is_too_much_waits_and_more_is_refused(
    unit: Unit, http: httpx.AsyncClient, stream: io.StringIO
) -> None:
    admission = unit.admission
    admitted = [sent(http.get(f"/{number}")) for number in range(RUNNING + WAITING)]
    await until(lambda: admission.limiter.waiting == WAITING)
    assert admission.limiter.running == len(unit.begun) == RUNNING
    answers = [await http.post("/more", headers={"x-correlation-id": "c"}) for _ in range(5)]
    for answer in answers:
        assert refused(answer, "overloaded")["correlation_id"] == "c"
        assert "x-envoy-immediate-health-check-fail" not in answer.headers
    assert (await http.get("/livez")).status_code == 200
    unit.finish.set()
    waited = [(await answer).json()["waited"] for answer in admitted]
    assert max(waited[:RUNNING]) < min(waited[RUNNING:])
    assert unit.begun == [str(number) for number in range(RUNNING + WAITING)]
    assert (admission.limiter.running, admission.limiter.waiting) == (0, 0)
    assert (admission.counts.admitted, admission.counts.refused) == (RUNNING + WAITING, 5)
    assert admission.counts.waited > 0
    (line,) = map(json.loads, stream.getvalue().splitlines())  # one, for all of them
    assert (line["event"], line["service"]) == ("overloaded", "unit")
    assert (await http.get("/again")).status_code == 200


async def test_what_waits_too_long_is_refused(http: httpx.AsyncClient) -> None:
    unit = Unit()
    unit.admission = Admission("unit", Limits(running=1, waiting=10, seconds=0.01))
    unit.admission.admit(unit.app)
    transport = httpx.ASGITransport(unit.admission)
    async with httpx.AsyncClient(transport=transport, base_url="http://unit") as client:
        running = sent(client.get("/running"))
        await until(lambda: bool(unit.begun))
        refused(await client.get("/waiting"), "overloaded")
        unit.finish.set()
        assert (await running).status_code == 200
        assert (await client.get("/again")).status_code == 200
    assert unit.begun == ["running", "again"]
    assert unit.admission.counts.refused == 1


async def test_after_its_deadline_a_request_is_not_carried_out(
    unit: Unit, http: httpx.AsyncClient
) -> None:
    running = [sent(http.get(f"/{number}")) for number in range(RUNNING)]
    await until(lambda: len(unit.begun) == RUNNING)
    refused(await http.post("/late", headers={deadline.HEADER: "10"}), "overloaded")
    unit.finish.set()
    await asyncio.gather(*running)
    refused(await http.post("/too-late", headers={deadline.HEADER: "0"}), "overloaded")
    assert len(unit.begun) == RUNNING
    assert (unit.admission.counts.expired, unit.admission.counts.refused) == (2, 0)
    assert unit.admission.limiter.running == 0


@pytest.mark.parametrize(
    ("milliseconds", "limited"), [("60000", True), ("x", False), ("", False), ("9" * 50, False)]
)
async def test_what_is_carried_out_has_the_remaining_time(
    unit: Unit, http: httpx.AsyncClient, milliseconds: str, limited: bool
) -> None:
    unit.finish.set()
    left = (await http.get("/a", headers={deadline.HEADER: milliseconds})).json()["left"]
    assert (left is not None and 0 < left < 60) is limited
    assert deadline.remaining() is None


async def test_a_caller_that_leaves_the_queue_leaves_its_place(
    unit: Unit, http: httpx.AsyncClient
) -> None:
    limiter = unit.admission.limiter
    running = [sent(http.get(f"/{number}")) for number in range(RUNNING)]
    await until(lambda: limiter.running == RUNNING)
    leaving, staying = sent(http.get("/leaving")), sent(http.get("/staying"))
    await until(lambda: limiter.waiting == 2)
    leaving.cancel()
    unit.finish.set()  # at the same time
    assert {answer.status_code for answer in await asyncio.gather(*running, staying)} == {200}
    assert "leaving" not in unit.begun
    assert (limiter.running, limiter.waiting) == (0, 0)


async def test_a_slow_upload_holds_nobody_up(unit: Unit, http: httpx.AsyncClient) -> None:
    rest = asyncio.Event()

    async def upload() -> AsyncIterator[bytes]:
        yield b"a"
        await rest.wait()
        yield b"b"

    unit.finish.set()
    slow = [sent(http.post("/slow", content=upload())) for _ in range(RUNNING + WAITING + 1)]
    assert (await http.get("/quick")).status_code == 200
    rest.set()
    answers = await asyncio.gather(*slow)
    assert {answer.json()["body"] for answer in answers if answer.status_code == 200} == {"ab"}
