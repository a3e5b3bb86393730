"""The settings of the connections to RabbitMQ, from the URL of the hub."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

from chassis.errors import Unavailable

MAX_MESSAGE_BYTES = 1024 * 1024

# Certificates are always verified, so `no_verify_ssl` of aio-pika is not among them.
_SETTINGS = frozenset({"cafile", "capath", "certfile", "heartbeat", "keyfile"})
# Seconds. Less than 5 is taken for a loss too easily; a silent server is given up after 18.
_HEARTBEAT = "5"


def server_urls(url: str, name: str) -> tuple[str, ...]:
    """Return the URL of each node, as aio-pika wants it.

    Args:
        url: `rabbitmq://user:password@host:port,host:port/vhost`; `amqps://` is the same with TLS.
            Its query may have `cafile`, `capath`, `certfile`, `keyfile` and `heartbeat` (seconds).
        name: The name of the connections.

    Raises:
        Unavailable: There can be no hub at `url`.
    """
    parts = urlsplit(url)
    user, at, servers = parts.netloc.rpartition("@")
    settings = dict(parse_qsl(parts.query, keep_blank_values=True))
    heartbeat = settings.setdefault("heartbeat", _HEARTBEAT)
    if not all(servers.split(",")) or settings.keys() - _SETTINGS:
        raise Unavailable(
            f"event hub: {parts.scheme}://{servers} has no servers, or other settings than "
            f"{', '.join(sorted(_SETTINGS))}"
        )
    if not (heartbeat.isascii() and heartbeat.isdigit() and int(heartbeat)):
        raise Unavailable("event hub: the heartbeat is not a number of seconds")
    scheme = "amqps" if parts.scheme == "amqps" else "amqp"
    query = urlencode({**settings, "name": name})
    return tuple(
        f"{scheme}://{user}{at}{server}{parts.path}?{query}" for server in servers.split(",")
    )
