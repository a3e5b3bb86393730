"""Callers who want what belongs to others, or what their role does not allow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from tests.attacks.attempts import Attempt
from tests.attacks.shop import Shop

HIDDEN = frozenset({403, 404})
MERCHANTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("product", "/products", {"name": "x", "category": "y", "price": "1"}),
    ("product", "/products/{product}/change-price", {"price": "0.01"}),
    ("product", "/products/{product}/delist", {}),
    ("inventory", "/stock-items/{product}/receive-stock", {"quantity": 1}),
)
CUSTOMERS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("cart", "/carts/{victim}/put-item", {"product_id": "{product}", "quantity": 1}),
    ("cart", "/carts/{victim}/take-item-out", {"product_id": "{product}"}),
    ("cart", "/carts/{victim}/check-out", {}),
    ("order", "/orders/{order}/cancel", {"reason": "none"}),
)
OWNED = (
    ("cart", "/carts/{victim}"),
    ("order", "/orders/{order}"),
    ("payment", "/payments/{order}"),
    ("payment", "/payments/payment-of-order?order_id={order}"),
    ("shipping", "/shipments/{order}"),
    ("shipping", "/shipments/parcel-of-order?order_id={order}"),
    ("order_history", "/order-history?customer_id={victim}"),
    ("web", "/orders/{order}"),
)
FOR_MERCHANTS = (
    ("inventory", "/stock-items/{product}"),
    ("product", "/products/{product}"),
    ("suspects", "/suspects"),
    ("fraud_watch", "/fraud-watch"),
    ("sales_per_minute", "/sales-per-minute?product_id={product}"),
)
INTERNAL: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("inventory", "/stock-items/{product}/reserve-stock", {"order_id": "{order}", "quantity": 1}),
    ("inventory", "/stock-items/{product}/issue-stock", {"order_id": "{order}", "quantity": 1}),
    ("order", "/orders", {}),
    ("order", "/orders/{order}/mark-shipped", {}),
    ("order", "/orders/{order}/confirm", {}),
    ("payment", "/payments/{order}/capture", {}),
    ("payment", "/payments/{order}/refund", {}),
    ("shipping", "/shipments/{order}/dispatch-parcel", {}),
)
ODD_ROLES: tuple[tuple[str, ...], ...] = (
    (),
    ("customer",),
    ("Merchant",),
    ("MERCHANT",),
    ("merchant ",),
    ("merchan",),
    ("merchants",),
    ("admin",),
    ("*",),
    ("",),
    ("customer,merchant",),
    ("customer merchant",),
)
SPOOFED = (
    "X-Caller",
    "X-User-Id",
    "X-Forwarded-User",
    "X-Roles",
    "X-Envoy-Original-Path",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-Forwarded-For",
    "X-Envoy-Internal",
    "X-Forwarded-Prefix",
)


def attempts(shop: Shop) -> Iterator[Attempt]:
    """Try to reach the victim's things, and to do what others may."""
    yield from _of_others(shop)
    yield from _of_other_roles(shop)
    yield from _spoofed(shop)


def _of_others(shop: Shop) -> Iterator[Attempt]:
    for roles in (("customer",), ("merchant",), ("customer", "merchant"), ()):
        for unit, path in OWNED:
            yield Attempt(
                name=f"read of another's {path} as {roles}",
                unit=unit,
                path=_filled(path, shop),
                headers=shop.bearer(*roles),
                allowed=HIDDEN,
            )
        for unit, path, body in CUSTOMERS:
            yield _command(shop, f"another's {path} as {roles}", unit, path, body, roles, HIDDEN)


def _of_other_roles(shop: Shop) -> Iterator[Attempt]:
    for roles in ODD_ROLES:
        for unit, path, body in MERCHANTS:
            yield _command(shop, f"{path} as {roles}", unit, path, body, roles, frozenset({403}))
        for unit, path in FOR_MERCHANTS:
            yield Attempt(
                name=f"{path} as {roles}",
                unit=unit,
                path=_filled(path, shop),
                headers=shop.bearer(*roles),
                allowed=frozenset({403}),
            )
    for unit, path, body in INTERNAL:
        roles = ("customer", "merchant")
        yield _command(
            shop, f"{path}, which has no route", unit, path, body, roles, frozenset({404, 405})
        )


def _spoofed(shop: Shop) -> Iterator[Attempt]:
    """Headers that some proxies or applications trust."""
    for name in SPOOFED:
        for value in (str(shop.victim), "merchant", "127.0.0.1", f"/orders/{shop.order}"):
            yield Attempt(
                name=f"{name}: {value}",
                unit="order",
                path=f"/orders/{shop.order}",
                headers={**shop.bearer("customer"), name: value},
                allowed=HIDDEN,
            )
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        yield Attempt(
            name=f"{name}: POST",
            unit="product",
            path=f"/products/{shop.product}/delist",
            headers={**shop.bearer("merchant"), name: "POST"},
            allowed=frozenset({404, 405}),
        )


def _command(
    shop: Shop,
    name: str,
    unit: str,
    path: str,
    body: object,
    roles: tuple[str, ...],
    allowed: frozenset[int],
) -> Attempt:
    return Attempt(
        name=name,
        unit=unit,
        method="POST",
        path=_filled(path, shop),
        headers={**shop.bearer(*roles, sub=uuid4()), "Content-Type": "application/json"},
        content=_filled(json.dumps(body), shop).encode(),
        allowed=allowed,
    )


def _filled(text: str, shop: Shop) -> str:
    for name in ("victim", "order", "product"):
        text = text.replace(f"{{{name}}}", str(getattr(shop, name)))
    return text
