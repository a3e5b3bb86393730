"""Which thing is which after a change of the spec."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from meshgen.identities import Identities, assign
from meshgen.spec.check import check_text
from meshgen.spec.model import Spec

SPEC = """\
meshgen: 1
name: lab
types:
  Stage: [open, done]
services:
  job:
    store: sqlite
    aggregates:
      Job:
        id: job_id
        state: {title: string, stage: Stage}
        events:
          JobOpened: {title: string, sets: {stage: open}}
          JobShut: {sets: {stage: done}}
        commands:
          OpenJob: {roles: [writer], input: {title: string}, creates: JobOpened}
          ShutJob: {emits: JobShut}
    policies:
      - {on: JobOpened, do: ShutJob, after: 1h}
    queries:
      JobsByTitle: {of: Job, by: [title], page: 20}
  copy:
    store: sqlite
    replicas:
      jobs: {of: job.Job, fields: [title]}
    aggregates:
      Note:
        id: note_id
        events: {NoteMade: {}}
        commands:
          MakeNote:
            roles: [writer]
            input: {job_id: uuid}
            requires: {job_has_a_title: 'jobs[job_id].title != ""'}
            creates: NoteMade
gateway:
  auth: {issuer: "https://id.lab.example", audience: lab}
"""
EVENTS = ("services", "job", "events")
Change = tuple[str, str]


def spec_with(*changes: Change, of: str = SPEC) -> tuple[str, Spec]:
    for before, after in changes:
        assert before in of, before
        of = of.replace(before, after)
    spec, findings = check_text("lab.yaml", of)
    assert spec is not None, findings
    return of, spec


def after(*steps: Sequence[Change]) -> Identities:
    """The identities after the spec was updated to these changes, one after the other."""
    text, spec = spec_with()
    found = assign(spec)
    for step in steps:
        before = spec
        text, spec = spec_with(*step, of=text)
        found = assign(spec, found, before)
    return found


RENAME = [
    ("JobShut: {sets", "JobClosed: {renamed_from: JobShut, sets"),
    ("emits: JobShut}", "emits: JobClosed}"),
]
SWAP = [
    ("JobShut: {sets", "@: {renamed_from: JobOpened, sets"),
    ("JobOpened: {title", "JobShut: {renamed_from: JobShut@, title"),
    ("creates: JobOpened", "creates: JobShut"),
    ("emits: JobShut}", "emits: JobOpened}"),
    ("on: JobOpened", "on: JobShut"),
    ("@: {renamed_from: JobOpened", "JobOpened: {renamed_from: JobShut"),
    ("renamed_from: JobShut@", "renamed_from: JobOpened"),
]


def test_at_first_everything_has_its_name_as_its_id() -> None:
    assert all(path[-1] == name for path, name in after().names.items())


def test_what_is_renamed_keeps_its_id() -> None:
    found = after(RENAME)
    assert found.id(*EVENTS, "JobClosed") == "JobShut"


def test_a_rename_that_was_carried_out_means_nothing_any_more() -> None:
    again = [
        ("          JobOpened: {title", "          JobBegun: {title"),
        ("creates: JobOpened", "creates: JobBegun"),
        ("on: JobOpened", "on: JobBegun"),
    ]
    found = after(RENAME, [], again)
    assert found.id(*EVENTS, "JobClosed") == "JobShut"
    assert found.names[*EVENTS, "JobOpened"] is None


def test_a_new_thing_with_a_former_name_has_another_id() -> None:
    new = [
        ("JobClosed: {renamed_from: JobShut, sets", "JobShut: {}\n          JobClosed: {sets"),
        (
            "          ShutJob:",
            "          LockJob: {roles: [writer], emits: JobShut}\n          ShutJob:",
        ),
    ]
    found = after(RENAME, new)
    assert found.id(*EVENTS, "JobClosed") == "JobShut"
    assert found.id(*EVENTS, "JobShut") == "JobShut_2"


def test_the_id_of_what_was_removed_is_not_given_to_another() -> None:
    other = ("JobsByTitle:", "JobsCalled:")
    _, spec = spec_with()
    first = assign(spec)
    _, without = spec_with(other)
    second = assign(without, first, spec)
    third = assign(spec, second, without)
    assert second.names["services", "job", "queries", "JobsByTitle"] is None
    assert third.id("services", "job", "queries", "JobsByTitle") == "JobsByTitle_2"


def test_two_names_are_swapped_in_one_step() -> None:
    found = after(SWAP)
    assert found.id(*EVENTS, "JobShut") == "JobOpened"
    assert found.id(*EVENTS, "JobOpened") == "JobShut"


def test_a_swap_that_was_carried_out_is_not_carried_out_again() -> None:
    assert after(SWAP, [("page: 20", "page: 30")]).names == after(SWAP).names


def test_an_event_and_a_command_have_different_ids() -> None:
    """They would have one CloudEvents type."""
    to_command = [
        ("          JobShut: {sets: {stage: done}}\n", ""),
        ("          ShutJob: {emits: JobShut}", "          JobShut: {emits: JobOpened2}"),
        ("          JobOpened: {title", "          JobOpened2: {}\n          JobOpened: {title"),
        ("do: ShutJob", "do: JobShut"),
    ]
    assert after(to_command).id("services", "job", "commands", "JobShut") == "JobShut_2"


@pytest.mark.parametrize(
    ("change", "path", "id"),
    [
        ([("Stage", "Phase"), ("[open, done]", "{enum: [open, done], renamed_from: Stage}")],
         ("types", "Phase"), "Stage"),
        ([("[open, done]", "[open, {name: shut, renamed_from: done}]"),
          ("stage: done", "stage: shut")],
         ("types", "Stage", "values", "shut"), "done"),
        ([("JobsByTitle: {", "JobsCalled: {renamed_from: JobsByTitle, ")],
         ("services", "job", "queries", "JobsCalled"), "JobsByTitle"),
        ([("  job:\n", "  task:\n    renamed_from: job\n"), ("of: job.", "of: task.")],
         ("services", "task"), "job"),
        ([("      Job:\n", "      Task:\n        renamed_from: Job\n"), ("of: Job,", "of: Task,"),
          ("job.Job", "job.Task")],
         ("services", "copy", "replicas", "Task"), "Job"),
        ([("OpenJob: {", "BeginJob: {renamed_from: OpenJob, ")],
         ("services", "job", "commands", "BeginJob"), "OpenJob"),
        ([("ShutJob: {", "CloseJob: {renamed_from: ShutJob, "), ("do: ShutJob", "do: CloseJob")],
         ("services", "job", "policies", "close_job_on_job_opened"), "shut_job_on_job_opened"),
        ([("name: lab", "name: works")], ("system", "works"), "lab"),
    ],
)  # fmt: skip
def test_every_kind_of_thing_is_renamed(
    change: list[Change], path: tuple[str, ...], id: str
) -> None:
    assert after(change).id(*path) == id


LATER = [
    ("    queries:\n      JobsByTitle", """\
      - {on: JobShut, do: TouchJob}
    sagas:
      Closing: {of: job_id, starts_on: JobOpened, steps: [{do: TouchJob}]}
    queries:
      JobsByTitle"""),
    ("JobShut: {sets", "JobTouched: {}\n          JobShut: {sets"),
    ("          ShutJob:", "          TouchJob: {emits: JobTouched}\n          ShutJob:"),
]  # fmt: skip
LATE = {("policies", "touch_job_on_job_shut"), ("sagas", "Closing")}


def late(found: Identities) -> set[tuple[str, ...]]:
    return {path[2:] for path in found.late}


def test_nothing_is_late_at_first() -> None:
    _, spec = spec_with(*LATER)
    assert not assign(spec).late


def test_a_policy_and_a_saga_that_are_added_after_their_event_are_late() -> None:
    assert late(after(LATER)) == LATE
    assert after(LATER).is_late("services", "job", "policies", "touch_job_on_job_shut")
    assert not after(LATER).is_late("services", "job", "policies", "shut_job_on_job_opened")


def test_a_policy_that_is_added_with_its_event_is_not_late() -> None:
    new = [
        ("      - {on: JobOpened", "      - {on: JobKept, do: ShutJob}\n      - {on: JobOpened"),
        ("JobShut: {sets", "JobKept: {}\n          JobShut: {sets"),
        ("OpenJob: {", "KeepJob: {roles: [writer], emits: JobKept}\n          OpenJob: {"),
    ]
    assert not after(new).late


def test_what_is_late_stays_late_when_all_of_it_is_renamed() -> None:
    renamed = [
        ("  job:\n", "  task:\n    renamed_from: job\n"),
        ("of: job.", "of: task."),
        ("JobShut: {sets", "JobClosed: {renamed_from: JobShut, sets"),
        ("emits: JobShut}", "emits: JobClosed}"),
        ("on: JobShut", "on: JobClosed"),
        ("Closing: {", "Ending: {renamed_from: Closing, "),
    ]
    found = after(LATER, [], renamed)
    assert late(found) == LATE
    assert found.is_late("services", "task", "policies", "touch_job_on_job_closed")
    assert found.is_late("services", "task", "sagas", "Ending")


def test_what_is_removed_and_added_again_is_late() -> None:
    policy = "      - {on: JobOpened, do: ShutJob, after: 1h}\n"
    command = "          ShutJob: {emits: JobShut}"
    allowed = command.replace("{", "{roles: [writer], ")
    without = [("    policies:\n" + policy, ""), (command, allowed)]
    again = [("    queries:\n      JobsBy", f"    policies:\n{policy}    queries:\n      JobsBy")]
    found = after(without, again)
    path = "services", "job", "policies", "shut_job_on_job_opened"
    assert found.id(*path) == "shut_job_on_job_opened_2"
    assert found.is_late(*path)


def test_fields_are_known_below_what_has_them() -> None:
    renamed = [
        ("state: {title: string", "state: {name: {type: string, renamed_from: title}"),
        ("sets: {stage: open}", "sets: {name: title, stage: open}"),
        ("by: [title]", "by: [name]"),
        ("fields: [title]", "fields: [name]"),
        ("jobs[job_id].title", "jobs[job_id].name"),
        ("      Job:\n", "      Task:\n        renamed_from: Job\n"),
        ("of: Job,", "of: Task,"),
        ("job.Job", "job.Task"),
    ]
    found = after(renamed)
    assert found.path("services", "job", "aggregates", "Task", "state", "name") == (
        "services", "job", "aggregates", "Job", "state", "title",
    )  # fmt: skip
