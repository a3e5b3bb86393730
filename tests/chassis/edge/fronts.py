"""Backends-for-frontends for the tests of this folder."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from uuid import UUID

from chassis.bff import Backends, Bff, Caller, Json, only, optional, together
from fastapi import APIRouter

router = APIRouter()


@router.get("/home")
async def home(backends: Backends, caller: Caller) -> dict[str, Json]:
    """Everything at once."""
    return await together(
        products=backends.get("catalog", "/browse", listed=True, page=None),
        cart=optional(backends.get("cart", f"/carts/{caller.id}")),
    )


@router.get("/small")
async def small(backends: Backends) -> dict[str, Json]:
    return await together(
        products=only(backends.get("catalog", "/browse"), "product_id", "name"),
        cart=only(optional(backends.get("cart", "/carts/1")), "items"),
    )


@router.get("/orders/{order_id}")
async def order(order_id: UUID, backends: Backends) -> dict[str, Json]:
    return await together(order=backends.get("order", f"/orders/{order_id}"))


@router.get("/named/{name:path}")
async def named(name: str, backends: Backends) -> dict[str, Json]:
    return await together(thing=backends.get("order", f"/things/{name}", text="a b&c=d"))


@router.post("/home")
async def renovate() -> dict[str, Json]:
    return {}


bff = Bff(name="web", calls=("catalog", "cart", "order"), routers=(router,))


slow_router = APIRouter()


@slow_router.get("/slow")
async def slow() -> dict[str, Json]:
    """Says by a file that it has begun, and ends when another one is there."""
    folder = Path(os.environ["DATA_DIR"])
    (folder / "begun").touch()
    while not (folder / "finish").exists():  # noqa: ASYNC110 - the test is another process
        await asyncio.sleep(0.01)
    return {"done": True}


@slow_router.get("/broken")
async def broken() -> dict[str, Json]:
    raise RuntimeError("the password is hunter2")


lonely = Bff(name="lonely", calls=(), routers=(slow_router,))
nothing = object()
