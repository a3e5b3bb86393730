"""The chassis with a guarantee switched off, at its ports: what the checker must find."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType, SimpleNamespace
from typing import Any

from hooks import after_import

_GAP = 0.02  # seconds between the two writes of a service that has no outbox transaction


def without_outbox_transaction() -> None:
    """State and outbox are written one after the other: a crash in between loses a message."""

    def change(module: ModuleType) -> None:
        commit = module.SqliteStore.commit

        async def in_two(self: Any, wanted: Any) -> None:
            await commit(self, replace(wanted, outbox=()))
            if wanted.outbox:
                await asyncio.sleep(_GAP)
                await commit(self, type(wanted)(outbox=wanted.outbox))

        module.SqliteStore.commit = in_two

    after_import("chassis.store.sqlite.store", change)


def without_inbox() -> None:
    """Nobody remembers what was handled: a repeated message has its effect again."""

    def change(module: ModuleType) -> None:
        commit = module.SqliteStore.commit

        async def forgetful(self: Any, wanted: Any) -> None:
            await commit(self, replace(wanted, inbox=type(wanted)().inbox))

        async def never(self: Any, messages: tuple[str, ...]) -> dict[str, str | None]:
            return {}

        module.SqliteStore.commit = forgetful
        module.SqliteStore.handled = never

    after_import("chassis.store.sqlite.store", change)


def without_order() -> None:
    """The messages of an aggregate go to any partition: they overtake each other."""

    def change(module: ModuleType) -> None:
        vars(module)["zlib"] = SimpleNamespace(crc32=lambda data: random.getrandbits(32))

    after_import("chassis.hub.port", change)


MUTANTS: dict[str, Callable[[], None]] = {
    "outbox": without_outbox_transaction,
    "inbox": without_inbox,
    "order": without_order,
}
