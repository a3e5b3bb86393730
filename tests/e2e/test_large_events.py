"""An event that the event hub would not accept: refused before the commit; no other one waits."""

from __future__ import annotations

import json

import httpx
from chassis.testing.system import Caller, System

from tests.e2e.conftest import Project

LIMIT = 1024 * 1024


def is_handled(writer: Caller) -> bool:
    job = writer.post("/job/jobs/open-job", title="a job")["job_id"]
    return bool(writer.eventually("/tally/tally-of", {"job_id": job}, count=1))


def test_it_is_refused_and_nothing_is_kept(lab: Project) -> None:
    """The body is below the limit of the gateway; the event, with its attributes, is not."""
    writer = System.running(lab.root).caller("writer")
    kept = json.loads(lab.make("ops", "ARGS=events browse --type JobOpened --limit 1000 --json"))
    problem = writer.refused("POST", "/job/jobs/open-job", 413, title="x" * (LIMIT - 60))
    assert problem
