"""Who may read an aggregate by its id."""

from __future__ import annotations

import pytest

from meshgen.spec.check import check_text
from meshgen.system.lower import resolve
from meshgen.system.model import Route

SPEC = """\
meshgen: 1
name: lab
services:
  job:
    store: sqlite
    aggregates:
      Job:
        id: job_id
        %s
        state: {opener_id: uuid, open: bool}
        events:
          JobOpened: {opener_id: uuid, sets: {open: true}}
          JobShut: {sets: {open: false}}
          JobDropped: {sets: {open: false}}
        commands:
          OpenJob: {%s input: {opener_id: uuid}, creates: JobOpened}
          ShutJob: {%s emits: JobShut}
          DropJob: {emits: JobDropped}
      Start:
        id: opener_id
        events: {Started: {}}
        commands: {StartIt: {roles: [starter], creates: Started}}
    policies:
      - {on: Started, do: OpenJob, with: {job_id: opener_id}}
      - {on: JobOpened, do: ShutJob}
      - {on: JobShut, do: DropJob}
    queries:
      JobById: {of: Job, by: job_id, roles: [clerk]}
gateway: {auth: {issuer: "https://id.lab.example", audience: lab}}
"""
OWNER = "owner: opener_id"


def reads(owner: str, *roles: str) -> list[Route]:
    spec, findings = check_text("lab.yaml", SPEC % (owner, *roles))
    assert spec is not None, findings
    (service,) = resolve(spec).services
    return [r for r in service.routes if (r.helper, r.kind) == ("get", "Job")]


@pytest.mark.parametrize("roles", [("", ""), ("", "roles: [clerk],")])
def test_an_aggregate_with_an_owner_is_read_by_the_owner(roles: tuple[str, str]) -> None:
    (route,) = reads(OWNER, *roles)
    assert route.options == ()


def test_an_aggregate_without_an_owner_is_read_by_who_may_command_it() -> None:
    (route,) = reads("", "roles: [clerk, admin],", "roles: [boss, clerk],")
    assert [(o.name, o.value) for o in route.options] == [("roles", "('admin', 'boss', 'clerk')")]


def test_an_aggregate_without_an_owner_and_roles_is_not_read_by_its_id() -> None:
    assert reads("", "", "") == []


@pytest.mark.parametrize(
    ("owner", "printed"),
    [
        ("read: {roles: [clerk]}", "('clerk',)"),
        (f"{OWNER}\n        read: {{roles: {{clerk: own}}}}", "('clerk',)"),
        (
            f"{OWNER}\n        read: {{roles: {{clerk: own, boss: any}}}}",
            '{"clerk": OWN, "boss": ANY}',
        ),
    ],
)
def test_an_aggregate_is_read_by_whom_it_names(owner: str, printed: str) -> None:
    (route,) = reads(owner, "roles: [admin],", "")
    assert [(o.name, o.value) for o in route.options] == [("roles", printed)]


@pytest.mark.parametrize("owner", ["", f"{OWNER}\n        "])
def test_nobody_reads_what_says_so(owner: str) -> None:
    assert reads(f"{owner}read: none", "roles: [admin],", "") == []
