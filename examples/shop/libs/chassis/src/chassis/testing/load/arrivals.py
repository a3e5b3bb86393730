"""Arrivals at random times, whether or not earlier ones are done."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Iterator
from itertools import cycle
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

import gevent
import gevent.pool
from locust import FastHttpUser, task
from locust.exception import StopUser

from chassis.testing.load.exchange import CountedExchange, Lateness
from chassis.testing.load.processor import NOTHING, Cost
from chassis.testing.system import Caller

if TYPE_CHECKING:
    from chassis.testing.load.run import Run

_PREPARED_AT_ONCE = 8
_REQUEST_TIMEOUT = 10.0
_READERS = 100


class Arrivals(FastHttpUser):
    """Something that happens `rate` times a second at the peak.

    Locust has one user of each such class, which starts all arrivals.
    """

    abstract = True
    fixed_count = 1
    concurrency = 10_000  # of connections: an arrival waits for no other one
    network_timeout = connection_timeout = _REQUEST_TIMEOUT

    rate: ClassVar[float]
    cost: ClassVar[Cost] = NOTHING
    """What the capacity model says that an arrival costs, and all that follows from it."""
    peak: ClassVar[Run]

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self._lateness = Lateness()
        self._exchange = CountedExchange(self.client, self._lateness)
        self._readers: dict[tuple[str, ...], Iterator[Caller]] = {}

    def arrive(self) -> Iterator[None]:
        """Prepare an arrival, yield, and send its requests."""
        raise NotImplementedError

    def caller(self, *roles: str) -> Caller:
        """Return a new caller."""
        sub = uuid4()
        token = self.peak.system.token(*roles, sub=sub)
        name = "+".join(roles) or "caller"
        return Caller(self._exchange, name=name, id=sub, token=token, quiet=True)

    def reader(self, *roles: str) -> Caller:
        """Return one of some callers in turn, for requests that change nothing."""
        if roles not in self._readers:
            some = [self.caller(*roles) for _ in range(_READERS)]
            self._readers[roles] = cycle(some)
        return next(self._readers[roles])

    @task
    def arrive_at_random_times(self) -> None:
        """Prepare all arrivals, wait until everything is prepared, and let them come."""
        number = max(1, round(self.rate * self.peak.scale * self.peak.seconds))
        prepared = deque(self._prepare(number))
        began = self.peak.begin_together(self.cost * number)
        # Given their number, the times of a Poisson process are uniform.
        times = sorted(random.uniform(0, self.peak.seconds) for _ in range(number))
        arrived = gevent.pool.Group()
        for due in times:
            gevent.sleep(max(0.0, began + due - time.perf_counter()))
            arrived.spawn(self._arrive, prepared.popleft(), began + due)
        arrived.join()
        self.peak.done()
        raise StopUser

    def _prepare(self, number: int) -> list[Iterator[None]]:
        """Return arrivals that have been prepared; a few are prepared at the same time."""
        arrivals = [self.arrive() for _ in range(number)]
        for error in gevent.pool.Pool(_PREPARED_AT_ONCE).imap_unordered(_advance, arrivals):
            if error:
                self.peak.abort(f"{type(self).__name__} cannot be prepared: {error}")
                raise StopUser
        return arrivals

    def _arrive(self, arrival: Iterator[None], due: float) -> None:
        self._lateness.seconds = time.perf_counter() - due
        if error := _advance(arrival):
            self.peak.unfinished(type(self).__name__, error)


def _advance(arrival: Iterator[None]) -> str | None:
    """Let an arrival do its next part, and return what went wrong."""
    try:
        next(arrival, None)
    except AssertionError as error:
        return str(error)
    except Exception as error:  # of the project's own code: the test goes on, and fails
        return repr(error)
    return None
