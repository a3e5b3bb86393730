"""The factory of hubs: the scheme of a URL names the adapter, which is imported only then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from chassis.adapters import adapter
from chassis.errors import Unavailable
from chassis.hub.port import Hub

ENGINES = {
    "amqp": "rabbitmq",
    "amqps": "rabbitmq",
    "kafka": "kafka",
    "nats": "nats",
    "rabbitmq": "rabbitmq",
}


async def connect_hub(url: str, name: str) -> Hub:
    """Connect to the event hub.

    Args:
        url: Its URL, e.g. `nats://127.0.0.1:4222` or `kafka://127.0.0.1:9092`.
        name: The name of this client.

    Raises:
        Unavailable: There is no hub at `url`, or the adapter for it is not installed.
    """
    if (engine := ENGINES.get(urlsplit(url).scheme)) is None:
        schemes = ", ".join(f"{scheme}://" for scheme in ENGINES)
        raise Unavailable(f"the URL of an event hub begins with one of {schemes}")
    connect: Callable[[str, str], Awaitable[Hub]] = getattr(
        adapter("hub", engine), f"connect_{engine}"
    )
    return await connect(url, name)
