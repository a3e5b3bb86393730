"""A message that the event hub does not accept: no other one waits for it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

import httpx
from chassis.envelope import Envelope, Outgoing
from chassis.store.factory import open_store
from chassis.store.port import Commit
from chassis.testing.system import System

from tests.e2e.conftest import Project
from tests.e2e.jobs import open_job, outbox_sizes, published
from tests.waiting import wait_until

LIMIT = 1024 * 1024


def test_an_event_that_would_be_too_large_is_refused_before_the_commit(lab: Project) -> None:
    """The body is below the limit of the gateway; the event, with its attributes, is not."""
    system = System.running(lab.root)
    writer = system.caller("writer")
    before = published(lab)
    title = "x" * (LIMIT - 60)
    problem = writer.refused("POST", "/jobs", 413, title=title)
    assert "JobOpened" in problem["detail"], problem
    job = open_job(writer)
    writer.eventually("/tallies/tally-of", {"job_id": job}, count=1)
    opened = {key for key in published(lab) - before if key[1] == "JobOpened"}
    assert opened == {(job, "JobOpened")}
    assert ready(system)


def test_what_was_committed_while_the_limit_was_higher_becomes_a_dead_letter(lab: Project) -> None:
    system = System.running(lab.root)
    writer = system.caller("writer")
    envelope = event_of(lab, open_job(writer))
    large = replace(envelope, id=uuid4(), data={**envelope.data, "title": "x" * LIMIT})
    asyncio.run(put_into_outbox(lab, large))
    job = open_job(writer)
    writer.eventually("/tallies/tally-of", {"job_id": job}, count=1)
    wait_until(lambda: not any(outbox_sizes(lab).values()))
    (letter,) = json.loads(lab.make("ops", "ARGS=dlq list --unit job --group outbox --json"))
    assert letter["subject"] == large.subject
    assert "the event hub accepts" in letter["reason"]
    assert ready(system)
    assert "the event hub accepts" in lab.run("ops", f"ARGS=dlq replay {letter['id']}").stderr
    lab.make("ops", f"ARGS=dlq drop {letter['id']}")


def event_of(project: Project, job: str) -> Envelope:
    """What the service has published about a job."""
    published(project)
    line = project.make("ops", f"ARGS=events browse --subject {job} --type JobOpened --json")
    found = json.loads(line)["envelope"]
    return Envelope(
        **{
            **found,
            "id": UUID(found["id"]),
            "correlation_id": UUID(found["correlation_id"]),
            "time": datetime.fromisoformat(found["time"]),
        }
    )


async def put_into_outbox(project: Project, envelope: Envelope) -> None:
    store = open_store(project.root / ".local/data", "job")
    try:
        await store.commit(Commit(outbox=(Outgoing.of("lab.job.events", envelope),)))
    finally:
        await store.close()


def ready(system: System) -> bool:
    return httpx.get(f"{system.units['job']}/readyz").status_code == 200
