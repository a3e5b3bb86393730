"""A saga starts again whenever its event happens again in the life of its key."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from chassis.testing.system import System

from tests.e2e.conftest import Project
from tests.e2e.jobs import open_job
from tests.waiting import wait_until


def instances(project: Project, key: object) -> list[dict[str, Any]]:
    """The instances of a key, by the operator's command."""
    found: list[dict[str, Any]] = json.loads(
        project.make("ops", f"ARGS=saga list --key {key} --json")
    )
    return found


def all_completed(found: Iterable[dict[str, Any]]) -> bool:
    return {each["state"] for each in found} == {"completed"}


def test_a_customer_checks_out_again_and_again(lab: Project) -> None:
    customer = System.running(lab.root).caller("customer")
    for spent in (1, 2, 3):
        customer.post(f"/carts/{customer.id}/put-item", quantity=1)
        customer.post(f"/carts/{customer.id}/check-out")
        customer.eventually("/wallet/wallet-of", {"customer_id": customer.id}, spent=spent)
    wait_until(lambda: all_completed(instances(lab, customer.id)))
    assert len(instances(lab, customer.id)) == 3
    assert lab.messages()[str(customer.id), "Charged"] == 3


def test_instances_of_one_key_at_the_same_time(lab: Project) -> None:
    """They wait for a service that is away; none replaces another, and no answer is mixed up."""
    customer = System.running(lab.root).caller("customer")
    lab.kill("back")
    for _ in range(3):
        customer.post(f"/carts/{customer.id}/put-item", quantity=1)
        customer.post(f"/carts/{customer.id}/check-out")
    wait_until(lambda: len(instances(lab, customer.id)) == 3)
    assert {each["state"] for each in instances(lab, customer.id)} == {"running"}
    lab.make("up")
    again = System.running(lab.root).caller("customer", sub=customer.id)
    again.eventually("/wallet/wallet-of", {"customer_id": customer.id}, spent=3)
    wait_until(lambda: all_completed(instances(lab, customer.id)))


def test_a_job_is_revised_twice(lab: Project) -> None:
    """The key is the aggregate's own id, and the command goes to the aggregate itself."""
    writer = System.running(lab.root).caller("writer")
    job = open_job(writer)
    for revisions in (1, 2):
        writer.post(f"/job/jobs/{job}/propose-revision")
        writer.eventually(f"/job/jobs/{job}", None, status="stable", revisions=revisions)
    assert len(instances(lab, job)) == 2
