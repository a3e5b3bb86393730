"""What is broken, and when: drawn at random, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

_QUIET = 4.0  # seconds at the start
_DAY = 86_400


class Kind(StrEnum):
    """A kind of fault."""

    KILL = "kill"
    PAUSE = "pause"
    RESTART = "rolling restart"
    KILL_SERVER = "kill a server"
    PAUSE_SERVER = "pause a server"
    KILL_HUB = "kill the hub"
    PAUSE_HUB = "pause the hub"
    KILL_GATEWAY = "kill the gateway"
    PAUSE_GATEWAY = "pause the gateway"
    REPEAT = "repeat messages"
    POISON = "poison"
    FAIL = "failing handlers"
    FILL_DISK = "full disk"
    JUMP = "clock jump"


_DECK = (
    *(Kind.KILL,) * 6,
    *(Kind.PAUSE,) * 4,
    *(Kind.REPEAT,) * 3,
    *(Kind.JUMP,) * 2,
    Kind.RESTART,
    *(Kind.KILL_SERVER,) * 4,
    *(Kind.PAUSE_SERVER,) * 2,
    Kind.KILL_HUB,
    Kind.PAUSE_HUB,
    Kind.KILL_GATEWAY,
    Kind.PAUSE_GATEWAY,
    Kind.POISON,
    Kind.FAIL,
    Kind.FILL_DISK,
)
EMBEDDED = frozenset(Kind) - {Kind.KILL_SERVER, Kind.PAUSE_SERVER}
"""What can happen to NATS and SQLite."""

ON_SERVERS = frozenset(Kind) - {Kind.KILL_HUB, Kind.PAUSE_HUB, Kind.FILL_DISK}
"""What can happen to the servers of other engines, the event hub among them."""

# The last one is longer than the hub retains messages.
_JUMPS = (-3600, -60, -2, 2, 60, 3600, 40 * _DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault.

    Attributes:
        at: Seconds after the start.
        kind: What happens.
        target: The process, or the unit of a rolling restart.
        seconds: How long it lasts.
        amount: How many messages, or seconds of a clock jump.
    """

    at: float
    kind: Kind
    target: str
    seconds: float
    amount: int

    def __str__(self) -> str:
        return (
            f"{self.at:6.1f} s  {self.kind:<17} {self.target:<16} "
            f"for {self.seconds:.1f} s, {self.amount}"
        )


def draw(
    seed: int,
    seconds: float,
    processes: Sequence[str],
    units: Sequence[str],
    kinds: Collection[Kind],
    every: float = 3.0,
    servers: Sequence[str] = (),
) -> list[Fault]:
    """Return the faults of a run. The kinds come like cards from a deck: each of them occurs.

    Args:
        seed: The seed.
        seconds: How long things are broken.
        processes: The names of the processes that run units.
        units: The names of the units.
        kinds: The kinds to choose from.
        every: Seconds between two faults, on average.
        servers: The engines with servers that can be killed.
    """
    choice = random.Random(seed)
    deck: list[Kind] = []
    faults: list[Fault] = []
    at = _QUIET
    while at < seconds:
        if not deck:
            deck = [kind for kind in _DECK if kind in kinds]
            choice.shuffle(deck)
        faults.append(_fault(at, deck.pop(), processes, units, servers, choice))
        at += choice.uniform(0.2, 1.8) * every
    return faults


def _fault(
    at: float,
    kind: Kind,
    processes: Sequence[str],
    units: Sequence[str],
    servers: Sequence[str],
    choice: random.Random,
) -> Fault:
    process, unit = choice.choice(processes), choice.choice(units)
    server = choice.choice(servers) if servers else ""
    duration, jump, count = choice.uniform(0.3, 8), choice.choice(_JUMPS), choice.randint(20, 100)
    target = {
        Kind.KILL: process,
        Kind.PAUSE: process,
        Kind.JUMP: process,
        Kind.RESTART: unit,
        Kind.KILL_SERVER: server,
        Kind.PAUSE_SERVER: server,
        Kind.KILL_HUB: "nats",
        Kind.PAUSE_HUB: "nats",
        Kind.KILL_GATEWAY: "gateway",
        Kind.PAUSE_GATEWAY: "gateway",
    }.get(kind, "everything")
    amount = {Kind.JUMP: jump, Kind.REPEAT: count}.get(kind, 1)
    return Fault(at=at, kind=kind, target=target, seconds=duration, amount=amount)
