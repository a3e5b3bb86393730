"""Readiness checks of the parts of the system."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from chassis.embedded import nats_server
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.servers import catalog
from chassis.embedded.state import Plan, Planned
from chassis.embedded.topology import GATEWAY, HUB
from chassis.health import Check, degraded, failed, ok

Probe: TypeAlias = Callable[[], Check]

_TIMEOUT = 3.0
_LONGEST_REASON = 120


def probes(paths: ProjectPaths, plan: Plan, process: Planned) -> dict[str, Probe]:
    """Return the readiness checks of `process`, by unit or server."""
    if process.name == HUB:
        return {HUB: lambda: _check_hub(plan.nats_port)}
    if process.name == GATEWAY:
        return {GATEWAY: lambda: check(f"{plan.gateway_url}/livez")}
    if not process.units:
        return {process.name: partial(_check_server, paths, process.name)}
    return {unit: partial(check, f"{url}/readyz") for unit, url in process.units.items()}


def check(url: str) -> Check:
    """Ask the health endpoint `url`: it is ready if it responds with 200."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT)
    if parts.scheme == "https":  # health is no secret, and the certificate is for another name
        connection = http.client.HTTPSConnection(
            parts.hostname or "",
            parts.port,
            timeout=_TIMEOUT,
            context=ssl._create_unverified_context(),
        )
    try:
        connection.request("GET", parts.path, headers={"connection": "close"})
        answer = connection.getresponse()
        body = answer.read()
    except ConnectionRefusedError:
        return failed("not listening")
    except (OSError, http.client.HTTPException) as error:
        return failed(f"no response ({error})")
    finally:
        connection.close()
    reason = _reason(body)
    if answer.status != 200:
        return failed(f"{answer.status} {reason}".strip())
    return degraded(reason) if reason else ok()


def _check_hub(port: int) -> Check:
    reason = nats_server.unready_reason(port)
    return failed(reason) if reason else ok()


def _check_server(paths: ProjectPaths, engine: str) -> Check:
    reason = catalog.opened(engine, paths.server(engine)).problem()
    return failed(" ".join(reason.split())[:_LONGEST_REASON]) if reason else ok()


def _reason(body: bytes) -> str:
    """Return what a health endpoint says about the parts that are not ok; else nothing."""
    try:
        checks: Any = json.loads(body)["checks"]
        bad = (f"{name}: {each['reason']}" for name, each in checks.items() if "reason" in each)
        return ", ".join(bad)[:_LONGEST_REASON]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
