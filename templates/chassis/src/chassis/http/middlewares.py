"""Middlewares that are written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.http.edge import METRICS
from chassis.http.health import PATHS as HEALTH

if TYPE_CHECKING:
    from chassis.api import Middleware


def wrapped(app: ASGIApp, middlewares: Sequence[Middleware]) -> ASGIApp:
    """Return `app` within `middlewares`, the first of which is the outermost.

    Health checks and metrics pass by: they are of the chassis, and not of the API.
    """
    if not middlewares:
        return app
    outermost = app
    for middleware in reversed(middlewares):
        outermost = middleware(outermost)

    async def chosen(scope: Scope, receive: Receive, send: Send) -> None:
        passes_by = scope["path"] in HEALTH or scope["path"] == METRICS
        await (app if passes_by else outermost)(scope, receive, send)

    return chosen
