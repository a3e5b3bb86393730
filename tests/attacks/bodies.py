"""Bodies that are no JSON, too large, or of the wrong types and numbers."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

from tests.attacks.attempts import Attempt
from tests.attacks.shop import Shop

INVALID = frozenset({400, 413, 415, 422})
NO_JSON: tuple[bytes, ...] = (
    b"",
    b"{",
    b"}",
    b"[]",
    b"null",
    b"1",
    b'"text"',
    b"{'a': 1}",
    b"{a: 1}",
    b'{"a": 1,}',
    b'{"a": 01}',
    b'{"a": .5}',
    b'{"a": +1}',
    b'{"a": 0x10}',
    b'{"a": NaN}',
    b'{"a": Infinity}',
    b'{"a": -Infinity}',
    b'{"a": "\t"}',
    b'{"a": "\\x"}',
    b'{"a": "\\u12"}',
    b'{"price": 1, "price": 2}',
    b'{"a": 1} {"b": 2}',
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    b'{"a": "\xff"}',
    b'{"a": "\xed\xa0\x80"}',
    b"\x00",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"[[[[[[[[[[" * 100 + b"]]]]]]]]]]" * 100,
    b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
    b"name=x&price=1",
    b"{" + b" " * 2_000_000 + b"}",
    b'{"a": "' + b"x" * 2_000_000 + b'"}',
    b'{"a": ' + b"9" * 100_000 + b"}",
    json.dumps({f"f{n}": n for n in range(6000)}).encode(),
)
TYPES = (
    "text/plain",
    "text/xml",
    "application/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "application/yaml",
    "image/png",
    "",
)
WRONG: dict[str, tuple[Any, ...]] = {
    "text": (
        None,
        1,
        True,
        [],
        {},
        ["x"],
        {"$ne": None},
        "\u0000",
        "a\u0000b",
        "\ud800",
        "\udfff x",
    ),
    "decimal": (
        None,
        True,
        [],
        {},
        "",
        " ",
        "abc",
        "1,5",
        "1e400",
        "1e999999",
        "-1",
        -1,
        "NaN",
        "Infinity",
        "-0.01",
        "0x10",
        "9" * 40,
        "1." + "1" * 40,
        {"$gt": 0},
        "1_0",
        "١٢",
    ),
    "integer": (
        None,
        True,
        False,
        [],
        {},
        "",
        "1",
        "3.0",
        1.5,
        0,
        -1,
        2**63,
        -(2**63) - 1,
        10**400,
        "1e3",
        {"$gt": 0},
        [1],
    ),
    "id": (None, 1, True, [], {}, "", "x", "1" * 36, "../../etc/passwd", "' OR 1=1 --"),
}
FIELDS = (
    ("product", "/products", "merchant", "name", "text"),
    ("product", "/products", "merchant", "category", "text"),
    ("product", "/products", "merchant", "price", "decimal"),
    ("product", "/products", "merchant", "product_id", "id"),
    ("product", "/products/{product}/change-price", "merchant", "price", "decimal"),
    ("inventory", "/stock-items/{product}/receive-stock", "merchant", "quantity", "integer"),
    ("cart", "/carts/{victim}/put-item", "customer", "quantity", "integer"),
    ("cart", "/carts/{victim}/put-item", "customer", "product_id", "id"),
    ("cart", "/carts/{victim}/take-item-out", "customer", "product_id", "id"),
)
GOOD: dict[str, dict[str, Any]] = {
    "/products": {"name": "x", "category": "y", "price": "1"},
    "/products/{product}/change-price": {"price": "1"},
    "/stock-items/{product}/receive-stock": {"quantity": 1},
    "/carts/{victim}/put-item": {"product_id": "{product}", "quantity": 1},
    "/carts/{victim}/take-item-out": {"product_id": "{product}"},
}
UNKNOWN = ("__proto__", "constructor", "owner", "roles", "caller", "status", "listed", "$where")


def attempts(shop: Shop) -> Iterator[Attempt]:
    """Try each body with a command that its sender may give."""
    change = f"/products/{shop.product}/change-price"
    for number, content in enumerate(NO_JSON):
        yield _attempt(shop, f"body {number} {content[:30]!r}", "product", change, content)
    for media_type in TYPES:
        yield _attempt(
            shop, f"a body of {media_type!r}", "product", change, b'{"price": "1"}', media_type
        )
    packed = gzip.compress(b'{"price": "1"}')
    yield _attempt(shop, "a packed body", "product", change, packed)
    for path in GOOD:
        for name in UNKNOWN:
            yield from _with_field(shop, path, name, "x")
    for unit, path, _, field, kind in FIELDS:
        for value in WRONG[kind]:
            if (kind, field, value) == ("decimal", "price", 0):
                continue
            yield from _with_field(shop, path, field, value, unit)


def _with_field(
    shop: Shop, path: str, field: str, value: Any, unit: str | None = None
) -> Iterator[Attempt]:
    of = unit or next(unit for unit, other, *_ in FIELDS if other == path)
    role = next(role for _, other, role, *_ in FIELDS if other == path)
    filled = json.dumps({**GOOD[path], field: value}).replace("{product}", shop.product)
    target = path.replace("{product}", shop.product).replace("{victim}", str(shop.victim))
    yield _attempt(
        shop, f"{path} with {field}={str(value)[:30]!r}", of, target, filled.encode(), role=role
    )


def _attempt(
    shop: Shop,
    name: str,
    unit: str,
    path: str,
    content: bytes,
    media_type: str = "application/json",
    role: str = "merchant",
) -> Attempt:
    return Attempt(
        name=name,
        unit=unit,
        method="POST",
        path=path,
        headers={**shop.bearer(role, sub=shop.victim), "Content-Type": media_type},
        content=content,
        allowed=INVALID,
    )
