"""The servers of `make up ENGINES=real`: KAFKA_URL, POSTGRESQL_URL and so on say where they are.

They are not started here. Processes get their URLs in files that only the owner can read, so that
passwords are neither in their environment nor in the state.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from chassis.embedded.errors import EmbeddedError
from chassis.embedded.files import write_atomically
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.topology import Engines
from chassis.variables import Variables

HUB_URL, STORE_URL = "HUB_URL", "STORE_URL"


def server_urls(engines: Engines, env: Mapping[str, str]) -> dict[str, str]:
    """Return the URLs of the servers by engine.

    Raises:
        EmbeddedError: URLs are missing or wrong; it names all of them.
    """
    variables = Variables(env)
    urls = {engine: variables.server(engine) for engine in engines.names}
    if variables.problems:
        advice = "each may also be in a file, e.g. KAFKA_URL_FILE; `make up` alone needs none"
        raise EmbeddedError("\n".join(("ENGINES=real:", *variables.problems, f"({advice})")))
    return urls


def digest(urls: Mapping[str, str]) -> str:
    """Return a digest of the URLs."""
    return hashlib.sha256(repr(sorted(urls.items())).encode()).hexdigest()


def write(paths: ProjectPaths, urls: Mapping[str, str]) -> None:
    """Write the URLs to the files that the processes read."""
    paths.servers.mkdir(mode=0o700, exist_ok=True)
    for engine, url in urls.items():
        write_atomically(paths.server_url(engine), url.encode())


def read(paths: ProjectPaths, engines: Iterable[str]) -> dict[str, str]:
    """Return the URLs that were written, by engine."""
    return {engine: paths.server_url(engine).read_text("utf-8") for engine in engines}


def hub_variables(paths: ProjectPaths, engine: str | None, embedded_url: str) -> dict[str, str]:
    """Return the variables of the event hub; those that are inherited have no effect."""
    if engine is None:
        return {HUB_URL: embedded_url, f"{HUB_URL}_FILE": ""}
    return {HUB_URL: "", f"{HUB_URL}_FILE": paths.relative(paths.server_url(engine))}


def store_variables(
    paths: ProjectPaths, units: Iterable[str], stores: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables of the stores of `units`; those that are inherited have no effect."""
    variables = {STORE_URL: "", f"{STORE_URL}_FILE": ""}
    for unit in units:
        engine, name = stores.get(unit), f"{unit.upper()}_{STORE_URL}"
        file = paths.relative(paths.server_url(engine)) if engine else ""
        variables |= {name: "", f"{name}_FILE": file}
    return variables


def shown(url: str) -> str:
    """Return a URL without its user, password and options."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
