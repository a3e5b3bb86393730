"""The servers of engines: of the environment's URLs, in containers, or installed."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

PORTS = {
    "cassandra": 9042,
    "kafka": 9092,
    "mongodb": 27017,
    "postgresql": 5432,
    "rabbitmq": 5672,
    "redis": 6379,
    "sqlserver": 1433,
}
"""The ports of URLs without a port."""
TIMEOUT = 2.0
"""Seconds for a connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """What there is of an engine's server on this machine.

    Attributes:
        contained: Whether it is started in a container, because a Docker engine answers.
        path: Where its programs are; empty if they are not installed, or not known.
        version: Their version; empty if it is not known.
        advice: How to install them; empty if they cannot be started.
    """

    contained: bool = False
    path: str = ""
    version: str = ""
    advice: str = ""


NOTHING = Local()


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The server of an engine. A URL is never shown, because it may have a password.

    Attributes:
        variable: The environment variable with the URL; with `_FILE`, the one with a file.
        addresses: Where the server is, as `host:port`; empty if the URL does not say that.
        local: What `make up` starts if there is no URL.
        problem: Why it cannot be used; empty if a connection was accepted, or it can be started.
        advice: What to do about that.
    """

    variable: str
    addresses: tuple[str, ...] = ()
    local: Local = NOTHING
    problem: str = ""
    advice: str = ""


def server(engine: str, variable: str, env: Mapping[str, str], local: Local = NOTHING) -> Server:
    """Return the server of `engine` whose URL `variable` has, and whether it can be reached.

    If the variable is not set, it is what there is on this machine.
    """
    url, problem = _url(variable, env)
    advice = f"set {variable}, or {variable}_FILE with the name of a file that has the URL"
    if problem:
        return Server(variable=variable, problem=problem, advice=advice)
    if not url:
        if local.contained or local.path:
            return Server(variable=variable, local=local)
        return Server(
            variable=variable,
            problem=f"{variable} is not set, and no server was found on this machine",
            advice=f"{engine}: {local.advice}; or {advice}" if local.advice else advice,
        )
    try:
        addresses = _addresses(url, PORTS.get(engine, 0))
    except ValueError:
        return Server(
            variable=variable,
            problem="the URL is not valid",
            advice=f"correct {variable}: `{engine}://user:password@host:{PORTS.get(engine, 0)}`",
        )
    shown = tuple(f"{host}:{port}" for host, port in addresses)
    reasons = [_unreachable(host, port) for host, port in addresses]
    if all(reasons) and reasons:
        return Server(
            variable=variable,
            addresses=shown,
            problem=f"not reachable: {reasons[0]}",
            advice=f"start {engine}, or correct {variable}",
        )
    return Server(variable=variable, addresses=shown)


def _url(variable: str, env: Mapping[str, str]) -> tuple[str, str]:
    """The value of a variable, and what is wrong with it."""
    value, file = env.get(variable, "").strip(), env.get(f"{variable}_FILE", "").strip()
    if value and file:
        return "", f"{variable} and {variable}_FILE are both set"
    if not file:
        return value, ""
    try:
        value = Path(file).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return "", f"{variable}_FILE: the file cannot be read"
    return value, "" if value else f"{variable}_FILE: the file is empty"


def _addresses(url: str, default: int) -> list[tuple[str, int]]:
    """The hosts of a URL with their ports: `kafka://one:9092,two:9093`.

    Raises:
        ValueError: The URL is not valid.
    """
    parts = urlsplit(url)
    if not parts.scheme:
        raise ValueError(url)
    hosts = [host for host in parts.netloc.rpartition("@")[2].split(",") if host]
    if parts.scheme.endswith("+srv"):  # the hosts are in DNS
        return []
    found = [urlsplit(f"//{host}") for host in hosts]
    return [(each.hostname or "", each.port or default) for each in found]


def _unreachable(host: str, port: int) -> str:
    """Why there is no connection; nothing if there is one."""
    try:
        socket.create_connection((host, port), timeout=TIMEOUT).close()
    except OSError as error:
        return error.strerror or "no answer" if not isinstance(error, TimeoutError) else "no answer"
    return ""
