"""The jobs of the lab, the project that the tests of a running system share."""

from __future__ import annotations

import json
from collections import Counter

from chassis.testing.system import Caller

from tests.e2e.conftest import Project
from tests.waiting import wait_until


def open_job(writer: Caller) -> str:
    """Open a job and return its id."""
    return str(writer.post("/jobs", title="a job")["job_id"])


def published(project: Project) -> Counter[tuple[str, str]]:
    """Return the messages of the hub, as soon as none waits in an outbox."""
    wait_until(lambda: not any(outbox_sizes(project).values()), "empty outboxes")
    return project.messages()


def outbox_sizes(project: Project) -> dict[str, int]:
    """Return how many messages wait in the outbox of each service."""
    rows = json.loads(project.make("ops", "ARGS=outbox status --json"))
    return {row["unit"]: row["waiting"] for row in rows}
