"""The load: customers who fill a cart and check out, a merchant who restocks and changes prices.

Every command has an idempotency key and is repeated until it is answered for good, as a careful
client does. So each one must be carried out exactly once.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import aiohttp

from tests.faults.ledger import Answer, Ledger, Line, Pricing, Purchase, Receipt
from tests.fleet.tokens import Issuer

PRODUCTS = 24
_ATTEMPT_TIMEOUT = 6.0
_PATIENCE = 120.0
_IN_FLIGHT = 64
_MERCHANT_PAUSE = 0.25
_LONGEST_PAUSE = 1.0
# Not here yet, or not now: what a client repeats. A clock that jumped refuses valid tokens (401).
_TEMPORARY = frozenset({401, 408, 425, 429, 500, 502, 503, 504})


@dataclass
class Shoppers:
    """Customers and a merchant, and what they were answered.

    Attributes:
        http: Sends the requests, to the gateway.
        issuer: Issues the tokens.
        choice: Makes all choices.
        ledger: What was answered.
    """

    http: aiohttp.ClientSession
    issuer: Issuer
    choice: random.Random
    ledger: Ledger = field(default_factory=Ledger)
    _products: list[str] = field(default_factory=list)

    def uuid(self) -> str:
        """Return a new id, the same one for the same seed."""
        return str(UUID(int=self.choice.getrandbits(128), version=4))

    async def open(self) -> None:
        """List the products. Some are scarce, and some cost more than the payment limit."""
        merchant = self._merchant()
        for number in range(PRODUCTS):
            price = Decimal(600 if number % 6 == 5 else self.choice.randint(1, 50))
            body = {"name": f"Cup {number}", "category": "kitchen", "price": str(price)}
            _, answer = await self._command(merchant, "/products", body)
            product = str(answer["product_id"])
            self._products.append(product)
            pricing = Pricing(product=product, price=price, answer=Answer.ACCEPTED)
            self.ledger.prices.append(pricing)
            await self._restock(merchant, product, 3 if number % 6 == 4 else 200)

    async def buy(self, orders: int, seconds: float) -> None:
        """Place orders at a steady rate, at most `_IN_FLIGHT` at a time."""
        free = asyncio.Semaphore(_IN_FLIGHT)
        began = time.monotonic()
        merchant = asyncio.create_task(self._trade())
        async with asyncio.TaskGroup() as customers:
            for number in range(orders):
                await asyncio.sleep(began + number * seconds / orders - time.monotonic())
                await free.acquire()
                customer = customers.create_task(self._buy(self.uuid(), self._lines()))
                customer.add_done_callback(lambda _: free.release())
        merchant.cancel()
        await asyncio.gather(merchant, return_exceptions=True)

    async def get(self, path: str, subject: str, params: Mapping[str, str]) -> Any:
        """Return the answer to a query of a customer; None unless it is 200."""
        headers = self.issuer.headers(subject, "customer")
        try:
            async with self.http.get(path, params=params, headers=headers) as answer:
                return await answer.json(content_type=None) if answer.status == 200 else None
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None

    def _merchant(self) -> dict[str, str]:
        return self.issuer.headers(self.uuid(), "merchant")

    def _lines(self) -> tuple[Line, ...]:
        products = self.choice.sample(self._products, self.choice.choice((1, 1, 2)))
        return tuple(
            Line(product=product, quantity=self.choice.randint(1, 3)) for product in products
        )

    async def _buy(self, customer: str, lines: tuple[Line, ...]) -> None:
        headers, cart = self.issuer.headers(customer, "customer"), f"/carts/{customer}"
        for line in lines:
            body = {"product_id": line.product, "quantity": line.quantity}
            answer, _ = await self._command(headers, f"{cart}/put-item", body)
            if answer is not Answer.ACCEPTED:
                return
        answer, _ = await self._command(headers, f"{cart}/check-out", {})
        self.ledger.purchases.append(Purchase(customer=customer, lines=lines, answer=answer))

    async def _trade(self) -> None:
        """Restock and change prices until cancelled; a command that was begun is finished."""
        while True:
            merchant, product = self._merchant(), self.choice.choice(self._products)
            work = self._reprice if self.choice.random() < 0.4 else self._restock
            amount = self.choice.randint(5, 30)
            await asyncio.shield(asyncio.ensure_future(work(merchant, product, amount)))
            await asyncio.sleep(_MERCHANT_PAUSE)

    async def _restock(self, merchant: Mapping[str, str], product: str, quantity: int) -> None:
        path = f"/stock-items/{product}/receive-stock"
        answer, _ = await self._command(merchant, path, {"quantity": quantity})
        line = Line(product=product, quantity=quantity)
        self.ledger.receipts.append(Receipt(line=line, answer=answer))

    async def _reprice(self, merchant: Mapping[str, str], product: str, percent: int) -> None:
        """Change the price a little; the shop refuses one that more than doubles."""
        before = next(p.price for p in reversed(self.ledger.prices) if p.product == product)
        change = Decimal(percent - 15) / 100
        price = (before * (1 + change)).quantize(Decimal("0.01"))
        path = f"/products/{product}/change-price"
        answer, _ = await self._command(merchant, path, {"price": str(price)})
        self.ledger.prices.append(Pricing(product=product, price=price, answer=answer))

    async def _command(
        self, headers: Mapping[str, str], path: str, body: Mapping[str, object]
    ) -> tuple[Answer, dict[str, Any]]:
        """Send a command until it is answered for good, or patience ends."""
        headers = {**headers, "idempotency-key": self.uuid()}
        deadline, pause = time.monotonic() + _PATIENCE, 0.05
        while time.monotonic() < deadline:
            status, content = await self._attempt(headers, path, body)
            self.ledger.attempts[status] += 1
            if 200 <= status < 300:
                return Answer.ACCEPTED, content
            if not _is_temporary(status, content):
                refusal = f"{path.rpartition('/')[2]} {status} {content.get('type', '')}"
                self.ledger.refusals[refusal] += 1
                return Answer.REFUSED, content
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, 2 * pause)
        return Answer.UNKNOWN, {}

    async def _attempt(
        self, headers: Mapping[str, str], path: str, body: Mapping[str, object]
    ) -> tuple[int, dict[str, Any]]:
        """Send a request once; 0 is no answer."""
        try:
            async with self.http.post(path, data=json.dumps(body), headers=headers) as answer:
                content = await answer.json(content_type=None)
                return answer.status, content if isinstance(content, dict) else {}
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return 0, {}


def session(url: str) -> aiohttp.ClientSession:
    """Return a client of the gateway at `url`."""
    return aiohttp.ClientSession(
        url,
        timeout=aiohttp.ClientTimeout(total=_ATTEMPT_TIMEOUT),
        connector=aiohttp.TCPConnector(limit=2 * _IN_FLIGHT),
    )


def _is_temporary(status: int, content: Mapping[str, Any]) -> bool:
    kind = str(content.get("type", ""))
    return (
        status == 0
        or status in _TEMPORARY
        or (status in (404, 409) and kind.endswith(("not_found", "conflict")))
    )
