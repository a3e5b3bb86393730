"""Checks from inside a container that its units are ready: `python -m chassis.probe 8000 8001`.

The exit code is 1 if one of them is not; the first reason is printed.
"""

from __future__ import annotations

import http.client
import os
import ssl
import sys
from collections.abc import Iterable

_TIMEOUT = 4.0


def unready(port: int) -> str | None:
    """Return why the unit at `port` of this machine is not ready, or None."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)
    if os.environ.get("MESH_TLS_CERTIFICATE"):  # of itself a machine needs no proof
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(
            "127.0.0.1", port, timeout=_TIMEOUT, context=context
        )
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        body = response.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        return f"port {port}: {error}"
    finally:
        connection.close()
    return None if response.status == http.client.OK else f"port {port}: {body}"


def main(ports: Iterable[str]) -> int:
    """Check every port and return the exit code."""
    for port in ports:
        if reason := unready(int(port)):
            print(reason)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
