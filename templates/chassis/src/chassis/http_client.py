"""The HTTP client between units: HTTP/1.1 over persistent connections.

It is aiohttp, which takes 60 to 80 us of CPU time a request, where httpx takes 450 to 2,000.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import aiohttp
from yarl import URL

if TYPE_CHECKING:
    from chassis.settings import Tls

# Shorter than the keep-alive of our servers, so that no request meets a closing connection.
_KEEP_ALIVE = 30.0
_CONNECTIONS = 200


@dataclass(frozen=True, slots=True)
class Fetched:
    """A response, whatever its status. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Fetch(Protocol):
    """Sends a GET request with headers; with `content`, one with `method`.

    Raises:
        ConnectionRefusedError: Nothing was sent.
        ConnectionError: There is no complete response.
    """

    async def __call__(
        self,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None = None,
        method: str = "POST",
    ) -> Fetched: ...


class HttpClient:
    """The connections of a process, shared by all requests. Create it in the event loop."""

    def __init__(self, tls: Tls | None = None) -> None:
        """Open no connection yet.

        Args:
            tls: The files for mutual TLS with other units. Without them, the servers of `https`
                URLs need a certificate that this machine trusts.
        """
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=_CONNECTIONS,
                keepalive_timeout=_KEEP_ALIVE,
                ssl=True if tls is None else _context(tls),
            ),
            cookie_jar=aiohttp.DummyCookieJar(),  # the connections serve many users
            timeout=aiohttp.ClientTimeout(total=None),  # the callers have timeouts
        )

    async def fetch(
        self,
        url: str,
        headers: Mapping[str, str],
        content: bytes | None = None,
        method: str = "POST",
    ) -> Fetched:
        """Implement `Fetch`. Redirects are not followed."""
        try:
            async with self._session.request(
                "GET" if content is None else method,
                URL(url, encoded=True),
                headers=headers,
                data=content,
                allow_redirects=False,
            ) as answer:
                body = await answer.read()
        except aiohttp.ClientConnectorError as error:
            raise ConnectionRefusedError(f"{type(error).__name__}: {error}") from error
        except aiohttp.ClientError as error:
            raise ConnectionError(f"{type(error).__name__}: {error}") from error
        names = {name.lower(): value for name, value in answer.headers.items()}
        return Fetched(answer.status, names, body)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()


def _context(tls: Tls) -> ssl.SSLContext:
    """Return the context of a client; whoever has a certificate of the CA belongs to the mesh."""
    context = ssl.create_default_context(cafile=tls.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False  # copies of a unit are asked by their addresses
    context.load_cert_chain(tls.certificate, tls.key)
    return context
