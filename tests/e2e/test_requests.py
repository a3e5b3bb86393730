"""Requests through the gateway, and to the service itself: both decide alike."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
import pytest
from chassis.testing.system import System

from tests.e2e.conftest import Project
from tests.e2e.jobs import open_job
from tests.fleet.tokens import Issuer


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        (lambda now: {"nbf": now + 10}, 200),
        (lambda now: {"nbf": now + 60}, 401),
        (lambda now: {"exp": now - 10}, 200),
        (lambda now: {"exp": now - 60}, 401),
    ],
    ids=["valid-soon", "valid-later", "just-expired", "expired"],
)
def test_clocks_may_differ_as_much_in_the_service_as_in_the_gateway(
    lab: Project, claims: Callable[[int], dict[str, int]], status: int
) -> None:
    system = System.running(lab.root)
    writer = system.caller("writer")
    job = open_job(writer)
    headers = Issuer.of(lab.root).headers(str(writer.id), "writer", **claims(int(time.time())))
    for url in (f"{system.url}/job/jobs/{job}", f"{system.units['job']}/jobs/{job}"):
        assert httpx.get(url, headers=headers).status_code == status, url


@pytest.mark.parametrize("quantity", [True, "3", 3.5])
def test_only_integers_are_integers(lab: Project, quantity: object) -> None:
    customer = System.running(lab.root).caller("customer")
    path = f"/carts/{customer.id}/put-item"
    problem = customer.refused("POST", path, 422, quantity=quantity)
    assert [error["field"] for error in problem["errors"]] == ["quantity"]
    customer.post(path, quantity=2)
    assert customer.get(f"/carts/{customer.id}")["items"] == 2


@pytest.mark.parametrize(
    ("if_match", "status"),
    [
        ('"7", "1"', 200),
        ('"1","7"', 200),
        ('W/"1", "1"', 200),
        ("*", 200),
        ('"7", "8"', 412),
        ('W/"1"', 412),
    ],
)
def test_one_tag_of_a_list_has_to_match(lab: Project, if_match: str, status: int) -> None:
    writer = System.running(lab.root).caller("writer")
    path = f"/job/jobs/{open_job(writer)}/close-job"
    answer = writer.request("POST", path, body={}, headers={"if-match": if_match})
    assert answer.status == status, answer
