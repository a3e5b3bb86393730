"""Keys at a URL: cached, fetched again for a new key, and never as often as somebody likes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import pytest_asyncio
from aiohttp import web
from chassis.auth import InvalidToken, UnknownKey, Verifier
from chassis.http_client import HttpClient
from chassis.jwks import KeysUnusable, KeyUrl
from chassis.process.server import listen

from tests.waiting import PATIENCE, until

from . import tokens

LONG = 3600.0


@dataclass
class Issuer:
    """A server with a JWKS, which counts how often it is asked."""

    names: tuple[str, ...] = ("one",)
    status: int = 200
    body: bytes | None = None
    asked: int = 0
    url: str = ""
    answer: asyncio.Event = field(default_factory=asyncio.Event)

    async def jwks(self, _: web.Request) -> web.Response:
        self.asked += 1
        await self.answer.wait()
        document = json.dumps({"keys": [tokens.jwk(name) for name in self.names]}).encode()
        return web.Response(status=self.status, body=self.body or document)


@pytest_asyncio.fixture
async def issuer() -> AsyncIterator[Issuer]:
    issuer = Issuer()
    issuer.answer.set()
    app = web.Application()
    app.router.add_get("/jwks", issuer.jwks)
    runner = web.AppRunner(app)
    await runner.setup()
    socket = listen("127.0.0.1", 0)
    await web.SockSite(runner, socket).start()
    issuer.url = f"http://127.0.0.1:{socket.getsockname()[1]}/jwks"
    yield issuer
    await runner.cleanup()


@pytest_asyncio.fixture
async def client() -> AsyncIterator[HttpClient]:
    client = HttpClient()
    yield client
    await client.close()


def verifier_of(keys: KeyUrl) -> Verifier:
    return Verifier(keys, tokens.requirements())


async def used_for_ever(verifier: Verifier, token: str) -> None:
    while True:
        await verifier.caller_of(token)
        await asyncio.sleep(0)


async def test_keys_are_fetched_once_for_many_requests(issuer: Issuer, client: HttpClient) -> None:
    verifier = verifier_of(KeyUrl(issuer.url, client.fetch))
    asking = [verifier.caller_of(tokens.token(jti=str(number))) for number in range(50)]
    assert len(await asyncio.gather(*asking)) == 50
    assert issuer.asked == 1


async def test_a_new_key_is_fetched_when_a_token_names_it(
    issuer: Issuer, client: HttpClient
) -> None:
    verifier = verifier_of(KeyUrl(issuer.url, client.fetch, interval=0.0))
    old = tokens.token()
    await verifier.caller_of(old)
    issuer.names = ("two",)
    assert await verifier.caller_of(tokens.token("two", kid="two"))
    with pytest.raises(UnknownKey):
        await verifier.caller_of(old)


async def test_those_who_ask_at_the_same_time_wait_for_one_request(
    issuer: Issuer, client: HttpClient
) -> None:
    verifier = verifier_of(KeyUrl(issuer.url, client.fetch, interval=PATIENCE))
    issuer.answer.clear()
    asking = [asyncio.create_task(verifier.caller_of(tokens.token())) for _ in range(20)]
    await until(lambda: issuer.asked == 1)
    issuer.answer.set()
    assert len(await asyncio.gather(*asking)) == 20
    assert issuer.asked == 1


async def test_forged_key_ids_cost_the_issuer_nothing(issuer: Issuer, client: HttpClient) -> None:
    verifier = verifier_of(KeyUrl(issuer.url, client.fetch, interval=LONG))
    await verifier.caller_of(tokens.token())
    forged = [verifier.caller_of(tokens.token("two", kid=str(number))) for number in range(200)]
    found = await asyncio.gather(*forged, return_exceptions=True)
    assert {type(each) for each in found} == {UnknownKey}
    assert issuer.asked == 1


@pytest.mark.parametrize(
    ("status", "body"), [(500, None), (302, None), (200, b"{"), (200, b'{"keys": []}')]
)
async def test_the_old_keys_stay_while_there_are_no_others(
    issuer: Issuer, client: HttpClient, status: int, body: bytes | None
) -> None:
    verifier = verifier_of(KeyUrl(issuer.url, client.fetch, interval=0.0))
    await verifier.caller_of(tokens.token())
    issuer.status, issuer.body = status, body
    with pytest.raises(UnknownKey):
        await verifier.caller_of(tokens.token("two", kid="two"))
    assert issuer.asked == 2
    assert await verifier.caller_of(tokens.token(jti="again"))


async def test_old_keys_are_used_while_new_ones_are_fetched(
    issuer: Issuer, client: HttpClient
) -> None:
    """A token never waits for the issuer, and a key that it has withdrawn is forgotten."""
    verifier = verifier_of(KeyUrl(issuer.url, client.fetch, lifetime=0.0, interval=0.0))
    old = tokens.token()
    await verifier.caller_of(old)
    issuer.answer.clear()
    issuer.names = ("two",)
    assert await verifier.caller_of(old)
    await until(lambda: issuer.asked == 2)
    assert await verifier.caller_of(old)
    issuer.answer.set()
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(InvalidToken):
            await used_for_ever(verifier, old)


async def test_without_the_issuer_there_are_no_keys_until_it_is_there(
    issuer: Issuer, client: HttpClient
) -> None:
    issuer.status = 503
    verifier = verifier_of(KeyUrl(issuer.url, client.fetch, interval=0.0))
    with pytest.raises(KeysUnusable):
        await verifier.caller_of(tokens.token())
    issuer.status = 200
    assert await verifier.caller_of(tokens.token())
