"""Handlers that fail now and then, as long as a file says so."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from hooks import after_import

_FUNCTIONS = {
    "shop_product.domain.product": ("decide", "evolve"),
    "shop_inventory.domain.stock_item": ("decide", "evolve"),
    "shop_payment.domain.payment": ("decide", "evolve"),
    "shop_shipping.domain.shipment": ("decide", "evolve"),
    "shop_order.domain.order": ("decide", "evolve"),
    "shop_cart.domain.cart": ("decide", "evolve"),
    "shop_order.policies": (
        "place_order_on_cart_checked_out",
        "mark_shipped_on_parcel_dispatched",
    ),
    "shop_catalog.rows": ("project",),
    "shop_order_history.rows": ("project",),
}


class BrokenError(Exception):
    """What a handler raises that has a mistake."""


def watch(folder: str) -> None:
    """Let handlers fail as often as the file `failing` in the folder says, from 0 to 1."""
    path = Path(folder, "failing")
    for module, names in _FUNCTIONS.items():
        after_import(module, functools.partial(_wrap, names, path))


def _wrap(names: tuple[str, ...], path: Path, module: ModuleType) -> None:
    for name in names:
        setattr(module, name, _failing(getattr(module, name), path))


def _failing(function: Callable[..., Any], path: Path) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*arguments: Any) -> Any:
        if random.random() < _probability(path):
            raise BrokenError(function.__qualname__)
        return function(*arguments)

    return wrapper


def _probability(path: Path) -> float:
    try:
        return float(path.read_text() or 0)
    except FileNotFoundError:
        return 0.0
