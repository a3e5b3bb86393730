"""A real process that gets more requests than it can work on."""

from __future__ import annotations

import asyncio
import subprocess
from collections import Counter
from decimal import Decimal
from uuid import UUID

import aiohttp

from tests.waiting import PATIENCE

from .test_run import env, get, records, started, stopped
from .test_run_hub import Bank, nats

__all__ = ["env", "nats"]

RUNNING, WAITING = 2, 4
CALLERS, EACH = 30, 20  # five times as many callers as may run and wait


async def flood(bank: Bank, wallet: UUID) -> Counter[tuple[int, str]]:
    """Pay in with many callers at the same time; count the statuses and problems."""
    url = f"{bank.wallet}/wallets/{wallet}/pay-in"
    answers: Counter[tuple[int, str]] = Counter()
    connector = aiohttp.TCPConnector(limit=CALLERS)
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(
        connector=connector, headers=bank.headers, timeout=timeout
    ) as http:

        async def caller() -> None:
            for _ in range(EACH):
                async with http.post(url, json={"amount": 1}) as answer:
                    body = await answer.json(content_type=None)
                    answers[answer.status, body.get("type", "")] += 1
                    assert answer.status == 200 or answer.headers["retry-after"] == "1"

        await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return answers


def test_a_flood_is_refused_in_part_and_nothing_refused_is_carried_out(
    env: dict[str, str], nats: subprocess.Popen[bytes]
) -> None:
    env["LOG_LEVEL"] = "WARNING"  # nobody reads the output until the end
    env |= {"MAX_RUNNING": str(RUNNING), "MAX_WAITING": str(WAITING), "MAX_WAIT": str(PATIENCE)}
    bank = Bank()
    with started(env, *bank.units) as process:
        bank.ready()
        wallet = bank.open()
        answers = asyncio.run(flood(bank, wallet))
        assert set(answers) == {(200, ""), (503, "urn:problem:overloaded")}
        assert answers.total() == CALLERS * EACH
        read = get(f"{bank.wallet}/wallets/{wallet}", headers=bank.headers)
        assert Decimal(read.json()["balance"]) == answers[200, ""]
        lines = records(stopped(process))
    assert {line["event"] for line in lines} == {"overloaded"}
