"""Readiness checks of the parts of the system."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from chassis.embedded import nats_server
from chassis.embedded.state import Plan, Planned
from chassis.embedded.topology import GATEWAY, HUB

# Returns None if ready, else the reason.
Check = Callable[[], str | None]

_TIMEOUT = 3.0
_LONGEST_REASON = 120


def checks(plan: Plan, process: Planned) -> dict[str, Check]:
    """Return the readiness checks of `process`, by unit or server."""
    if process.name == HUB:
        return {HUB: lambda: nats_server.unready_reason(plan.nats_port)}
    if process.name == GATEWAY:
        return {GATEWAY: lambda: unready_reason(f"{plan.gateway_url}/livez")}
    return {unit: _unit_check(url) for unit, url in process.units.items()}


def unready_reason(url: str) -> str | None:
    """Return None if `url` responds with 200, else the reason in a few words."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT)
    try:
        connection.request("GET", parts.path, headers={"connection": "close"})
        answer = connection.getresponse()
        body = answer.read()
    except ConnectionRefusedError:
        return "not listening"
    except (OSError, http.client.HTTPException) as error:
        return f"no response ({error})"
    finally:
        connection.close()
    return None if answer.status == 200 else _reason(answer.status, body)


def _unit_check(url: str) -> Check:
    return lambda: unready_reason(f"{url}/readyz")


def _reason(status: int, body: bytes) -> str:
    try:
        content: Any = json.loads(body)
    except ValueError:
        content = body.decode("utf-8", "replace").strip()
    if isinstance(content, dict) and isinstance(checks := content.get("checks"), dict):
        content = ", ".join(f"{name}: {check}" for name, check in checks.items() if check != "ok")
    text = content if isinstance(content, str) else json.dumps(content)
    return f"{status} {text}"[:_LONGEST_REASON].strip()
