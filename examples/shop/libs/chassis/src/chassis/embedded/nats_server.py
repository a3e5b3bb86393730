"""The event hub of the embedded mode: one NATS server with JetStream, on loopback."""

from __future__ import annotations

import json
import socket

from chassis.embedded import executables
from chassis.embedded.files import write_atomically
from chassis.embedded.paths import ProjectPaths

# NATS quotes strings as JSON does. `sync_interval: always`: a message is on the disk before it is
# acknowledged; by default it would be there up to two minutes later.
_CONFIG = """\
server_name: {name}
listen: "127.0.0.1:{port}"
jetstream {{
  store_dir: {store}
  sync_interval: always
}}
"""


def command(paths: ProjectPaths, *, name: str, port: int) -> tuple[str, ...]:
    """Write the server's configuration and return the command that starts it."""
    config = _CONFIG.format(
        name=_quoted(name), port=port, store=_quoted(paths.relative(paths.nats_store))
    )
    write_atomically(paths.nats_config, config.encode())
    server = executables.find(executables.NATS_SERVER)
    return server, "--config", paths.relative(paths.nats_config)


def unready_reason(port: int) -> str | None:
    """Return None if the server is ready with JetStream, else the reason why not."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=3) as connection:
            greeting = connection.makefile("rb").readline()
        information = json.loads(greeting.removeprefix(b"INFO "))
    except (OSError, ValueError) as error:
        return f"no response yet ({error})"
    return None if information.get("jetstream") else "JetStream is off"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
