"""What the queues and the exchange of a topic are called.

It is the convention of super streams: an exchange named after the topic, and a stream `{topic}-{n}`
for each partition, bound by its number.
"""

from __future__ import annotations

DESCRIPTION = -1
"""The stream with the description of a topic, as if it were a partition."""


def stream_name(topic: str, partition: int) -> str:
    """Return the name of the stream of a partition."""
    return f"{topic}-description" if partition == DESCRIPTION else f"{topic}-{partition}"


def lock_name(topic: str) -> str:
    """Return the name of the queue that is there while a process creates the topic."""
    return f"{topic}-lock"
