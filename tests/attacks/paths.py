"""Paths, queries, methods and headers that lead somewhere else."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from urllib.parse import quote

from tests.attacks.attempts import Attempt
from tests.attacks.shop import Shop

NOT_THERE = frozenset({400, 404, 405, 414, 422})
PATHS = (
    "/../../../etc/passwd",
    "/..%2f..%2f..%2fetc%2fpasswd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/..;/..;/metrics",
    "/.%00./",
    "/%00",
    "/\\..\\..\\windows",
    "/%5c..%5c",
    "//evil.example/",
    "/http://evil.example/",
    "/.git/config",
    "/.env",
    "/docs",
    "/redoc",
    "/openapi.yaml",
    "/admin",
    "/actuator/env",
    "/server-status",
    "/debug/pprof/",
    "/config_dump",
    "/stats",
    "/quitquitquit",
    "/orders/{order}/",
    "/orders/{order}//cancel",
    "/Orders/{order}",
    "/orders/{order}.json",
    "/orders/{order}%20",
    "/orders/{order};v=1",
    "/orders/{order}%2fcancel",
    "/orders/%7Border_id%7D",
    "/orders/*",
    "/orders/0",
    "/orders/-1",
    "/orders/null",
    "/orders/undefined",
    "/orders/%F0%9F%98%80",
    "/orders/%ff%fe",
    "/orders/' OR '1'='1",
    "/orders/{{7*7}}",
    "/orders/${jndi:ldap://127.0.0.1/a}",
    "/" + "a" * 7000,
    "/" + "a/" * 3000,
)
METHODS = (
    "PUT",
    "PATCH",
    "DELETE",
    "TRACE",
    "CONNECT",
    "PROPFIND",
    "MOVE",
    "FOO",
    "get",
    "G\u0000T",
)
SEARCHES = (
    ("catalog", "/catalog"),
    ("product", "/products"),
    ("order_history", "/order-history?customer_id={victim}"),
)
CURSORS = (
    "x",
    "AAAA",
    "%00",
    "null",
    "..%2f..%2f",
    "' OR 1=1 --",
    "\u20ac",
    "a" * 3000,
    "=" * 20,
    base64.urlsafe_b64encode(b"[]").decode(),
    base64.urlsafe_b64encode(b"{}").decode(),
    base64.urlsafe_b64encode(b'["x"]').decode(),
    base64.urlsafe_b64encode(b'[["x", 1], "y"]').decode(),
    base64.urlsafe_b64encode(b'{"$gt": ""}').decode(),
    base64.urlsafe_b64encode(b"[" * 1000).decode(),
    base64.urlsafe_b64encode(json.dumps([10**400]).encode()).decode(),
)
PAGES = ("0", "-1", "1000000000", "9" * 400, "x", "1.5", "1e3", "", "true", "%00", "+1%20", "0x10")
PARAMETERS = (
    "unknown=1",
    "sort=name",
    "sort=-price;drop",
    "filter=x",
    "$where=1",
    "listed[$ne]=true",
    "listed=maybe",
    "listed=2",
    "__proto__=1",
    "offset=1",
)
KEYS = ("", " ", "x" * 256, "x" * 5000)
TAGS = ("x", '"x"', "0", '"0"', '"-1"', 'W/"1"', '"' + "9" * 500 + '"', '"1', ",", '"999999"')


def attempts(shop: Shop) -> Iterator[Attempt]:
    """Try each as somebody with all roles."""
    yield from _paths(shop)
    yield from _queries(shop)
    yield from _headers(shop)


def _paths(shop: Shop) -> Iterator[Attempt]:
    for path in PATHS:
        filled = quote(path.replace("{order}", shop.order), safe="/%;:@!$&'()*+,=-._~\\")
        below = filled if filled.startswith("/orders") else f"/orders{filled}"
        for unit, tried in (("order", below), ("", filled)):
            yield Attempt(
                name=f"path {path[:40]}",
                unit=unit,
                path=tried,
                headers=shop.bearer("customer", "merchant"),
                allowed=NOT_THERE,
            )
    for method in METHODS:
        for path in (f"/orders/{shop.order}", f"/orders/{shop.order}/cancel"):
            yield Attempt(
                name=f"method {method!r}",
                unit="order",
                method=method,
                path=path,
                headers=shop.bearer("customer", "merchant"),
                allowed=frozenset({400, 403, 404, 405}),
                as_problem=method.isalpha() and method.isupper() and method != "CONNECT",
            )


def _queries(shop: Shop) -> Iterator[Attempt]:
    for unit, path in SEARCHES:
        base = path.replace("{victim}", str(shop.victim))
        base += "&" if "?" in base else "?"
        wrong = [f"cursor={quote(cursor, safe='%')}" for cursor in CURSORS]
        wrong += [f"page={page}" for page in PAGES]
        wrong += [quote(parameter, safe="=%") for parameter in PARAMETERS]
        for parameter in wrong:
            yield Attempt(
                name=f"{path} with {parameter[:40]}",
                unit=unit,
                path=f"{base}{parameter}",
                headers=shop.bearer("customer", sub=shop.victim),
                allowed=frozenset({400, 422}),
            )


def _headers(shop: Shop) -> Iterator[Attempt]:
    path = f"/products/{shop.product}/delist"
    for key in KEYS:
        yield _delist(shop, path, {"Idempotency-Key": key}, frozenset({400, 422, 431}))
    for tag in TAGS:
        yield _delist(shop, path, {"If-Match": tag}, frozenset({400, 412, 422}))
    for name in ("traceparent", "x-correlation-id", "accept", "if-none-match", "range", "expect"):
        for value in ("x", "\t", "0" * 3000, "../../", "100-continue-not"):
            yield Attempt(
                name=f"{name}: {value[:20]!r}",
                unit="order",
                path=f"/orders/{shop.order}",
                headers={**shop.bearer("customer"), name: value},
                allowed=frozenset({400, 404, 417}),
            )


def _delist(shop: Shop, path: str, headers: dict[str, str], allowed: frozenset[int]) -> Attempt:
    return Attempt(
        name=f"{headers}"[:60],
        unit="product",
        method="POST",
        path=path,
        headers={**shop.bearer("merchant"), **headers},
        allowed=allowed,
    )
