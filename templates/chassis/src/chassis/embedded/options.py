"""The options of a start: engines, how units are spread over processes, the gateway's port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chassis.embedded.errors import EmbeddedError

MOST_REPLICAS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of `up`. They are read from the environment, so that `make` can pass them on.

    Attributes:
        each: Whether each unit runs in a process of its own.
        replicas: Copies of every process that `[replicas]` in topology.toml does not list.
        gateway_port: The port of the gateway; None for the one in the topology, 0 for any.
        real: Whether the units run on the engines of the topology, not on NATS and SQLite.
    """

    each: bool = False
    replicas: int = 1
    gateway_port: int | None = None
    real: bool = False

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Options:
        """Read ENGINES, PROCESSES, REPLICAS and GATEWAY_PORT.

        Raises:
            EmbeddedError: A variable has a wrong value.
        """
        return cls(
            each=_each(env),
            replicas=_replicas(env),
            gateway_port=_gateway_port(env),
            real=_real(env),
        )


def _each(env: Mapping[str, str]) -> bool:
    value = env.get("PROCESSES", "")
    if value not in ("", "spec", "each"):
        raise EmbeddedError(f"PROCESSES is {value!r}, but must be `each` or `spec`")
    return value == "each"


def _real(env: Mapping[str, str]) -> bool:
    value = env.get("ENGINES", "")
    if value not in ("", "embedded", "real"):
        raise EmbeddedError(f"ENGINES is {value!r}, but must be `embedded` or `real`")
    return value == "real"


def _replicas(env: Mapping[str, str]) -> int:
    value = env.get("REPLICAS", "") or "1"
    if not value.isdecimal() or not 1 <= int(value) <= MOST_REPLICAS:
        raise EmbeddedError(
            f"REPLICAS is {value!r}, but must be a number from 1 to {MOST_REPLICAS}"
        )
    return int(value)


def _gateway_port(env: Mapping[str, str]) -> int | None:
    value = env.get("GATEWAY_PORT", "")
    if not value:
        return None
    if not value.isdecimal() or int(value) > 65535:
        raise EmbeddedError(f"GATEWAY_PORT is {value!r}, but must be a port (0: any free one)")
    return int(value)
