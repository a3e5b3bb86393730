"""Where a Cassandra cluster is, and how a unit uses it: the URL and its options."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from cassandra import ConsistencyLevel

_PORT = 9042
_OPTIONS = ("local_dc", "replication", "consistency", "tls", "ca")


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """The parts of a URL. Its text has no secrets.

    Attributes:
        hosts: The contact points.
        port: Their port.
        user: The name of the user; empty if none is needed.
        password: The password of the user.
        local_dc: The data center of the clients; empty if there is only one.
        replication: The replication of a new keyspace: a number, or a number for each data center.
        consistency: The consistency of reads and writes.
        serial: The consistency of the journal.
        tls: How connections are encrypted; None if they are not.
    """

    hosts: tuple[str, ...]
    port: int
    user: str
    password: str
    local_dc: str
    replication: int | tuple[tuple[str, int], ...]
    consistency: int
    serial: int
    tls: ssl.SSLContext | None

    def __str__(self) -> str:
        return f"cassandra://{','.join(self.hosts)}:{self.port}"


def parse(url: str) -> Address:
    """Read a URL such as `cassandra://user:password@host1,host2:9042/?local_dc=dc1`.

    Raises:
        ValueError: It is not a valid one.
    """
    try:
        return _parse(url)
    except ValueError as error:
        reason = str(error) if isinstance(error, _Invalid) else "the form is not valid"
        raise ValueError(f"not a valid cassandra:// URL: {reason}") from None


class _Invalid(ValueError):
    """What is wrong, without secrets."""


def _parse(url: str) -> Address:
    split = urlsplit(url)
    credentials, _, location = split.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    names, _, port = location.partition(":")
    hosts = tuple(name for name in names.split(",") if name)
    if not hosts:
        raise _Invalid("it names no host")
    if split.path not in ("", "/"):
        raise _Invalid("it has a path: the keyspace is named after the unit")
    options = dict(parse_qsl(split.query, keep_blank_values=True))
    if unknown := sorted(options.keys() - set(_OPTIONS)):
        raise _Invalid(f"unknown option {', '.join(unknown)}; there are {', '.join(_OPTIONS)}")
    local = options.get("consistency", "quorum")
    if local not in ("quorum", "local_quorum"):
        raise _Invalid("consistency is quorum or local_quorum")
    if options.get("tls", "true") != "true":
        raise _Invalid("tls is true, or left out")
    quorum = local == "quorum"
    return Address(
        hosts=hosts,
        port=int(port or _PORT),
        user=unquote(user),
        password=unquote(password),
        local_dc=options.get("local_dc", ""),
        replication=_replication(options.get("replication", "1")),
        consistency=ConsistencyLevel.QUORUM if quorum else ConsistencyLevel.LOCAL_QUORUM,
        serial=ConsistencyLevel.SERIAL if quorum else ConsistencyLevel.LOCAL_SERIAL,
        tls=_tls(options.get("ca")) if "tls" in options or "ca" in options else None,
    )


def _replication(text: str) -> int | tuple[tuple[str, int], ...]:
    if re.fullmatch("[1-9]", text):
        return int(text)
    if re.fullmatch(r"[\w.-]+:[1-9](,[\w.-]+:[1-9])*", text):
        pairs = (each.split(":") for each in text.split(","))
        return tuple((center, int(number)) for center, number in pairs)
    raise _Invalid("replication is a number such as 3, or `dc1:3,dc2:3`")


def _tls(ca: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError:
        raise _Invalid("the file of `ca` cannot be read") from None
