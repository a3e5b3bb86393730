"""Policies that an update adds to a system with a past: `from` says whether they repeat it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from chassis.hub.port import Topic
from chassis.testing.system import Caller, System

from tests.e2e.conftest import Project
from tests.e2e.jobs import open_job, published

LETTER = """\
      {name}:
        id: job_id
        state: {{sent: {{type: int, default: 0}}}}
        events: {{{name}Sent: {{sets: {{sent: sent + 1}}}}}}
        commands: {{Send{name}: {{upserts: {name}Sent}}}}
"""
FROM = {"Archive": "from: beginning", "News": "from: now", "Alert": ""}


def test_only_a_policy_from_the_beginning_repeats_the_past(lab: Project) -> None:
    """In a service that is new, and in one that has already read the past for other policies."""
    writer = System.running(lab.root).caller("writer")
    past = in_each_partition(lab, writer)
    for job in past:
        writer.eventually("/tallies/tally-of", {"job_id": job}, count=1)
    lab.make("down")
    lab.edit(
        ("projections:\n", service("mailer", FROM) + "projections:\n"),
        ("    aggregates:\n      Tally:\n", letters({"Copy": ""}) + "      Tally:\n"),
        ("do: CountUp}\n", "do: CountUp}\n" + policies({"Copy": "from: beginning"})),
        ("      TallyOf:", queries({"Copy": ""}) + "      TallyOf:"),
    )
    lab.make("up")

    writer = System.running(lab.root).caller("writer")
    present = in_each_partition(lab, writer)
    for job in present:
        for letter in ("archives/archive", "newses/news", "alerts/alert", "copies/copy"):
            writer.eventually(f"/{letter}-of", {"job_id": job}, sent=1)
    for job in past:
        writer.eventually("/archives/archive-of", {"job_id": job}, sent=1)
        writer.eventually("/copies/copy-of", {"job_id": job}, sent=1)
    # All that a partition has before a present job was read before it.
    found = published(lab)
    for name, times in {"Archive": 1, "News": 0, "Alert": 0, "Copy": 1, "CountedUp": 1}.items():
        event = name if name == "CountedUp" else f"{name}Sent"
        assert [found[job, event] for job in past] == [times] * len(past), name


def in_each_partition(lab: Project, writer: Caller) -> list[str]:
    """Open jobs until there is one in each partition."""
    (partitions,) = re.findall(r"partitions: (\d+)", (lab.root / "lab.yaml").read_text())
    topic = Topic(name="jobs", partitions=int(partitions), retention=timedelta(days=7))
    jobs: dict[int, str] = {}
    while len(jobs) < topic.partitions:
        job = open_job(writer)
        jobs[topic.partition_of(job)] = job
    return list(jobs.values())


def service(name: str, starts: Mapping[str, str]) -> str:
    return (
        f"  {name}:\n    store: sqlite\n{letters(starts)}"
        f"    policies:\n{policies(starts)}    queries:\n{queries(starts)}"
    )


def letters(starts: Mapping[str, str]) -> str:
    return "    aggregates:\n" + "".join(LETTER.format(name=name) for name in starts)


def policies(starts: Mapping[str, str]) -> str:
    return "".join(
        f"      - {{on: job.JobOpened, do: Send{name}{start and f', {start}'}}}\n"
        for name, start in starts.items()
    )


def queries(starts: Mapping[str, str]) -> str:
    return "".join(f"      {name}Of: {{of: {name}, by: job_id}}\n" for name in starts)
