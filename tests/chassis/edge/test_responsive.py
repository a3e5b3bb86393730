"""No request under the size limit keeps the event loop busy for long."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest

from .harness import ID

MIB = 1024 * 1024
LONGEST_PAUSE = 0.1


def filled(start: bytes, part: bytes, end: bytes = b"") -> bytes:
    """A body just under the size limit."""
    return start + part * ((MIB - len(start) - len(end)) // len(part)) + end


def unique(template: str, count: int) -> bytes:
    return ",".join(template.replace("N", str(number)) for number in range(count)).encode()


BODIES: dict[str, Callable[[], bytes]] = {
    "unknown names": lambda: b"{%b}" % unique('"kN": 1', 80_000),
    "duplicate names": lambda: filled(b'{"a":1', b',"a":1', b"}"),
    "unknown names in a list": lambda: (
        b'{"amount": 1, "notes": [{%b}]}' % unique('"kN":1', 4_900)
    ),
    "wrong items": lambda: b'{"amount": 1, "notes": [%b]}' % b",".join([b"{}"] * 4_900),
    "wrong numbers": lambda: b'{"amount": 1, "notes": [%b]}' % b",".join([b"1.5"] * 4_900),
    "right items": lambda: (
        b'{"amount": 1, "notes": [%b]}' % b",".join([b'{"text":"a","pages":1}'] * 1_600)
    ),
    "many items": lambda: filled(b'{"amount": 1, "notes": [0', b",0", b"]}"),
    "nested lists": lambda: filled(b"", b"["),
    "nested objects": lambda: filled(b"", b'{"a":'),
    "less nested": lambda: b'{"notes":' * 900 + b"1" + b"}" * 900,
    "a long text": lambda: filled(b'{"amount": 1, "notes": [{"text": "', b"a,[{", b'"}]}'),
    "a long name": lambda: filled(b'{"', b"a", b'": 1}'),
    "a long decimal": lambda: filled(b'{"amount": "', b"1", b'"}'),
    "a long fraction": lambda: filled(b'{"amount": "0.', b"1", b'"}'),
    "a long number": lambda: filled(b'{"amount": ', b"1", b"}"),
    "a long date": lambda: filled(
        b'{"amount": 1, "notes": [{"text": "a", "written": "', b"1", b'"}]}'
    ),
    "escapes": lambda: filled(b'{"amount": 1, "notes": [{"text": "', b"\\u0041", b'"}]}'),
    "texts": lambda: filled(b'{"amount": ', b'""', b"}"),
    "a text without an end": lambda: filled(b"{" + b"," * 5_001 + b'"', b'\\"'),
    "spaces": lambda: filled(b"{", b" ", b"}"),
    "a huge exponent": lambda: b'{"amount": 1, "notes": [{"text": "a", "pages": 1e4000000}]}',
    "many huge exponents": lambda: (
        b'{"amount": 1, "notes": [%b]}' % b",".join([b'{"text":"a","pages":9e399}'] * 1_600)
    ),
}


@dataclass
class Watchdog:
    longest: float = 0.0


@asynccontextmanager
async def watchdog() -> AsyncIterator[Watchdog]:
    """Measures the longest time for which the event loop did nothing else, in processor time.

    Processor time, because other processes of this machine are not what is tested.
    """
    measured = Watchdog()

    async def watch() -> None:
        last = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            measured.longest, last = max(measured.longest, now - last), now

    gc.collect()
    gc.freeze()  # collecting the garbage of all tests before this one takes long
    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    try:
        yield measured
        await asyncio.sleep(0)
        assert measured.longest > 0
    finally:
        watching.cancel()
        gc.unfreeze()


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_bodies(http: httpx.AsyncClient, body: Callable[[], bytes]) -> None:
    content = body()
    headers = {"content-type": "application/json"}
    await http.post(f"/wallets/{ID}/pay-in", json={})
    async with watchdog() as measured:
        answer = await http.post(f"/wallets/{ID}/pay-in", content=content, headers=headers)
    assert answer.status_code in (200, 400, 413, 422)
    assert len(answer.content) < 20_000
    assert measured.longest < LONGEST_PAUSE


QUERIES = (
    "&".join("a" * 4_000),
    "&".join(f"a{number}=" for number in range(1_000)),
    "page=" + "9" * 8_000,
    "cursor=" + "%41" * 2_600,
    "currency=eur&" * 600,
    "balance=1e4000000",
    "closed=" + "1" * 8_000,
)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:20])
async def test_queries(http: httpx.AsyncClient, query: str) -> None:
    async with watchdog() as measured:
        answer = await http.get(f"/list-wallets?{query}")
    assert answer.status_code in (200, 422)
    assert len(answer.content) < 20_000
    assert measured.longest < LONGEST_PAUSE


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("authorization", "Bearer " + "." * 30_000),
        ("authorization", "Bearer " + "W1tb" * 2_000 + ".e30.e30"),
        ("if-none-match", '"1",' * 7_000),
        ("traceparent", "00-" + "-" * 30_000),
        ("x-correlation-id", "{" * 30_000),
        ("cookie", json.dumps([[]] * 5_000)),
    ],
    ids=lambda value: value[:20],
)
async def test_headers(http: httpx.AsyncClient, name: str, value: str) -> None:
    async with watchdog() as measured:
        answer = await http.get(f"/wallets/{ID}", headers={name: value})
    assert answer.status_code in (200, 401)
    assert measured.longest < LONGEST_PAUSE
