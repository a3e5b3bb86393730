"""A process is killed at its work, again and again: nothing is lost, nothing doubled."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any, Self
from uuid import UUID, uuid4, uuid5

from chassis.clock import utc_now
from chassis.dead_letters import DeadLetters
from chassis.envelope import Envelope
from chassis.messages import Command

from tests.waiting import until

from . import market
from .running import Running, eventually

SCRIPT = Path(__file__).with_name("market_process.py")


class Victim:
    """The process, which takes commands and is killed at any instant."""

    def __init__(
        self, url: str, system: str, folder: Path, acknowledged: set[UUID] | None = None
    ) -> None:
        self._arguments = (str(SCRIPT), url, system, str(folder))
        self.acknowledged = set() if acknowledged is None else acknowledged
        self._process: asyncio.subprocess.Process
        self._reading: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def start(self) -> None:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, *self._arguments, stdin=pipe, stdout=pipe
        )
        assert self._process.stdout is not None
        while (line := await self._process.stdout.readline()) != b"ready\n":
            assert line, "the process ended before it was ready"
        self._reading = asyncio.create_task(self._read(self._process.stdout))

    async def kill(self) -> None:
        self._process.kill()
        await self._process.wait()
        await self._reading

    def send(self, service: str, command: Command, id: UUID) -> None:
        assert self._process.stdin is not None
        order = {
            "service": service,
            "command": type(command).__name__,
            "data": command.model_dump(mode="json"),
            "id": str(id),
        }
        self._process.stdin.write(json.dumps(order).encode() + b"\n")

    async def _read(self, answers: asyncio.StreamReader) -> None:
        while line := await answers.readline():
            if line.endswith(b"\n") and len(line) == 37:
                self.acknowledged.add(UUID(line.decode().strip()))


async def test_a_killed_process_loses_and_doubles_nothing(
    running: Running, nats_server: Any, tmp_path: Path
) -> None:
    teapot, customer, rounds = uuid4(), uuid4(), random.Random(1)
    victim = Victim(nats_server.url, running.messages.system, tmp_path)
    changes = [market.ChangePrice(product_id=teapot, price=Decimal(n)) for n in range(200)]
    orders = [
        market.PlaceOrder(
            order_id=uuid4(),
            customer_id=customer,
            lines=[market.Line(product_id=teapot, quantity=1)],
        )
        for _ in range(40)
    ]

    async def published() -> Counter[str]:
        events = {event.id: event for event in await _events(running)}
        return Counter(event.type.split(".")[-2] for event in events.values())

    async with victim:
        victim.send(
            "product",
            market.ListProduct(product_id=teapot, name="x", price=Decimal(1)),
            uuid5(teapot, "list"),
        )
        victim.send(
            "stock", market.ReceiveStock(product_id=teapot, quantity=30), uuid5(teapot, "stock")
        )
        await _until(lambda: len(victim.acknowledged) == 2)
    for number in range(5):
        async with victim:  # a client repeats, with the same ids, what was not acknowledged
            for index, change in enumerate(changes):
                _send_unless_done(victim, "product", change, uuid5(teapot, str(index)))
            for order in orders:
                _send_unless_done(victim, "order", order, order.order_id)
            await asyncio.sleep(rounds.uniform(0.02, 0.25) if number < 4 else 0)
            if number == 4:
                await _until(lambda: len(victim.acknowledged) == 2 + len(changes) + len(orders))
                await eventually(lambda: _ended(running), lambda n: n == 40)
                kinds = await eventually(published, lambda kinds: kinds["PriceChanged"] >= 200)

    assert kinds["PriceChanged"] == 200
    assert kinds["OrderPlaced"] == kinds["OrderConfirmed"] + kinds["OrderCancelled"] == 40
    assert kinds["OrderConfirmed"] == kinds["PaymentCaptured"] <= 30

    # The read model, started anew on the killed process' file, has every change once.
    prices = await running.projection(market.prices(running.messages))
    page = await eventually(
        lambda: prices.search({"product_id": teapot}, {}, (), 1),
        lambda page: page.items and page.items[0].changes >= 200,
    )
    assert page.items[0].changes == 200
    stock = await running.service(market.stock_service(running.messages))
    item = await eventually(
        lambda: stock.read(market.StockItem, teapot, None),
        lambda item: item and len(item.state.reservations) == kinds["OrderConfirmed"],
    )
    assert item is not None


async def test_two_processes_on_one_store_lose_and_double_nothing(
    running: Running, nats_server: Any, tmp_path: Path
) -> None:
    """Both take commands; they are killed and stopped at random, and started again."""
    seed = 7
    chance, acknowledged = random.Random(seed), set[UUID]()
    system = running.messages.system
    pair = [Victim(nats_server.url, system, tmp_path, acknowledged) for _ in range(2)]
    teapot, commands = uuid4(), dict[UUID, tuple[str, Command]]()
    commands[uuid4()] = (
        "product",
        market.ListProduct(product_id=teapot, name="x", price=Decimal(1)),
    )
    commands[uuid4()] = ("stock", market.ReceiveStock(product_id=teapot, quantity=30))
    await asyncio.gather(*(victim.start() for victim in pair))
    _send_rest(pair, commands, chance)
    await until(lambda: acknowledged == commands.keys())
    for number in range(200):
        change = market.ChangePrice(product_id=teapot, price=Decimal(number))
        commands[uuid4()] = ("product", change)
    for _ in range(40):
        line = market.Line(product_id=teapot, quantity=1)
        order = market.PlaceOrder(order_id=uuid4(), customer_id=uuid4(), lines=[line])
        commands[uuid4()] = ("order", order)
    for faults in ("kill", "stop", "kill", "both"):
        _send_rest(pair, commands, chance)
        await asyncio.sleep(chance.uniform(0.02, 0.4))
        victim = chance.choice(pair)
        if faults == "stop":  # for longer than its leases last
            victim.signal(signal.SIGSTOP)
            await asyncio.sleep(2.5)
            victim.signal(signal.SIGCONT)
        else:
            victims = pair if faults == "both" else [victim]
            await asyncio.gather(*(each.kill() for each in victims))
            await asyncio.gather(*(each.start() for each in victims))
    _send_rest(pair, commands, chance)
    await until(lambda: acknowledged == commands.keys())
    await eventually(lambda: _ended(running), lambda n: n == 40)

    prices = await running.projection(market.prices(running.messages))
    page = await eventually(
        lambda: prices.search({"product_id": teapot}, {}, (), 1),
        lambda page: page.items and page.items[0].changes >= 200,
    )
    assert page.items[0].changes == 200
    events = await _events(running)
    kinds = Counter(event.type.split(".")[-2] for event in events)
    assert kinds["PriceChanged"] == 200
    assert kinds["OrderPlaced"] == kinds["OrderConfirmed"] + kinds["OrderCancelled"] == 40
    assert kinds["OrderConfirmed"] == kinds["PaymentCaptured"] == 30
    assert set(Counter(event.id for event in events).values()) == {1}
    for subject in {event.subject for event in events}:
        for topic in {event.type.split(".")[1] for event in events}:
            sequences = [
                event.sequence
                for event in events
                if event.subject == subject and event.type.split(".")[1] == topic
            ]
            assert sequences == list(range(1, len(sequences) + 1)), (seed, topic, subject)
    stores = [
        running.store(unit)
        for unit in ("product", "order", "stock", "payment", "prices", "order_history")
    ]
    for store in stores:  # what was published leaves the outbox a little later
        await eventually(store.outbox_size, lambda size: size == 0)
    await asyncio.gather(*(victim.kill() for victim in pair))
    for store in stores:
        await store.prepare((DeadLetters.collection,))
        assert await DeadLetters(store, utc_now).list() == ()


def _send_rest(
    pair: list[Victim], commands: dict[UUID, tuple[str, Command]], chance: random.Random
) -> None:
    """A client repeats, with the same ids and to any process, what was not acknowledged."""
    for id, (service, command) in commands.items():
        _send_unless_done(chance.choice(pair), service, command, id)


def _send_unless_done(victim: Victim, service: str, command: Command, id: UUID) -> None:
    if id not in victim.acknowledged:
        victim.send(service, command, id)


async def _until(condition: Any) -> None:
    await until(condition)


async def _events(running: Running) -> list[Envelope]:
    return await running.published(*(t for t in running.messages.topics if t.endswith(".events")))


async def _ended(running: Running) -> int:
    ended = ("OrderConfirmed", "OrderCancelled")
    return len({e.id for e in await _events(running) if e.type.split(".")[-2] in ended})
