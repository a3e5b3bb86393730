"""What the gateway's configuration says of tokens and limits."""

from __future__ import annotations

import pytest

from meshgen.spec.check import check_text
from meshgen.system.lower import resolve
from meshgen.system.model import GatewayView

SPEC = """\
meshgen: 1
name: lab
services:
  job:
    store: sqlite
    aggregates:
      Job:
        id: job_id
        state: {open: bool}
        events: {JobOpened: {sets: {open: true}}}
        commands: {OpenJob: {roles: [opener], creates: JobOpened}}
gateway:
  auth: {issuer: "https://id.lab.example", audience: lab%s}
"""


def gateway(auth: str = "", rest: str = "") -> GatewayView:
    spec, findings = check_text("lab.yaml", SPEC % auth + rest)
    assert spec is not None, findings
    return resolve(spec).project.gateway


def test_tokens() -> None:
    usual = gateway()
    assert (usual.roles_claim, usual.token_type) == ("roles", "at+jwt")
    other = gateway(", roles_claim: realm_access.roles, token_type: jwt")
    assert (other.roles_claim, other.token_type) == ("realm_access.roles", "jwt")


@pytest.mark.parametrize(
    ("rest", "rate"),
    [
        ("", 200),
        ("  rate_limit: {rate: 5/s}\n", 200),
        ("  rate_limit: {rate: 5/s, per_address: 30/s}\n", 30),
        ("  rate_limit: {rate: 5/s, per_address: 60000/m}\n", 1000),
        ("slo: {users: 10, peak: {job.OpenJob: 900/s}}\n", 900),
        ("slo: {users: 10, peak: {job.OpenJob: 9/s}}\n", 200),
    ],
)
def test_the_limit_of_an_address(rest: str, rate: int) -> None:
    """The whole peak may come from one proxy."""
    limit = gateway(rest=rest).address_limit
    assert (limit.rate, limit.burst) == (rate, rate + rate // 2)
