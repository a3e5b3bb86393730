"""Handlers that fail now and then, as long as a file says so."""

from __future__ import annotations

import functools
import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from hooks import after_import

# A message has six attempts; a handler that fails less often makes no dead letter.
_MOST = 2

_TIME = re.compile(r"datetime\.datetime\([^)]*\)+")

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
    failed: Counter[str] = Counter()

    @functools.wraps(function)
    def wrapper(*arguments: Any) -> Any:
        if path.exists():
            _fail(_call(function.__qualname__, arguments), failed, path)
        return function(*arguments)

    return wrapper


def _call(name: str, arguments: tuple[Any, ...]) -> str:
    """Return what is called with which messages, the same at each attempt: times differ."""
    messages = [repr(each) for each in arguments if hasattr(each, "model_dump")]
    return name + _TIME.sub("", "".join(messages))


def _fail(call: str, failed: Counter[str], path: Path) -> None:
    try:
        probability = float(path.read_text() or 0)
    except (FileNotFoundError, ValueError):
        return
    if failed[call] < _MOST and random.random() < probability:
        failed[call] += 1
        raise BrokenError(call[:60])
