"""Who may send a request: the bearer token becomes a `Caller`, whose roles are checked."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request

from chassis.auth import InvalidToken, Verifier
from chassis.caller import Caller
from chassis.http.problem import Problem, forbidden, unauthenticated
from chassis.http.routes import ANY, Roles
from chassis.jwks import KeysUnusable

CALLER = "chassis.caller"  # in the ASGI scope, for the access log


async def authenticate(request: Request, verifier: Verifier) -> Caller:
    """Return the caller that the `Authorization` header (RFC 6750) authenticates.

    Raises:
        Problem: 401, there is no valid token; 503, there are no keys.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthenticated("A bearer token is required.", sent=False)
    try:
        caller = await verifier.caller_of(token.strip())
    except InvalidToken as error:
        raise unauthenticated(str(error), sent=True) from error
    except KeysUnusable as error:
        raise Problem(503, "authentication_unavailable", headers={"Retry-After": "10"}) from error
    request.scope[CALLER] = caller
    return caller


def require_role(caller: Caller, roles: Roles) -> None:
    """Check that the caller has one of `roles`, if there are any.

    Raises:
        Problem: 403, the caller has none of them.
    """
    if roles and caller.roles.isdisjoint(roles):
        raise forbidden(f"This requires the role {' or '.join(roles)}.")


def owner_for(caller: Caller | None, roles: Roles) -> Caller | None:
    """Return the caller as the only owner whose things a request may reach; None if it is any."""
    if caller is None or (
        isinstance(roles, Mapping) and any(roles.get(role) is ANY for role in caller.roles)
    ):
        return None
    return caller
