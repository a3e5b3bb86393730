"""The FastAPI dependency that turns a bearer token into a `Caller`, documented in OpenAPI."""

from __future__ import annotations

from fastapi import Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from chassis.caller import Caller
from chassis.http.access import authenticate


class Bearer(SecurityBase):
    """Verifies the `Authorization` header with the application's verifier."""

    def __init__(self) -> None:
        self.model = HTTPBearer(bearerFormat="JWT")
        self.scheme_name = "bearer"

    async def __call__(self, request: Request) -> Caller:
        return await authenticate(request, request.app.state.verifier)


bearer = Bearer()
