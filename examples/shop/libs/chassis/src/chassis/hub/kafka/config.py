"""The settings of Kafka clients, from the URL of the hub."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

from chassis.errors import Unavailable

MAX_MESSAGE_BYTES = 1024 * 1024
HEADROOM = 64 * 1024
"""Bytes of a message and its batch besides the envelope: key, headers, framing."""

_SECURITY = ("security.", "ssl.", "sasl.")


def client_config(url: str, name: str) -> dict[str, str]:
    """Return what all clients share.

    Args:
        url: `kafka://host:port,host:port`, with a user and a password for SASL if there are any.
            Its query has settings of librdkafka that begin with `security.`, `ssl.` or `sasl.`,
            e.g. `?security.protocol=ssl&ssl.ca.location=/etc/ca.pem`.
        name: The name of the client.

    Raises:
        Unavailable: There can be no hub at `url`.
    """
    parts = urlsplit(url)
    user, _, servers = parts.netloc.rpartition("@")
    security = dict(parse_qsl(parts.query))
    wrong = [key for key in security if not key.startswith(_SECURITY)]
    if not servers or wrong:
        raise Unavailable(f"kafka://{servers} has no servers, or other settings than for security")
    if user:
        security["sasl.username"], _, security["sasl.password"] = map(unquote, user.partition(":"))
    return {
        "bootstrap.servers": servers,
        "client.id": name,
        "reconnect.backoff.max.ms": "1000",
        "allow.auto.create.topics": "false",
        "log_level": "2",  # the hub logs what matters
        **security,
    }
