"""Asking the parts of the system whether they are ready, and if not, why."""

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

_ANSWERS_WITHIN = 3.0
_LONGEST_REASON = 120


def checks(plan: Plan, process: Planned) -> dict[str, Check]:
    """How to ask what runs in `process`, by the name of what is asked."""
    if process.name == HUB:
        return {HUB: lambda: nats_server.why_not_ready(plan.nats_port)}
    if process.name == GATEWAY:
        return {GATEWAY: lambda: why_not(f"{plan.gateway_url}/livez")}
    return {unit: _unit_check(url) for unit, url in process.units.items()}


def why_not(url: str) -> str | None:
    """None if `url` answers 200, else the reason in a few words."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(
        parts.hostname or "", parts.port, timeout=_ANSWERS_WITHIN
    )
    try:
        connection.request("GET", parts.path, headers={"connection": "close"})
        answer = connection.getresponse()
        body = answer.read()
    except ConnectionRefusedError:
        return "does not listen"
    except (OSError, http.client.HTTPException) as error:
        return f"no answer ({error})"
    finally:
        connection.close()
    return None if answer.status == 200 else _reason(answer.status, body)


def _unit_check(url: str) -> Check:
    return lambda: why_not(f"{url}/readyz")


def _reason(status: int, body: bytes) -> str:
    try:
        said: Any = json.loads(body)
    except ValueError:
        said = body.decode("utf-8", "replace").strip()
    if isinstance(said, dict) and isinstance(checks := said.get("checks"), dict):
        said = ", ".join(f"{name}: {check}" for name, check in checks.items() if check != "ok")
    text = said if isinstance(said, str) else json.dumps(said)
    return f"{status} {text}"[:_LONGEST_REASON].strip()
