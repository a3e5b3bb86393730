"""No attack succeeds, at the gateway or behind it, and nothing of the inside is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.attacks import access, bodies, paths, smuggling, tokens
from tests.attacks.attempts import Attempt, faults
from tests.attacks.shop import GATEWAY, UNITS, Shop
from tests.attacks.wire import Reply, ask, exchange, request

KINDS: dict[str, Callable[[Shop], Iterable[Attempt]]] = {
    "tokens": tokens.attempts,
    "access": access.attempts,
    "bodies": bodies.attempts,
    "paths": paths.attempts,
}
FORGED = 400


@pytest.mark.parametrize("at", [GATEWAY, UNITS])
@pytest.mark.parametrize("kind", KINDS)
def test_no_attempt_succeeds(target: Shop, kind: str, at: str) -> None:
    before = target.possessions()
    found = []
    attempts = [each for each in KINDS[kind](target) if each.unit or at == GATEWAY]
    for attempt in attempts:
        reply = target.send(attempt, at)
        found += [f"{attempt.name}: {fault}" for fault in faults(attempt, reply)]
    assert not found, f"{len(found)} of {len(attempts)}:\n" + "\n".join(found)
    assert target.possessions() == before


@pytest.mark.parametrize("at", [GATEWAY, UNITS])
def test_no_request_is_smuggled(target: Shop, at: str) -> None:
    before = target.possessions()
    address = target.address(Attempt(name="", unit="product"), at)
    found = []
    for raw in smuggling.attempts(target, at):
        replies = exchange(address, raw.content)
        found += [f"{raw.name}: {fault}" for fault in smuggling.faults(replies)]
    assert not found, "\n".join(found)
    assert target.possessions() == before


def test_these_are_many(target: Shop) -> None:
    attempts = [each for kind in KINDS.values() for each in kind(target)]
    smuggled = [each for at in (GATEWAY, UNITS) for each in smuggling.attempts(target, at)]
    at_units = [each for each in attempts if each.unit]
    assert len(attempts) + len(at_units) + len(smuggled) >= 1000


def test_a_flood_of_forged_tokens_ends_and_others_do_not_notice(target: Shop) -> None:
    """Whoever is refused for their number is told when to come back, and that is true."""
    forged = f"Bearer {target.token('customer')[:-8]}AAAAAAAA"
    address = target.address(Attempt(name="", unit="catalog"), GATEWAY)

    def browse(authorization: str) -> Reply:
        headers = {"Authorization": authorization}
        reply = ask(address, request("GET", "/catalog", headers))
        assert reply is not None
        return reply

    with ThreadPoolExecutor(16) as threads:
        replies = list(threads.map(browse, [forged] * FORGED))
    assert {reply.status for reply in replies} <= {401, 429}
    waits = [float(reply.headers["retry-after"]) for reply in replies if reply.status == 429]
    time.sleep(max(waits, default=0))
    assert browse(target.bearer("customer")["Authorization"]).status == 200
