"""The hub on NATS JetStream."""

from __future__ import annotations

from chassis.hub.port import Hub


async def connect_nats(url: str, name: str) -> Hub:
    """Connect to NATS at `url` as `name`; raises `Unavailable` if there is no server."""
    raise NotImplementedError
