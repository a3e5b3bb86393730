"""The servers of engines in containers, started with Docker Compose for units that are processes.

`deploy/compose.yaml` describes them; `deploy/compose.engines.yaml` publishes their ports on this
machine. They are a Compose project of their own, apart from that of `make compose-up`.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit, urlunsplit

from chassis.embedded.errors import EmbeddedError
from chassis.embedded.files import write_atomically
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.ports import LOOPBACK, free_ports, is_in_use

_TIMEOUT = 10.0
_QUESTIONS = (("docker", "version"), ("docker", "compose", "version"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A Compose project of servers, which keeps its volumes and, if they are free, its ports.

    Attributes:
        project: The name of the Compose project.
        ports: The published ports by engine.
    """

    project: str
    ports: Mapping[str, int]


def answers(paths: ProjectPaths) -> bool:
    """Return whether the project has containers of servers, and a Docker engine answers."""
    return paths.compose_engines.exists() and all(map(_succeeds, _QUESTIONS))


def prepare(paths: ProjectPaths, system: str, engines: Sequence[str]) -> dict[str, str]:
    """Choose the ports of servers that are about to be started, and write their secrets.

    Returns:
        The URLs of the servers by engine.

    Raises:
        EmbeddedError: The secrets cannot be written, or what was kept is damaged.
    """
    composed = _keep(paths, system, engines)
    done = subprocess.run(
        ["sh", paths.relative(paths.secrets_script)],
        cwd=paths.root,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise EmbeddedError(f"{done.stderr.strip()}\nthe secrets of the servers cannot be written")
    return {engine: _url(paths, engine, composed.ports[engine]) for engine in engines}


def start(paths: ProjectPaths, engines: Sequence[str]) -> None:
    """Start the servers that do not run, and wait until they are healthy.

    Raises:
        EmbeddedError: Docker Compose reports that one of them is not.
    """
    composed = _read(paths)
    if composed is None or _compose(paths, composed, "up", "--detach", "--wait", *engines):
        raise EmbeddedError(
            "Docker Compose cannot start the servers; see `docker ps --all` and `docker logs`. "
            "DOCKER_HOST=none makes `make up` look for servers that are installed"
        )


def stop(paths: ProjectPaths, *, volumes: bool = False) -> None:
    """Stop the servers, if there are any.

    Args:
        paths: The paths of the project.
        volumes: Whether their data is removed, too.

    Raises:
        EmbeddedError: Docker Compose cannot do that.
    """
    composed = _read(paths)
    if composed is None:
        return
    if _compose(paths, composed, "down", *(["--volumes"] if volumes else [])):
        raise EmbeddedError("Docker Compose cannot stop the servers: see `docker ps`")
    if volumes:
        paths.composed.unlink()


def _keep(paths: ProjectPaths, system: str, engines: Sequence[str]) -> Composed:
    """Return the project and ports of the last start, with others for those that are in use."""
    before = _read(paths)
    ports = dict(before.ports) if before else {}
    wanted = [each for each in engines if each not in ports or is_in_use(ports[each])]
    ports |= zip(wanted, free_ports(len(wanted)), strict=True)
    project = before.project if before else f"{system}-engines-{secrets.token_hex(4)}"
    composed = Composed(project=project, ports=ports)
    write_atomically(paths.composed, json.dumps(asdict(composed), indent=2).encode())
    return composed


def _read(paths: ProjectPaths) -> Composed | None:
    """Return what was kept; None if nothing was ever started.

    Raises:
        EmbeddedError: The file is damaged.
    """
    try:
        document = json.loads(paths.composed.read_bytes())
        ports = {str(engine): int(port) for engine, port in document["ports"].items()}
        return Composed(project=str(document["project"]), ports=ports)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EmbeddedError(f"{paths.composed} cannot be used ({error}): remove it") from error


def _compose(paths: ProjectPaths, composed: Composed, *arguments: str) -> int:
    """Run a command of Docker Compose, which reports to the terminal, and return its exit code."""
    files = (paths.compose, paths.compose_engines)
    command = ["docker", "compose", "--project-name", composed.project]
    command += [part for file in files for part in ("--file", paths.relative(file))]
    published = {f"{engine.upper()}_PORT": str(port) for engine, port in composed.ports.items()}
    try:
        done = subprocess.run(
            [*command, *arguments], cwd=paths.root, env={**os.environ, **published}, check=False
        )
    except OSError as error:
        raise EmbeddedError(f"docker cannot be started: {error.strerror}") from error
    return done.returncode


def _url(paths: ProjectPaths, engine: str, port: int) -> str:
    """Return the URL of a server: the one for containers, at the published port."""
    parts = urlsplit(paths.secret_url(engine).read_text("utf-8").strip())
    user, at, _ = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}{at}{LOOPBACK}:{port}"))


def _succeeds(command: Iterable[str]) -> bool:
    with suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run([*command], capture_output=True, timeout=_TIMEOUT, check=False)
        return done.returncode == 0
    return False
