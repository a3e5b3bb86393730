"""The servers of `make up ENGINES=real`.

KAFKA_URL, POSTGRESQL_URL and so on say where they are. Those of other engines are started here: in
containers if a Docker engine answers, else those that are installed. Processes get the URLs in
files that only the owner can read, so that passwords are neither in their environment nor in the
state.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from chassis.embedded import compose
from chassis.embedded.errors import EmbeddedError
from chassis.embedded.files import write_atomically
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.servers import catalog
from chassis.embedded.state import Planned
from chassis.embedded.topology import Engines
from chassis.variables import Variables

HUB_URL, STORE_URL = "HUB_URL", "STORE_URL"
RUNNER = "chassis.embedded.servers"
_ADVICE = (
    "a URL may also be in a file, e.g. KAFKA_URL_FILE; if a Docker engine answers, all servers are "
    "started in containers; `make up` alone needs no servers"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Where the servers of the engines come from.

    Attributes:
        given: The URLs of those that run already, by engine.
        contained: The engines whose servers are started in containers.
        started: The engines whose servers are started as processes.
    """

    given: Mapping[str, str]
    contained: tuple[str, ...] = ()
    started: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Changes with the URLs, and with what is started."""
        content = (sorted(self.given.items()), self.contained, self.started)
        return hashlib.sha256(repr(content).encode()).hexdigest()


def choose(paths: ProjectPaths, engines: Engines, env: Mapping[str, str]) -> Servers:
    """Choose the server of each engine: of its URL, else in a container, else one installed here.

    Raises:
        EmbeddedError: There are neither, or a URL is wrong; it names all of them.
    """
    variables = Variables(env)
    given = {engine: variables.server(engine) for engine in engines.names}
    problems = list(variables.problems)
    missing = tuple(engine for engine, url in given.items() if url == "")
    contained = missing if missing and compose.answers(paths) else ()
    started = () if contained else missing
    for engine in started:
        if reason := catalog.obstacle(engine, paths.server(engine)):
            problems.append(f"{engine.upper()}_URL is not set, and {reason}")
    if problems:
        raise EmbeddedError("\n".join(("ENGINES=real:", *problems, f"({_ADVICE})")))
    known = {engine: url for engine, url in given.items() if url}
    return Servers(given=known, contained=contained, started=started)


def prepare(paths: ProjectPaths, system: str, servers: Servers) -> dict[str, str]:
    """Return the URLs of all servers by engine, after writing them where the processes read them.

    A server that is started here keeps its ports and its password.
    """
    urls = dict(servers.given)
    if servers.contained:
        urls |= compose.prepare(paths, system, servers.contained)
    for engine in servers.started:
        urls[engine] = catalog.prepared(engine, paths.server(engine)).url
    paths.urls.mkdir(mode=0o700, exist_ok=True)
    for engine, url in urls.items():
        write_atomically(paths.url(engine), url.encode())
    return urls


def server_process(paths: ProjectPaths, engine: str) -> Planned:
    """Return the process of a server that is started here."""
    return Planned(
        name=engine,
        copy_of=engine,
        command=(sys.executable, "-m", RUNNER, "run", engine, paths.relative(paths.server(engine))),
        env={},
        units={},
        stop_signal=catalog.known(engine).stop_signal,
    )


def read(paths: ProjectPaths, engines: Iterable[str]) -> dict[str, str]:
    """Return the URLs that were written, by engine."""
    return {engine: paths.url(engine).read_text("utf-8") for engine in engines}


def hub_variables(paths: ProjectPaths, engine: str | None, embedded_url: str) -> dict[str, str]:
    """Return the variables of the event hub; those that are inherited have no effect."""
    if engine is None:
        return {HUB_URL: embedded_url, f"{HUB_URL}_FILE": ""}
    return {HUB_URL: "", f"{HUB_URL}_FILE": paths.relative(paths.url(engine))}


def store_variables(
    paths: ProjectPaths, units: Iterable[str], stores: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables of the stores of `units`; those that are inherited have no effect."""
    variables = {STORE_URL: "", f"{STORE_URL}_FILE": ""}
    for unit in units:
        engine, name = stores.get(unit), f"{unit.upper()}_{STORE_URL}"
        file = paths.relative(paths.url(engine)) if engine else ""
        variables |= {name: "", f"{name}_FILE": file}
    return variables


def shown(url: str) -> str:
    """Return a URL without its user, password and options."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
