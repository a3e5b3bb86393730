"""The driver, whose callbacks become futures of asyncio, and whose errors become those of the port.

A statement that may be repeated is, until the patience is over: after a connection was broken, the
driver takes a moment for another one.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from cassandra import (
    DriverException,
    InvalidRequest,
    OperationTimedOut,
    RequestExecutionException,
    RequestValidationException,
    WriteTimeout,
)
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import (
    EXEC_PROFILE_DEFAULT,
    Cluster,
    ExecutionProfile,
    NoHostAvailable,
    ResponseFuture,
)
from cassandra.connection import ConnectionException, ConnectionShutdown
from cassandra.policies import (
    DCAwareRoundRobinPolicy,
    ExponentialReconnectionPolicy,
    RoundRobinPolicy,
    TokenAwarePolicy,
)
from cassandra.query import BatchStatement, BatchType, SimpleStatement, tuple_factory

from chassis.errors import StoreLost, Unavailable
from chassis.store.cassandra.address import Address

Rows: TypeAlias = list[tuple[Any, ...]]
Statement: TypeAlias = tuple[str, Sequence[Any]]

_FAILURES = (DriverException, NoHostAvailable, ConnectionException, OSError)
_AGAIN = (NoHostAvailable, ConnectionException, ConnectionShutdown)
_AMBIGUOUS = (WriteTimeout, OperationTimedOut, *_AGAIN, OSError)
_LOST = re.compile(
    r"keyspace\b.* does not exist|unconfigured table|table\b.* does not exist", re.IGNORECASE
)
_PAUSE = 0.05
_DEFINITION = 60.0  # seconds for a change of the schema, on which all nodes must agree
_TOGETHER = 50  # statements of a batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a store waits.

    Attributes:
        connect: Seconds for a connection.
        request: Seconds for an answer.
        patience: Seconds in which a statement that may be repeated is.
        parallel: How many statements are sent at once.
    """

    connect: float = 3.0
    request: float = 10.0
    patience: float = 4.0
    parallel: int = 64


class Ambiguous(Unavailable):
    """Whether a conditional write has happened is not known."""


class Session:
    """A session, which is opened when it is first needed."""

    def __init__(self, address: Address, keyspace: str, limits: Limits) -> None:
        self.keyspace = keyspace
        self.where = f"{address}, keyspace {keyspace}"
        self._address = address
        self._limits = limits
        self._opening = asyncio.Lock()
        self._slots = asyncio.Semaphore(limits.parallel)
        self._cluster: Cluster | None = None
        self._session: Any = None
        self._prepared: dict[str, Any] = {}
        self._closed = False

    async def execute(self, cql: str, values: Sequence[Any] = ()) -> Rows:
        """Execute a statement that may be repeated, and return its rows."""
        async with self._slots:
            return (await self._patiently(partial(self._once, cql, values)))[0]

    async def write(self, statements: Sequence[Statement]) -> None:
        """Execute writes of one partition that may be repeated."""
        for start in range(0, len(statements), _TOGETHER):
            part = statements[start : start + _TOGETHER]
            async with self._slots:
                await self._patiently(partial(self._batch, part))

    async def conditional(self, cql: str, values: Sequence[Any]) -> tuple[Any, ...]:
        """Execute a conditional write once, and return its first row: whether it was applied.

        Raises:
            Ambiguous: It was sent, but not answered.
        """
        rows, _ = await self._once(cql, values, conditional=True)
        return rows[0]

    async def serial(self, cql: str, values: Sequence[Any]) -> Rows:
        """Read what was written conditionally, after all such writes that are under way."""
        return (await self._patiently(partial(self._once, cql, values, serial=True)))[0]

    async def pages(self, cql: str, values: Sequence[Any], size: int) -> AsyncIterator[Rows]:
        """Return rows in pages."""
        state: bytes | None = None
        while True:
            rows, state = await self._patiently(
                partial(self._once, cql, values, size=size, state=state)
            )
            yield rows
            if state is None:
                return

    async def define(self, cql: str) -> None:
        """Execute a statement of the schema, without values."""
        session = await self._open()
        response = session.execute_async(SimpleStatement(cql), timeout=_DEFINITION)
        await self._result(response, conditional=False)

    async def close(self) -> None:
        """Close all connections."""
        self._closed = True
        async with self._opening:
            cluster, self._cluster, self._session = self._cluster, None, None
        if cluster is not None:
            await asyncio.to_thread(cluster.shutdown)

    async def _patiently(self, work: Callable[[], Any]) -> tuple[Rows, bytes | None]:
        end = time.monotonic() + self._limits.patience
        while True:
            try:
                result: tuple[Rows, bytes | None] = await work()
            except Unavailable as error:
                if not isinstance(error.__cause__, _AGAIN) or time.monotonic() > end:
                    raise
                await asyncio.sleep(_PAUSE)
            else:
                return result

    async def _batch(self, statements: Sequence[Statement]) -> tuple[Rows, bytes | None]:
        session = await self._open()
        bound = [(await self._prepare(session, cql)).bind(values) for cql, values in statements]
        if len(bound) == 1:
            return await self._send(session, bound[0])
        batch = BatchStatement(BatchType.UNLOGGED)
        for each in bound:
            batch.add(each)
        return await self._send(session, batch)

    async def _once(
        self,
        cql: str,
        values: Sequence[Any],
        *,
        conditional: bool = False,
        serial: bool = False,
        size: int | None = None,
        state: bytes | None = None,
    ) -> tuple[Rows, bytes | None]:
        session = await self._open()
        statement = (await self._prepare(session, cql)).bind(values)
        if serial:
            statement.consistency_level = self._address.serial
        if size is not None:
            statement.fetch_size = size
        return await self._send(session, statement, conditional=conditional, state=state)

    async def _send(
        self,
        session: Any,
        statement: Any,
        *,
        conditional: bool = False,
        state: bytes | None = None,
    ) -> tuple[Rows, bytes | None]:
        statement.is_idempotent = not conditional
        try:
            future = session.execute_async(statement, paging_state=state)
        except _FAILURES as error:
            raise self._translated(error) from error
        return await self._result(future, conditional=conditional)

    async def _result(
        self, response: ResponseFuture, *, conditional: bool
    ) -> tuple[Rows, bytes | None]:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()

        def settle(set: Callable[[Any], None], value: Any) -> None:
            if not done.done():
                set(value)

        def deliver(set: Callable[[Any], None]) -> Callable[[Any], None]:
            def call(value: Any) -> None:
                with suppress(RuntimeError):  # the loop is closed
                    loop.call_soon_threadsafe(settle, set, value)

            return call

        response.add_callbacks(deliver(done.set_result), deliver(done.set_exception))
        try:
            rows = await done
        except _FAILURES as error:
            raise self._translated(error, conditional=conditional) from error
        return list(rows or ()), response._paging_state

    async def _prepare(self, session: Any, cql: str) -> Any:
        if (prepared := self._prepared.get(cql)) is None:
            try:
                prepared = await asyncio.to_thread(session.prepare, cql)
            except _FAILURES as error:
                raise self._translated(error) from error
            self._prepared[cql] = prepared
        return prepared

    async def _open(self) -> Any:
        if self._closed:
            raise Unavailable(f"{self.where}: the store is closed")
        if self._session is not None:
            return self._session
        async with self._opening:
            if self._session is None:
                self._session = await asyncio.to_thread(self._connect)
        return self._session

    def _connect(self) -> Any:
        address, limits = self._address, self._limits
        policy = (
            DCAwareRoundRobinPolicy(address.local_dc) if address.local_dc else RoundRobinPolicy()
        )
        profile = ExecutionProfile(
            load_balancing_policy=TokenAwarePolicy(policy),
            consistency_level=address.consistency,
            serial_consistency_level=address.serial,
            request_timeout=limits.request,
            row_factory=tuple_factory,
        )
        timeouts: Any = {"connect_timeout": limits.connect}  # the driver says int, but takes floats
        cluster = Cluster(
            address.hosts,
            port=address.port,
            auth_provider=_auth(address),
            ssl_context=address.tls,
            execution_profiles={EXEC_PROFILE_DEFAULT: profile},
            reconnection_policy=ExponentialReconnectionPolicy(0.1, 5.0),
            control_connection_timeout=limits.connect,
            idle_heartbeat_interval=5,
            idle_heartbeat_timeout=5,
            schema_event_refresh_window=-1,  # the driver's copy of the schema is not used
            schema_metadata_enabled=False,
            **timeouts,
            application_name="chassis",
        )
        try:
            session = cluster.connect()
        except _FAILURES as error:
            cluster.shutdown()
            raise self._translated(error) from error
        self._cluster = cluster
        return session

    def _translated(self, error: Exception, *, conditional: bool = False) -> Exception:
        detail = " ".join(str(error).split()) or type(error).__name__
        text = f"{self.where}: {detail}"
        if isinstance(error, InvalidRequest) and not _LOST.search(detail):
            return ValueError(text)
        if isinstance(error, RequestValidationException) and _LOST.search(detail):
            return StoreLost(text)
        if conditional and isinstance(error, _AMBIGUOUS):
            return Ambiguous(text)
        if isinstance(error, (*_FAILURES, RequestExecutionException)):
            return Unavailable(text)
        return error


def _auth(address: Address) -> PlainTextAuthProvider | None:
    if not address.user:
        return None
    return PlainTextAuthProvider(username=address.user, password=address.password)
