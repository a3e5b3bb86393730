"""The adapters of ports are open as long as their service runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from chassis.messages import Catalog
from chassis.runtime import ServiceRuntime
from chassis.service import Port, answered_by
from chassis.store.sqlite.store import open_sqlite
from chassis.testing.memory_hub import MemoryHub

from tests.waiting import PATIENCE

from . import market
from .running import do


class Provider:
    """What opens an adapter; it keeps the tasks in which that was entered and left."""

    entered: asyncio.Task[Any] | None = None
    left: asyncio.Task[Any] | None = None

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[market.PaymentProvider]:
        self.entered = asyncio.current_task()
        try:
            yield market.Adapter(market.authorize_up_to_1000)
        finally:
            self.left = asyncio.current_task()

    @property
    def port(self) -> Port:
        return answered_by(market.PaymentProvider, self.opened)


@asynccontextmanager
async def without_key() -> AsyncIterator[market.PaymentProvider]:
    raise KeyError("PAYMENT_API_KEY")
    yield


@asynccontextmanager
async def never() -> AsyncIterator[market.PaymentProvider]:
    await asyncio.Event().wait()
    yield market.Adapter(market.authorize_up_to_1000)


@asynccontextmanager
async def ends_badly() -> AsyncIterator[market.PaymentProvider]:
    yield market.Adapter(market.authorize_up_to_1000)
    raise OSError("reset")


@asynccontextmanager
async def service(messages: Catalog, folder: Path, *ports: Port) -> AsyncIterator[ServiceRuntime]:
    """The payment service with these ports, not started."""
    store = open_sqlite(folder / "unit.db")
    declared = replace(market.payment_service(messages), ports=ports)
    yield ServiceRuntime(declared, store, MemoryHub())
    await store.close()


async def test_an_adapter_is_open_while_its_service_runs(messages: Catalog, tmp_path: Path) -> None:
    provider = Provider()
    async with service(messages, tmp_path, provider.port) as payments:
        assert provider.entered is None
        await payments.start()
        command = market.CapturePayment(order_id=uuid4(), customer_id=uuid4(), amount=Decimal(1001))
        assert (await do(payments, command)).events == ("PaymentDeclined",)
        assert provider.left is None
        await payments.close()
    assert provider.left is provider.entered is not None


async def test_a_service_does_not_start_without_its_adapters(
    messages: Catalog, tmp_path: Path
) -> None:
    """Those that were opened before are closed."""
    provider, keyless = Provider(), answered_by(market.PaymentProvider, without_key)
    async with service(messages, tmp_path, provider.port, keyless) as payments:
        with pytest.raises(KeyError, match="PAYMENT_API_KEY"):
            await payments.start()
        assert provider.left is provider.entered is not None
        await payments.close()


async def test_closing_does_not_wait_for_what_is_being_opened(
    messages: Catalog, tmp_path: Path
) -> None:
    async with service(messages, tmp_path, answered_by(market.PaymentProvider, never)) as payments:
        starting = asyncio.create_task(payments.start())
        await asyncio.sleep(0)
        starting.cancel()
        async with asyncio.timeout(PATIENCE):
            await payments.close()


async def test_a_failure_on_closing_is_not_lost(messages: Catalog, tmp_path: Path) -> None:
    async with service(
        messages, tmp_path, answered_by(market.PaymentProvider, ends_badly)
    ) as payments:
        await payments.start()
        with pytest.raises(OSError, match="reset"):
            await payments.close()
