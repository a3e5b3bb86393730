"""The dependency that turns a bearer token into a `Caller`, documented in OpenAPI."""

from __future__ import annotations

from fastapi import Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from chassis.auth import InvalidToken, KeysUnusable, Verifier
from chassis.caller import Caller
from chassis.http.problem import Problem, forbidden, unauthenticated

CALLER = "chassis.caller"  # in the ASGI scope, for the access log


class Bearer(SecurityBase):
    """Verifies the `Authorization` header (RFC 6750) with the application's verifier."""

    def __init__(self) -> None:
        self.model = HTTPBearer(bearerFormat="JWT")
        self.scheme_name = "bearer"

    async def __call__(self, request: Request) -> Caller:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise unauthenticated("A bearer token is required.", sent=False)
        verifier: Verifier = request.app.state.verifier
        try:
            caller = verifier.verify(token.strip())
        except InvalidToken as error:
            raise unauthenticated(str(error), sent=True) from error
        except KeysUnusable as error:
            raise Problem(503, "authentication_unavailable") from error
        request.scope[CALLER] = str(caller.id)
        return caller


bearer = Bearer()


def require_role(caller: Caller, roles: tuple[str, ...]) -> None:
    """Check that the caller has one of `roles`, if there are any.

    Raises:
        Problem: 403, the caller has none of them.
    """
    if roles and caller.roles.isdisjoint(roles):
        raise forbidden(f"This requires the role {' or '.join(roles)}.")
