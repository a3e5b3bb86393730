"""The factory of hubs: the scheme of a URL names the adapter, which is imported only then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from urllib.parse import urlsplit

from chassis.errors import Unavailable
from chassis.hub.port import Hub

SCHEMES = ("kafka", "nats")


async def connect_hub(url: str, name: str) -> Hub:
    """Connect to the event hub.

    Args:
        url: Its URL, e.g. `nats://127.0.0.1:4222` or `kafka://127.0.0.1:9092`.
        name: The name of this client.

    Raises:
        Unavailable: There is no hub at `url`, or the adapter for it is not installed.
    """
    scheme = urlsplit(url).scheme
    if scheme not in SCHEMES:
        raise Unavailable(f"the URL of an event hub begins with one of {_of(SCHEMES)}")
    try:
        adapter = import_module(f"chassis.hub.{scheme}")
    except ImportError as error:
        raise Unavailable(f"the adapter for {scheme}:// is not installed: {error}") from error
    connect: Callable[[str, str], Awaitable[Hub]] = getattr(adapter, f"connect_{scheme}")
    return await connect(url, name)


def _of(schemes: tuple[str, ...]) -> str:
    return ", ".join(f"{scheme}://" for scheme in schemes)
