"""Fewer and more partitions on a system with messages: each is handled, in order, and once."""

from __future__ import annotations

import re

import pytest
from chassis.testing.system import System

from tests.e2e.conftest import Project
from tests.e2e.jobs import open_job, published

JOBS = 12
ONCE = ("JobOpened", "CountedUp", "JobClosed")


@pytest.mark.parametrize("partitions", [1, 5], ids=["fewer", "more"])
def test_what_was_unread_is_handled_once_and_in_order(lab: Project, partitions: int) -> None:
    """Events, commands and their answers: `back`, which has to read them, is away."""
    system = System.running(lab.root)
    writer = system.caller("writer")
    customers = [system.caller("customer") for _ in range(3)]
    read = open_job(writer)
    writer.eventually("/tally/tally-of", {"job_id": read}, count=1)
    lab.kill("back")
    unread = [open_job(writer) for _ in range(JOBS)]
    for customer in customers:
        customer.post(f"/carts/{customer.id}/put-item", quantity=1)
        customer.post(f"/carts/{customer.id}/check-out")
    lab.make("down")
    repartition(lab, partitions)
    lab.make("up")

    system = System.running(lab.root)
    writer = system.caller("writer")
    for job in (read, *unread):
        writer.post(f"/job/jobs/{job}/close-job")  # goes to another partition than its JobOpened
    for job in (read, *unread):
        writer.eventually("/tally/tally-of", {"job_id": job}, count=1)
        writer.eventually("/board/row-of", {"job_id": job}, closed=True)
    for customer in customers:
        again = system.caller("customer", sub=customer.id)
        again.eventually("/wallet/wallet-of", {"customer_id": customer.id}, spent=1)
    found = published(lab)
    assert [found[job, name] for job in (read, *unread) for name in ONCE] == [1] * 3 * (JOBS + 1)
    assert [found[str(each.id), "Charged"] for each in customers] == [1] * 3
    assert "no dead letters" in lab.make("ops", "ARGS=dlq list")


def repartition(project: Project, partitions: int) -> None:
    spec = (project.root / "lab.yaml").read_text()
    (before,) = re.findall(r"partitions: \d+", spec)
    assert before != f"partitions: {partitions}"
    project.edit((before, f"partitions: {partitions}"))
