"""Server-Sent Events (WHATWG HTML, 9.2): a read that is answered again when its answer changes.

A client that asks for `text/event-stream` gets what it would get as JSON as the data of an event:
at once, and again after every change. The `id` of an event stands for its data, so a client that
comes back with it in `Last-Event-ID` gets an event only if something has changed meanwhile.

Every look is a request of its own, with the access checks of the first one: a stream ends when its
token has expired. Between two looks it keeps no place that another request could have.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Protocol
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chassis.http.access import CALLER
from chassis.http.errors import is_expected

MEDIA_TYPE = "text/event-stream"
PLACE = "chassis.place"  # in the ASGI scope: the `Place` of the request
INTERVAL = 1.0  # seconds between two looks
_HEARTBEAT = 15.0  # seconds; a gateway closes connections on which nothing happens
_PATIENCE = 5.0  # seconds for one look
_RETRY = (1000, 3000)  # milliseconds until a client comes back: not all of them at once

Look = Callable[[Request], Awaitable[Response]]


class Place(Protocol):
    """The place of a request among those that a unit works on at the same time."""

    def streaming(self, caller: UUID | None) -> AbstractContextManager[None]:
        """Count a stream of `caller`, and give the place up.

        Raises:
            Problem: 429 or 503, there are too many.
        """
        ...

    async def regain(self) -> bool:
        """Wait for a place; False if there was none in time."""
        ...

    def leave(self) -> None:
        """Give the place up."""

    async def draining(self) -> None:
        """Return when streams have to end."""


def live(look: Look) -> Look:
    """Return an endpoint that answers as `look` does, or with a stream of its answers."""

    async def answered(request: Request) -> Response:
        answer = await look(request)
        if not _wants_events(request):
            return answer
        return EventStream(request, look, answer)

    return answered


class EventStream(Response):
    """A response that goes on until the client leaves, the unit drains, or a look fails."""

    def __init__(self, request: Request, look: Look, first: Response) -> None:
        super().__init__(media_type=MEDIA_TYPE)
        del self.headers["content-length"]
        self._request = request
        self._look = look
        self._first = bytes(first.body)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        place: Place = scope[PLACE]
        caller = scope.get(CALLER)
        with place.streaming(caller.id if caller else None):
            start = {"status": self.status_code, "headers": self.raw_headers}
            await send({"type": "http.response.start", **start})
            async with _until(_left(receive), place.draining()) as ended:
                async for text in self._texts(place, ended):
                    body = {"body": text.encode(), "more_body": True}
                    await send({"type": "http.response.body", **body})
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _texts(
        self, place: Place, ended: Callable[[float], Awaitable[bool]]
    ) -> AsyncIterator[str]:
        """Yield what to send: events, and comments if there are none for a long time."""
        yield f"retry: {random.randint(*_RETRY)}\n\n"
        known = self._request.headers.get("last-event-id")
        found: bytes | None = self._first
        spoke = time.monotonic()
        while found is not None:
            id = hashlib.blake2b(found, digest_size=12).hexdigest()
            if id != known:
                known, spoke = id, time.monotonic()
                yield f"id: {id}\ndata: {found.decode()}\n\n"
            elif time.monotonic() - spoke >= _HEARTBEAT:
                spoke = time.monotonic()
                yield ":\n\n"
            if await ended(INTERVAL):
                return
            found = await self._found(place, found)

    async def _found(self, place: Place, last: bytes) -> bytes | None:
        """Return what there is now, `last` if there was no time for a look, None at the end."""
        if not await place.regain():
            return last
        try:
            async with asyncio.timeout(_PATIENCE):
                return bytes((await self._look(self._request)).body)
        except Exception as error:
            if not (isinstance(error, TimeoutError) or is_expected(error)):
                raise
            return None  # the client comes back, and is told why
        finally:
            place.leave()


def _wants_events(request: Request) -> bool:
    return MEDIA_TYPE in request.headers.get("accept", "").lower()


@asynccontextmanager
async def _until(*ends: Awaitable[None]) -> AsyncIterator[Callable[[float], Awaitable[bool]]]:
    """Give a function that waits for seconds, and tells whether one of `ends` has happened."""
    tasks = [asyncio.ensure_future(end) for end in ends]

    async def happened(seconds: float) -> bool:
        done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return bool(done)

    try:
        yield happened
    finally:
        for task in tasks:
            task.cancel()


async def _left(receive: Receive) -> None:
    """Return when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
