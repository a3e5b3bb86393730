"""The gateway of the embedded mode: Envoy with the configuration of the project."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Mapping, Sequence
from string import Template

from chassis.embedded import executables
from chassis.embedded.errors import EmbeddedError
from chassis.embedded.files import write_atomically
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.ports import LOOPBACK

_ACTIVE_REQUESTS = re.compile(rb"downstream_rq_active: (\d+)")


def command(
    paths: ProjectPaths,
    config: str,
    variables: Mapping[str, str],
    ports: Mapping[str, Sequence[int]],
) -> tuple[str, ...]:
    """Write the configuration and return the command that starts Envoy with it.

    Args:
        paths: The paths of the project.
        config: The configuration template, relative to the project.
        variables: The values of its variables.
        ports: The ports of each unit, one for each of its copies.

    Raises:
        EmbeddedError: The configuration cannot be read or filled in, or Envoy is not installed.
    """
    try:
        text = (paths.root / config).read_text("utf-8")
    except OSError as error:
        raise EmbeddedError(f"the gateway's configuration cannot be read: {error}") from error
    content = fill_in(text, variables, ports, config)
    write_atomically(paths.gateway_config, content.encode())
    return (
        executables.find(executables.ENVOY),
        *("--config-path", paths.relative(paths.gateway_config)),
        *("--concurrency", "1"),  # one worker thread is enough here, and each takes memory
        "--disable-hot-restart",  # it would connect all Envoys of this machine
        *("--log-level", "warning"),
        *("--file-flush-interval-msec", "200"),
    )


def fill_in(
    text: str, variables: Mapping[str, str], ports: Mapping[str, Sequence[int]], file: str
) -> str:
    """Replace each `${NAME}` in `text`.

    A unit has the variables `${ORDER_HOST}` and `${ORDER_PORT}`. The line of a list that names
    both is an endpoint: it is repeated for every copy of the unit. In other run modes the host is
    a name that resolves to all copies.

    Args:
        text: The template.
        variables: The values by name.
        ports: The ports of each unit, one for each of its copies.
        file: The name of the template for error messages.

    Raises:
        EmbeddedError: A name is unknown or has two meanings, or a `$` is not written `$$`.
    """
    values = dict(variables)
    for unit, (first, *others) in ports.items():
        own = _of_unit(unit, first)
        if reserved := own.keys() & values.keys():
            raise EmbeddedError(
                f"a unit cannot be called {unit!r}: ${{{reserved.pop()}}} is reserved"
            )
        values |= own
        text = _repeated(text, unit, others)
    try:
        return Template(text).substitute(values)
    except KeyError as error:
        name = str(error.args[0])
        line = text[: text.find("${" + name)].count("\n") + 1
        raise EmbeddedError(
            f"{file}, line {line}: unknown variable ${{{name}}}; there are {', '.join(values)}"
        ) from None
    except ValueError as error:
        raise EmbeddedError(f"{file}: {error}; a $ must be written $$") from None


def _repeated(text: str, unit: str, ports: Sequence[int]) -> str:
    """Repeat the endpoint of `unit` with each of `ports`."""
    host, port = (f"${{{name}}}" for name in _of_unit(unit, 0))
    lines = []
    for line in text.splitlines(keepends=True):
        lines.append(line)
        if line.lstrip().startswith("- ") and host in line and port in line:
            copies = (_of_unit(unit, each).values() for each in ports)
            lines += [line.replace(host, at).replace(port, each) for at, each in copies]
    return "".join(lines)


def _of_unit(unit: str, port: int) -> dict[str, str]:
    return {f"{unit.upper()}_HOST": LOOPBACK, f"{unit.upper()}_PORT": str(port)}


def drain(admin_port: int, *, timeout: float) -> None:
    """Accept no new connections and wait up to `timeout` seconds for requests in flight."""
    deadline = time.monotonic() + timeout
    try:
        _ask(admin_port, "POST", "/drain_listeners")
        while time.monotonic() < deadline:
            answer = _ask(admin_port, "GET", "/stats?filter=http.gateway.downstream_rq_active")
            active = _ACTIVE_REQUESTS.search(answer)
            if active is None or active[1] == b"0":
                return
            time.sleep(0.02)
    except (OSError, http.client.HTTPException):
        return  # it has stopped already, or hangs: the caller stops it anyway


def _ask(port: int, method: str, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1.0)
    try:
        connection.request(method, path)
        return connection.getresponse().read()
    finally:
        connection.close()
