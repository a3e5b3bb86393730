"""Units for the real runner: they need no hub, so that only the embedded mode is tested."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from chassis.bff import Bff, Caller, Router

router = Router()


@router.get("/whoami")
async def whoami(caller: Caller) -> dict[str, str | list[str]]:
    return {"id": str(caller.id), "roles": [*sorted(caller.roles)]}


@router.post("/pid")
async def pid() -> dict[str, int]:
    """Which copy answers."""
    await asyncio.sleep(0.02)
    return {"pid": os.getpid()}


@router.get("/slow")
async def slow() -> dict[str, bool]:
    """Says by a file that it has begun, and is under way when `down` begins."""
    Path("begun").touch()
    await asyncio.sleep(1)
    return {"done": True}


def unit(name: str) -> Bff:
    return Bff(name=name, calls=(), routers=(router,))


order, order_history, nobody = unit("order"), unit("order_history"), unit("nobody")
