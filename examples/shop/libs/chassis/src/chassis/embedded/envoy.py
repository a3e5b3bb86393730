"""The gateway of the embedded mode: Envoy with the project's own configuration."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Mapping
from string import Template

from chassis.embedded import executables
from chassis.embedded.errors import EmbeddedError
from chassis.embedded.files import write_whole
from chassis.embedded.places import Places

_ACTIVE_REQUESTS = re.compile(rb"downstream_rq_active: (\d+)")


def command(places: Places, config: str, variables: Mapping[str, str]) -> tuple[str, ...]:
    """Fill in the configuration, write it and return the command that starts Envoy with it."""
    try:
        text = (places.root / config).read_text("utf-8")
    except OSError as error:
        raise EmbeddedError(f"the gateway's configuration cannot be read: {error}") from error
    write_whole(places.gateway_config, fill_in(text, variables, config).encode())
    return (
        executables.find(executables.ENVOY),
        *("--config-path", places.relative(places.gateway_config)),
        *("--concurrency", "1"),  # one worker thread is plenty here, and each costs memory
        "--disable-hot-restart",  # which would tie all Envoys of this machine together
        *("--log-level", "warning"),
        *("--file-flush-interval-msec", "200"),
    )


def fill_in(text: str, variables: Mapping[str, str], file: str) -> str:
    """Replace each `${NAME}` of `text`; a name nobody knows is an `EmbeddedError`."""
    try:
        return Template(text).substitute(variables)
    except KeyError as error:
        name = str(error.args[0])
        line = text[: text.find("${" + name)].count("\n") + 1
        raise EmbeddedError(
            f"{file}, line {line}: ${{{name}}} is not known here; known are {', '.join(variables)}"
        ) from None
    except ValueError as error:
        raise EmbeddedError(f"{file}: {error}; a $ must be written $$") from None


def drain(admin_port: int, *, patience: float) -> None:
    """Take no new connections and wait, at most `patience` seconds, for requests under way."""
    deadline = time.monotonic() + patience
    try:
        _ask(admin_port, "POST", "/drain_listeners")
        while time.monotonic() < deadline:
            answer = _ask(admin_port, "GET", "/stats?filter=http.gateway.downstream_rq_active")
            active = _ACTIVE_REQUESTS.search(answer)
            if active is None or active[1] == b"0":
                return
            time.sleep(0.02)
    except (OSError, http.client.HTTPException):
        return  # it is gone already, or not to be talked to: stopping it is all that is left


def _ask(port: int, method: str, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1.0)
    try:
        connection.request(method, path)
        return connection.getresponse().read()
    finally:
        connection.close()
