"""Place orders in the running shop, as its customers would: through the gateway.

Run by the shop's own Python, with the project's folder as the argument.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from chassis.testing.system import Caller, System


def main() -> None:
    """Tell the story; an AssertionError says which sentence of it is not true."""
    system = System.running(Path(sys.argv[1]))
    merchant = system.caller("merchant")
    _say("An order that is paid for is confirmed and shipped")
    customer = system.caller("customer")
    _buy(merchant, customer, name="Teapot", price="19.90", quantity=2)
    order = _order_of(customer, status="shipped", total="39.80")
    _show("order_history", order)
    _show("the web BFF, /account", customer.get("/web/account"))
    _show("the web BFF, /orders/...", customer.get(f"/web/orders/{order['order_id']}"))

    _say("A payment that is declined cancels the order and releases its stock")
    other = system.caller("customer")
    samovar = _buy(merchant, other, name="Silver samovar", price="900", quantity=2)
    _show("order_history", _order_of(other, status="cancelled", total="1800"))
    _show("the web BFF, /account", other.get("/web/account"))
    entry = other.eventually(f"/catalog/{samovar}", available=4)
    _show("catalog", entry)

    _say("Access is limited to a caller's own data")
    path = f"/order-history?customer_id={customer.id}"
    system.anonymous().refused("GET", path, 401)
    other.refused("GET", path, 403)
    other.refused("GET", f"/orders/{order['order_id']}", 404)

    _say("The gateway limits the rate of each caller")
    print("300 requests at once:", _hurry(system.caller("customer")))


def _buy(merchant: Caller, customer: Caller, *, name: str, price: str, quantity: int) -> str:
    """List a product with 4 on the shelf and buy some; return the product's id."""
    path = "/products"
    listed = merchant.post(path, name=name, category="kitchen", price=price)
    product = str(listed["product_id"])
    merchant.post(f"/stock-items/{product}/receive-stock", quantity=4)
    customer.eventually(f"/catalog/{product}", available=4)
    cart = f"/carts/{customer.id}"
    customer.post(f"{cart}/put-item", product_id=product, quantity=quantity)
    customer.post(f"{cart}/check-out")
    return product


def _order_of(customer: Caller, **expected: object) -> dict[str, Any]:
    path = "/order-history"
    return customer.eventually(path, {"customer_id": customer.id}, **expected)


def _hurry(customer: Caller) -> dict[int, int]:
    """How often each status was answered."""

    def ask(_: int) -> int:
        return customer.request("GET", "/mobile/home", quiet=True).status

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(300)))
    assert 429 in answers, "the rate limit did not hold"
    return {status: answers.count(status) for status in sorted(set(answers))}


def _say(text: str) -> None:
    print(f"\n{text}", flush=True)


def _show(what: str, value: object) -> None:
    print(f"  {what}: {json.dumps(value, indent=2, default=str)}".replace("\n", "\n  "), flush=True)


if __name__ == "__main__":
    main()
