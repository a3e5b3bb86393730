"""Development tokens are such as the units of the system require."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from chassis.auth import Requirements, Verifier
from chassis.embedded import keys
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.topology import Auth
from chassis.jwks import KeyFile


@pytest.mark.parametrize(
    "claim", ["roles", "realm_access.roles", "a.b.roles", "scope", "https://lab.example/roles"]
)
async def test_the_roles_are_where_the_units_look(tmp_path: Path, claim: str) -> None:
    auth = Auth(
        issuer="https://id.lab.example",
        audience="lab",
        token_type="at+jwt",
        roles_claim=claim,
        roles=("opener", "closer"),
    )
    paths = ProjectPaths(tmp_path)
    keys.ensure_keys(paths)
    subject = uuid4()
    token = keys.issue(paths, auth, roles=auth.roles, subject=subject, ttl=timedelta(minutes=1))
    requirements = Requirements(issuer=auth.issuer, audience=auth.audience, roles_claim=claim)
    caller = await Verifier(KeyFile(paths.jwks), requirements).caller_of(token)
    assert (caller.id, caller.roles) == (subject, frozenset({"opener", "closer"}))
