"""`server.json` in the folder of a server: its ports and its password, which it keeps."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from chassis.embedded.errors import EmbeddedError
from chassis.embedded.files import write_atomically
from chassis.embedded.ports import free_ports, is_in_use

_FILE = "server.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a server is reached.

    Attributes:
        ports: Its loopback ports; the first one is that for clients.
        password: The password, if the engine has one without further ado.
        settings: More settings of the server, by their names in its configuration.
    """

    ports: tuple[int, ...]
    password: str
    settings: Mapping[str, str] = field(default_factory=dict)


def read(folder: Path) -> Access:
    """Return the access to the server in `folder`.

    Raises:
        EmbeddedError: The file is missing or damaged.
    """
    path = folder / _FILE
    try:
        document = json.loads(path.read_bytes())
        return Access(
            ports=tuple(map(int, document["ports"])),
            password=str(document["password"]),
            settings={str(name): str(value) for name, value in document["settings"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EmbeddedError(f"{path} cannot be used ({error}): remove it") from error


def write(folder: Path, access: Access) -> None:
    """Write the access to the server in `folder`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(folder / _FILE, json.dumps(asdict(access), indent=2).encode())


def keep(folder: Path, port_count: int) -> Access:
    """Return the access to a server that is about to start: that of its last run, if possible."""
    if not (folder / _FILE).exists():
        access = Access(ports=tuple(free_ports(port_count)), password=secrets.token_urlsafe(24))
    else:
        access = read(folder)
        if len(access.ports) == port_count and not any(map(is_in_use, access.ports)):
            return access
        access = replace(access, ports=tuple(free_ports(port_count)))
    write(folder, access)
    return access
