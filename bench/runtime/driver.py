"""A load driver: customers who put an item into a cart and check out, at a given rate.

Tokens are signed before a measurement, and requests go out whether earlier ones were answered or
not (an open loop), so that a slow system does not slow its load down.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from uuid import uuid4

import aiohttp
import nats
import psutil
from nats.aio.client import Client
from nats.aio.msg import Msg

from tests.fleet.deployment import Deployment
from tests.fleet.tokens import Issuer

_TIMEOUT = 10.0
_SAMPLE = 8  # the read model is asked for every eighth order
_POLL = 0.01
_STOCK = 1_000_000


@dataclass(slots=True)
class Order:
    """An order, and when what happened, by the monotonic clock; None: not yet, or never."""

    customer: str
    asked: float
    answered: float | None = None
    shown: float | None = None


@dataclass
class Watch:
    """Sees the events of the orders as the hub gets them: nothing has to be asked for."""

    url: str
    customers: dict[str, str] = field(default_factory=dict)
    shipped: dict[str, float] = field(default_factory=dict)
    _client: Client | None = None

    async def __aenter__(self) -> Watch:
        self._client = await nats.connect(self.url)
        for info in await self._client.jetstream().streams_info():
            if "order" in (info.config.name or "") and "events" in (info.config.name or ""):
                for subject in info.config.subjects or []:
                    await self._client.subscribe(subject, cb=self._seen)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._client is not None:
            await self._client.close()

    async def _seen(self, message: Msg) -> None:
        now = time.perf_counter()
        if b".OrderPlaced." in message.data:
            data = json.loads(message.data)["data"]
            self.customers[data["order_id"]] = data["customer_id"]
        elif b".OrderShipped." in message.data:
            customer = self.customers.get(json.loads(message.data)["data"]["order_id"])
            if customer is not None:
                self.shipped.setdefault(customer, now)


@dataclass
class Driver:
    """Places orders through the gateway."""

    deployment: Deployment
    http: aiohttp.ClientSession
    issuer: Issuer
    product: str = ""

    async def open(self) -> None:
        """List a product with enough on the shelf."""
        merchant = self.issuer.headers(str(uuid4()), "merchant")
        body = {"name": "Cup", "category": "kitchen", "price": "5"}
        url = self.deployment.gateway_url
        async with self.http.post(f"{url}/products", json=body, headers=merchant) as answer:
            answer.raise_for_status()
            self.product = (await answer.json())["product_id"]
        await self._until_accepted(
            f"{url}/stock-items/{self.product}/receive-stock",
            {"quantity": _STOCK},
            merchant,
        )
        customer = str(uuid4())
        await self._until_accepted(
            f"{url}/carts/{customer}/put-item",
            {"product_id": self.product, "quantity": 1},
            self.issuer.headers(customer, "customer"),
        )

    def customers(self, count: int) -> list[tuple[str, dict[str, str]]]:
        """Return customers with their signed headers."""
        ids = [str(uuid4()) for _ in range(count)]
        return [(id, self.issuer.headers(id, "customer")) for id in ids]

    async def steadily(self, rate: float, seconds: float) -> list[Order]:
        """Place `rate` orders a second; return when the last one was answered."""
        customers = self.customers(int(rate * seconds))
        orders = []
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number, (customer, headers) in enumerate(customers):
                await asyncio.sleep(began + number / rate - time.perf_counter())
                order = Order(customer, time.perf_counter())
                orders.append(order)
                group.create_task(self._place(order, headers, sampled=number % _SAMPLE == 0))
        return orders

    async def once(self) -> Order:
        """Place one order."""
        ((customer, headers),) = self.customers(1)
        order = Order(customer, time.perf_counter())
        await self._place(order, headers, sampled=False)
        return order

    async def commands(self, url: str, count: int, at_once: int) -> None:
        """Send `put-item` `count` times to the service at `url`, for its own cost."""
        customers = self.customers(min(count, 100))

        async def send(numbers: range) -> None:
            for number in numbers:
                await self._put_item(url, *customers[number % len(customers)])

        await asyncio.gather(*(send(range(first, count, at_once)) for first in range(at_once)))

    async def commands_at(self, url: str, rate: float, count: int) -> None:
        """Send `put-item` `count` times to the service at `url`, at a rate."""
        customers = self.customers(min(count, 100))
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                await asyncio.sleep(began + number / rate - time.perf_counter())
                group.create_task(self._put_item(url, *customers[number % len(customers)]))

    async def _put_item(self, url: str, customer: str, headers: dict[str, str]) -> None:
        body = json.dumps({"product_id": self.product or str(uuid4()), "quantity": 1})
        path = f"{url}/carts/{customer}/put-item"
        async with self.http.post(path, data=body, headers=headers) as answer:
            answer.raise_for_status()
            await answer.read()

    async def _place(self, order: Order, headers: dict[str, str], *, sampled: bool) -> None:
        cart = f"{self.deployment.gateway_url}/carts/{order.customer}"
        item = {"product_id": self.product, "quantity": 1}
        if await self._accepted(f"{cart}/put-item", item, headers) and await self._accepted(
            f"{cart}/check-out", {}, headers
        ):
            order.answered = time.perf_counter()
            if sampled:
                await self._until_shown(order, headers)

    async def _accepted(self, url: str, body: object, headers: dict[str, str]) -> bool:
        try:
            async with self.http.post(url, data=json.dumps(body), headers=headers) as answer:
                await answer.read()
                return answer.status < 300
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def _until_accepted(self, url: str, body: object, headers: dict[str, str]) -> None:
        for _ in range(200):
            if await self._accepted(url, body, headers):
                return
            await asyncio.sleep(0.05)
        raise TimeoutError(url)

    async def _until_shown(self, order: Order, headers: dict[str, str]) -> None:
        """Ask the read model, not through the gateway, until it has the order."""
        url = self.deployment.of_unit("order_history")[0].url
        params = {"customer_id": order.customer}
        deadline = time.perf_counter() + _TIMEOUT
        while time.perf_counter() < deadline:
            try:
                async with self.http.get(
                    f"{url}/order-history", params=params, headers=headers
                ) as answer:
                    if answer.status == 200 and (await answer.json())["items"]:
                        order.shown = time.perf_counter()
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(_POLL)


def session() -> aiohttp.ClientSession:
    """Return a client without limits of its own."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=_TIMEOUT),
        connector=aiohttp.TCPConnector(limit=0),
    )


def own_cpu() -> float:
    """Return the processor seconds of this process."""
    times = psutil.Process().cpu_times()
    return float(times.user + times.system)
